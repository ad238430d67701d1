/*
 * value_json.c
 *	  What a plugin left in udps, as JSON.
 *
 * A walk over the object.  What a value is, is asked of its type: first the few types that nearly all values are of, exactly; then
 * Enums and NumPy's, which derive from them too; then what derives from them.  Neither enum nor numpy is imported for that: a value
 * of theirs is there only if a plugin has done so.
 *
 * str() of a plugin's objects runs a plugin's code: it may raise, and it may change the very container that is being written.  So
 * dicts and sets are copied first, and lists are looked at anew for each element.
 */
#include "meter/python/value_json.h"

#include "wire/json.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

typedef struct Walk
{
	JsonText *text;
	unsigned  outer;				/* containers around the value */
	unsigned  depth;				/* containers in it that are open */
	PyObject *open[JSON_DEPTH_MAX]; /* these, by depth */
} Walk;

static void put_any(Walk *walk, PyObject *value);

/* -------------------------------------------------------------------------------------------------------------------- text */

/* Nobody will read more than that. */
static bool
is_full(const JsonText *text)
{
	return text->length > RECORD_LONG_MAX;
}

static void
put_text(JsonText *text, const char *constant)
{
	json_put(text, constant, strlen(constant));
}

/*
 * A str as UTF-8, as a reference, where PyUnicode_AsUTF8AndSize() fails for lone surrogates: they come as three bytes each, and so
 * does what takes their place.
 */
static PyObject *
encode_surrogates(PyObject *string)
{
	PyObject *encoded;
	char	 *bytes;

	PyErr_Clear();
	encoded = PyUnicode_AsEncodedString(string, "utf-8", "surrogatepass");
	if (encoded == NULL)
		return NULL;
	bytes = PyBytes_AS_STRING(encoded);
	for (Py_ssize_t i = 0; i + 2 < PyBytes_GET_SIZE(encoded); i++)
		if ((uint8_t) bytes[i] == 0xED && (uint8_t) bytes[i + 1] >= 0xA0)
			memcpy(bytes + i, replacement, 3);
	return encoded;
}

const char *
value_utf8(PyObject *string, size_t *length, PyObject **memory)
{
	Py_ssize_t	bytes;
	const char *utf8 = PyUnicode_AsUTF8AndSize(string, &bytes);

	*memory = utf8 == NULL ? encode_surrogates(string) : NULL;
	if (utf8 != NULL)
		*length = (size_t) bytes;
	else if (*memory != NULL)
	{
		utf8 = PyBytes_AS_STRING(*memory);
		*length = (size_t) PyBytes_GET_SIZE(*memory);
	}
	else
	{
		PyErr_Clear();
		utf8 = "";
		*length = 0;
	}
	return utf8;
}

static void
put_str(JsonText *text, PyObject *string)
{
	PyObject   *memory;
	size_t		length;
	const char *utf8 = value_utf8(string, &length, &memory);

	json_put_text(text, utf8, length);
	Py_XDECREF(memory);
}

/* str() of an object, or what can be said of it if it has none. */
static void
put_by_str(JsonText *text, PyObject *value)
{
	PyObject *string = PyObject_Str(value);
	char	  name[128];

	if (string != NULL)
	{
		put_str(text, string);
		Py_DECREF(string);
		return;
	}
	PyErr_Clear();
	PyOS_snprintf(name, sizeof(name), "<%.100s>", Py_TYPE(value)->tp_name);
	json_put_text(text, name, strlen(name));
}

/* ----------------------------------------------------------------------------------------------------------------- numbers */

/* An int, or what derives from it and may have a str() of its own. */
static void
put_int(JsonText *text, PyObject *value)
{
	int			overflow;
	long long	number = PyLong_AsLongLongAndOverflow(value, &overflow);
	PyObject   *digits;
	Py_ssize_t	length;
	const char *bytes;

	if (overflow == 0)
	{
		json_put_integer(text, number);
		return;
	}
	digits = PyLong_Type.tp_repr(value);
	bytes = digits == NULL ? NULL : PyUnicode_AsUTF8AndSize(digits, &length);
	if (bytes == NULL)
	{
		PyErr_Clear();
		put_text(text, "\"<int>\"");
	}
	else if (length > JSON_NUMBER_MAX)
		json_put_text(text, bytes, (size_t) length);
	else
		json_put(text, bytes, (size_t) length);
	Py_XDECREF(digits);
}

static void
put_bytes(JsonText *text, const uint8_t *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	json_put(text, "\"", 1);
	for (size_t i = 0; i < length && !is_full(text); i++)
		json_put(text, (const char[]) {digits[bytes[i] >> 4], digits[bytes[i] & 15]}, 2);
	json_put(text, "\"", 1);
}

static void
put_buffer(JsonText *text, PyObject *value)
{
	Py_buffer buffer;

	if (PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE) != 0)
	{
		PyErr_Clear();
		put_by_str(text, value);
		return;
	}
	put_bytes(text, buffer.buf, (size_t) buffer.len);
	PyBuffer_Release(&buffer);
}

/* -------------------------------------------------------------------------------------------------------------- containers */

