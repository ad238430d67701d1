/*
 * scan_plugins.c
 *	  The plugins of a scan, as its meters get them.
 *
 * A name means a bundled plugin, else one in Python, else a shared object.  If any is in Python, all run in the meter that has
 * CPython in it.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/base/encoding.h"
#include "pg/base/settings.h"
#include "pg/fdw/plugin_query.h"
#include "pg/fdw/scan_plugins.h"
#include "pg/options/plugin_names.h"
#include "pg/options/plugins.h"
#include "pg/options/python_plugins.h"

static PluginText
utf8_text(const char *text)
{
	return plugin_text(pg_server_to_any(text, strlen(text), PG_UTF8));
}

static _Noreturn void
refuse_name(const char *name)
{
	const char *near = suggest_plugins(name);

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("plugin \"%s\" does not exist", encoding_clipped(name)),
			 near != NULL ? errhint("Perhaps you meant %s.", near) :
							errhint("The view \"nfstream_plugins\" has those that there are.")));
}

/* Adds a plugin to the orders, and what it needs to the scan's. */
static bool
add_plugin(PluginOrders *orders, ScanPlugins *plugins, const ListedPlugin *listed)
{
	const PluginText nothing = {0};
	PluginText		 name = plugin_text(listed->name);
	PythonPlugin	*python;

	if (listed->bundled != NULL)
		return plugin_orders_add(orders, PLUGIN_BUNDLED, name, nothing, nothing);
	plugins->cleans_up = true; /* for all that is known here */
	python = python_plugin_find(listed->name);
	if (python != NULL)
	{
		plugins->which = METER_PYTHON;
		return plugin_orders_add(orders, PLUGIN_PYTHON, name, utf8_text(python->class), utf8_text(python->source));
	}
	if (!plugin_is_shared_object(listed->name))
		refuse_name(listed->name);
	return plugin_orders_add(orders, PLUGIN_C, name, nothing, nothing);
}

/* Finds the value of an argument that is a query's. */
static void
find_value(const ScanOptions *options, const ListedPlugin *plugin, ListedArgument *argument)
{
	const PluginQuery query = {
		.plugin = plugin->name,
		.parameter = argument->name,
		.text = argument->query,
		.owner = options->udps_owner,
		.table = options->function == NULL ? options->table : InvalidOid,
		.schema = options->udps_on_server ? InvalidOid : get_rel_namespace(options->table),
	};

	switch (argument->form)
	{
		case ARGUMENT_VALUE:
			return;
		case ARGUMENT_QUERY:
			plugins_set_json(argument, plugin_query_json(&query));
			argument->form = ARGUMENT_VALUE;
			plugins_check_argument(plugin, argument);
			return;
		case ARGUMENT_PICKLE:
			argument->argument.kind = PLUGIN_VALUE_PICKLE;
			argument->argument.value = plugin_query_pickle(&query);
			return;
	}
}

static void
fill_orders(const ScanOptions *options, PluginOrders *orders, ScanPlugins *plugins)
{
	ListCell *cell,
		*argument_cell;

	foreach(cell, options->plugins)
	{
		const ListedPlugin *listed = lfirst(cell);
		bool				fits = add_plugin(orders, plugins, listed);

		foreach(argument_cell, listed->arguments)
		{
			ListedArgument argument = *(const ListedArgument *) lfirst(argument_cell);

			find_value(options, listed, &argument);
			fits = fits && plugin_orders_add_argument(orders, argument.argument.name, argument.argument.kind, argument.argument.value);
		}
		if (!fits)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("plugin \"%s\" is too much for a scan", listed->name),
					 errdetail("A scan has up to %d plugins with %d arguments in all; a name has up to %d bytes, a source %u, an argument %u.",
							   PLUGIN_ORDERS_MAX, PLUGIN_ARGUMENTS_MAX, PLUGIN_NAME_BYTES, PLUGIN_SOURCE_BYTES_MAX, PLUGIN_VALUE_BYTES_MAX)));
	}
	if (plugins->which == METER_PYTHON)
		orders->python_prefix = utf8_text(setting_python_prefix);
}

const ScanPlugins *
scan_plugins(const ScanOptions *options, MemoryContext lasting)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "nfstream plugins", ALLOCSET_DEFAULT_SIZES),
				  before = MemoryContextSwitchTo(context);
	PluginOrders *orders = palloc0(sizeof(*orders));
	ScanPlugins	 *plugins = MemoryContextAllocZero(lasting, sizeof(*plugins));
	uint8		 *bytes;

	fill_orders(options, orders, plugins);
	plugins->length = plugin_orders_length(orders);
	if (plugins->length > PLUGIN_ORDERS_BYTES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the plugins of a scan and their arguments are too long"),
				 errdetail("They have " UINT64_FORMAT " bytes, and may have " UINT64_FORMAT ".", plugins->length,
						   (uint64) PLUGIN_ORDERS_BYTES_MAX)));
	bytes = MemoryContextAllocHuge(lasting, plugins->length);
	plugin_orders_write(orders, bytes);
	plugins->bytes = bytes;
	MemoryContextSwitchTo(before);
	MemoryContextDelete(context);
	return plugins;
}
