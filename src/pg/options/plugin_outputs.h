/*
 * plugin_outputs.h
 *	  What plugins leave in a flow, as far as they tell it, and what they read of it.
 */
#ifndef PG_OPTIONS_PLUGIN_OUTPUTS_H
#define PG_OPTIONS_PLUGIN_OUTPUTS_H

#include "utils/jsonb.h"

#include "pg/options/plugins.h"
#include "wire/schema.h"

/* A value that a plugin leaves: the member `name` of a flow's udps. */
typedef struct PluginOutput
{
	const char *name;
	const char *type; /* as SQL writes it */
	const char *help; /* NULL: none is known */
} PluginOutput;

/*
 * What a plugin leaves with these arguments: PluginOutputs, in its order, in the current memory context.  *complete is set to whether
 * that is all: a class in Python need not tell, and of shared objects nothing is known here.
 */
List *plugin_outputs(const ListedPlugin *plugin, bool *complete);

/*
 * What all plugins of a list leave: each name once, where it came first, but as the later plugin has it, whose value a flow
 * has.  *complete as above, for all of them.
 */
List *plugins_outputs(const List *plugins, bool *complete);

/* The outputs in a description of a plugin: wire/message.h.  NULL has none. */
List *plugin_described_outputs(Jsonb *description);

/* The output of this name; NULL if there is none. */
const PluginOutput *plugins_output(const List *outputs, const char *name);

/* The names of outputs that were meant by a name that is none of them, as suggest_text() has it, with the prefix `udps.`. */
char *suggest_outputs(const List *outputs, const char *wanted);

/* Adds the schema's columns that plugins read to a set.  Of shared objects it is not known here: the meter adds what they read. */
void plugins_reads(const List *plugins, const Schema *schema, ColumnSet *reads);

#endif /* PG_OPTIONS_PLUGIN_OUTPUTS_H */
