/*
 * hidden.h
 *	  The columns of a table that are only ever seen hashed: the option columns_to_anonymize.
 */
#ifndef PG_ROWS_HIDDEN_H
#define PG_ROWS_HIDDEN_H

#include "utils/rel.h"

#include "pg/options/options.h"
#include "pg/rows/convert.h"

typedef struct HiddenColumns HiddenColumns;

/*
 * The hidden columns of a table with these options, in the current memory context; NULL if the options name no column.
 *
 * Errors if a name in the option is neither a column of the table nor of its schema.  Its key is wiped when the memory
 * context goes.
 */
HiddenColumns *hidden_columns_of_table(Relation table, const ScanOptions *options);

/*
 * Whether a column of the table is to be hashed: because the option names it, or what it stands for, or because it would
 * reveal an address or port that is hidden.  Errors if it is to be and is not of type text.  `hidden` may be NULL.
 */
bool hidden_has(const HiddenColumns *hidden, Form_pg_attribute attribute, const Column *column);

/* The hash of a value, as text in the current memory context. */
Datum hidden_hash(const HiddenColumns *hidden, const RecordValue *value, const ConvertTarget *target);

/* The names in the option, each once, sorted: C strings in the current memory context. */
List *hidden_names(const ScanOptions *options);

/* Errors if one of these names is neither a column of the schema nor among `declared`, the table's names of its columns. */
void hidden_check_names(const Schema *schema, const List *names, const List *declared);

/* Whether these names have the attribute's, or that of the column of the table that stands for it. */
bool hidden_names_have(const List *names, const Column *column, const char *name);

#endif /* PG_ROWS_HIDDEN_H */
