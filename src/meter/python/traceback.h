/*
 * traceback.h
 *	  An exception as the text that its author reads.
 */
#ifndef METER_PYTHON_TRACEBACK_H
#define METER_PYTHON_TRACEBACK_H

#include "meter/python/cpython.h"

/* The longest text of an exception, with its NUL. */
#define TRACEBACK_MAX 2048

/* Sources of plugins by the names of their files, so that a traceback shows their lines. */
bool traceback_add_source(const char *file, const char *source, size_t length);

/*
 * Takes the exception that was raised, and writes it as CPython does: the innermost calls, with their lines, and the exception
 * itself.  If it is too long, the outer calls are left out.
 */
void traceback_take(char text[TRACEBACK_MAX]);

/* Takes a SyntaxError that was raised: "line 3, column 7: invalid syntax"; another exception as traceback_take(). */
void traceback_take_syntax(char text[TRACEBACK_MAX]);

#endif /* METER_PYTHON_TRACEBACK_H */
