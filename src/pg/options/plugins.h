/*
 * plugins.h
 *	  The option udps: which plugins are called, in which order, with what arguments.
 *
 * What the validator checks, what EXPLAIN shows, what IMPORT FOREIGN SCHEMA declares and what meters are sent all come from this list.
 */
#ifndef PG_OPTIONS_PLUGINS_H
#define PG_OPTIONS_PLUGINS_H

#include "nodes/pg_list.h"

#include "wire/bundled.h"
#include "wire/plugin_orders.h"

/* How the value of an argument is found. */
typedef enum ArgumentForm
{
	ARGUMENT_VALUE,	 /* it is written there */
	ARGUMENT_QUERY,	 /* {"query": ...}: the value of a query */
	ARGUMENT_PICKLE, /* {"pickle": ...}: the object in the bytea of a query */
} ArgumentForm;

typedef struct ListedArgument
{
	char		  *name;
	ArgumentForm   form;
	PluginArgument argument; /* of ARGUMENT_VALUE, its name and value in UTF-8 */
	char		  *query;	 /* of the other forms */
	char		  *shown;	 /* as it is written */
} ListedArgument;

typedef struct ListedPlugin
{
	char				*name;
	const BundledPlugin *bundled;	/* NULL: it is none of these */
	List				*arguments; /* ListedArguments; a bundled plugin's in the order of its parameters */
} ListedPlugin;

/*
 * The plugins of a value of the option, in the current memory context; NIL if it has not the form: the name of a plugin, or a JSON
 * array of names and of objects with a name under "plugin", nested at most 32 deep.
 *
 * Errors if a bundled plugin does not take its arguments.  What a query will return is not known here: plugins_check_argument().
 */
List *plugins_parse(const char *value);

/* Errors if a bundled plugin does not take this argument, which is a value, for its parameter of this name. */
void plugins_check_argument(const ListedPlugin *plugin, const ListedArgument *argument);

/* The values of a bundled plugin's parameters, all of whose arguments are values: one for each, as its `create` gets them. */
void plugins_values(const ListedPlugin *plugin, NfstreamValue *values);

/* Sets an argument's value from JSON in the server's encoding: of the form ARGUMENT_VALUE, or what a query returned. */
void plugins_set_json(ListedArgument *argument, const char *json);

/* Each plugin as EXPLAIN shows it, flow_slicer(limit 7): a list of C strings. */
List *plugins_shown(const List *plugins);

#endif /* PG_OPTIONS_PLUGINS_H */
