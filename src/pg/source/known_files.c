/*
 * known_files.c
 *	  What ANALYZE has found out of files: from when to when their packets are, and how many.
 *
 * It is kept in a table of the extension, by the table that was analyzed and the file's number in its file system, together with all by which
 * a change shows: size, and the times of the last change of its bytes and of its state, the second of which nobody sets.  They go by ticks of
 * some ms, so that a file is not believed if it was changed within the last second before it was looked at.
 *
 * ANALYZE of a partitioned table analyzes its partitions under a lock that does not keep others from doing so: there is one here for each table.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "pg/base/own_table.h"
#include "pg/source/known_files.h"

/* ns in which a file may change without that showing. */
#define UNSETTLED INT64CONST(1000000000)

/* The table's columns, in the order of nfstream_fdw--1.0.sql. */
typedef enum FileColumn
{
	FILE_RELATION = 1,
	FILE_DEVICE,
	FILE_INODE,
	FILE_SIZE,
	FILE_MODIFIED_NS,
	FILE_CHANGED_NS,
	FILE_LOOKED_AT_NS,
	FILE_IS_DAMAGED,
	FILE_PACKETS,
	FILE_FIRST_MS,
	FILE_FIRST_NS,
	FILE_LAST_MS,
	FILE_LAST_NS,
	FILE_COLUMNS = FILE_LAST_NS
} FileColumn;

const char *const known_status_names[] = {
	[FILE_NOT_ANALYZED] = "not analyzed",
	[FILE_ANALYZED] = "analyzed",
	[FILE_DAMAGED] = "damaged",
	[FILE_RECENT] = "recent",
	[FILE_CHANGED] = "changed",
};

typedef struct FileKey
{
	uint64 device;
	uint64 inode;
} FileKey;

typedef struct FileEntry
{
	FileKey	   key;
	SourceFile file; /* as it was, without its name */
	int64	   looked_at;
	KnownFile  known;
} FileEntry;

struct KnownFiles
{
	HTAB *entries;
};

static Relation
open_table(LOCKMODE mode)
{
	static const Oid types[FILE_COLUMNS] = {OIDOID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, BOOLOID, INT8OID, INT8OID, INT4OID,
											INT8OID, INT4OID};

	return own_table_open(&(OwnTable) {"nfstream_source_files", types, FILE_COLUMNS}, mode);
}

