/*
 * plan_ancestors.h
 *	  The nodes above one in a plan, which EXPLAIN's callback is not told.
 */
#ifndef PG_FDW_PLAN_ANCESTORS_H
#define PG_FDW_PLAN_ANCESTORS_H

#include "nodes/plannodes.h"

/* The nodes above `plan` in its own part of a statement, the nearest first, as set_deparse_context_plan() takes them: that part is the query, or a subquery. */
List *plan_ancestors(const PlannedStmt *statement, const Plan *plan);

#endif /* PG_FDW_PLAN_ANCESTORS_H */
