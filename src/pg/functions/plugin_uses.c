/*
 * plugin_uses.c
 *	  Who names a plugin in the option `udps`.
 *
 * The server records no dependency on what stands in an option, so it is looked for in the options of all foreign tables and
 * servers of the wrapper.  What another transaction is about to commit is not seen: such a table's scan says that the plugin is not
 * there.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/functions/plugin_uses.h"
#include "pg/options/option_forms.h"
#include "pg/options/options.h"

/* How many an error names. */
#define USES_SHOWN 20

typedef struct Uses
{
	const char	  *plugin;
	StringInfoData text;
	int			   count;
} Uses;

/* Whether an element of the list in an option is this plugin: its name, or an object with that. */
static bool
is_it(JsonbValue *element, const char *plugin)
{
	JsonbValue buffer;

	if (element->type == jbvBinary && JsonContainerIsObject(element->val.binary.data))
		element = getKeyJsonValueFromContainer(element->val.binary.data, "plugin", strlen("plugin"), &buffer);
	return element != NULL && element->type == jbvString && element->val.string.len == strlen(plugin) &&
		   memcmp(element->val.string.val, plugin, element->val.string.len) == 0;
}

static bool
names_plugin(char *udps, const char *plugin)
{
	JsonbContainer *root;

	if (form_is_plugin_name(udps))
		return strcmp(udps, plugin) == 0;
	root = &DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(udps)))->root;
	for (uint32 i = 0; JsonContainerIsArray(root) && i < JsonContainerSize(root); i++)
		if (is_it(getIthJsonbValueFromContainer(root, i), plugin))
			return true;
	return false;
}

/* Notes the object if these are the options of one that names the plugin. */
static void
look_at(Uses *uses, Datum options, Oid catalog, Oid object)
{
	ListCell	 *cell;
	ObjectAddress address;

	foreach(cell, untransformRelOptions(options))
	{
		DefElem *option = lfirst_node(DefElem, cell);

		CHECK_FOR_INTERRUPTS();
		if (strcmp(option->defname, "udps") != 0 || !names_plugin(defGetString(option), uses->plugin))
			continue;
		if (uses->count++ >= USES_SHOWN)
			continue;
		ObjectAddressSet(address, catalog, object);
		appendStringInfo(&uses->text, "%s%s names it in its option \"udps\".", uses->text.len > 0 ? "\n" : "",
						 getObjectDescription(&address, false));
	}
}

static void
look_at_servers(Uses *uses)
{
	Relation	catalog = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid	  server = ((Form_pg_foreign_server) GETSTRUCT(tuple))->oid;
		bool  is_null;
		Datum options = heap_getattr(tuple, Anum_pg_foreign_server_srvoptions, RelationGetDescr(catalog), &is_null);

		if (!is_null && options_is_own_server(server))
			look_at(uses, options, ForeignServerRelationId, server);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

static void
look_at_tables(Uses *uses)
{
	Relation	catalog = table_open(ForeignTableRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_foreign_table table = (Form_pg_foreign_table) GETSTRUCT(tuple);
		bool				  is_null;
		Datum				  options = heap_getattr(tuple, Anum_pg_foreign_table_ftoptions, RelationGetDescr(catalog), &is_null);

		if (!is_null && options_is_own_server(table->ftserver))
			look_at(uses, options, RelationRelationId, table->ftrelid);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

void
plugin_refuse_if_used(const char *name)
{
	Uses uses = {.plugin = name};

	initStringInfo(&uses.text);
	look_at_servers(&uses);
	look_at_tables(&uses);
	if (uses.count == 0)
		return;
	if (uses.count > USES_SHOWN)
		appendStringInfo(&uses.text, "\nand %d others.", uses.count - USES_SHOWN);
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("cannot drop plugin \"%s\" because tables or servers use it", name),
			 errdetail_internal("%s", uses.text.data),
			 errhint("Take it out of their options first: ALTER ... OPTIONS (SET udps ...) or (DROP udps).")));
}
