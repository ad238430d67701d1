/*
 * scan.c
 *	  Scanning a foreign table: from the first row asked for to the last.
 *
 * Nothing is opened or started before the first row: that is where rights are decided, then files resolved, then meters
 * started.  `id` is counted here: rows arrive in the one order, however many meters run.
 */
#include "postgres.h"

#include <unistd.h>

#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "pg/base/encoding.h"
#include "pg/base/settings.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/scan.h"
#include "pg/options/privileges.h"
#include "wire/filter_hint.h"

/* A meter more is worth its start for so many bytes of a source; a file that is metered apart costs like so many of its own. */
#define BYTES_FOR_A_METER	((int64) 8 << 20)
#define BYTES_FOR_A_FILE	((int64) 16 << 10)

void
scan_fill_request(MeterRequest *request, const ScanOptions *options, const ColumnSet *wanted)
{
	request_defaults(request);
	request->columns = *wanted;
	request->idle_timeout = options->idle_timeout * 1000;
	request->active_timeout = options->active_timeout * 1000;
	request->max_nflows = options->max_nflows;
	request->max_active_flows = options->max_active_flows;
	request->meter_memory = Min(options->meter_memory, (uint64) setting_max_meter_memory) << 20;
	request->needs_filter = setting_require_seccomp;
	request->accounting_mode = options->accounting_mode;
	request->decode_tunnels = options->decode_tunnels;
	request->separate_files = options->separate_files;
	request->source_order = options->source_order;
	request->stop_at_damage = options->on_damage == ON_DAMAGE_ERROR;
	request->application_names = options->application_names;
	request->n_dissections = column_set_has_group(wanted, GROUP_DPI) ? options->n_dissections : 0;
	request->statistical_analysis = column_set_has_group(wanted, GROUP_STATISTICS);
	request->splt_analysis = column_set_has_group(wanted, GROUP_SPLT) ? options->splt_analysis : 0;
}

/* How many meters are worth their start. */
static uint64
meters_that_pay(const ScanOptions *options, const ColumnSet *wanted, const SourceMeasure *measure)
{
	if (options->separate_files && measure->files > 1)
		return 1 + (measure->bytes + measure->files * BYTES_FOR_A_FILE) / BYTES_FOR_A_METER;
	if (!column_set_has_group(wanted, GROUP_DPI) || (options->bpf_filter != NULL && options->bpf_filter[0] != '\0'))
		return 1;
	return 1 + measure->quick_bytes / BYTES_FOR_A_METER;
}

uint32
scan_meters(const ScanOptions *options, const ColumnSet *wanted, const SourceMeasure *measure)
{
	uint64		cores = Max(sysconf(_SC_NPROCESSORS_ONLN), 1);
	uint64		meters = options->n_meters;

	/* Only who has all flows knows where the last one leaves, and what is given up there. */
	if (options->max_nflows > 0)
		return 1;
	if (meters == 0)
		meters = Min(Min(meters_that_pay(options, wanted, measure), cores), REQUEST_SHARDS_MAX);
	meters = Min(meters, (uint64) setting_max_meters_per_scan);

	/* Each meter has a file, or keeps a flow, at least. */
	if (options->separate_files && measure->files > 1)
		meters = Min(meters, measure->files);
	else if (options->max_active_flows > 0)
		meters = Min(meters, options->max_active_flows);
	return meters;
}

FlowScan *
scan_create(Relation table, const Bitmapset *attributes_used)
{
	FlowScan   *scan = palloc0(sizeof(*scan));

	scan->options = options_of_table(RelationGetRelid(table));
	scan->builder = tuple_builder(table, scan->options, attributes_used, &scan->wanted);
	return scan;
}

static ScanJob *
create_job(FlowScan *scan)
{
	ScanJob    *job = palloc0(sizeof(*job));
	int			count;

	privileges_check_source(scan->options);
	options_check_available(scan->options);
	job->files = source_resolve(scan->options, &count);
	job->directory = scan->options->directory;
	job->taken = palloc(sizeof(*job->taken));
	pg_atomic_init_u32(job->taken, 0);
	scan_fill_request(&job->request, scan->options, &scan->wanted);
	job->request.files = count;
	if (count == 1)
		job->request.separate_files = false;	/* there is nothing that it were to be apart from */
	job->request.time_dissections = scan->timed;
	job->orders.meter_timeout = scan->options->meter_timeout * 1000;
	strlcpy(job->orders.program, setting_meter_program, MAXPGPATH);
	if (scan->options->bpf_filter != NULL)
	{
		job->filter = scan->options->bpf_filter;
		job->request.filter_length = strlen(job->filter);
	}
	return job;
}

