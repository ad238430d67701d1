/*
 * traceback.c
 *	  An exception as the text that its author reads.
 *
 * CPython's own module for it, traceback, is not used: it would have to be imported at the very moment when memory is short or the
 * stack is full, and it takes 10 ms.
 *
 * Each call is a piece of text, "  File "x.py", line 3, in on_init" and the line; pieces are put before those that are there from
 * the innermost on, while they fit.
 */
#include "meter/python/traceback.h"

#include <stdio.h>

#include "engine/base/memory.h"
#include "meter/python/module.h"

#define OPENING		"Traceback (most recent call last):\n"
#define LEFT_OUT	"  ...\n"
#define CALLS_MAX	64 /* that are looked at, from the innermost on */
#define SOURCES_MAX 64
#define PIECE_MAX	512
#define FILE_MAX	200

/* Of the text, for the exception itself. */
#define MESSAGE_MAX 1200

typedef struct Source
{
	char		file[FILE_MAX];
	const char *text;
	size_t		length;
} Source;

static Source	sources[SOURCES_MAX];
static unsigned source_count;

bool
traceback_add_source(const char *file, const char *source, size_t length)
{
	if (source_count == SOURCES_MAX)
		return false;
	snprintf(sources[source_count].file, FILE_MAX, "%s", file);
	sources[source_count].text = source;
	sources[source_count++].length = length;
	return true;
}

/* The line of this number, from 1, without the blanks before it; *length is 0 if there is none. */
static const char *
line_of(const char *file, long number, size_t *length)
{
	*length = 0;
	for (unsigned i = 0; i < source_count; i++)
	{
		const char *at = sources[i].text,
				   *end = at + sources[i].length,
				   *line_end;

		if (strcmp(file, sources[i].file) != 0)
			continue;
		for (; number > 1 && at != NULL; number--)
			at = (at = memchr(at, '\n', (size_t) (end - at))) == NULL ? NULL : at + 1;
		if (at == NULL)
			return "";
		line_end = memchr(at, '\n', (size_t) (end - at));
		if (line_end == NULL)
			line_end = end;
		while (at < line_end && (*at == ' ' || *at == '\t'))
			at++;
		*length = (size_t) (line_end - at);
		return at;
	}
	return "";
}

/* An attribute of an attribute ... of an object, as a reference; NULL without an exception if there is none. */
static PyObject *
part(PyObject *object, const char *first, const char *second)
{
	PyObject *value = object == NULL ? NULL : PyObject_GetAttrString(object, first);

	if (value != NULL && second != NULL)
	{
		PyObject *inner = PyObject_GetAttrString(value, second);

		Py_DECREF(value);
		value = inner;
	}
	PyErr_Clear();
	return value;
}

static long
number_of(PyObject *object, const char *name)
{
	PyObject *value = part(object, name, NULL);
	long	  number = value == NULL || !PyLong_Check(value) ? 0 : PyLong_AsLong(value);

	PyErr_Clear();
	Py_XDECREF(value);
	return number;
}

