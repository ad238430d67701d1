/*
 * prints.c
 *	  What plugins write to their standard output and error.
 *
 * Text is gathered into lines; what of a line is beyond its bound is left out, for a plugin may write without end.
 */
#include "meter/python/prints.h"

#include <string.h>

#define LINE_MAX_BYTES 1000

typedef struct Stream
{
	PyObject_HEAD char line[LINE_MAX_BYTES];
	size_t			   length;
} Stream;

static const NfstreamHost *host;
static Stream			  *streams[2]; /* standard output, standard error */

/* The length at which a text of UTF-8 can be cut, at most `length`. */
static size_t
cut(const char *bytes, size_t length)
{
	size_t at = length;

	while (at > 0 && ((unsigned char) bytes[at] & 0xC0) == 0x80)
		at--;
	return at;
}

static void
add(Stream *stream, const char *bytes, size_t length)
{
	size_t room = sizeof(stream->line) - stream->length;

	if (length > room)
		length = cut(bytes, room);
	memcpy(stream->line + stream->length, bytes, length);
	stream->length += length;
}

static void
end_line(Stream *stream)
{
	if (stream->length > 0 && host != NULL)
		host->print(stream->line, stream->length);
	stream->length = 0;
}

static PyObject *
stream_write(PyObject *self, PyObject *text)
{
	Stream	   *stream = (Stream *) self;
	PyObject   *encoded;
	const char *at,
		*end;

	if (!PyUnicode_Check(text))
		return PyErr_Format(PyExc_TypeError, "write() argument must be str, not %.100s", Py_TYPE(text)->tp_name);
	encoded = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
	if (encoded == NULL)
		return NULL;
	at = PyBytes_AS_STRING(encoded);
	end = at + PyBytes_GET_SIZE(encoded);
	while (at < end)
	{
		const char *line_end = memchr(at, '\n', (size_t) (end - at));

		add(stream, at, (size_t) ((line_end == NULL ? end : line_end) - at));
		if (line_end == NULL)
			break;
		end_line(stream);
		at = line_end + 1;
	}
	Py_DECREF(encoded);
	return PyLong_FromSsize_t(PyUnicode_GetLength(text));
}

/* There is nothing to flush: a line goes when it is complete. */
static PyObject *
stream_flush(PyObject *self, PyObject *unused)
{
	(void) self;
	(void) unused;
	Py_RETURN_NONE;
}

static PyObject *
no(PyObject *self, PyObject *unused)
{
	(void) self;
	(void) unused;
	Py_RETURN_FALSE;
}

static PyObject *
yes(PyObject *self, PyObject *unused)
{
	(void) self;
	(void) unused;
	Py_RETURN_TRUE;
}

static PyObject *
get_encoding(PyObject *self, void *unused)
{
	(void) self;
	(void) unused;
	return PyUnicode_FromString("utf-8");
}

static PyObject *
get_errors(PyObject *self, void *unused)
{
	(void) self;
	(void) unused;
	return PyUnicode_FromString("backslashreplace");
}

static PyMethodDef methods[] = {
	{"write", stream_write, METH_O, "Writes a text."},
	{"flush", stream_flush, METH_NOARGS, "Does nothing."},
	{"isatty", no, METH_NOARGS, "False."},
	{"readable", no, METH_NOARGS, "False."},
	{"seekable", no, METH_NOARGS, "False."},
	{"writable", yes, METH_NOARGS, "True."},
	{NULL, NULL, 0, NULL},
};

static PyGetSetDef members[] = {
	{"encoding", get_encoding, NULL, "utf-8", NULL},
	{"errors", get_errors, NULL, "backslashreplace", NULL},
	{NULL, NULL, NULL, NULL, NULL},
};

bool
prints_start(const NfstreamHost *its_host)
{
	static const char *const names[2][2] = {{"stdout", "__stdout__"}, {"stderr", "__stderr__"}};
	PyType_Slot				 slots[] = {
		 {Py_tp_doc, (void *) "Lines that become notices."},
		 {Py_tp_methods, methods},
		 {Py_tp_getset, members},
		 {0, NULL},
	 };
	PyType_Spec spec = {
		.name = "nfstream.Notices",
		.basicsize = sizeof(Stream),
		.flags = PY_TYPE_OF_OURS,
		.slots = slots,
	};
	PyTypeObject *type = (PyTypeObject *) PyType_FromSpec(&spec);

	host = its_host;
	for (unsigned i = 0; i < 2 && type != NULL; i++)
	{
		streams[i] = PyObject_New(Stream, type);
		if (streams[i] == NULL)
			return false;
		streams[i]->length = 0;
		if (PySys_SetObject(names[i][0], (PyObject *) streams[i]) != 0 || PySys_SetObject(names[i][1], (PyObject *) streams[i]) != 0)
			return false;
	}
	return type != NULL && PySys_SetObject("stdin", Py_None) == 0 && PySys_SetObject("__stdin__", Py_None) == 0;
}

void
prints_flush(void)
{
	for (unsigned i = 0; i < 2; i++)
		if (streams[i] != NULL)
			end_line(streams[i]);
}