static void
start(FlowScan *scan, MemoryContext parent)
{
	MemoryContext before;
	SourceMeasure measure;

	scan->context = AllocSetContextCreate(parent, "nfstream pass", ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(scan->context);
	scan->next_id = 0;
	scan->has_account = false;
	scan->job = create_job(scan);
	if (scan->warns)
		tuple_builder_warn(scan->builder);
	scan->warns = false;		/* a rescan says nothing new */
	tuple_builder_set_files(scan->builder, scan->job->files, scan->job->request.files);
	measure = source_measure(scan->job->files, scan->job->request.files);
	scan->merge = merge_start(scan->job, scan_meters(scan->options, &scan->wanted, &measure));
	scan->meters = merge_meters(scan->merge);
	MemoryContextSwitchTo(before);
}

/* The account of the pass stays. */
void
scan_stop(FlowScan *scan)
{
	Merge	   *merge = scan->merge;

	scan->merge = NULL;
	scan->finished = false;
	if (merge != NULL)
		merge_end(merge);
	if (scan->context != NULL)
		MemoryContextDelete(scan->context);
	scan->context = NULL;
	scan->order = NULL;
}

/* Once for a scan, however often it is passed over: that captures overlap, and what becomes of packets that are late. */
static void
warn_of_overlap(FlowScan *scan)
{
	const OverlapMessage *overlap = merge_overlap(scan->merge);
	const uint64 *counters = scan->account.counters;
	uint64		seconds;

	if (overlap == NULL || scan->overlap_told)
		return;
	scan->overlap_told = true;
	seconds = (overlap->reached - overlap->begins) / 1000;
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg(UINT64_FORMAT " of " UINT64_FORMAT " packets are older than packets before them",
					counters[COUNTER_PACKETS_OUT_OF_ORDER], counters[COUNTER_PACKETS_METERED]),
			 errdetail_plural("Such packets are metered at the time that was reached. Capture \"%s\" is the first that begins before it, by " UINT64_FORMAT " second.",
							  "Such packets are metered at the time that was reached. Capture \"%s\" is the first that begins before it, by " UINT64_FORMAT " seconds.",
							  seconds, encoding_valid(scan->job->files[overlap->file].path), seconds),
			 scan->options->source_order == SOURCE_ORDER_TIME ?
			 errhint("Their times overlap in any order. If they have nothing to do with each other, set separate_files to \"true\"; if they are of one time, merge them, as with mergecap.") :
			 errhint("Name the captures in the order of their times or set source_order to \"time\"; if they have nothing to do with each other, set separate_files to \"true\".")));
}

/* Once for a scan: that nothing passed its filter, where the packets are of a kind that most filters do not look into. */
static void
tell_of_blind_filter(FlowScan *scan)
{
	const char *what,
			   *word;
	uint64		packets;

	if (scan->filter_told || scan->job->request.filter_length == 0 || !filter_is_blind(&scan->account, &what, &packets, &word))
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
	uint32		files = scan->job->request.files;

	scan->order = MemoryContextAlloc(scan->context, Max(files, 1) * sizeof(uint32));
	for (uint32 i = 0; i < files; i++)
		scan->order[i] = order == NULL ? i : order[i];
}

/* Behind the last row: keeps what the meters counted, for EXPLAIN, and lets go of them, though a cursor may stay open. */
static void
finish(FlowScan *scan)
{
	Merge	   *merge = scan->merge;

	scan->finished = true;
	scan->has_account = merge_account(merge, &scan->account);
	warn_of_overlap(scan);
	tell_of_blind_filter(scan);
	keep_order(scan, merge_order(merge));
	for (uint32 i = 0; i < scan->meters; i++)
		scan->flows[i] = merge_flows(merge, i);
	scan->merge = NULL;
	merge_end(merge);
}

bool
scan_next(FlowScan *scan, MemoryContext parent, TupleTableSlot *slot)
{
	const FlowRecord *record;

	ExecClearTuple(slot);
	if (scan->finished)
		return false;
	if (scan->merge == NULL)
		start(scan, parent);

	record = merge_next(scan->merge);
	if (record == NULL)
	{
		finish(scan);
		return false;
	}
	tuple_fill(scan->builder, record, scan->next_id++, slot);
	ExecStoreVirtualTuple(slot);
	return true;
}

/* ------------------------------------------------------------------------------------------------- the executor's callbacks */

/* The attribute numbers that the planner found to be needed, as it left them in the plan. */
static Bitmapset *
attributes_used(const ForeignScan *plan)
{
	Bitmapset  *used = NULL;
	ListCell   *cell;

	foreach(cell, (List *) linitial(plan->fdw_private))
		used = bms_add_member(used, lfirst_int(cell));
	return used;
}

void
nfstream_begin(ForeignScanState *node, int eflags)
{
	FlowScan   *scan = scan_create(node->ss.ss_currentRelation, attributes_used((ForeignScan *) node->ss.ps.plan));

	scan->warns = true;
	scan->timed = (node->ss.ps.state->es_instrument & INSTRUMENT_TIMER) != 0;
	node->fdw_state = scan;
}

TupleTableSlot *
nfstream_iterate(ForeignScanState *node)
{
	scan_next(node->fdw_state, node->ss.ps.state->es_query_cxt, node->ss.ss_ScanTupleSlot);
	return node->ss.ss_ScanTupleSlot;
}

void
nfstream_rescan(ForeignScanState *node)
{
	scan_stop(node->fdw_state);
}

void
nfstream_end(ForeignScanState *node)
{
	if (node->fdw_state != NULL)
		scan_stop(node->fdw_state);
}
