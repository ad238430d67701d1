/*
 * missing.h
 *	  Columns in use that are NULL in every row, whatever is captured.
 */
#ifndef PG_ROWS_MISSING_H
#define PG_ROWS_MISSING_H

#include "access/attnum.h"
#include "catalog/pg_attribute.h"

#include "pg/options/options.h"

/* Of one scan: all 0 to begin with. */
typedef struct MissingColumns
{
	bool		leaves_out;			   /* the query does not use some column */
	List	   *off;				   /* names of columns that options turn off, C strings */
	bool		groups[COLUMN_GROUPS]; /* whose options would turn them on */
	char	   *unleft;				   /* a column whose value no plugin leaves; NULL: there is none */
	const char *unleft_value;		   /* that value's name, */
	char	   *unleft_perhaps;		   /* and what was meant; NULL if nothing is near */
} MissingColumns;

/* Takes note of a column in use if the option of its group is off. */
void missing_note_off(MissingColumns *missing, const ScanOptions *options, Form_pg_attribute attribute, ColumnGroup group);

/* Takes note of the first column in use that stands for a value that no plugin leaves, as far as that can be known. */
void missing_note_unleft(MissingColumns *missing, const ScanOptions *options, Form_pg_attribute attribute, const char *value);

/* WARNINGs, if there are any. */
void missing_warn(const MissingColumns *missing, const ScanOptions *options);

#endif /* PG_ROWS_MISSING_H */