/* A str in UTF-8, cut at `room` with its NUL, between characters. */
static void
copy_text(PyObject *value, char *to, size_t room)
{
	PyObject *bytes = value != NULL && PyUnicode_Check(value) ? PyUnicode_AsEncodedString(value, "utf-8", "replace") : NULL;
	size_t	  length = bytes == NULL ? 0 : (size_t) PyBytes_GET_SIZE(bytes);

	PyErr_Clear();
	if (length >= room)
		for (length = room - 1; length > 0 && ((uint8_t) PyBytes_AS_STRING(bytes)[length] & 0xC0) == 0x80; length--)
			;
	if (length > 0)
		memcpy(to, PyBytes_AS_STRING(bytes), length);
	to[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (to[i] == '\0')
			to[i] = '?';
	Py_XDECREF(bytes);
}

/* "ValueError: what it says". */
static void
describe(PyObject *exception, char *to, size_t room)
{
	PyObject *name = part((PyObject *) Py_TYPE(exception), "__qualname__", NULL),
			 *module = part((PyObject *) Py_TYPE(exception), "__module__", NULL),
			 *message = PyObject_Str(exception);
	const char *module_name;

	if (message == NULL)
		PyErr_Clear();
	*to = '\0';
	copy_text(module, to, room / 4);
	module_name = to;
	if (strcmp(module_name, "builtins") == 0 || strncmp(module_name, "nfstream_plugins.", 17) == 0 || *to == '\0')
		*to = '\0';
	else
		strcat(to, ".");
	copy_text(name, to + strlen(to), room / 4);
	if (message == NULL || PyUnicode_GetLength(message) > 0)
	{
		strcat(to, ": ");
		if (message == NULL)
			strcat(to, "(its str() raises, too)");
		else
			copy_text(message, to + strlen(to), room - strlen(to));
	}
	Py_XDECREF(name);
	Py_XDECREF(module);
	Py_XDECREF(message);
}

/* A call, as text. */
static void
describe_call(PyObject *entry, char piece[PIECE_MAX])
{
	PyObject *code = part(entry, "tb_frame", "f_code"),
			 *file = part(code, "co_filename", NULL),
			 *function = part(code, "co_name", NULL);
	char file_name[FILE_MAX],
		function_name[64];
	long		number = number_of(entry, "tb_lineno");
	size_t		length;
	const char *line;

	copy_text(file, file_name, sizeof(file_name));
	copy_text(function, function_name, sizeof(function_name));
	line = line_of(file_name, number, &length);
	snprintf(piece, PIECE_MAX, "  File \"%s\", line %ld, in %s\n%s%.*s%s", file_name, number, function_name,
			 length > 0 ? "    " : "", length > 160 ? 160 : (int) length, line, length > 0 ? "\n" : "");
	Py_XDECREF(code);
	Py_XDECREF(file);
	Py_XDECREF(function);
}

/* The last CALLS_MAX entries of a traceback, as references in a ring; returns how many there were in all. */
static size_t
collect_calls(PyObject *exception, PyObject *ring[CALLS_MAX])
{
	PyObject *entry = PyException_GetTraceback(exception);
	size_t	  count = 0;

	while (entry != NULL && entry != Py_None)
	{
		if (count >= CALLS_MAX)
			Py_DECREF(ring[count % CALLS_MAX]);
		ring[count++ % CALLS_MAX] = entry;
		entry = part(entry, "tb_next", NULL);
	}
	Py_XDECREF(entry);
	return count;
}

static void
write_exception(PyObject *exception, char text[TRACEBACK_MAX])
{
	char message[MESSAGE_MAX],
		calls[TRACEBACK_MAX];
	PyObject *ring[CALLS_MAX];
	size_t	  count = collect_calls(exception, ring),
		   kept = count < CALLS_MAX ? count : CALLS_MAX,
		   at = sizeof(calls) - 1,
		   room;
	bool all = kept == count;

	describe(exception, message, sizeof(message));
	room = TRACEBACK_MAX - strlen(message) - sizeof(OPENING) - sizeof(LEFT_OUT);
	calls[at] = '\0';
	for (size_t i = 0; i < kept; i++)
	{
		PyObject *entry = ring[(count - 1 - i) % CALLS_MAX];
		char	  piece[PIECE_MAX];
		size_t	  length;

		describe_call(entry, piece);
		length = strlen(piece);
		all = all && sizeof(calls) - 1 - at + length <= room;
		if (all || (kept < count && sizeof(calls) - 1 - at + length <= room))
		{
			at -= length;
			memcpy(calls + at, piece, length);
		}
		Py_DECREF(entry);
	}
	if (count == 0)
		snprintf(text, TRACEBACK_MAX, "%s", message);
	else
		snprintf(text, TRACEBACK_MAX, "%s%s%s%s", OPENING, all ? "" : LEFT_OUT, calls + at, message);
}

/* Where modules were looked for, after the text of an import that failed. */
static void
add_path(char text[TRACEBACK_MAX])
{
	PyObject *path = PySys_GetObject("path"),
			 *between = PyUnicode_FromString(", "),
			 *joined = path == NULL || between == NULL ? NULL : PyUnicode_Join(between, path);
	char   where[800];
	size_t length = strlen(text);

	PyErr_Clear();
	copy_text(joined, where, sizeof(where));
	snprintf(text + length, TRACEBACK_MAX - length, "\nModules were looked for in %s. The setting nfstream_fdw.python_prefix names a virtual environment, by hand VIRTUAL_ENV.",
			 where);
	Py_XDECREF(between);
	Py_XDECREF(joined);
}

/* What to do about an attribute that a plugin's own object has not: mostly it is a parameter that was not given.  (Python 3.9 does not tell.) */
static void
add_parameter(PyObject *exception, char text[TRACEBACK_MAX])
{
	PyObject *object = part(exception, "obj", NULL),
			 *name = part(exception, "name", NULL),
			 *base = module_get("NFPlugin");
	char   words[64];
	size_t length = strlen(text);

	if (object != NULL && name != NULL && base != NULL && PyType_IsSubtype(Py_TYPE(object), (PyTypeObject *) base))
	{
		copy_text(name, words, sizeof(words));
		snprintf(text + length, TRACEBACK_MAX - length, "\nIf \"%s\" is a parameter, it has to be given in udps, beside the plugin's name.", words);
	}
	Py_XDECREF(object);
	Py_XDECREF(name);
}

void
traceback_take(char text[TRACEBACK_MAX])
{
	PyObject *exception = py_take_exception();

	if (exception == NULL)
	{
		snprintf(text, TRACEBACK_MAX, "Python failed without an exception");
		return;
	}
	write_exception(exception, text);
	if (PyErr_GivenExceptionMatches(exception, PyExc_ModuleNotFoundError))
		add_path(text);
	if (PyErr_GivenExceptionMatches(exception, PyExc_AttributeError))
		add_parameter(exception, text);
	Py_DECREF(exception);
}

void
traceback_take_syntax(char text[TRACEBACK_MAX])
{
	PyObject *exception = py_take_exception(),
			 *message;
	char words[512];

	if (exception == NULL || !PyErr_GivenExceptionMatches(exception, PyExc_SyntaxError))
	{
		if (exception != NULL)
			py_raise_again(exception);
		traceback_take(text);
		return;
	}
	message = part(exception, "msg", NULL);
	copy_text(message, words, sizeof(words));
	snprintf(text, TRACEBACK_MAX, "line %ld, column %ld: %s", number_of(exception, "lineno"), number_of(exception, "offset"), words);
	Py_XDECREF(message);
	Py_DECREF(exception);
}
