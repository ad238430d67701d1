/*
 * describe.c
 *	  What a plugin in Python is, for nfstream_create_plugin.
 *
 * The class says it: its docstring; its constructor's parameters, if it has one of its own; `outputs`, a dict from names in
 * flow.udps to types of SQL, or to pairs of a type and a help.  What it reads is found in its source, to which its attribute `reads`
 * belongs.
 */
#include "meter/python/describe.h"

#include <stdio.h>

#include "meter/python/module.h"
#include "meter/python/reads.h"
#include "wire/message.h"

/* Containers around any value here, at most. */
#define DEPTH 3

static void
put(JsonText *text, const char *constant)
{
	json_put(text, constant, strlen(constant));
}

static void
put_name(JsonText *text, const char *name)
{
	put(text, "\"");
	put(text, name);
	put(text, "\":");
}

static bool
fail(ClassWrong *wrong, const char *text)
{
	wrong->code = FAILURE_PLUGIN;
	snprintf(wrong->text, sizeof(wrong->text), "%s", text);
	wrong->detail[0] = '\0';
	PyErr_Clear();
	return false;
}

/* The docstring as inspect.cleandoc() has it: without what it is indented by. */
static void
put_help(JsonText *text, PyObject *class)
{
	PyObject *own = PyDict_GetItemString(((PyTypeObject *) class)->tp_dict, "__doc__"),
			 *inspect = own == NULL || !PyUnicode_Check(own) ? NULL : PyImport_ImportModule("inspect"),
			 *help = inspect == NULL ? NULL : PyObject_CallMethod(inspect, "cleandoc", "O", own);

	PyErr_Clear();
	put_name(text, "help");
	value_put_json(text, help == NULL ? Py_None : help, DEPTH);
	Py_XDECREF(inspect);
	Py_XDECREF(help);
}

/* ------------------------------------------------------------------------------------------------------------- parameters */

static void
put_parameter(JsonText *text, PyObject *name, PyObject *fallback, bool is_first)
{
	put(text, is_first ? "{\"name\":" : ",{\"name\":");
	value_put_json(text, name, DEPTH);
	put(text, ",\"required\":");
	put(text, fallback == NULL ? "true" : "false");
	if (fallback != NULL)
	{
		put(text, ",\"default\":");
		value_put_json(text, fallback, DEPTH);
	}
	put(text, "}");
}

static long
number_of(PyObject *object, const char *name)
{
	PyObject *value = PyObject_GetAttrString(object, name);
	long	  number = value == NULL ? 0 : PyLong_AsLong(value);

	PyErr_Clear();
	Py_XDECREF(value);
	return number;
}

/* Those that a constructor in Python takes by name, `self` apart; NFPlugin's own takes any, of which none is known. */
static void
put_parameters(JsonText *text, PyObject *class)
{
	PyObject *constructor = PyObject_GetAttrString(class, "__init__"),
			 *own = PyObject_GetAttrString(module_get("NFPlugin"), "__init__"),
			 *code = constructor == NULL || constructor == own ? NULL : PyObject_GetAttrString(constructor, "__code__"),
			 *names = code == NULL ? NULL : PyObject_GetAttrString(code, "co_varnames"),
			 *defaults = names == NULL ? NULL : PyObject_GetAttrString(constructor, "__defaults__"),
			 *by_name = names == NULL ? NULL : PyObject_GetAttrString(constructor, "__kwdefaults__");
	long positional = names == NULL ? 0 : number_of(code, "co_argcount"),
		 all = names == NULL ? 0 : positional + number_of(code, "co_kwonlyargcount"),
		 with_default = defaults != NULL && PyTuple_Check(defaults) ? PyTuple_GET_SIZE(defaults) : 0;

	PyErr_Clear();
	put_name(text, "parameters");
	put(text, "[");
	for (long i = 1; i < all && i < PyTuple_GET_SIZE(names); i++)
	{
		PyObject *name = PyTuple_GET_ITEM(names, i),
				 *fallback = NULL;

		if (i < positional && i >= positional - with_default)
			fallback = PyTuple_GET_ITEM(defaults, i - (positional - with_default));
		else if (i >= positional && by_name != NULL && PyDict_Check(by_name))
			fallback = PyDict_GetItem(by_name, name);
		put_parameter(text, name, fallback, i == 1);
	}
	put(text, "]");
	Py_XDECREF(constructor);
	Py_XDECREF(own);
	Py_XDECREF(code);
	Py_XDECREF(names);
	Py_XDECREF(defaults);
	Py_XDECREF(by_name);
}