/* Starts a scan of what is of a table; of all, if that is InvalidOid. */
static SysScanDesc
begin(Relation relation, Oid table, ScanKeyData *key)
{
#if PG_VERSION_NUM >= 180000
	Oid index = RelationGetPrimaryKeyIndex(relation, false);
#else
	Oid index = RelationGetPrimaryKeyIndex(relation);
#endif

	if (!OidIsValid(table))
		return systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	ScanKeyInit(key, FILE_RELATION, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
	return systable_beginscan(relation, index, OidIsValid(index), NULL, 1, key);
}

/* ----------------------------------------------------------------------------------------------------------------- reading */

static FileEntry
read_entry(HeapTuple tuple, TupleDesc descriptor)
{
	Datum	 *values = palloc(descriptor->natts * sizeof(Datum));
	bool	 *nulls = palloc(descriptor->natts * sizeof(bool));
	FileEntry entry;

#define NUMBER(column) DatumGetInt64(values[column - 1])
	heap_deform_tuple(tuple, descriptor, values, nulls);
	entry = (FileEntry) {
		.key = {(uint64) NUMBER(FILE_DEVICE), (uint64) NUMBER(FILE_INODE)},
		.file = {
			.size = (uint64) NUMBER(FILE_SIZE),
			.modified = NUMBER(FILE_MODIFIED_NS),
			.changed = NUMBER(FILE_CHANGED_NS),
		},
		.looked_at = NUMBER(FILE_LOOKED_AT_NS),
		.known = {
			.status = DatumGetBool(values[FILE_IS_DAMAGED - 1]) ? FILE_DAMAGED : FILE_ANALYZED,
			.packets = (uint64) NUMBER(FILE_PACKETS),
			.first = (uint64) NUMBER(FILE_FIRST_MS),
			.last = (uint64) NUMBER(FILE_LAST_MS),
			.first_nanoseconds = DatumGetInt32(values[FILE_FIRST_NS - 1]),
			.last_nanoseconds = DatumGetInt32(values[FILE_LAST_NS - 1]),
		},
	};
#undef NUMBER
	pfree(values);
	pfree(nulls);
	return entry;
}

KnownFiles *
known_files(Oid table)
{
	HASHCTL		control = {.keysize = sizeof(FileKey), .entrysize = sizeof(FileEntry), .hcxt = CurrentMemoryContext};
	KnownFiles *known = palloc(sizeof(*known));
	Relation	relation = open_table(AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan = begin(relation, table, &key);
	HeapTuple	tuple;

	known->entries = hash_create("nfstream known files", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		FileEntry  entry = read_entry(tuple, RelationGetDescr(relation));
		bool	   found;
		FileEntry *kept = hash_search(known->entries, &entry.key, HASH_ENTER, &found);

		/* Of what several tables know, the latest. */
		if (!found || kept->looked_at < entry.looked_at)
			*kept = entry;
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return hash_get_num_entries(known->entries) > 0 ? known : NULL;
}

KnownFile
known_file(const KnownFiles *known, const SourceFile *file)
{
	FileKey			 key = {file->device, file->inode};
	const FileEntry *entry = known == NULL ? NULL : hash_search(known->entries, &key, HASH_FIND, NULL);
	KnownFile		 result;

	if (entry == NULL)
		return (KnownFile) {FILE_NOT_ANALYZED};
	if (entry->file.size != file->size || entry->file.modified != file->modified || entry->file.changed != file->changed)
		return (KnownFile) {FILE_CHANGED};
	result = entry->known;
	if (Max(file->modified, file->changed) > entry->looked_at - UNSETTLED)
		result.status = FILE_RECENT;
	return result;
}

/* ----------------------------------------------------------------------------------------------------------------- keeping */

/* What is of the table goes, and what is of tables that are no more; the latter only if nobody else is at that. */
static void
forget(Relation relation, Oid table)
{
	bool		tidies = ConditionalLockRelation(relation, ShareUpdateExclusiveLock);
	ScanKeyData key;
	SysScanDesc scan = begin(relation, tidies ? InvalidOid : table, &key);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool is_null;
		Oid	 of = DatumGetObjectId(heap_getattr(tuple, FILE_RELATION, RelationGetDescr(relation), &is_null));

		if (of == table || !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(of)))
			CatalogTupleDelete(relation, &tuple->t_self);
	}
	systable_endscan(scan);
}

static HeapTuple
form_tuple(Oid table, const SourceFile *file, const FileTimesMessage *times, int64 looked_at, TupleDesc descriptor)
{
	Datum *values;
	bool  *nulls;

	own_table_row(descriptor, FILE_COLUMNS, &values, &nulls);
#define NUMBER(column, number) values[column - 1] = Int64GetDatum((int64) (number))
	values[FILE_RELATION - 1] = ObjectIdGetDatum(table);
	NUMBER(FILE_DEVICE, file->device);
	NUMBER(FILE_INODE, file->inode);
	NUMBER(FILE_SIZE, file->size);
	NUMBER(FILE_MODIFIED_NS, file->modified);
	NUMBER(FILE_CHANGED_NS, file->changed);
	NUMBER(FILE_LOOKED_AT_NS, looked_at);
	values[FILE_IS_DAMAGED - 1] = BoolGetDatum(times->is_damaged);
	NUMBER(FILE_PACKETS, times->packets);
	NUMBER(FILE_FIRST_MS, times->first);
	NUMBER(FILE_LAST_MS, times->last);
#undef NUMBER
	values[FILE_FIRST_NS - 1] = Int32GetDatum(times->first_nanoseconds);
	values[FILE_LAST_NS - 1] = Int32GetDatum(times->last_nanoseconds);
	return heap_form_tuple(descriptor, values, nulls);
}

/* A source may name a file twice: it has one row. */
static bool
is_first(HTAB *seen, const SourceFile *file)
{
	FileKey key = {file->device, file->inode};
	bool	found;

	(void) hash_search(seen, &key, HASH_ENTER, &found);
	return !found;
}

void
known_files_keep(Oid table, const SourceFile *files, const FileTimesMessage *times, int count, int64 looked_at)
{
	HASHCTL			  control = {.keysize = sizeof(FileKey), .entrysize = sizeof(FileKey), .hcxt = CurrentMemoryContext};
	HTAB			 *seen = hash_create("nfstream files", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	Relation		  relation = open_table(RowExclusiveLock);
	CatalogIndexState indexes;

	LockDatabaseObject(ForeignTableRelationId, table, 0, ExclusiveLock);
	forget(relation, table);
	indexes = CatalogOpenIndexes(relation);
	for (int i = 0; i < count; i++)
	{
		HeapTuple tuple;

		if (times[i].file == FAILURE_NO_FILE || !is_first(seen, &files[i]))
			continue;
		tuple = form_tuple(table, &files[i], &times[i], looked_at, RelationGetDescr(relation));
		CatalogTupleInsertWithInfo(relation, tuple, indexes);
		heap_freetuple(tuple);
	}
	CatalogCloseIndexes(indexes);
	hash_destroy(seen);
	table_close(relation, NoLock);
	CommandCounterIncrement();
}
