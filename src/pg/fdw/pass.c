/*
 * pass.c
 *	  A pass over a scan's source: from the first row asked for to the last, and what is said after it.
 *
 * Nothing is opened or started before the first row: that is where rights are decided, then files resolved, then meters
 * started.  `id` is counted here: rows arrive in the one order, however many meters run, and among them marks of the flows that a
 * condition sets aside, where those count.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "pg/base/clock.h"
#include "pg/base/encoding.h"
#include "pg/base/settings.h"
#include "pg/fdw/parallel.h"
#include "pg/fdw/pass.h"
#include "pg/fdw/sizing.h"
#include "pg/options/privileges.h"
#include "pg/workers/file_times.h"
#include "pg/workers/scan_request.h"
#include "pg/workers/slots.h"
#include "wire/filter_hint.h"

/* Seconds that the sockets of a flow are known beyond its timeouts. */
#define SOCKETS_KEPT_LONGER 5

FlowScan *
pass_prepare(Relation table, ScanOptions *options, const Bitmapset *attributes_used)
{
	FlowScan *scan = palloc0(sizeof(*scan));
	ColumnSet wanted;

	scan->lasting = CurrentMemoryContext;
	scan->options = options;
	scan->builder = tuple_builder(table, scan->options, attributes_used, &wanted);
	scan_request_fill(&scan->request, scan->options, &wanted);
	scan->labelled = 1;
	return scan;
}

/* The plugins' parameters are looked up once for a scan: all of its passes see the same values. */
static void
add_plugins(FlowScan *scan, ScanJob *job)
{
	if (scan->options->plugins == NIL)
		return;
	if (scan->plugins == NULL)
		scan->plugins = scan_plugins(scan->options, scan->lasting);
	job->request.plugins = scan->plugins->length;
	job->plugins = scan->plugins->bytes;
	job->orders.which = scan->plugins->which;
	job->orders.cleans_up = scan->plugins->cleans_up;
	job->orders.hides = scan->options->columns_to_anonymize != NULL;
}

static void
add_files(FlowScan *scan, ScanJob *job)
{
	int count;

	pass_look_at_times(scan);
	job->files = source_resolve(scan->options, pass_files_wanted(scan), &count, &scan->files_named);
	job->directory = scan->options->directory;
	job->request.files = count;
	/* There is no other file from which to separate it; but where files are bounded, one is that is left of several, too. */
	if (count == 1 && job->request.max_active_flows == 0)
		job->request.separate_files = false;
	tuple_builder_set_files(scan->builder, job->files, count);
}

/* No meter knows what the others have sent: the flows up to max_nflows are counted here.  merge_end_source() needs the packets. */
static void
add_interface(FlowScan *scan, ScanJob *job)
{
	SourceFile named = {.path = unconstify(char *, scan->interface)};

	privileges_check_interface(scan->options, scan->interface);
	job->request.interface = (RequestText) {scan->interface, strlen(scan->interface)};
	job->request.files = 0;
	job->request.separate_files = false;
	job->request.source_order = SOURCE_ORDER_GIVEN;
	job->request.max_nflows = 0;
	if (job->request.schema == SCHEMA_FLOWS)
		column_set_add(&job->request.columns, schema_column(&flow_schema, "bidirectional_packets"));
	tuple_builder_set_files(scan->builder, &named, 1);
}

/* The conditions that meters evaluate, with the values that they are compared with now. */
static void
add_condition(FlowScan *scan, ScanJob *job)
{
	SourceFile	 named = {.path = unconstify(char *, scan->interface)};
	bool		 is_live = scan->interface != NULL;
	const uint8 *bytes;
	size_t		 length;

	if (scan->pushdown == NULL)
		return;
	bytes = pushdown_condition(scan->pushdown, is_live ? &named : job->files, is_live ? 1 : job->request.files, &length);
	job->request.condition = length;
	job->request.condition_bytes = bytes;
	request_read_condition(&job->request);
}

/* Whether it matters how many flows have left before one, wanted or not. */
static bool
counts_all_flows(const FlowScan *scan)
{
	return tuple_builder_numbers(scan->builder) || scan->options->max_nflows > 0 || scan->options->max_active_flows > 0;
}

