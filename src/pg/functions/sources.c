/*
 * sources.c
 *	  nfstream_sources(): the files of a table's source, and what ANALYZE has found out of them.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "pg/base/encoding.h"
#include "pg/base/unix_time.h"
#include "pg/fdw/fdw.h"
#include "pg/functions/dataset.h"
#include "pg/options/privileges.h"
#include "pg/source/known_files.h"

#define COLUMNS 5

PG_FUNCTION_INFO_V1(nfstream_sources);

/* Whoever may read the table sees names of files and times in it, unless columns are hidden: then it is the owner's to see them. */
static void
check_may_read(Relation table, const ScanOptions *options)
{
	Oid	 relation = RelationGetRelid(table);
	bool may_read = options->columns_to_anonymize == NULL && pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK;

	if (!may_read && !dataset_is_own(relation))
		aclcheck_error(options->columns_to_anonymize == NULL ? ACLCHECK_NO_PRIV : ACLCHECK_NOT_OWNER,
					   get_relkind_objtype(table->rd_rel->relkind), RelationGetRelationName(table));
}

/* Not NULL if the server has such a time. */
static void
put_time(uint64 milliseconds, uint32 nanoseconds, Datum *value, bool *is_null)
{
	*is_null = !unix_ms_fits(milliseconds);
	if (!*is_null)
		*value = TimestampTzGetDatum(unix_timestamp(milliseconds, nanoseconds));
}

static void
put_file(ReturnSetInfo *result, const SourceFile *file, const KnownFile *known)
{
	Datum values[COLUMNS] = {CStringGetTextDatum(encoding_valid(file->path))};
	bool  nulls[COLUMNS] = {false, true, true, true, false};

	if (known_is_current(known))
	{
		values[3] = Int64GetDatum((int64) known->packets);
		nulls[3] = false;
		if (known->packets > 0)
		{
			put_time(known->first, known->first_nanoseconds, &values[1], &nulls[1]);
			put_time(known->last, known->last_nanoseconds, &values[2], &nulls[2]);
		}
	}
	values[4] = CStringGetTextDatum(known_status_names[known->status]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* nfstream_sources(regclass) → (file text, first_packet_at timestamptz, last_packet_at timestamptz, packets bigint, status text) */
Datum
nfstream_sources(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	   table;
	ScanOptions	  *options;
	SourceFile	  *files;
	KnownFiles	  *known;
	int			   count;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("flows cannot be NULL"),
				 errdetail("Accepted: a foreign table of nfstream_fdw.")));
	table = table_open(PG_GETARG_OID(0), AccessShareLock);
	nfstream_check_is_ours(table);
	options = options_of_table(RelationGetRelid(table));
	check_may_read(table, options);
	InitMaterializedSRF(fcinfo, 0);
	privileges_check_source(options);
	(void) options_check_source(options, ERROR);
	if (source_interface(options) == NULL)
	{
		files = source_look(options, &count);
		known = known_files(RelationGetRelid(table));
		for (int i = 0; i < count; i++)
		{
			KnownFile file = known_file(known, &files[i]);

			put_file(result, &files[i], &file);
		}
	}
	table_close(table, NoLock);
	return (Datum) 0;
}
