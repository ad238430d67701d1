/*
 * own_table.c
 *	  Tables of the extension, which are read and written here as catalogs are.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "pg/base/own_table.h"

#define EXTENSION "nfstream_fdw"

/* The schema that the extension was made in, or moved to. */
static Oid
find_schema(void)
{
	Relation	catalog = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			schema = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum(EXTENSION));
	scan = systable_beginscan(catalog, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return schema;
}

bool
own_table_has_extension(void)
{
	return OidIsValid(find_schema());
}

/* Whoever owns the table can change it, and may add columns. */
static bool
is_as_made(const OwnTable *table, TupleDesc descriptor)
{
	if (descriptor->natts < table->columns)
		return false;
	for (int i = 0; i < table->columns; i++)
		if (TupleDescAttr(descriptor, i)->atttypid != table->types[i])
			return false;
	return true;
}

Relation
own_table_open(const OwnTable *table, LOCKMODE mode)
{
	Oid schema = find_schema(),
		found = OidIsValid(schema) ? get_relname_relid(table->name, schema) : InvalidOid;
	Relation relation;

	if (!OidIsValid(found))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s\" of the extension \"%s\" is missing", table->name, EXTENSION),
				 errhint("All objects of the extension belong in one schema, under their names: DROP EXTENSION and CREATE EXTENSION make them anew.")));
	relation = table_open(found, mode);
	if (!is_as_made(table, RelationGetDescr(relation)))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				 errmsg("table \"%s\" of the extension \"%s\" has been altered", table->name, EXTENSION),
				 errdetail("A column that is read is missing, or of another type.")));
	return relation;
}

void
own_table_row(TupleDesc descriptor, int columns, Datum **values, bool **nulls)
{
	*values = palloc0(descriptor->natts * sizeof(Datum));
	*nulls = palloc0(descriptor->natts * sizeof(bool));
	for (int i = columns; i < descriptor->natts; i++)
		(*nulls)[i] = true;
}