/* NULL if no file is wanted. */
static ScanJob *
create_job(FlowScan *scan)
{
	ScanJob *job = palloc0(sizeof(*job));

	privileges_check_source(scan->options);
	(void) options_check_source(scan->options, ERROR);
	job->shared = palloc(sizeof(*job->shared));
	job_start_shared(job->shared);
	job->request = scan->request;
	scan->interface = source_interface(scan->options);
	if (scan->interface != NULL)
		add_interface(scan, job);
	else
		add_files(scan, job);
	if (scan->interface == NULL && job->request.files == 0)
		return NULL;
	job->table = scan->options->function == NULL ? scan->options->table : InvalidOid;
	job->source = scan->options->source;
	job->request.time_dissections = scan->timed;
	job->orders.meter_timeout = scan->options->meter_timeout * 1000;
	strlcpy(job->orders.program, setting_meter_program, MAXPGPATH);
	add_plugins(scan, job);
	add_condition(scan, job);
	job->request.counts_aside = job->request.condition > 0 && counts_all_flows(scan);
	return job;
}

/* NULL if conditions leave nothing to read. */
static ScanJob *
decide_job(FlowScan *scan)
{
	return scan->exclusion != NULL && !exclusion_admits_table(scan->exclusion) ? NULL : create_job(scan);
}

void
pass_prepare_job(FlowScan *scan)
{
	MemoryContext before = MemoryContextSwitchTo(scan->lasting);

	scan->job = decide_job(scan);
	MemoryContextSwitchTo(before);
}

void
pass_take_job(FlowScan *scan, ScanJob *job)
{
	job->table = scan->options->table;
	job->source = scan->options->source;
	job->shared = palloc(sizeof(*job->shared));
	job_start_shared(job->shared);
	tuple_builder_set_files(scan->builder, job->files, job->request.files);
	scan->job = job;
}

/* A participant has a meter of its own: workers for its meter would be one process more for each. */
static bool
is_participant(const FlowScan *scan)
{
	return scan->shards > 0 || (scan->is_parallel_safe && IsInParallelMode());
}

/* How many workers to ask for; 0: the only meter is this process's own. */
static uint32
workers_wanted(const FlowScan *scan)
{
	const ScanJob *job = scan->job;
	const uint64   n_meters = scan->options->n_meters;
	SourceMeasure  measure;
	uint32		   meters;

	if (is_participant(scan))
		return 0;
	if (scan->interface != NULL)
		return sizing_share(sizing_meters_live(&job->request, n_meters), n_meters, scan->at_once);
	measure = source_measure(job->files, job->request.files);
	meters = sizing_share(sizing_meters(&job->request, n_meters, &measure, scan->labelled), n_meters, scan->at_once);
	/* Of several scans at once each has a worker where there is one, so that its meter need not wait while the others' rows are taken. */
	return scan->at_once == 0 && sizing_is_own(&job->request, n_meters, &measure, meters) ? 0 : meters;
}

/* A flow's row may come as late as its timeouts have it, and a little. */
static HostSockets *
start_sockets(const ScanOptions *options)
{
	uint64 seconds = options->idle_timeout + options->active_timeout + SOCKETS_KEPT_LONGER;

	return sockets_start(setting_meter_program, options->system_visibility_poll_ms, Min(seconds, UINT64_MAX / 1000) * 1000);
}

static void
start_report(FlowScan *scan)
{
	if (scan->interface != NULL)
		report_start(&scan->report, options_object(scan->options), scan->interface, scan->options->performance_report);
	else
		scan->report.due = CLOCK_NEVER;
}

