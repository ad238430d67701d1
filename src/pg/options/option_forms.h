/*
 * option_forms.h
 *	  What the texts of options may look like.
 *
 * Each says whether a value has the form; whether what it names exists, and for whom, is decided when a scan starts.
 */
#ifndef PG_OPTIONS_OPTION_FORMS_H
#define PG_OPTIONS_OPTION_FORMS_H

#include "nodes/pg_list.h"

/* The rest of a text after a prefix (SOURCE_INTERFACE_PREFIX, ATTRIBUTE_UDPS_PREFIX); NULL if it does not start with that. */
const char *form_after_prefix(const char *value, const char *prefix);

/* Whether a text looks like the literal of an array: it starts with { and ends with }. */
bool form_is_array(const char *value);

/*
 * Whether a text is the literal of a one-dimensional array of texts, none of them NULL or ''; its elements are C
 * strings in the current memory context, NIL for `{}`.
 */
bool form_parse_names(const char *value, List **names);

/* What might be meant to be an interface: a name that one can have, and few captures have. */
bool form_is_bare_name(const char *value);

/* A path, a glob, a literal of an array with at least one path, or interface:NAME. */
bool form_is_source(const char *value);

/* A name that a plugin can have. */
bool form_is_plugin_name(const char *value);

/* Whether a text is JSON; *json is a jsonb then, in the current memory context. */
bool form_parse_json(const char *value, Datum *json);

/* A literal of an array of names, `{}` included. */
bool form_is_names(const char *value);

/* An absolute path. */
bool form_is_directory(const char *value);

/* A literal of an array of names that interfaces can have, `{}` included. */
bool form_is_interfaces(const char *value);

/* The name of a column of any schema, or `udps.` and a name. */
bool form_is_attribute(const char *value);

/* A key of 1 to 64 bytes, in hexadecimal digits. */
bool form_is_key(const char *value);

bool form_is_table_name(const char *value);

#endif /* PG_OPTIONS_OPTION_FORMS_H */
