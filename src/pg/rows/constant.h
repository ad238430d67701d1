/*
 * constant.h
 *	  Columns of a foreign table that are the same in all its rows: the column option `value`.
 */
#ifndef PG_ROWS_CONSTANT_H
#define PG_ROWS_CONSTANT_H

#include "access/attnum.h"

/*
 * The datum of a column with this option, in the current memory context.  Errors, with table, column and value, if its type, its modifier or
 * its domain do not accept it.
 */
Datum constant_read(Oid table, AttrNumber attribute, const char *value);

/* Whether a value of this type, no domain, is the same whenever it is read, and whatever the session's settings. */
bool constant_is_lasting(Oid type, const char *value);

#endif /* PG_ROWS_CONSTANT_H */
