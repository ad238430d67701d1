/*
 * pushdown.h
 *	  Conditions of a query that meters evaluate: from the planner's clauses to wire/condition.h.
 *
 * What is pushed stays a condition of the plan too, and each row is checked again.  So what is pushed may let more rows pass than the
 * query does, and never fewer: what cannot be expressed, or is not sure to mean to a meter what it means to the server, is left out.
 */
#ifndef PG_FDW_PUSHDOWN_H
#define PG_FDW_PUSHDOWN_H

#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"

#include "pg/options/options.h"
#include "pg/source/source.h"

/* The table that a clause is on, as it stands in the query. */
typedef struct PushdownTable
{
	const PlannerInfo *planner;	 /* NULL where the plan is run */
	Index			   relation; /* by which its Vars are known */
	const ScanOptions *options;
	List			  *hidden; /* hidden_names() */
	bool			   is_live;
} PushdownTable;

PushdownTable pushdown_table(const PlannerInfo *planner, Index relation, const ScanOptions *options);

/*
 * Whether meters can make use of a clause, or of a part of it: of the table's own, or one that joins it with others, whose values are
 * known when a scan starts.
 */
bool pushdown_is_possible(const PushdownTable *table, const RelOptInfo *baserel, RestrictInfo *clause);

/* What of these clauses (RestrictInfos) is pushed: expressions, all of which are to be true.  None if the setting is off. */
List *pushdown_clauses(const PushdownTable *table, const RelOptInfo *baserel, const List *clauses);

/* Such expressions, as they stand in the plan, ready to be evaluated. */
typedef struct Pushdown Pushdown;

/* In the current memory context; `parent` has what their parameters are taken from.  NULL if there are none. */
Pushdown *pushdown_prepare(const PushdownTable *table, List *clauses, PlanState *parent);

/* Lets go of what it has of the executor's before that ends. */
void pushdown_end(Pushdown *pushdown);

/*
 * These parameters, by their numbers, have changed, and may again.  Whether rows may be others by that: then the condition has nothing of
 * what depends on parameters that other nodes of the plan set, from now on, so that rows that are kept stay.
 */
bool pushdown_changed(Pushdown *pushdown, const Bitmapset *parameters);

/*
 * The condition for the meters with the values that the parameters have now, over these files, or over a source that counts as one; without
 * files nothing is known of them.  Bytes in the current memory context; NULL, and a length of 0, if all rows may pass.
 */
const uint8 *pushdown_condition(Pushdown *pushdown, const SourceFile *files, int count, size_t *length);

/* Whether it can be asked for where nothing is run: no value comes from other nodes of the plan. */
bool pushdown_is_known(const Pushdown *pushdown);

#endif /* PG_FDW_PUSHDOWN_H */