/* Opens a container, or says that it cannot be opened. */
static bool
open_container(Walk *walk, PyObject *container, bool is_object)
{
	bool can = walk->outer + walk->depth < JSON_DEPTH_MAX;

	for (unsigned i = 0; i < walk->depth && can; i++)
		can = walk->open[i] != container;
	if (can)
	{
		walk->open[walk->depth++] = container;
		json_put(walk->text, is_object ? "{" : "[", 1);
	}
	else
		put_text(walk->text, is_object ? "\"{...}\"" : "\"[...]\"");
	return can;
}

static void
close_container(Walk *walk, bool is_object)
{
	walk->depth--;
	json_put(walk->text, is_object ? "}" : "]", 1);
}

static void
put_list(Walk *walk, PyObject *list)
{
	if (!open_container(walk, list, false))
		return;
	for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list) && !is_full(walk->text); i++)
	{
		PyObject *value = py_hold(PySequence_Fast_GET_ITEM(list, i));

		if (i > 0)
			json_put(walk->text, ",", 1);
		put_any(walk, value);
		Py_DECREF(value);
	}
	close_container(walk, false);
}

static void
put_set(Walk *walk, PyObject *set)
{
	PyObject *list = PySequence_List(set);

	if (list == NULL)
	{
		PyErr_Clear();
		put_by_str(walk->text, set);
		return;
	}
	put_list(walk, list);
	Py_DECREF(list);
}

static void
put_dict(Walk *walk, PyObject *dict)
{
	PyObject *copy = PyDict_Copy(dict),
			 *name,
			 *value;
	Py_ssize_t place = 0;
	bool	   is_first = true;

	if (copy == NULL)
		PyErr_Clear();
	if (!open_container(walk, dict, true))
		Py_CLEAR(copy);
	else if (copy == NULL)
		close_container(walk, true);
	while (copy != NULL && PyDict_Next(copy, &place, &name, &value) && !is_full(walk->text))
	{
		if (!is_first)
			json_put(walk->text, ",", 1);
		is_first = false;
		if (PyUnicode_Check(name))
			put_str(walk->text, name);
		else
			put_by_str(walk->text, name);
		json_put(walk->text, ":", 1);
		put_any(walk, value);
	}
	if (copy != NULL)
		close_container(walk, true);
	Py_XDECREF(copy);
}

/* ------------------------------------------------------------------------------------------------------------- other types */

/* Whether a value is of a module's type, which is there only if the module was imported. */
static bool
is_of(PyObject *value, const char *module_name, const char *type_name)
{
	PyObject *module = py_imported(module_name),
			 *type = module == NULL ? NULL : PyObject_GetAttrString(module, type_name);
	int is = type == NULL ? 0 : PyObject_IsInstance(value, type);

	PyErr_Clear();
	Py_XDECREF(type);
	return is == 1;
}

/* Writes what a method of the value returns; false if that is no better. */
static bool
put_result(Walk *walk, PyObject *value, const char *method)
{
	PyObject *result = PyObject_CallMethod(value, method, NULL);
	bool	  is_better = result != NULL && Py_TYPE(result) != Py_TYPE(value);

	PyErr_Clear();
	if (is_better)
		put_any(walk, result);
	Py_XDECREF(result);
	return is_better;
}

static bool
put_enum(Walk *walk, PyObject *value)
{
	PyObject *name = PyObject_GetAttrString(value, "name");
	bool	  has_name = name != NULL && PyUnicode_Check(name);

	PyErr_Clear();
	if (has_name)
		put_str(walk->text, name);
	Py_XDECREF(name);
	return has_name;
}

static void
put_other(Walk *walk, PyObject *value)
{
	if (is_of(value, "enum", "Enum") && put_enum(walk, value))
		return;
	if (is_of(value, "numpy", "generic") && put_result(walk, value, "item"))
		return;
	if (is_of(value, "numpy", "ndarray") && put_result(walk, value, "tolist"))
		return;
	if (PyLong_Check(value))
		put_int(walk->text, value);
	else if (PyFloat_Check(value))
		json_put_real(walk->text, PyFloat_AS_DOUBLE(value));
	else if (PyUnicode_Check(value))
		put_str(walk->text, value);
	else if (PyBytes_Check(value) || PyByteArray_Check(value) || PyMemoryView_Check(value))
		put_buffer(walk->text, value);
	else if (PyList_Check(value) || PyTuple_Check(value))
		put_list(walk, value);
	else if (PyDict_Check(value))
		put_dict(walk, value);
	else if (PyAnySet_Check(value))
		put_set(walk, value);
	else
		put_by_str(walk->text, value);
}

static void
put_any(Walk *walk, PyObject *value)
{
	if (PyLong_CheckExact(value))
		put_int(walk->text, value);
	else if (PyUnicode_CheckExact(value))
		put_str(walk->text, value);
	else if (PyFloat_CheckExact(value))
		json_put_real(walk->text, PyFloat_AS_DOUBLE(value));
	else if (value == Py_None)
		put_text(walk->text, "null");
	else if (PyBool_Check(value))
		put_text(walk->text, value == Py_True ? "true" : "false");
	else if (PyList_CheckExact(value) || PyTuple_CheckExact(value))
		put_list(walk, value);
	else if (PyDict_CheckExact(value))
		put_dict(walk, value);
	else
		put_other(walk, value);
}

void
value_put_json(JsonText *text, PyObject *value, unsigned depth)
{
	Walk walk = {.text = text, .outer = depth};

	put_any(&walk, value);
}
