/*
 * to_table.c
 *	  nfstream_to_table(): a relation with flows as a table.
 *
 * A target that does not exist is made with the relation's columns, their types and their comments.  One that exists is
 * an error, or gets the rows into its columns of the same names, in addition to those that it has or in their place, as
 * `if_exists` says.
 *
 * Rows are replaced by emptying the table and filling it, so that what belongs to it stays: rights, indexes, views,
 * columns that flows do not have.  Where it lacks one of their columns, or has it with another type, it is dropped and
 * made anew.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/comment.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "nodes/plannodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/varlena.h"

#include "pg/base/encoding.h"
#include "pg/functions/dataset.h"
#include "pg/functions/dataset_query.h"

/* nfstream_to_table()'s arguments. */
enum
{
	ARGUMENT_FLOWS,
	ARGUMENT_TARGET,
	ARGUMENT_COLUMNS_TO_ANONYMIZE,
	ARGUMENT_PERSISTENCE,
	ARGUMENT_IF_EXISTS,
	ARGUMENTS
};

static const char *const argument_names[ARGUMENTS] = {"flows", "target", "columns_to_anonymize", "persistence", "if_exists"};

/* The values of `persistence`, what CREATE TABLE calls them, and what the catalog has for them. */
typedef struct Persistence
{
	const char *name;
	const char *keyword;
	char		code;
} Persistence;

static const Persistence persistences[] = {
	{"permanent", "", RELPERSISTENCE_PERMANENT},
	{"unlogged", "UNLOGGED ", RELPERSISTENCE_UNLOGGED},
	{"temporary", "TEMPORARY ", RELPERSISTENCE_TEMP},
};

/* The values of `if_exists`. */
typedef enum IfExists
{
	IF_EXISTS_FAIL,
	IF_EXISTS_APPEND,
	IF_EXISTS_REPLACE,
} IfExists;

static const char *const if_exists_names[] = {
	[IF_EXISTS_FAIL] = "fail",
	[IF_EXISTS_APPEND] = "append",
	[IF_EXISTS_REPLACE] = "replace",
};

typedef struct Target
{
	const char		  *schema; /* NULL: where the search_path makes tables */
	const char		  *name;
	const Persistence *persistence; /* of a table that is made */
	Oid				   id;			/* InvalidOid: not there */
} Target;

/* ------------------------------------------------------------------------------------------------------------- arguments */

static const char *
accepted(int argument)
{
	switch (argument)
	{
		case ARGUMENT_FLOWS:
			return "a table or view";
		case ARGUMENT_TARGET:
			return "the name of a table, with a schema or without";
		case ARGUMENT_COLUMNS_TO_ANONYMIZE:
			return "an array of names of columns, '{}' for none";
		case ARGUMENT_PERSISTENCE:
			return "permanent, unlogged or temporary";
		case ARGUMENT_IF_EXISTS:
			return "fail, append or replace";
	}
	return "";
}

static void
check_not_null(FunctionCallInfo fcinfo)
{
	for (int i = 0; i < ARGUMENTS; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s cannot be NULL", argument_names[i]),
					 errdetail("Accepted: %s.", accepted(i))));
}

static void
refuse_value(int argument, const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s cannot be \"%s\"", argument_names[argument], encoding_clipped(value)),
			 errdetail("Accepted: %s.", accepted(argument))));
}

static const Persistence *
read_persistence(const char *value)
{
	for (int i = 0; i < lengthof(persistences); i++)
		if (pg_strcasecmp(persistences[i].name, value) == 0)
			return &persistences[i];
	refuse_value(ARGUMENT_PERSISTENCE, value);
	return NULL;
}

static IfExists
read_if_exists(const char *value)
{
	for (int i = 0; i < lengthof(if_exists_names); i++)
		if (pg_strcasecmp(if_exists_names[i], value) == 0)
			return i;
	refuse_value(ARGUMENT_IF_EXISTS, value);
	return IF_EXISTS_FAIL;
}

/* Reads a name as SQL has it, quoted where needed; a database's name in front must be this one's. */
static Target
read_target(text *name, const Persistence *persistence)
{
	RangeVar *range = makeRangeVarFromNameList(textToQualifiedNameList(name));
	Target	  target = {.persistence = persistence};

	/* A temporary table hides others of its name and is no obstacle to them. */
	if (persistence->code == RELPERSISTENCE_TEMP)
		range->relpersistence = RELPERSISTENCE_TEMP;
	target.id = RangeVarGetRelid(range, NoLock, true);
	target.schema = range->schemaname;
	target.name = range->relname;
	if (OidIsValid(target.id))
		target.schema = get_namespace_name(get_rel_namespace(target.id));
	return target;
}

