/*
 * scan.c
 *	  The executor's callbacks of a scan.
 */
#include "postgres.h"

#include "executor/executor.h"

#include "pg/fdw/fdw.h"
#include "pg/fdw/kept_rows.h"
#include "pg/fdw/parallel.h"
#include "pg/fdw/pass.h"
#include "pg/rows/exact_time.h"

/* The attributes that the planner found to be needed. */
static Bitmapset *
attributes_used(const ForeignScan *plan)
{
	Bitmapset *used = NULL;
	ListCell  *cell;

	foreach(cell, (List *) plan_member(plan, PLAN_ATTRIBUTES))
		used = bms_add_member(used, lfirst_int(cell));
	return used;
}

void
nfstream_begin(ForeignScanState *node, int eflags)
{
	nfstream_begin_with(node, eflags, options_of_table(RelationGetRelid(node->ss.ss_currentRelation)));
}

void
nfstream_begin_with(ForeignScanState *node, int eflags, ScanOptions *options)
{
	const ForeignScan *plan = (const ForeignScan *) node->ss.ps.plan;
	Bitmapset		  *used = attributes_used(plan);
	FlowScan		  *scan = pass_prepare(node->ss.ss_currentRelation, options, used);
	bool			   is_rescan_likely = (eflags & EXEC_FLAG_REWIND) != 0 || boolVal(plan_member(plan, PLAN_RUN_AGAIN));

	if (plan->fdw_exprs != NIL)
	{
		PushdownTable table = pushdown_table(NULL, plan->scan.scanrelid, scan->options);

		scan->pushdown = pushdown_prepare(&table, plan->fdw_exprs, &node->ss.ps);
	}
	scan->exclusion = exclusion_prepare(node, scan->options, plan_member(plan, PLAN_EXCLUSION));
	scan->request.rows_wanted = intVal(plan_member(plan, PLAN_ROWS_WANTED));
	scan->labelled = floatVal(plan_member(plan, PLAN_LABELLED));
	scan->warns = true;
	scan->tells_nanoseconds = exact_time_column(scan->options->schema, used) >= 0;
	scan->is_parallel_safe = plan->scan.plan.parallel_safe;
	scan->kept = kept_rows(scan, RelationGetDescr(node->ss.ss_currentRelation), is_rescan_likely);
	scan->timed = (node->ss.ps.state->es_instrument & INSTRUMENT_TIMER) != 0;
	node->fdw_state = scan;
}

TupleTableSlot *
nfstream_iterate(ForeignScanState *node)
{
	FlowScan *scan = node->fdw_state;

	if (scan->participation != NULL)
		return parallel_next(scan, scan->lasting, node->ss.ss_ScanTupleSlot);
	return kept_next(scan->kept, scan->lasting, node->ss.ss_ScanTupleSlot);
}

void
nfstream_rescan(ForeignScanState *node)
{
	FlowScan		*scan = node->fdw_state;
	const Bitmapset *changed = node->ss.ps.chgParam;

	/* What the first pass has not begun with is not changed: a nested loop tells the scan its first row by a rescan. */
	bool has_begun = scan->context != NULL,
		 is_pushed = has_begun && scan->pushdown != NULL && pushdown_changed(scan->pushdown, changed),
		 is_excluded = has_begun && scan->exclusion != NULL && exclusion_changed(scan->exclusion, changed);

	if (scan->participation != NULL)
		pass_stop(scan);
	else if (is_pushed || is_excluded)
		kept_forget(scan->kept);
	else
		kept_rewind(scan->kept);
}

void
nfstream_end(ForeignScanState *node)
{
	const FlowScan *scan = node->fdw_state;

	if (scan == NULL)
		return;
	kept_end(scan->kept);
	if (scan->pushdown != NULL)
		pushdown_end(scan->pushdown);
	if (scan->exclusion != NULL)
		exclusion_end(scan->exclusion);
}
