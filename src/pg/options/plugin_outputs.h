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
 * What plugins say that they leave with their arguments: PluginOutputs, in the current memory context, each name once, where it came
 * first, but as the latest plugin has it, whose value a flow has.  What shared objects leave is not known here.
 *
 * *untold: the plugins that do not say what they leave, a list of ListedPlugins.
 */
List *plugins_outputs(const List *plugins, List **untold);

/* Adds outputs of a plugin that comes after those whose outputs these are. */
List *plugins_add_outputs(List *all, const List *outputs);

/* Whether no plugin leaves anything but its outputs: one in Python may. */
bool plugins_leave_no_more(const List *plugins);

/* The outputs in a description of a plugin: wire/message.h.  NULL has none. */
List *plugin_described_outputs(Jsonb *description);

/* The output of this name; NULL if there is none. */
const PluginOutput *plugins_output(const List *outputs, const char *name);

/* The names of outputs that were meant by a name that is none of them, as suggest_text() has it, with the prefix `udps.`. */
char *suggest_outputs(const List *outputs, const char *wanted);

/* Adds the columns of flows that plugins read to a set.  Of shared objects it is not known here: the meter adds what they read. */
void plugins_reads(const List *plugins, ColumnSet *reads);

#endif /* PG_OPTIONS_PLUGIN_OUTPUTS_H */
