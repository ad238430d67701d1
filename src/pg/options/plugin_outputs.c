/*
 * plugin_outputs.c
 *	  What plugins leave in a flow, as far as they tell it, and what they read of it.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "pg/options/options.h"
#include "pg/options/plugin_outputs.h"
#include "pg/options/python_plugins.h"
#include "pg/options/suggest.h"
#include "wire/plugin_arguments.h"

static List *
add_output(List *outputs, const char *name, const char *type, const char *help)
{
	PluginOutput *output = palloc(sizeof(*output));

	*output = (PluginOutput) {name, type, help};
	return lappend(outputs, output);
}

/* Whether the values of all arguments are written in the option, and not those of queries. */
static bool
are_values_known(const ListedPlugin *plugin)
{
	ListCell *cell;

	foreach(cell, plugin->arguments)
		if (((ListedArgument *) lfirst(cell))->form != ARGUMENT_VALUE)
			return false;
	return true;
}

/* A bundled plugin's, without those that it does not leave with these arguments; where a query decides, all that it may leave. */
static List *
bundled_outputs(const ListedPlugin *plugin)
{
	const BundledPlugin *bundled = plugin->bundled;
	NfstreamValue		 values[PLUGIN_PARAMETERS_MAX];
	bool				 is_known = bundled->leaves != NULL && are_values_known(plugin);
	List				*outputs = NIL;

	if (is_known)
		plugins_values(plugin, values);
	for (unsigned i = 0; bundled->outputs[i].name != NULL; i++)
		if (!is_known || bundled->leaves(values, i))
			outputs = add_output(outputs, bundled->outputs[i].name, bundled->outputs[i].type, bundled->outputs[i].help);
	return outputs;
}

/* The text of a member of an object; NULL if it has none that is a text. */
static char *
member(JsonbContainer *object, const char *name)
{
	JsonbValue	buffer;
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), &buffer);

	return value == NULL || value->type != jbvString ? NULL : pnstrdup(value->val.string.val, value->val.string.len);
}

/* The outputs in a description of a plugin: wire/message.h. */
List *
plugin_described_outputs(Jsonb *description)
{
	List *outputs = NIL;

	if (description == NULL || !JB_ROOT_IS_ARRAY(description))
		return NIL;
	for (uint32 i = 0; i < JB_ROOT_COUNT(description); i++)
	{
		JsonbValue *output = getIthJsonbValueFromContainer(&description->root, i);
		char	   *name = output->type == jbvBinary ? member(output->val.binary.data, "name") : NULL;

		if (name != NULL)
			outputs = add_output(outputs, name, member(output->val.binary.data, "type"), member(output->val.binary.data, "help"));
	}
	return outputs;
}

/* What a plugin says that it leaves; NIL with *is_told false if it does not. */
static List *
outputs_of(const ListedPlugin *plugin, bool *is_told)
{
	const PythonPlugin *python;
	List			   *outputs;

	*is_told = true;
	if (plugin->bundled != NULL)
		return bundled_outputs(plugin);
	python = python_plugin_find(plugin->name);
	outputs = python == NULL ? NIL : plugin_described_outputs(python->outputs);
	*is_told = outputs != NIL;
	return outputs;
}

const PluginOutput *
plugins_output(const List *outputs, const char *name)
{
	ListCell *cell;

	foreach(cell, outputs)
		if (strcmp(((const PluginOutput *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	return NULL;
}

List *
plugins_add_outputs(List *all, const List *outputs)
{
	ListCell *cell;

	foreach(cell, outputs)
	{
		PluginOutput *output = lfirst(cell);
		PluginOutput *before = unconstify(PluginOutput *, plugins_output(all, output->name));

		if (before != NULL)
			*before = *output;
		else
			all = lappend(all, output);
	}
	return all;
}

List *
plugins_outputs(const List *plugins, List **untold)
{
	List	 *all = NIL;
	ListCell *cell;

	*untold = NIL;
	foreach(cell, plugins)
	{
		bool is_told;

		all = plugins_add_outputs(all, outputs_of(lfirst(cell), &is_told));
		if (!is_told)
			*untold = lappend(*untold, lfirst(cell));
	}
	return all;
}

bool
plugins_leave_no_more(const List *plugins)
{
	ListCell *cell;

	foreach(cell, plugins)
		if (((const ListedPlugin *) lfirst(cell))->bundled == NULL)
			return false;
	return true;
}

char *
suggest_outputs(const List *outputs, const char *wanted)
{
	Suggestions near;
	ListCell   *cell;

	suggest_start(&near, wanted);
	foreach(cell, outputs)
		suggest_offer(&near, psprintf(ATTRIBUTE_UDPS_PREFIX "%s", ((const PluginOutput *) lfirst(cell))->name));
	return suggest_text(&near);
}

static void
add_read(const char *name, ColumnSet *reads)
{
	int column = schema_column(&flow_schema, name);

	if (column >= 0)
		column_set_add(reads, column);
}

/* One that may read whatever there is gets all that NFStream's flows have. */
static void
add_reads_of_python(const PythonPlugin *plugin, ColumnSet *reads)
{
	ListCell *cell;

	for (unsigned i = 0; plugin->reads_all && i < flow_schema.count; i++)
		if (!flow_schema.columns[i].extra)
			column_set_add(reads, i);
	foreach(cell, plugin->reads)
		add_read(lfirst(cell), reads);
}

void
plugins_reads(const List *plugins, ColumnSet *reads)
{
	ListCell *cell;

	foreach(cell, plugins)
	{
		const ListedPlugin *plugin = lfirst(cell);
		const PythonPlugin *python = plugin->bundled != NULL ? NULL : python_plugin_find(plugin->name);

		if (plugin->bundled != NULL)
			for (const char *const *name = plugin->bundled->reads; *name != NULL; name++)
				add_read(*name, reads);
		if (python != NULL)
			add_reads_of_python(python, reads);
	}
}
