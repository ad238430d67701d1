/*
 * to_table.c
 *	  nfstream_to_table(): a relation with flows as a table.
 *
 * A target that is not there is made with the relation's columns, their types and their comments; one that is there gets the
 * rows into its columns of the same names.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "pg/dataset.h"

/* nfstream_to_table()'s arguments. */
enum
{
	ARGUMENT_FLOWS,
	ARGUMENT_TARGET,
	ARGUMENT_COLUMNS_TO_ANONYMIZE,
	ARGUMENT_PERSISTENCE
};

/* The values of `persistence`, and what CREATE TABLE calls them. */
static const struct
{
	const char *name;
	const char *keyword;
}			persistences[] =
{
	{"permanent", ""},
	{"unlogged", "UNLOGGED "},
	{"temporary", "TEMPORARY "},
};

static const char *
keyword_of(const char *persistence)
{
	for (int i = 0; i < lengthof(persistences); i++)
		if (strcmp(persistences[i].name, persistence) == 0)
			return persistences[i].keyword;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a table cannot be \"%s\"", persistence),
			 errdetail("Accepted: permanent, unlogged or temporary.")));
}

/* The statement's rows, or an error. */
static uint64
run(const char *statement)
{
	int			result = SPI_execute(statement, false, 0);

	if (result < 0)
		elog(ERROR, "could not run \"%s\": %s", statement, SPI_result_code_string(result));
	return SPI_processed;
}

/* The relation's comment and its columns', for the new table, whose columns are the same but for those that were dropped. */
static void
copy_comments(Relation relation, Oid target)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	AttrNumber	number = 0;
	char	   *comment = GetComment(RelationGetRelid(relation), RelationRelationId, 0);

	if (comment != NULL)
		CreateComments(target, RelationRelationId, 0, comment);
	for (int i = 0; i < descriptor->natts; i++)
	{
		if (TupleDescAttr(descriptor, i)->attisdropped)
			continue;
		number++;
		comment = GetComment(RelationGetRelid(relation), RelationRelationId, i + 1);
		if (comment != NULL)
			CreateComments(target, RelationRelationId, number, comment);
	}
}

/* The names of the relation's columns, as SQL has them.  Errors if the target lacks one. */
static char *
column_names(Relation relation, Oid target)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < descriptor->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(descriptor, i)->attname);

		if (TupleDescAttr(descriptor, i)->attisdropped)
			continue;
		if (get_attnum(target, name) <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table \"%s\" has no column \"%s\"", get_rel_name(target), name),
					 errdetail("Relation \"%s\" has it.", RelationGetRelationName(relation)),
					 errhint("A table that is not there yet is made with all columns.")));
		appendStringInfo(&list, "%s%s", list.len > 0 ? ", " : "", quote_identifier(name));
	}
	return list.data;
}

PG_FUNCTION_INFO_V1(nfstream_to_table);

/* nfstream_to_table(flows, target, columns_to_anonymize, persistence) → the number of flows */
Datum
nfstream_to_table(PG_FUNCTION_ARGS)
{
	Relation	relation = dataset_open(PG_GETARG_OID(ARGUMENT_FLOWS));
	char	   *target_text = text_to_cstring(PG_GETARG_TEXT_PP(ARGUMENT_TARGET));
	const char *keyword = keyword_of(text_to_cstring(PG_GETARG_TEXT_PP(ARGUMENT_PERSISTENCE)));
	RangeVar   *target = makeRangeVarFromNameList(textToQualifiedNameList(PG_GETARG_TEXT_PP(ARGUMENT_TARGET)));
	Oid			target_id = RangeVarGetRelid(target, NoLock, true);
	char	   *select = dataset_query(relation, PG_GETARG_ARRAYTYPE_P(ARGUMENT_COLUMNS_TO_ANONYMIZE),
								   get_func_namespace(fcinfo->flinfo->fn_oid));
	uint64		flows;

	SPI_connect();
	if (OidIsValid(target_id))
	{
		if (*keyword != '\0')
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_TABLE),
					 errmsg("relation \"%s\" already exists", target_text),
					 errhint("Rows are added to it if nothing is asked for of its persistence.")));
		flows = run(psprintf("INSERT INTO %s (%s) %s", target_text, column_names(relation, target_id), select));
	}
	else
	{
		flows = run(psprintf("CREATE %sTABLE %s AS %s", keyword, target_text, select));
		copy_comments(relation, RangeVarGetRelid(target, NoLock, false));
	}
	run(psprintf("ANALYZE %s", target_text));
	SPI_finish();
	relation_close(relation, NoLock);
	PG_RETURN_INT64((int64) flows);
}
