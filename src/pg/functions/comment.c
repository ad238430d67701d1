/*
 * comment.c
 *	  nfstream_comment(): what each column means, as the column's comment.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/fdw/fdw.h"
#include "pg/functions/dataset.h"
#include "pg/rows/meaning.h"
#include "pg/workers/describe.h"

PG_FUNCTION_INFO_V1(nfstream_comment);

/* nfstream_comment(regclass): describes each column of a table of flows by a comment; returns how many. */
Datum
nfstream_comment(PG_FUNCTION_ARGS)
{
	Oid			 table;
	Relation	 relation;
	ScanOptions *options;
	TupleDesc	 descriptor;
	List		*outputs;
	bool		 is_complete;
	int			 count = 0;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("flows cannot be NULL"),
				 errdetail("Accepted: a foreign table of nfstream_fdw.")));
	table = PG_GETARG_OID(0);
	PreventCommandIfReadOnly("nfstream_comment()");
	relation = table_open(table, ShareUpdateExclusiveLock);
	if (!dataset_is_own(table))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(relation->rd_rel->relkind),
					   RelationGetRelationName(relation));
	nfstream_check_is_ours(relation);

	options = options_of_table(table);
	outputs = describe_outputs(options->plugins, &is_complete);
	descriptor = RelationGetDescr(relation);
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		const char		 *help = attribute->attisdropped ? NULL : meaning_help(options, outputs, attribute->attnum);

		if (help == NULL)
			continue;
		CreateComments(table, RelationRelationId, attribute->attnum, help);
		count++;
	}
	table_close(relation, NoLock);

	/* Another call in the same statement must see these comments. */
	CommandCounterIncrement();
	PG_RETURN_INT32(count);
}
