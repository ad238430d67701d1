/*
 * exact_query.c
 *	  Queries of packets that tell times to the nanosecond.
 *
 * captured_at is a timestamptz, which ends at microseconds.  Where a query selects it as a table of packets has it, perhaps through views and
 * subqueries, the row's identifier is selected too, which tells the rest.  What makes one row of several has no identifier: groups, DISTINCT,
 * UNION.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "parser/parsetree.h"

#include "pg/fdw/fdw.h"
#include "pg/functions/exact_query.h"
#include "pg/functions/packet_row.h"
#include "pg/options/options.h"
#include "pg/rows/meaning.h"

static AttrNumber add_identifier(Query *query, const TargetEntry *time);

/* Whether an attribute of a relation is the time of a packet. */
static bool
is_time(const RangeTblEntry *entry, AttrNumber attribute)
{
	Relation relation = table_open(entry->relid, NoLock);
	bool	 result = false;

	if (nfstream_is_ours(relation) && !has_subclass(entry->relid))
	{
		const Schema *schema = options_of_table(entry->relid)->schema;
		unsigned	  column;

		result = meaning_of(entry->relid, schema, attribute, &column) == ATTRIBUTE_IS_COLUMN &&
				 schema->columns[column].field == FIELD_CAPTURED_AT;
	}
	table_close(relation, NoLock);
	return result;
}

/* Of an expression for a packet's time, the identifier of the row that has it; NULL if nothing is known of that. */
static Var *
identifier_of(const Query *query, const Expr *time)
{
	const Var	  *var = (const Var *) time;
	RangeTblEntry *entry;
	AttrNumber	   attribute = InvalidAttrNumber;
	Var			  *identifier;

	if (!IsA(time, Var) || var->varlevelsup != 0 || var->varattno <= 0 || var->vartype != TIMESTAMPTZOID || var->vartypmod >= 0)
		return NULL;
	entry = rt_fetch(var->varno, query->rtable);
	if (entry->rtekind == RTE_RELATION && is_time(entry, var->varattno))
		attribute = SelfItemPointerAttributeNumber;
	else if (entry->rtekind == RTE_SUBQUERY)
	{
		attribute = add_identifier(entry->subquery, get_tle_by_resno(entry->subquery->targetList, var->varattno));
		if (attribute != InvalidAttrNumber)
			entry->eref->colnames = lappend(entry->eref->colnames, makeString(pstrdup(EXACT_QUERY_COLUMN)));
	}
	if (attribute == InvalidAttrNumber)
		return NULL;

	identifier = copyObject(unconstify(Var *, var));
	identifier->varattno = attribute;
	identifier->varattnosyn = attribute;
	identifier->vartype = TIDOID;
	identifier->vartypmod = -1;
	identifier->varcollid = InvalidOid;
	return identifier;
}

/* Adds the identifier of a row with this time as the query's last column, whose number it returns; InvalidAttrNumber if there is none. */
static AttrNumber
add_identifier(Query *query, const TargetEntry *time)
{
	bool is_of_several = query->hasAggs || query->groupClause != NIL || query->groupingSets != NIL || query->havingQual != NULL ||
						 query->distinctClause != NIL || query->setOperations != NULL;
	Var		 *identifier = is_of_several || time == NULL ? NULL : identifier_of(query, time->expr);
	int		  columns = 0;
	ListCell *cell;

	if (identifier == NULL)
		return InvalidAttrNumber;

	/* Columns that are not shown, for ORDER BY, stand after those that are. */
	foreach(cell, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);

		if (entry->resjunk)
			entry->resno++;
		else
			columns++;
	}
	query->targetList = list_insert_nth(query->targetList, columns,
										makeTargetEntry((Expr *) identifier, columns + 1, pstrdup(EXACT_QUERY_COLUMN), false));
	return columns + 1;
}

void
exact_query_add(Query *query)
{
	ListCell *cell;

	foreach(cell, query->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, cell);

		if (!entry->resjunk && entry->resname != NULL && strcmp(entry->resname, packet_column_name(PACKET_CAPTURED_AT)) == 0)
		{
			(void) add_identifier(query, entry);
			return;
		}
	}
}
