/*
 * python_plugins.c
 *	  The table of plugins in Python, nfstream_python_plugins.
 *
 * pg_dump has its rows.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/base/own_table.h"
#include "pg/options/python_plugins.h"

/* The table's columns, in the order of nfstream_fdw--1.0.sql. */
typedef enum PluginColumn
{
	PLUGIN_NAME = 1,
	PLUGIN_OWNER,
	PLUGIN_SOURCE,
	PLUGIN_CLASS,
	PLUGIN_HELP,
	PLUGIN_DOCSTRING,
	PLUGIN_PARAMETERS,
	PLUGIN_OUTPUTS,
	PLUGIN_READS,
	PLUGIN_COLUMNS = PLUGIN_READS
} PluginColumn;

static Relation
open_table(LOCKMODE mode)
{
	static const Oid types[PLUGIN_COLUMNS] = {TEXTOID, REGROLEOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID, JSONBOID, TEXTARRAYOID};

	return own_table_open(&(OwnTable) {"nfstream_python_plugins", types, PLUGIN_COLUMNS}, mode);
}

/* Starts a scan for a name, or of the whole table where it is NULL. */
static SysScanDesc
begin(Relation table, const char *name, ScanKeyData *key)
{
	if (name == NULL)
		return systable_beginscan(table, InvalidOid, false, NULL, 0, NULL);
	ScanKeyInit(key, PLUGIN_NAME, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(name));
	return systable_beginscan(table, InvalidOid, false, NULL, 1, key);
}

/* ---------------------------------------------------------------------------------------------------------------- reading */

static char *
text_of(Datum value, bool is_null)
{
	return is_null ? NULL : TextDatumGetCString(value);
}

static Jsonb *
jsonb_of(Datum value, bool is_null)
{
	return is_null ? NULL : DatumGetJsonbPCopy(value);
}

static List *
names_of(Datum value)
{
	List  *names = NIL;
	Datum *elements;
	bool  *nulls;
	int	   count;

	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			names = lappend(names, TextDatumGetCString(elements[i]));
	return names;
}

static PythonPlugin *
read_plugin(HeapTuple tuple, TupleDesc descriptor)
{
	PythonPlugin *plugin = palloc0(sizeof(*plugin));
	Datum		 *values = palloc(descriptor->natts * sizeof(Datum));
	bool		 *nulls = palloc(descriptor->natts * sizeof(bool));

#define VALUE(column) values[column - 1], nulls[column - 1]
	heap_deform_tuple(tuple, descriptor, values, nulls);
	plugin->name = text_of(VALUE(PLUGIN_NAME));
	plugin->owner = DatumGetObjectId(values[PLUGIN_OWNER - 1]);
	plugin->source = text_of(VALUE(PLUGIN_SOURCE));
	plugin->class = text_of(VALUE(PLUGIN_CLASS));
	plugin->help = text_of(VALUE(PLUGIN_HELP));
	plugin->docstring = text_of(VALUE(PLUGIN_DOCSTRING));
	plugin->parameters = jsonb_of(VALUE(PLUGIN_PARAMETERS));
	plugin->outputs = jsonb_of(VALUE(PLUGIN_OUTPUTS));
	plugin->reads_all = nulls[PLUGIN_READS - 1];
	if (!plugin->reads_all)
		plugin->reads = names_of(values[PLUGIN_READS - 1]);
#undef VALUE
	return plugin;
}

PythonPlugin *
python_plugin_find(const char *name)
{
	Relation	  table = open_table(AccessShareLock);
	ScanKeyData	  key;
	SysScanDesc	  scan = begin(table, name, &key);
	HeapTuple	  tuple = systable_getnext(scan);
	PythonPlugin *plugin = HeapTupleIsValid(tuple) ? read_plugin(tuple, RelationGetDescr(table)) : NULL;

	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return plugin;
}

List *
python_plugin_names(void)
{
	Relation	table;
	SysScanDesc scan;
	List	   *names = NIL;
	HeapTuple	tuple;

	if (!own_table_has_extension())
		return NIL;
	table = open_table(AccessShareLock);
	scan = begin(table, NULL, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool  is_null;
		Datum name = heap_getattr(tuple, PLUGIN_NAME, RelationGetDescr(table), &is_null);

		names = lappend(names, text_of(name, is_null));
	}
	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return names;
}

/* ---------------------------------------------------------------------------------------------------------------- writing */

void
python_plugins_lock(void)
{
	table_close(open_table(ShareRowExclusiveLock), NoLock);
}

static HeapTuple
form_tuple(const PythonPlugin *plugin, TupleDesc descriptor)
{
	Datum	 *values;
	bool	 *nulls;
	Datum	 *reads = palloc((list_length(plugin->reads) + 1) * sizeof(Datum));
	ListCell *cell;

	own_table_row(descriptor, PLUGIN_COLUMNS, &values, &nulls);
#define TEXT(column, text) \
	((text) == NULL ? (void) (nulls[column - 1] = true) : (void) (values[column - 1] = CStringGetTextDatum(text)))
	TEXT(PLUGIN_NAME, plugin->name);
	values[PLUGIN_OWNER - 1] = ObjectIdGetDatum(plugin->owner);
	TEXT(PLUGIN_SOURCE, plugin->source);
	TEXT(PLUGIN_CLASS, plugin->class);
	TEXT(PLUGIN_HELP, plugin->help);
	TEXT(PLUGIN_DOCSTRING, plugin->docstring);
#undef TEXT
	values[PLUGIN_PARAMETERS - 1] = JsonbPGetDatum(plugin->parameters);
	values[PLUGIN_OUTPUTS - 1] = JsonbPGetDatum(plugin->outputs);
	foreach(cell, plugin->reads)
		reads[foreach_current_index(cell)] = CStringGetTextDatum(lfirst(cell));
	nulls[PLUGIN_READS - 1] = plugin->reads_all;
	values[PLUGIN_READS - 1] =
		PointerGetDatum(construct_array(reads, list_length(plugin->reads), TEXTOID, -1, false, TYPALIGN_INT));
	return heap_form_tuple(descriptor, values, nulls);
}

void
python_plugin_insert(const PythonPlugin *plugin)
{
	Relation table = open_table(RowExclusiveLock);

	CatalogTupleInsert(table, form_tuple(plugin, RelationGetDescr(table)));
	table_close(table, NoLock);
	CommandCounterIncrement();
}

/* The row of a name, which is there; the caller ends the scan. */
static HeapTuple
find_row(Relation table, const char *name, ScanKeyData *key, SysScanDesc *scan)
{
	HeapTuple tuple;

	*scan = begin(table, name, key);
	tuple = systable_getnext(*scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "plugin \"%s\" is not in its table", name);
	return tuple;
}

void
python_plugin_update(const PythonPlugin *plugin)
{
	Relation	table = open_table(RowExclusiveLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row = find_row(table, plugin->name, &key, &scan),
			  changed = form_tuple(plugin, RelationGetDescr(table));

	changed->t_self = row->t_self;
	CatalogTupleUpdate(table, &changed->t_self, changed);
	systable_endscan(scan);
	table_close(table, NoLock);
	CommandCounterIncrement();
}

void
python_plugin_delete(const char *name)
{
	Relation	table = open_table(RowExclusiveLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row = find_row(table, name, &key, &scan);

	CatalogTupleDelete(table, &row->t_self);
	systable_endscan(scan);
	table_close(table, NoLock);
	CommandCounterIncrement();
}