/* ------------------------------------------------------------------------------------------------------------ statements */

/* Runs a statement; returns how many rows it has made. */
static uint64
run(SPIPlanPtr plan)
{
	SPIExecuteOptions options = {0};
	int				  result = SPI_execute_plan_extended(plan, &options);

	if (result < 0)
		elog(ERROR, "could not run a statement: %s", SPI_result_code_string(result));
	return SPI_processed;
}

static void
run_utility(const char *verb, const Target *target)
{
	char *statement = psprintf("%s %s", verb, quote_qualified_identifier(target->schema, target->name));
	int	  result = SPI_execute(statement, false, 0);

	if (result < 0)
		elog(ERROR, "could not run \"%s\": %s", statement, SPI_result_code_string(result));
}

/* Copies the comments of the relation and its columns to the new table, which has the same columns without the dropped ones. */
static void
copy_comments(Relation relation, Oid target)
{
	TupleDesc  descriptor = RelationGetDescr(relation);
	AttrNumber number = 0;
	char	  *comment = GetComment(RelationGetRelid(relation), RelationRelationId, 0);

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

static uint64
make(Relation relation, DatasetQuery *query, Target *target)
{
	uint64	  flows = run(dataset_prepare(query, psprintf("CREATE %sTABLE %s AS %s", target->persistence->keyword,
														  quote_qualified_identifier(target->schema, target->name),
														  query->select)));
	RangeVar *range = makeRangeVar(unconstify(char *, target->schema), unconstify(char *, target->name), -1);

	if (target->persistence->code == RELPERSISTENCE_TEMP)
		range->relpersistence = RELPERSISTENCE_TEMP;
	target->id = RangeVarGetRelid(range, NoLock, false);
	target->schema = get_namespace_name(get_rel_namespace(target->id));
	copy_comments(relation, target->id);
	return flows;
}

/* The names of the relation's columns, as SQL has them.  Errors if the target lacks one. */
static char *
column_names(Relation relation, const DatasetQuery *query, const Target *target)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < query->columns; i++)
	{
		const char *name = query->names[i];

		if (name == NULL)
			continue;
		if (get_attnum(target->id, name) <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table \"%s\" has no column \"%s\"", target->name, name),
					 errdetail("Relation \"%s\" has it.", RelationGetRelationName(relation)),
					 errhint("A table that is not there yet is made with all columns; "
							 "if_exists => 'replace' makes this one anew.")));
		appendStringInfo(&list, "%s%s", list.len > 0 ? ", " : "", quote_identifier(name));
	}
	return list.data;
}

static uint64
fill(Relation relation, DatasetQuery *query, const Target *target)
{
	return run(dataset_prepare(query, psprintf("INSERT INTO %s (%s) %s",
											   quote_qualified_identifier(target->schema, target->name),
											   column_names(relation, query, target), query->select)));
}

/* --------------------------------------------------------------------------------------------------------- replacing rows */

/* Whether the table can hold the rows as it is. */
static bool
fits(Relation relation, const DatasetQuery *query, const Target *target)
{
	if (target->persistence->code != RELPERSISTENCE_PERMANENT && target->persistence->code != get_rel_persistence(target->id))
		return false;
	for (int i = 0; i < query->columns; i++)
	{
		AttrNumber number = query->names[i] == NULL ? InvalidAttrNumber : get_attnum(target->id, query->names[i]);
		Oid		   wanted = query->hashed[i] ? TEXTOID : TupleDescAttr(RelationGetDescr(relation), i)->atttypid;

		if (query->names[i] != NULL && (number <= 0 || get_atttype(target->id, number) != wanted))
			return false;
	}
	return true;
}

static bool
have_common(const List *relations, const List *others)
{
	ListCell *cell;

	foreach(cell, relations)
		if (list_member_oid(others, lfirst_oid(cell)))
			return true;
	return false;
}

/* Errors if one of these relations, one of its partitions or one of its parents is among those that are to be emptied. */
static void
check_none_is_emptied(const List *sources, const List *emptied, const Target *target)
{
	ListCell *cell;

	foreach(cell, sources)
		if (have_common(find_all_inheritors(lfirst_oid(cell), AccessShareLock, NULL), emptied))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("table \"%s\" cannot be replaced by its own rows", target->name),
					 errhint("Give the target another name.")));
}

