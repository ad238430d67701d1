/*
 * convert.h
 *	  From the values of flow records to datums: which SQL types can hold which column, and how.
 */
#ifndef PG_CONVERT_H
#define PG_CONVERT_H

#include "wire/record.h"

/* Where a value goes: what its conversion needs to know. */
typedef struct ConvertTarget
{
	const char *name;			/* the column of the table, for errors */
	const Column *column;
	Oid			type;			/* the table's, a domain's base type */
	Datum	   *files;			/* COLUMN_FILE: names by index, as text */
	int			file_count;
} ConvertTarget;

/*
 * Makes a datum in the current memory context.  Errors if the value is out of the type's range; names column and value.
 */
typedef Datum (*ConvertFunction) (const FlowValue *value, const ConvertTarget *target);

/* How a column's values become this type; NULL if it cannot hold them.  Domains are to be looked through before. */
ConvertFunction convert_function(const Column *column, Oid type);

/* The types that can hold a column, as users read them, in the current memory context. */
char	   *convert_types_text(const Column *column);

/* The type with which IMPORT FOREIGN SCHEMA declares a column. */
Oid			convert_import_type(const Column *column);

/* A value's text alone, whatever its column, in the current memory context. */
text	   *convert_plain_text(const FlowValue *value, const ConvertTarget *target);

/* A value as users read it in an error, in the current memory context. */
char	   *convert_value_text(const FlowValue *value, const ConvertTarget *target);

#endif							/* PG_CONVERT_H */
