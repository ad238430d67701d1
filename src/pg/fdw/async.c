/*
 * async.c
 *	  Several scans under one Append, which go on at once.
 *
 * The Append asks each of its scans for a row and takes what comes first.  A scan that is asked starts its meters, whatever the others do,
 * and answers with a row, or that it has none yet; then the Append waits for all that have none at once, on a descriptor of each:
 * workers/wakeup.h.
 *
 * Each scan takes slots as a scan that is alone does: workers', or one for a meter of the session's own, which is then read as it
 * comes.  Where there is no slot at all a scan waits for its turn, until one of the others has given a slot back.  That comes when they are
 * read to their end, which an interface has not; so where none of the others reads files, it is the error that it is for a scan alone.
 *
 * The Append looks at those that have no row only when none has one.  So that one with many rows does not keep the others waiting, it
 * makes way now and then, as if it had none.
 */
#include "postgres.h"

#include "executor/execAsync.h"
#include "executor/executor.h"

#include "pg/base/clock.h"
#include "pg/fdw/estimate.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/pass.h"
#include "pg/workers/slots.h"

/* How many rows a scan gives before it makes way. */
#define ROWS_AT_A_TIME 1024

/* Where one capture has all rows that are wanted, the meters of the others would be started to be ended at once. */
bool
nfstream_is_async_capable(ForeignPath *path)
{
	const ScanEstimate *estimate = path->path.parent->fdw_private;

	return !estimate->rows_suffice;
}

/* The scan of this wrapper that a request is made to; NULL: it is another wrapper's. */
static FlowScan *
scan_of(const AsyncRequest *request)
{
	ForeignScanState *node = castNode(ForeignScanState, request->requestee);

	return node->fdwroutine->IterateForeignScan == nfstream_iterate ? node->fdw_state : NULL;
}

/* The next of the requests to scans of this wrapper that go on at once, of which *i is the last; NULL if there is none more. */
static const AsyncRequest *
next_request(const AppendState *append, int *i)
{
	while ((*i = bms_next_member(append->as_valid_asyncplans, *i)) >= 0)
		if (scan_of(append->as_asyncrequests[*i]) != NULL)
			return append->as_asyncrequests[*i];
	return NULL;
}

static uint32
count_scans(const AppendState *append)
{
	uint32 count = 0;
	int	   i = -1;

	while (next_request(append, &i) != NULL)
		count++;
	return Max(count, 1);
}

/* Whether a slot will come from one of the scans, as it reads files. */
static bool
will_give_slot(const AppendState *append)
{
	const AsyncRequest *request;
	int					i = -1;

	while ((request = next_request(append, &i)) != NULL)
		if (scan_of(request)->merge != NULL && scan_of(request)->interface == NULL)
			return true;
	return false;
}

/*
 * Whether the Append only waits for requests that it has made, to give up what comes, as it is to begin again.  Otherwise it waits only
 * when none has a row, and all that have not ended are asked for one.
 */
static bool
begins_again(const AppendState *append)
{
	const AsyncRequest *request;
	int					i = -1;

	while ((request = next_request(append, &i)) != NULL)
		if (scan_of(request)->merge != NULL && !request->callback_pending)
			return true;
	return false;
}

/* Answers a request with what there is. */
static void
answer(AsyncRequest *request)
{
	ForeignScanState *node = castNode(ForeignScanState, request->requestee);
	FlowScan		 *scan = node->fdw_state;
	TupleTableSlot	 *row;

	scan->makes_way = scan->at_once > 1 && scan->given >= ROWS_AT_A_TIME && scan->wakeup != NULL;
	if (scan->makes_way)
	{
		scan->given = 0;
		ExecAsyncRequestPending(request);
		return;
	}
	row = node->ss.ps.ExecProcNodeReal(&node->ss.ps);
	if (!TupIsNull(row))
	{
		scan->given++;
		ExecAsyncRequestDone(request, row);
	}
	else if (scan->is_waiting)
	{
		scan->given = 0;
		ExecAsyncRequestPending(request);
	}
	else
		ExecAsyncRequestDone(request, NULL);
}

void
nfstream_async_request(AsyncRequest *request)
{
	FlowScan *scan = scan_of(request);

	if (scan->at_once == 0)
		scan->at_once = count_scans(castNode(AppendState, request->requestor));
	answer(request);
}

void
nfstream_async_notify(AsyncRequest *request)
{
	const FlowScan *scan = scan_of(request);

	wakeup_clear(scan->wakeup);
	answer(request);
}

/* Whether the scan has meters, which it may get now. */
static bool
has_begun(FlowScan *scan, const AsyncRequest *request, const AppendState *append)
{
	MemoryContext parent = request->requestee->state->es_query_cxt;

	if (scan->merge != NULL)
		return true;
	if (scan->slots_seen != slot_releases() && pass_start(scan, parent, false))
		return true;
	return !will_give_slot(append) && pass_start(scan, parent, true);
}

/* Outside of a request and a notice. */
static void
answer_nothing(AsyncRequest *request)
{
	ExecAsyncRequestDone(request, NULL);
	request->callback_pending = false;
	ExecAsyncResponse(request);
}

/*
 * An answer given here would not be taken before an event, so that where there is something already, there will be one at once.  But when
 * all begins again nobody needs to wait for an answer.
 */
void
nfstream_async_configure_wait(AsyncRequest *request)
{
	FlowScan	*scan = scan_of(request);
	AppendState *append = castNode(AppendState, request->requestor);
	long		 longest = 0;

	if (begins_again(append))
	{
		answer_nothing(request);
		return;
	}
	if (!scan->makes_way)
	{
		if (!has_begun(scan, request, append))
			return;
		if (scan->finished)
		{
			answer_nothing(request);
			return;
		}
		longest = clock_shorter(merge_watch(scan->merge), clock_left(scan->report.due));
	}
	wakeup_after(scan->wakeup, longest);
	AddWaitEventToSet(append->as_eventset, WL_SOCKET_READABLE, wakeup_descriptor(scan->wakeup), NULL, request);
}