/* ---------------------------------------------------------------------------------------------------------------- outputs */

static bool
put_output(JsonText *text, PyObject *name, PyObject *declared, bool is_first)
{
	PyObject *type = declared,
			 *help = Py_None;

	if ((PyTuple_Check(declared) || PyList_Check(declared)) && PySequence_Fast_GET_SIZE(declared) == 2)
	{
		type = PySequence_Fast_GET_ITEM(declared, 0);
		help = PySequence_Fast_GET_ITEM(declared, 1);
	}
	if (!PyUnicode_Check(name) || !PyUnicode_Check(type) || (help != Py_None && !PyUnicode_Check(help)))
		return false;
	put(text, is_first ? "{\"name\":" : ",{\"name\":");
	value_put_json(text, name, DEPTH);
	put(text, ",\"type\":");
	value_put_json(text, type, DEPTH);
	put(text, ",\"help\":");
	value_put_json(text, help, DEPTH);
	put(text, "}");
	return true;
}

static bool
put_outputs(JsonText *text, PyObject *class, ClassWrong *wrong)
{
	PyObject *outputs = PyObject_GetAttrString(class, "outputs"),
			 *name,
			 *declared;
	Py_ssize_t place = 0;
	bool	   fits,
		is_first = true;

	PyErr_Clear();
	fits = outputs == NULL || outputs == Py_None || PyDict_Check(outputs);
	put_name(text, "outputs");
	put(text, "[");
	while (fits && outputs != NULL && outputs != Py_None && PyDict_Next(outputs, &place, &name, &declared))
	{
		fits = put_output(text, name, declared, is_first);
		is_first = false;
	}
	put(text, "]");
	Py_XDECREF(outputs);
	return fits || fail(wrong, "declares outputs that are no dict of names and types of SQL, as {'packets': 'bigint'}");
}

static void
put_reads(JsonText *text, const PluginOrder *order)
{
	const Schema *schema = schema_by_id(SCHEMA_FLOWS);
	bool		  all,
		is_first = true;
	ColumnSet reads = reads_find(schema, order->source.bytes, order->source.length, &all);

	put_name(text, "reads");
	if (all)
	{
		put(text, "null");
		return;
	}
	put(text, "[");
	for (unsigned i = 0; i < schema->count; i++)
		if (column_set_has(&reads, i))
		{
			put(text, is_first ? "\"" : ",\"");
			put(text, schema->columns[i].name);
			put(text, "\"");
			is_first = false;
		}
	put(text, "]");
}

bool
describe_plugin(const PluginOrder *order, JsonText *text, ClassWrong *wrong)
{
	PyObject *class = class_load(order, wrong),
			 *name;
	bool described;

	if (class == NULL)
		return false;
	name = PyObject_GetAttrString(class, "__name__");
	PyErr_Clear();
	put(text, "{");
	put_name(text, "class");
	value_put_json(text, name == NULL ? Py_None : name, DEPTH);
	put(text, ",");
	put_help(text, class);
	put(text, ",");
	put_parameters(text, class);
	put(text, ",");
	described = put_outputs(text, class, wrong);
	put(text, ",");
	put_reads(text, order);
	put(text, "}");
	Py_XDECREF(name);
	Py_DECREF(class);
	if (described && text->length > DESCRIPTION_MAX)
		described = fail(wrong, "says too much of itself");
	return described;
}
