/*
 * joined_paths.c
 *	  Paths of a scan that is told values of the row that it is joined with.
 *
 * In SELECT ... FROM hosts JOIN flows ON src_ip = address WHERE hosts.name = 'printer' there is one row of hosts, and its address can go to the
 * meters.  That is better than a join of all flows only while there is one: each pass walks the capture, and from the second on all rows are
 * metered and kept.  So there is such a path where one row is expected of one table whose statistics tell so; an estimate that comes of
 * nothing but defaults is not enough.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "utils/syscache.h"

#include "pg/base/attributes.h"
#include "pg/fdw/joined_paths.h"
#include "pg/fdw/scan_path.h"

/* No more rows than this are one row, as the planner rounds. */
#define ROWS_OF_ONE 1.0

/* Whether somebody has analysed a table. */
static bool
is_known(Oid table)
{
	HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	bool	  is_known = HeapTupleIsValid(row) && ((Form_pg_class) GETSTRUCT(row))->reltuples > 0;

	if (HeapTupleIsValid(row))
		ReleaseSysCache(row);
	return is_known;
}

static bool
is_one_row(PlannerInfo *root, Relids outer)
{
	int				  relation;
	const RelOptInfo *rel;

	if (!bms_get_singleton_member(outer, &relation))
		return false;
	rel = root->simple_rel_array[relation];
	return rel != NULL && rel->rtekind == RTE_RELATION && rel->fdwroutine == NULL && rel->rows <= ROWS_OF_ONE &&
		   is_known(planner_rt_fetch(relation, root)->relid);
}

/* The other tables of a clause that joins, if the scan may be told what it needs of them; else NULL. */
static Relids
told_by(PlannerInfo *root, RelOptInfo *baserel, const PushdownTable *pushdown, RestrictInfo *clause)
{
	Relids outer;

	if (!join_clause_is_movable_to(clause, baserel) || !pushdown_is_possible(pushdown, baserel, clause))
		return NULL;
	outer = bms_del_member(bms_union(clause->clause_relids, baserel->lateral_relids), baserel->relid);
	return is_one_row(root, outer) ? outer : NULL;
}

static List *
add_parameters(PlannerInfo *root, RelOptInfo *baserel, const PushdownTable *pushdown, List *clauses, List *parameters)
{
	ListCell *cell;

	foreach(cell, clauses)
	{
		Relids outer = told_by(root, baserel, pushdown, lfirst_node(RestrictInfo, cell));

		if (outer != NULL)
			parameters = list_append_unique_ptr(parameters, get_baserel_parampathinfo(root, baserel, outer));
	}
	return parameters;
}

static bool
is_column(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *class, EquivalenceMember *member, void *attribute)
{
	const Var *column = (const Var *) member->em_expr;

	(void) root;
	(void) class;
	return IsA(column, Var) && column->varno == rel->relid && column->varattno == *(const AttrNumber *) attribute;
}

void
joined_paths_add(PlannerInfo *root, RelOptInfo *baserel, const ScanEstimate *estimate, const PushdownTable *pushdown)
{
	List	  *parameters = add_parameters(root, baserel, pushdown, baserel->joininfo, NIL);
	int		   member = -1;
	AttrNumber attribute;
	ListCell  *cell;

	/* A live source is read once. */
	if (estimate->interface != NULL || estimate->is_run_again)
		return;
	while (baserel->has_eclass_joins && attributes_next(estimate->used, &member, &attribute))
		parameters = add_parameters(root, baserel, pushdown,
									generate_implied_equalities_for_column(root, baserel, is_column, &attribute, baserel->lateral_referencers), parameters);
	foreach(cell, parameters)
	{
		const ParamPathInfo *told = lfirst(cell);
		List				*conditions = list_concat_copy(baserel->baserestrictinfo, told->ppi_clauses);
		PassCost			 cost = estimate_pass(root, baserel, estimate, pushdown_clauses(pushdown, baserel, conditions), &baserel->baserestrictcost);

		add_path(baserel, (Path *) scan_path(root, baserel, told->ppi_rows, &cost, NIL, told->ppi_req_outer));
	}
}
