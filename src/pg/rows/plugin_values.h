/*
 * plugin_values.h
 *	  The values that plugins left in a flow, which are the members of its column udps, each for itself.
 *
 * Names are those of the option `attribute` without `udps.`, in UTF-8, as the column has them.
 */
#ifndef PG_ROWS_PLUGIN_VALUES_H
#define PG_ROWS_PLUGIN_VALUES_H

#include "wire/json.h"
#include "wire/record.h"

/* A value that is looked for in each row. */
typedef struct PluginValue
{
	const char *name; /* UTF-8 */
	size_t		name_length;
	bool		found;
	JsonPart	json; /* if it was found; points into the record */
} PluginValue;

/* How values become datums of a type. */
typedef struct PluginValueType PluginValueType;

/* A name in the server's encoding as it is looked for, in the current memory context. */
PluginValue plugin_value_named(const char *name);

/* Whether what stands between the quotes of a member's name is this name. */
bool plugin_value_is(const PluginValue *value, JsonPart member);

/*
 * Looks for values in the column udps of a row, which is no object only if a meter lies: then nothing is found.  Of members with one
 * name the last counts, as for jsonb.
 */
void plugin_values_find(const RecordValue *udps, PluginValue *values, int count);

/* Prepares a type, no domain, with its modifier, in the current memory context. */
PluginValueType *plugin_value_type(Oid type, int32 modifier);

/* Whether it is null: no other value begins like it. */
static inline bool
plugin_value_is_null(JsonPart value)
{
	return value.text[0] == 'n';
}

/*
 * Makes a datum in the current memory context; false if the value is null.
 *
 * A list becomes an array, where the type is one, json and jsonb get the value as it stands, bytea a string of hexadecimal digits as
 * the bytes that these are, and all others what the type reads from a string's characters or else from the JSON text.  Errors as
 * the type's input function does.
 */
bool plugin_value_read(PluginValueType *type, JsonPart value, Datum *datum);

/* The characters of a string, or else the JSON text, in the current memory context. */
text *plugin_value_text(JsonPart value);

#endif /* PG_ROWS_PLUGIN_VALUES_H */
