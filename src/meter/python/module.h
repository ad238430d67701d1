/*
 * module.h
 *	  The module `nfstream` that plugins import.
 */
#ifndef METER_PYTHON_MODULE_H
#define METER_PYTHON_MODULE_H

#include "meter/python/cpython.h"

/* Makes the module, so that `import nfstream` finds it; false with an exception. */
bool module_start(void);

/* What it has of this name, as a borrowed reference; never NULL for a name that it has, once it is made. */
PyObject *module_get(const char *name);

#endif /* METER_PYTHON_MODULE_H */