/* False if there is no slot for any meter, where that is no error.  Where conditions leave nothing to read, the pass has begun and finished. */
static bool
start(FlowScan *scan, MemoryContext parent, bool or_none)
{
	MergeStart	  how = {.or_none = or_none};
	MemoryContext before;

	scan->context = AllocSetContextCreate(parent, "nfstream pass", ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(scan->context);
	scan->next_id = 0;
	scan->has_account = false;
	if (scan->shards == 0)
		scan->job = decide_job(scan);
	if (scan->job == NULL)
	{
		scan->finished = true;
		MemoryContextSwitchTo(before);
		return true;
	}
	if (scan->warns)
		tuple_builder_warn(scan->builder);
	scan->warns = false; /* a rescan has nothing new to say */
	scan->sockets = NULL;
	if (tuple_builder_set_live(scan->builder, scan->interface != NULL))
		scan->sockets = start_sockets(scan->options);
	if (scan->at_once > 0)
		scan->wakeup = how.wakeup = wakeup_create(or_none);
	if (scan->asks_file_times)
		how.file_times = scan->file_times = file_times_start(scan->job->request.files);
	how.shard = scan->shard;
	how.shards = scan->shards;
	how.workers = workers_wanted(scan);
	if (scan->at_once == 0 || scan->wakeup != NULL)
		scan->merge = merge_start(scan->job, &how, &scan->printed);
	if (scan->merge != NULL)
	{
		scan->meters = merge_meters(scan->merge);
		start_report(scan);
	}
	MemoryContextSwitchTo(before);
	return scan->merge != NULL;
}

bool
pass_start(FlowScan *scan, MemoryContext parent, bool or_error)
{
	uint64 slots = slot_releases();

	if (scan->merge != NULL || start(scan, parent, !or_error))
		return true;
	scan->slots_seen = slots;
	pass_stop(scan);
	return false;
}

/* The account of the pass stays. */
void
pass_stop(FlowScan *scan)
{
	Merge *merge = scan->merge;

	scan->merge = NULL;
	scan->finished = scan->is_waiting = scan->makes_way = false;
	if (merge != NULL)
		merge_end(merge);
	if (scan->sockets != NULL)
		sockets_end(scan->sockets);
	scan->sockets = NULL;
	printed_tell_withheld(&scan->printed);
	if (scan->context != NULL)
		MemoryContextDelete(scan->context);
	scan->context = NULL;
	scan->wakeup = NULL;
	scan->order = NULL;
}

void
pass_rewind(FlowScan *scan)
{
	if (scan->context != NULL && scan->interface != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s of interface \"%s\" cannot be read a second time", scan->options->schema->rows, encoding_valid(scan->interface)),
				 errdetail("The plan of the statement reads %s more than once.", options_object(scan->options)),
				 errhint("Keep the %s first: WITH %s AS MATERIALIZED (SELECT ... LIMIT ...), or a temporary table.",
						 scan->options->schema->rows, scan->options->schema->rows)));
	pass_stop(scan);
}

/*
 * Warns, once for a scan however many passes it makes, that captures overlap, and says what becomes of packets that are
 * late.
 */
static void
warn_of_overlap(FlowScan *scan)
{
	const OverlapMessage *overlap = merge_overlap(scan->merge);
	const uint64		 *counters = scan->account.counters;
	uint64				  seconds;

	if (overlap == NULL || scan->overlap_told)
		return;
	scan->overlap_told = true;
	seconds = (overlap->reached - overlap->begins) / 1000;
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg(UINT64_FORMAT " of " UINT64_FORMAT " packets are older than packets before them",
					counters[COUNTER_PACKETS_OUT_OF_ORDER], counters[COUNTER_PACKETS_METERED] + counters[COUNTER_PACKETS_SET_ASIDE]),
			 errdetail_plural("Such packets are metered at the time that was reached. Capture \"%s\" is the first that begins before it, by " UINT64_FORMAT " second.",
							  "Such packets are metered at the time that was reached. Capture \"%s\" is the first that begins before it, by " UINT64_FORMAT " seconds.",
							  seconds, encoding_valid(scan->job->files[overlap->file].path), seconds),
			 scan->options->source_order == SOURCE_ORDER_TIME ?
				 errhint("Their times overlap in any order. If they have nothing to do with each other, set separate_files to \"true\"; if they are of one time, merge them, as with mergecap.") :
				 errhint("Name the captures in the order of their times or set source_order to \"time\"; if they have nothing to do with each other, set separate_files to \"true\".")));
}

