/*
 * value_json.h
 *	  A value of Python's as JSON.
 */
#ifndef METER_PYTHON_VALUE_JSON_H
#define METER_PYTHON_VALUE_JSON_H

#include "engine/analyse/plugin_json.h"
#include "meter/python/cpython.h"
#include "wire/record.h"

/*
 * Writes a value, in the plain form of wire/json.h:
 *
 *	  None, bool, int		as they are; an int of more than JSON_NUMBER_MAX digits as text
 *	  float					as it is; NaN, Infinity and -Infinity as text
 *	  str					as it is; NUL and lone surrogates become U+FFFD
 *	  bytes, bytearray, memoryview		hexadecimal digits
 *	  list, tuple, set, frozenset		an array
 *	  dict					an object; names by str()
 *	  an Enum				its name
 *	  NumPy's				scalars as item() has them, arrays as tolist()
 *	  anything else			str() of it; if that raises, its type's name in <>
 *
 * A container that stands in itself, or too deep, is "[...]" or "{...}"; depth is how many containers there are around the value.
 * Where the text has more than RECORD_LONG_MAX bytes, writing ends soon, and what stands there is no JSON.
 */
void value_put_json(JsonText *text, PyObject *value, unsigned depth);

/* A str as UTF-8, of *length bytes, which lasts as long as the str and *memory, a reference or NULL. */
const char *value_utf8(PyObject *string, size_t *length, PyObject **memory);

#endif /* METER_PYTHON_VALUE_JSON_H */