/*
 * Errors if the rows come from the table that they are to replace, directly, through views, or as one of its partitions
 * or of its parents: it would be emptied first.  The query lists the relations of its views, and its plan those of SQL
 * functions that the planner has inlined; nobody knows what other functions read.
 */
static void
check_not_own_rows(DatasetQuery *query, const Target *target)
{
	List	   *emptied = find_all_inheritors(target->id, AccessShareLock, NULL);
	SPIPlanPtr	select = dataset_prepare(query, query->select);
	CachedPlan *planned;
	ListCell   *cell;

	foreach(cell, SPI_plan_get_plan_sources(select))
		check_none_is_emptied(((CachedPlanSource *) lfirst(cell))->relationOids, emptied, target);
	planned = SPI_plan_get_cached_plan(select);
	if (planned == NULL)
		return;
	foreach(cell, planned->stmt_list)
		check_none_is_emptied(lfirst_node(PlannedStmt, cell)->relationOids, emptied, target);
	ReleaseCachedPlan(planned, NULL); /* the plan is not saved, so no resource owner holds the reference */
}

static uint64
replace(Relation relation, DatasetQuery *query, Target *target)
{
	char kind = get_rel_relkind(target->id);

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", target->name),
				 errdetail("Only the rows of a table can be replaced.")));
	check_not_own_rows(query, target);
	if (fits(relation, query, target))
	{
		run_utility("TRUNCATE TABLE", target);
		return fill(relation, query, target);
	}
	run_utility("DROP TABLE", target);
	ereport(NOTICE,
			(errmsg("table \"%s\" is made anew", target->name),
			 errdetail("Its columns or its persistence were different: what belonged to it, as privileges and indexes, is gone.")));
	return make(relation, query, target);
}

/* -------------------------------------------------------------------------------------------------------------- function */

static void
refuse_existing(const Target *target)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_TABLE),
			 errmsg("relation \"%s\" already exists", target->name),
			 errhint("if_exists => 'append' adds the rows to it, 'replace' puts them in the place of its rows.")));
}

static uint64
into_existing(Relation relation, DatasetQuery *query, Target *target, IfExists if_exists)
{
	switch (if_exists)
	{
		case IF_EXISTS_FAIL:
			break;
		case IF_EXISTS_APPEND:
			if (target->persistence->code != RELPERSISTENCE_PERMANENT &&
				target->persistence->code != get_rel_persistence(target->id))
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_TABLE),
						 errmsg("relation \"%s\" already exists, and is not %s", target->name, target->persistence->name),
						 errhint("Leave persistence out to add the rows to it as it is.")));
			return fill(relation, query, target);
		case IF_EXISTS_REPLACE:
			return replace(relation, query, target);
	}
	refuse_existing(target);
	return 0;
}

/* Only the owner of a table may renew what the planner knows of it. */
static void
analyze(const Target *target)
{
	char kind = get_rel_relkind(target->id);

	if ((kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE) && dataset_is_own(target->id))
		run_utility("ANALYZE", target);
}

PG_FUNCTION_INFO_V1(nfstream_to_table);

/* nfstream_to_table(flows, target, columns_to_anonymize, persistence, if_exists) → the number of flows */
Datum
nfstream_to_table(PG_FUNCTION_ARGS)
{
	Relation		   relation;
	const Persistence *persistence;
	IfExists		   if_exists;
	Target			   target;
	DatasetQuery	  *query;
	uint64			   flows;

	check_not_null(fcinfo);
	persistence = read_persistence(text_to_cstring(PG_GETARG_TEXT_PP(ARGUMENT_PERSISTENCE)));
	if_exists = read_if_exists(text_to_cstring(PG_GETARG_TEXT_PP(ARGUMENT_IF_EXISTS)));
	target = read_target(PG_GETARG_TEXT_PP(ARGUMENT_TARGET), persistence);
	relation = dataset_open(PG_GETARG_OID(ARGUMENT_FLOWS));
	if (OidIsValid(target.id) && if_exists == IF_EXISTS_FAIL)
		refuse_existing(&target);
	query = dataset_query(relation, PG_GETARG_ARRAYTYPE_P(ARGUMENT_COLUMNS_TO_ANONYMIZE),
						  get_func_namespace(fcinfo->flinfo->fn_oid));

	SPI_connect();
	flows = OidIsValid(target.id) ? into_existing(relation, query, &target, if_exists) : make(relation, query, &target);
	analyze(&target);
	SPI_finish();
	relation_close(relation, NoLock);
	PG_RETURN_INT64((int64) flows);
}
