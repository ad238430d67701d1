/*
 * convert.h
 *	  From the values of records to datums: which SQL types can hold which column, and how.
 */
#ifndef PG_ROWS_CONVERT_H
#define PG_ROWS_CONVERT_H

#include "wire/limits.h"
#include "wire/record.h"

/* The captures of a scan, and that of the row at hand. */
typedef struct ConvertCaptures
{
	Datum *names; /* by index, as text */
	int	   count;
	uint64 current; /* where the flow began, or the packet is */
} ConvertCaptures;

/* Where a value goes: what its conversion needs to know. */
typedef struct ConvertTarget
{
	const char			  *table; /* for errors */
	const char			  *name;  /* the column of the table, for errors */
	const Schema		  *schema;
	const Column		  *column;
	Oid					   type; /* the table's, a domain's base type */
	const ConvertCaptures *captures;
} ConvertTarget;

/*
 * Makes a datum in the current memory context.  Errors if the value is out of the type's range; names table, column, value and
 * capture.  Times and durations are never out of the range of timestamptz and interval: those beyond are 'infinity', and the
 * longest interval.
 */
typedef Datum (*ConvertFunction)(const RecordValue *value, const ConvertTarget *target);

/* How a column's values become this type; NULL if it cannot hold them.  For a domain, ask with its base type. */
ConvertFunction convert_function(const Column *column, Oid type);

/* The types that can hold a column, as users read them, in the current memory context. */
char *convert_types_text(const Column *column);

/* A value's text alone, whatever its column, in the current memory context. */
text *convert_plain_text(const RecordValue *value, const ConvertTarget *target);

/* The name of the capture in which the flow at hand began, or the packet is, in the current memory context. */
char *convert_capture_text(const ConvertTarget *target);

/* A value as users read it in an error, in the current memory context. */
char *convert_value_text(const RecordValue *value, const ConvertTarget *target);

#endif /* PG_ROWS_CONVERT_H */
