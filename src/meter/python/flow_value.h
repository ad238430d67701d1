/*
 * flow_value.h
 *	  Values of a flow's attributes, from the host to Python and back.
 */
#ifndef METER_PYTHON_FLOW_VALUE_H
#define METER_PYTHON_FLOW_VALUE_H

#include "meter/python/cpython.h"
#include <nfstream_plugin.h>

/* An object of a value, as a reference; NULL with an exception. */
PyObject *value_to_object(const NfstreamValue *value);

/*
 * A value for the host's attribute of this name, which lasts as long as the object and *memory, which is the caller's to free.  False
 * with an exception if there is none of this type.
 */
bool value_from_object(PyObject *object, NfstreamValue *value, const char *name, void **memory);

#endif /* METER_PYTHON_FLOW_VALUE_H */
