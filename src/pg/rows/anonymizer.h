/*
 * anonymizer.h
 *	  The columns of a table that are only ever seen hashed: the option columns_to_anonymize.
 */
#ifndef PG_ROWS_ANONYMIZER_H
#define PG_ROWS_ANONYMIZER_H

#include "utils/rel.h"

#include "pg/options/options.h"
#include "pg/rows/convert.h"

typedef struct Anonymizer Anonymizer;

/*
 * The anonymizer of a table with these options, in the current memory context; NULL if the options name no column.
 *
 * Errors if a name in the option is neither a column of the table nor an attribute of a flow.  Its key is wiped when the memory
 * context goes.
 */
Anonymizer *anonymizer_of_table(Relation table, const ScanOptions *options);

/*
 * Whether a column of the table is to be hashed: it is named in the option, or the attribute is that it stands for, or it would tell
 * an address or port that is.  Errors if it is to be and is not of type text.  `anonymizer` may be NULL.
 */
bool		anonymizer_hides(const Anonymizer *anonymizer, Form_pg_attribute attribute, const Column *column);

/* The hash of a value, as text in the current memory context. */
Datum		anonymizer_hash(const Anonymizer *anonymizer, const FlowValue *value, const ConvertTarget *target);

/*
 * For IMPORT: whether the options name this attribute, or the column `name` that stands for it.  anonymizer_check_names() comes
 * before.
 */
bool		anonymizer_names(const ScanOptions *options, const Column *column, const char *name);

/* Errors if a name in the option is neither an attribute of a flow nor a column that is `declared`, by a C string. */
void		anonymizer_check_names(const ScanOptions *options, const List *declared);

#endif							/* PG_ROWS_ANONYMIZER_H */
