/*
 * plugin_class.h
 *	  From the source of a plugin to an object of its class.
 */
#ifndef METER_PYTHON_PLUGIN_CLASS_H
#define METER_PYTHON_PLUGIN_CLASS_H

#include "meter/python/cpython.h"
#include "meter/python/traceback.h"
#include "wire/message.h"
#include "wire/plugin_orders.h"

/* What went wrong with a class. */
typedef struct ClassWrong
{
	FailureCode code;
	char		text[256];			   /* after the plugin's name: "does not compile: line 3, column 7: invalid syntax" */
	char		detail[TRACEBACK_MAX]; /* '' if there is no more to say */
} ClassWrong;

/*
 * Compiles a source, executes it as a module, and finds its class: the one with this name or, if the name is '', the only one that
 * it derives from NFPlugin.  A source that was executed for an earlier plugin of the same name is not executed again.
 *
 * Returns a reference, or NULL with what is wrong.
 */
PyObject *class_load(const PluginOrder *order, ClassWrong *wrong);

/* Makes an object of the class with an order's arguments.  A reference, or NULL with what is wrong. */
PyObject *class_construct(PyObject *class, const PluginOrders *orders, const PluginOrder *order, ClassWrong *wrong);

#endif /* METER_PYTHON_PLUGIN_CLASS_H */
