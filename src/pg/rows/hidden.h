/*
 * hidden.h
 *	  The columns of a table that are only ever seen hashed: the option columns_to_anonymize.
 */
#ifndef PG_ROWS_HIDDEN_H
#define PG_ROWS_HIDDEN_H

#include "utils/rel.h"

#include "pg/options/options.h"
#include "pg/rows/plugin_values.h"

typedef struct HiddenColumns HiddenColumns;

/*
 * The hidden columns of a table with these options, in the current memory context; NULL if the options name no column.
 *
 * Errors if a name in the option is neither a column of the table nor of its schema.  Its key is wiped when the memory
 * context goes.
 */
HiddenColumns *hidden_columns_of_table(Relation table, const ScanOptions *options);

/* Whether hashes of a table with these options come from a key that is given, and not from the session's secret. */
bool hidden_key_is_given(const ScanOptions *options);

/*
 * Whether a column of the table is to be hashed: because the option names it, or what it stands for, or because it would
 * show what is in another column that is hidden.  Errors if it is to be and is not of type text.  `hidden` may be NULL.
 */
bool hidden_has(const HiddenColumns *hidden, Form_pg_attribute attribute, const Column *column);

/* The same for a column that stands for a plugin's value. */
bool hidden_has_plugin_value(const HiddenColumns *hidden, Form_pg_attribute attribute, const PluginValue *value);

/* The same for a column that stands for a constant. */
bool hidden_has_constant(const HiddenColumns *hidden, Form_pg_attribute attribute);

/* The hash of a value's text, as text in the current memory context. */
Datum hidden_hash(const HiddenColumns *hidden, const text *plain);

/*
 * Whether a plugin's value is hidden: then the column udps, where it is not hidden itself, is to be shown as hidden_udps() makes it, with
 * hashes in the values' places, in the current memory context.
 */
bool		hidden_has_part_of_udps(const HiddenColumns *hidden);
RecordValue hidden_udps(const HiddenColumns *hidden, const RecordValue *udps);

/* The names in the option, each once, sorted: C strings in the current memory context. */
List *hidden_names(const ScanOptions *options);

/*
 * Errors if one of these names is neither a column of the schema, nor a value that the options' plugins may leave, nor among
 * `declared`: the table's names of its columns, and what they stand for.
 */
void hidden_check_names(const ScanOptions *options, const List *names, const List *declared);

/* Whether these names have the attribute's, or that of the column of the table that stands for it. */
bool hidden_names_have(const List *names, const Column *column, const char *name);

/* Whether these names have an attribute of the schema that a column shows. */
bool hidden_names_have_shown(const List *names, const Schema *schema, const Column *column);

/* The same for a column that stands for a constant. */
bool hidden_names_have_constant(const List *names, const char *name);

/* The same for a plugin's value, of which all are hidden with `udps`. */
bool hidden_names_have_plugin_value(const List *names, const char *value, const char *name);

#endif /* PG_ROWS_HIDDEN_H */