/* Says, once for a scan, that nothing passed its filter, if the packets have headers that most filters do not look past. */
static void
tell_of_blind_filter(FlowScan *scan)
{
	const char *what,
		*word;
	uint64 packets;

	if (scan->filter_told || scan->job->request.filter.length == 0 || !filter_is_blind(&scan->account, &what, &packets, &word))
		return;
	scan->filter_told = true;
	ereport(NOTICE,
			(errmsg("no packet passed bpf_filter \"%s\", and " UINT64_FORMAT " of " UINT64_FORMAT " have %s",
					scan->options->bpf_filter, packets, scan->account.counters[COUNTER_PACKETS_READ], what),
			 errhint("A filter looks behind %s where it says so: \"%s and (%s)\".", what, word, scan->options->bpf_filter)));
}

/* The order in which the files were read, for as long as the job is there. */
static void
keep_order(FlowScan *scan, const uint32 *order)
{
	uint32 files = scan->job->request.files;

	scan->order = MemoryContextAlloc(scan->context, Max(files, 1) * sizeof(uint32));
	for (uint32 i = 0; i < files; i++)
		scan->order[i] = order == NULL ? i : order[i];
}

/* What each meter counted, for as long as the scan is there. */
static void
keep_accounts(FlowScan *scan)
{
	if (scan->accounts != NULL)
		pfree(scan->accounts);
	scan->accounts = MemoryContextAlloc(scan->lasting, scan->meters * sizeof(Account));
	for (uint32 i = 0; i < scan->meters; i++)
		scan->accounts[i] = merge_account_of(scan->merge, i);
}

/* After the last row: keeps what the meters counted, for EXPLAIN, and lets go of them, as a cursor may stay open. */
static void
finish(FlowScan *scan)
{
	Merge *merge = scan->merge;

	scan->finished = true;
	scan->has_account = merge_account(merge, &scan->account);
	scan->dropped_by_interface = interface_drops_since(&scan->report.drops);
	keep_accounts(scan);
	if (scan->shards == 0 || parallel_shard_ended(scan))
	{
		warn_of_overlap(scan);
		tell_of_blind_filter(scan);
	}
	keep_order(scan, merge_order(merge));
	scan->merge = NULL;
	merge_end(merge);
	if (scan->wakeup != NULL)
		wakeup_end(scan->wakeup); /* an Append may have hundreds of scans that have ended */
	scan->wakeup = NULL;
	if (scan->sockets != NULL)
		sockets_end(scan->sockets);
	printed_tell_withheld(&scan->printed);
}

/* The next record; NULL after the last, or where it would have to be waited for and must not be.  Reports on the way, while it waits too. */
static const Record *
next_record(FlowScan *scan)
{
	const Record *record;

	do
	{
		report_if_due(&scan->report, scan->merge, scan->next_id);
		record = merge_next(scan->merge, scan->wakeup != NULL ? 0 : scan->report.due);
		scan->is_waiting = record == NULL && !merge_is_finished(scan->merge);
	} while (scan->is_waiting && scan->wakeup == NULL);
	return record;
}

bool
pass_next(FlowScan *scan, MemoryContext parent, TupleTableSlot *slot)
{
	const Record *record;
	uint64		  id;

	if (slot != NULL)
		ExecClearTuple(slot);
	if (scan->finished)
		return false;
	if (scan->at_once > 0)
		scan->is_waiting = !pass_start(scan, parent, false);
	else if (scan->merge == NULL)
		start(scan, parent, false);
	if (scan->is_waiting || scan->finished)
		return false;

	do
	{
		record = next_record(scan);
		if (record == NULL && !scan->is_waiting)
			finish(scan);
		if (record == NULL)
			return false;
		id = scan->next_id++;
		if (scan->interface != NULL && scan->request.schema == SCHEMA_FLOWS && scan->next_id == scan->options->max_nflows)
			merge_end_source(scan->merge, scan->options->expire_on_end);
	} while (record->is_mark);
	if (slot == NULL)
		return true;
	tuple_fill(scan->builder, record, id, scan->sockets == NULL ? NULL : sockets_table(scan->sockets), slot);
	ExecStoreVirtualTuple(slot);
	return true;
}

void
pass_give_up(FlowScan *scan)
{
	if (scan->merge == NULL || scan->interface == NULL)
		return;
	merge_end_source(scan->merge, false);
	while (merge_next(scan->merge, CLOCK_NEVER) != NULL)
		;
	finish(scan);
}
