/*
 * flow_value.c
 *	  Values of a flow's attributes, from the host to Python and back.
 */
#include "meter/python/flow_value.h"

#include "engine/base/memory.h"

static PyObject *
list_of_integers(const NfstreamValue *value)
{
	PyObject *list = PyList_New((Py_ssize_t) value->integers.count);

	for (size_t i = 0; list != NULL && i < value->integers.count; i++)
	{
		PyObject *item = PyLong_FromLongLong(value->integers.items[i]);

		if (item == NULL)
			Py_CLEAR(list);
		else
			PyList_SET_ITEM(list, (Py_ssize_t) i, item);
	}
	return list;
}

static PyObject *
string(const NfstreamText *text)
{
	return PyUnicode_DecodeUTF8(text->bytes, (Py_ssize_t) text->length, "replace");
}

static PyObject *
list_of_texts(const NfstreamValue *value)
{
	PyObject *list = PyList_New((Py_ssize_t) value->texts.count);

	for (size_t i = 0; list != NULL && i < value->texts.count; i++)
	{
		PyObject *item = string(&value->texts.items[i]);

		if (item == NULL)
			Py_CLEAR(list);
		else
			PyList_SET_ITEM(list, (Py_ssize_t) i, item);
	}
	return list;
}

/* What json.loads() makes of a text. */
static PyObject *
from_json(const NfstreamText *text)
{
	PyObject *json = PyImport_ImportModule("json"),
			 *value = json == NULL ? NULL : PyObject_CallMethod(json, "loads", "s#", text->bytes, (Py_ssize_t) text->length);

	Py_XDECREF(json);
	return value;
}

PyObject *
value_to_object(const NfstreamValue *value)
{
	switch (value->kind)
	{
		case NFSTREAM_BOOLEAN:
			return PyBool_FromLong(value->integer != 0);
		case NFSTREAM_INTEGER:
			return PyLong_FromLongLong(value->integer);
		case NFSTREAM_REAL:
			return PyFloat_FromDouble(value->real);
		case NFSTREAM_TEXT:
			return string(&value->text);
		case NFSTREAM_INTEGERS:
			return list_of_integers(value);
		case NFSTREAM_TEXTS:
			return list_of_texts(value);
		case NFSTREAM_JSON:
			return from_json(&value->text);
		case NFSTREAM_NULL:
			break;
	}
	return py_hold(Py_None);
}

/* A list or tuple of ints, into memory that is the caller's to free.  An item's __index__() may change the list: its copy is read. */
static bool
integers_from(PyObject *sequence, NfstreamValue *value)
{
	PyObject  *copy = PySequence_Tuple(sequence);
	Py_ssize_t count = copy == NULL ? 0 : PyTuple_GET_SIZE(copy);
	int64_t	  *items = memory_get((size_t) count * sizeof(*items) + 1);
	bool	   fits = copy != NULL;

	value->kind = NFSTREAM_INTEGERS;
	value->integers.items = items;
	value->integers.count = (size_t) count;
	for (Py_ssize_t i = 0; i < count && fits; i++)
	{
		items[i] = PyLong_AsLongLong(PyTuple_GET_ITEM(copy, i));
		fits = items[i] != -1 || !PyErr_Occurred();
	}
	Py_XDECREF(copy);
	return fits;
}

bool
value_from_object(PyObject *object, NfstreamValue *value, const char *name, void **memory)
{
	PyObject  *index;
	Py_ssize_t length;

	*memory = NULL;
	if (object == Py_None)
		value->kind = NFSTREAM_NULL;
	else if (PyUnicode_Check(object))
	{
		value->kind = NFSTREAM_TEXT;
		value->text.bytes = PyUnicode_AsUTF8AndSize(object, &length);
		value->text.length = (size_t) length;
		return value->text.bytes != NULL;
	}
	else if (PyFloat_Check(object))
	{
		value->kind = NFSTREAM_REAL;
		value->real = PyFloat_AS_DOUBLE(object);
	}
	else if (PyList_Check(object) || PyTuple_Check(object))
	{
		bool fits = integers_from(object, value);

		*memory = (void *) value->integers.items;
		return fits;
	}
	else if (PyIndex_Check(object) && (index = PyNumber_Index(object)) != NULL)
	{
		value->kind = NFSTREAM_INTEGER;
		value->integer = PyLong_AsLongLong(index);
		Py_DECREF(index);
		return value->integer != -1 || !PyErr_Occurred();
	}
	else
	{
		PyErr_Format(PyExc_TypeError, "flow.%s cannot be of type %.100s", name, Py_TYPE(object)->tp_name);
		return false;
	}
	return true;
}
