/*
 * streamer.c
 *	  nfstreamer() and nfpackets(), where they are called as functions: in a SELECT list, in ROWS FROM, WITH ORDINALITY.
 *
 * By itself in FROM a call is a scan, and the function is not called: fdw/call_plan.c.  Here nobody knows which columns are wanted: all are computed.
 */
#include "postgres.h"

#include "access/relation.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/rel.h"

#include "pg/base/attributes.h"
#include "pg/fdw/call.h"
#include "pg/fdw/pass.h"

typedef struct RunningCall
{
	FlowScan	   *scan;
	TupleTableSlot *slot;
} RunningCall;

/* In the current memory context, which has to last as long as the call. */
static RunningCall *
start_call(FunctionCallInfo fcinfo)
{
	RunningCall *call = palloc(sizeof(*call));
	Oid			 function = fcinfo->flinfo->fn_oid;
	ScanOptions *options = call_options(function, call_arguments(function, fcinfo->args, PG_NARGS()));
	Relation	 rows = relation_open(options->table, AccessShareLock);

	call->scan = pass_prepare(rows, options, attributes_whole_row());
	call->slot = MakeSingleTupleTableSlot(CreateTupleDescCopy(RelationGetDescr(rows)), &TTSOpsVirtual);
	relation_close(rows, NoLock);
	return call;
}

PG_FUNCTION_INFO_V1(nfstream_streamer);

/* The next row of a source; the arguments are options, by their names. */
Datum
nfstream_streamer(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	RunningCall		*call;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext before;

		context = SRF_FIRSTCALL_INIT();
		before = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		context->user_fctx = start_call(fcinfo);
		MemoryContextSwitchTo(before);
	}
	context = SRF_PERCALL_SETUP();
	call = context->user_fctx;
	if (pass_next(call->scan, context->multi_call_memory_ctx, call->slot))
		SRF_RETURN_NEXT(context, ExecFetchSlotHeapTupleDatum(call->slot));
	pass_stop(call->scan);
	SRF_RETURN_DONE(context);
}
