/*
 * plan_ancestors.c
 *	  The nodes above one in a plan, which EXPLAIN's callback is not told.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg/fdw/plan_ancestors.h"

/* Whether `plan` is in the tree under `above`, which is not it; then *ancestors has the nodes from there up to, and with, `above`. */
static bool find(Plan *above, const Plan *plan, List **ancestors);

static bool
find_in(Plan *child, Plan *above, const Plan *plan, List **ancestors)
{
	if (child == NULL || (child != plan && !find(child, plan, ancestors)))
		return false;
	*ancestors = lappend(*ancestors, above);
	return true;
}

static bool
find_in_list(const List *children, Plan *above, const Plan *plan, List **ancestors)
{
	ListCell *cell;

	foreach(cell, children)
		if (find_in(lfirst(cell), above, plan, ancestors))
			return true;
	return false;
}

static bool
find(Plan *above, const Plan *plan, List **ancestors)
{
	check_stack_depth();
	if (find_in(above->lefttree, above, plan, ancestors) || find_in(above->righttree, above, plan, ancestors))
		return true;
	switch (nodeTag(above))
	{
		case T_Append:
			return find_in_list(((Append *) above)->appendplans, above, plan, ancestors);
		case T_MergeAppend:
			return find_in_list(((MergeAppend *) above)->mergeplans, above, plan, ancestors);
		case T_SubqueryScan:
			return find_in(((SubqueryScan *) above)->subplan, above, plan, ancestors);
		case T_CustomScan:
			return find_in_list(((CustomScan *) above)->custom_plans, above, plan, ancestors);
		default:
			return false;
	}
}

List *
plan_ancestors(const PlannedStmt *statement, const Plan *plan)
{
	List	 *ancestors = NIL;
	ListCell *cell;

	if (find(statement->planTree, plan, &ancestors))
		return ancestors;
	foreach(cell, statement->subplans)
		if (lfirst(cell) != NULL && find(lfirst(cell), plan, &ancestors))
			return ancestors;
	return NIL;
}
