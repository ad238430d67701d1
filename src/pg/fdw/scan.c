/*
 * scan.c
 *	  The executor's callbacks of a scan.
 */
#include "postgres.h"

#include "executor/executor.h"

#include "pg/fdw/fdw.h"
#include "pg/fdw/pass.h"

/* The attribute numbers that the planner found to be needed, as it left them in the plan. */
static Bitmapset *
attributes_used(const ForeignScan *plan)
{
	Bitmapset *used = NULL;
	ListCell  *cell;

	foreach(cell, (List *) linitial(plan->fdw_private))
		used = bms_add_member(used, lfirst_int(cell));
	return used;
}

void
nfstream_begin(ForeignScanState *node, int eflags)
{
	FlowScan *scan = pass_prepare(node->ss.ss_currentRelation, attributes_used((ForeignScan *) node->ss.ps.plan));

	scan->warns = true;
	scan->timed = (node->ss.ps.state->es_instrument & INSTRUMENT_TIMER) != 0;
	node->fdw_state = scan;
}

TupleTableSlot *
nfstream_iterate(ForeignScanState *node)
{
	pass_next(node->fdw_state, node->ss.ps.state->es_query_cxt, node->ss.ss_ScanTupleSlot);
	return node->ss.ss_ScanTupleSlot;
}

void
nfstream_rescan(ForeignScanState *node)
{
	pass_rewind(node->fdw_state);
}

void
nfstream_end(ForeignScanState *node)
{
	if (node->fdw_state != NULL)
		pass_stop(node->fdw_state);
}
