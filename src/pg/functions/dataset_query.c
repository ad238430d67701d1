/*
 * dataset_query.c
 *	  The query for a relation's rows, some columns as hashes.
 *
 * Statements that the extension runs for a user run with that user's search_path, on which anybody may have functions and
 * operators of any name.  So a SELECT from here has nothing in it that is found by its name alone: the relation is
 * qualified, and the function that hashes is not written at all.  In its place stands a parameter, $n for column n, which
 * the parser's hook replaces with a call of the function by its OID.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "pg/base/encoding.h"
#include "pg/functions/dataset.h"
#include "pg/functions/dataset_query.h"

/* What a relation is called in its query. */
#define ALIAS "flows"

/* Which of the relation's columns, by index, have their names in the array.  Errors if no column has one of these names. */
static bool *
find_columns(Relation relation, ArrayType *names)
{
	TupleDesc descriptor = RelationGetDescr(relation);
	bool	 *found = palloc0(descriptor->natts * sizeof(bool));
	Datum	 *elements;
	bool	 *nulls;
	int		  count;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		const char *name = nulls[i] ? NULL : TextDatumGetCString(elements[i]);
		AttrNumber	attribute = name == NULL ? InvalidAttrNumber : dataset_column(relation, name);

		CHECK_FOR_INTERRUPTS();
		if (name == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the name of a column to anonymize cannot be NULL")));
		if (attribute <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist", encoding_clipped(name),
							RelationGetRelationName(relation)),
					 errdetail("It is one of the columns to anonymize.")));
		found[attribute - 1] = true;
	}
	return found;
}

/* The function nfstream_anonymize(anyelement) of this schema, and no other of that name. */
static Oid
find_function(Oid schema)
{
	Oid type = ANYELEMENTOID;
	Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("nfstream_anonymize"),
								   PointerGetDatum(buildoidvector(&type, 1)), ObjectIdGetDatum(schema));

	if (!OidIsValid(function))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function nfstream_anonymize(anyelement) is missing in schema \"%s\"", get_namespace_name(schema)),
				 errhint("The functions of the extension belong in one schema: ALTER EXTENSION nfstream_fdw SET SCHEMA.")));
	return function;
}

DatasetQuery *
dataset_query(Relation relation, ArrayType *hashed, Oid schema)
{
	TupleDesc	   descriptor = RelationGetDescr(relation);
	DatasetQuery  *query = palloc0(sizeof(*query));
	StringInfoData columns;
	bool		   any_hashed = false;

	query->columns = descriptor->natts;
	query->hashed = find_columns(relation, hashed);
	dataset_check_udps(relation, query->hashed);
	query->names = palloc0(descriptor->natts * sizeof(char *));
	query->function = find_function(schema);
	initStringInfo(&columns);
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		const char		 *name = quote_identifier(NameStr(attribute->attname));

		if (attribute->attisdropped)
			continue;
		query->names[i] = pstrdup(NameStr(attribute->attname));
		any_hashed |= query->hashed[i];
		appendStringInfoString(&columns, columns.len > 0 ? ", " : "");
		if (query->hashed[i])
			appendStringInfo(&columns, "$%d AS %s", i + 1, name);
		else
			appendStringInfo(&columns, ALIAS ".%s", name);
	}
	if (columns.len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("relation \"%s\" has no columns", RelationGetRelationName(relation))));
	query->select = psprintf("SELECT %s FROM %s AS " ALIAS, any_hashed ? columns.data : "*",
							 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
														RelationGetRelationName(relation)));
	return query;
}

/* The parser's hook: $n is the hash of the relation's column n, by the function that was found and no other of its name. */
static Node *
hash_of_column(ParseState *state, ParamRef *reference)
{
	const DatasetQuery *query = state->p_ref_hook_state;
	ColumnRef		   *column = makeNode(ColumnRef);
	Node			   *value;
	FuncExpr		   *hash;

	if (reference->number < 1 || reference->number > query->columns || !query->hashed[reference->number - 1])
		return NULL;
	column->fields = list_make2(makeString(ALIAS), makeString(query->names[reference->number - 1]));
	column->location = reference->location;
	value = transformExpr(state, (Node *) column, state->p_expr_kind);
	hash = makeFuncExpr(query->function, TEXTOID, list_make1(value), InvalidOid, exprCollation(value), COERCE_EXPLICIT_CALL);
	hash->location = reference->location;
	return (Node *) hash;
}

static void
set_up_parser(ParseState *state, void *query)
{
	state->p_ref_hook_state = query;
	state->p_paramref_hook = hash_of_column;
}

SPIPlanPtr
dataset_prepare(DatasetQuery *query, const char *statement)
{
	SPIPlanPtr plan = SPI_prepare_params(statement, set_up_parser, query, 0);

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", statement, SPI_result_code_string(SPI_result));
	return plan;
}
