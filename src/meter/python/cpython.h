/*
 * cpython.h
 *	  CPython's header, and what differs between its versions 3.9 to 3.13.
 */
#ifndef METER_PYTHON_CPYTHON_H
#define METER_PYTHON_CPYTHON_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

#if PY_VERSION_HEX < 0x03090000
#error "CPython 3.9 or later is needed"
#endif

/* Types that no plugin can change, nor make objects of: Python 3.10. */
#ifdef Py_TPFLAGS_IMMUTABLETYPE
#define PY_TYPE_OF_OURS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION)
#else
#define PY_TYPE_OF_OURS Py_TPFLAGS_DEFAULT
#endif

/* Another reference to an object. */
static inline PyObject *
py_hold(PyObject *object)
{
	Py_INCREF(object);
	return object;
}

/* Takes the exception that was raised, as an object with its traceback; a reference, or NULL if there was none. */
static inline PyObject *
py_take_exception(void)
{
#if PY_VERSION_HEX >= 0x030C0000
	return PyErr_GetRaisedException();
#else
	PyObject *type,
		*value,
		*traceback;

	PyErr_Fetch(&type, &value, &traceback);
	if (type == NULL)
		return NULL;
	PyErr_NormalizeException(&type, &value, &traceback);
	if (traceback != NULL && PyException_SetTraceback(value, traceback) != 0)
		PyErr_Clear();
	Py_XDECREF(type);
	Py_XDECREF(traceback);
	return value;
#endif
}

/* Raises an exception again; takes the reference. */
static inline void
py_raise_again(PyObject *exception)
{
#if PY_VERSION_HEX >= 0x030C0000
	PyErr_SetRaisedException(exception);
#else
	PyErr_Restore(py_hold((PyObject *) Py_TYPE(exception)), exception, PyException_GetTraceback(exception));
#endif
}

/* A module that was imported already, as a borrowed reference; NULL, without an exception, if it was not. */
static inline PyObject *
py_imported(const char *name)
{
	return PyDict_GetItemString(PyImport_GetModuleDict(), name);
}

#endif /* METER_PYTHON_CPYTHON_H */
