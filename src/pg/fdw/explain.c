/*
 * explain.c
 *	  What EXPLAIN shows of a scan.
 *
 * Without ANALYZE: what would be read and computed.  With it also the account, which adds up: packets read = metered +
 * set aside + ignored + filtered.
 */
#include "postgres.h"

#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

#include "nodes/makefuncs.h"
#include "utils/ruleutils.h"

#include "pg/base/encoding.h"
#include "pg/base/settings.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/kept_rows.h"
#include "pg/fdw/pass.h"
#include "pg/fdw/plan_ancestors.h"
#include "pg/fdw/sizing.h"
#include "pg/options/plugins.h"
#include "wire/limits.h"

/* How many files a person is shown. */
#define FILES_SHOWN 10

static void
explain_switch(const char *label, bool on, ExplainState *es)
{
	ExplainPropertyText(label, on ? "on" : "off", es);
}

/* Some counters are always shown, the others only if they are not 0, or if a program reads the plan. */
static bool
is_shown(Counter counter, uint64 value, bool has_received, ExplainState *es)
{
	if (counter_kinds[counter].sum == COUNTER_OWN || (counter_kinds[counter].is_live && !has_received))
		return false;
	return value > 0 || counter <= COUNTER_PACKETS_METERED || counter == COUNTER_FLOWS || es->format != EXPLAIN_FORMAT_TEXT ||
		   (counter_kinds[counter].is_live && counter != COUNTER_LONGER_THAN_MTU);
}

/* How the rows were shared out, for programs that read the plan. */
static void
explain_flows(const FlowScan *scan, ExplainState *es)
{
	bool  is_packets = scan->request.schema == SCHEMA_PACKETS;
	List *rows = NIL;

	if (es->format == EXPLAIN_FORMAT_TEXT)
		return;
	for (uint32 i = 0; i < scan->meters; i++)
	{
		const uint64 *counters = scan->accounts[i].counters;

		rows = lappend(rows, psprintf(UINT64_FORMAT, is_packets ? counters[COUNTER_PACKETS_METERED] - counters[COUNTER_PACKETS_GIVEN_UP] :
																  counters[COUNTER_FLOWS]));
	}
	ExplainPropertyList(is_packets ? "Packets of Meters" : "Flows of Meters", rows, es);
}

/* The part of the account that one meter has, so that it adds up; what is 0 is left out. */
static bool
is_shown_of_meter(Counter counter, uint64 value)
{
	if (counter == COUNTER_DISSECTION_TIME)
		return false;
	return value > 0 || counter <= COUNTER_PACKETS_METERED;
}

/* For a person, in one line. */
static void
explain_meter_in_line(const Account *account, uint32 meter, ExplainState *es)
{
	StringInfoData line;

	initStringInfo(&line);
	for (Counter counter = 0; counter < COUNTERS; counter++)
		if (is_shown_of_meter(counter, account->counters[counter]))
			appendStringInfo(&line, "%s%s%s=" UINT64_FORMAT, line.len > 0 ? ", " : "", counter < COUNTER_IGNORED ? "" : "Ignored: ",
							 counter_kinds[counter].label, account->counters[counter]);
	ExplainPropertyText(psprintf("Meter %u", meter), line.data, es);
}

static void
explain_counters_of_meter(const Account *account, Counter first, Counter end, ExplainState *es)
{
	for (Counter counter = first; counter < end; counter++)
		if (is_shown_of_meter(counter, account->counters[counter]))
			ExplainPropertyUInteger(counter_kinds[counter].label, NULL, account->counters[counter], es);
}

static void
explain_meter(const Account *account, uint32 meter, ExplainState *es)
{
	if (es->format == EXPLAIN_FORMAT_TEXT)
	{
		explain_meter_in_line(account, meter, es);
		return;
	}
	ExplainOpenGroup("Meter", NULL, true, es);
	ExplainPropertyUInteger("Meter Number", NULL, meter, es);
	explain_counters_of_meter(account, 0, COUNTER_IGNORED, es);
	if (account_ignored(account) > 0)
	{
		ExplainOpenGroup("Ignored", "Ignored", true, es);
		explain_counters_of_meter(account, COUNTER_IGNORED, COUNTERS, es);
		ExplainCloseGroup("Ignored", "Ignored", true, es);
	}
	ExplainCloseGroup("Meter", NULL, true, es);
}

/* Each meter's part of the account; of one meter it is the account. */
static void
explain_meters(const FlowScan *scan, ExplainState *es)
{
	if (!es->verbose || (scan->meters == 1 && es->format == EXPLAIN_FORMAT_TEXT))
		return;
	ExplainOpenGroup("Meter Accounts", "Meter Accounts", false, es);
	for (uint32 i = 0; i < scan->meters; i++)
		explain_meter(&scan->accounts[i], i, es);
	ExplainCloseGroup("Meter Accounts", "Meter Accounts", false, es);
}

/* Whether parallel workers have run the scan, each of them all of it: nobody hears their accounts. */
static bool
ran_in_workers(const ForeignScanState *node)
{
	const WorkerInstrumentation *workers = node->ss.ps.worker_instrument;

	if (workers == NULL || node->ss.ps.plan->parallel_aware)
		return false;
	for (int i = 0; i < workers->num_workers; i++)
		if (workers->instrument[i].nloops > 0)
			return true;
	return false;
}

/* Whether there is something to be said of what was received: a kernel that does not count has received nothing. */
static bool
has_received(const FlowScan *scan)
{
	const uint64 *counters = scan->account.counters;

	return scan->interface != NULL && (counters[COUNTER_PACKETS_RECEIVED] > 0 || counters[COUNTER_PACKETS_READ] == 0);
}

/* Packets ignored, by reason: a group of its own where a program reads the plan. */
static void
explain_ignored(const Account *account, bool has_received, ExplainState *es)
{
	bool is_text = es->format == EXPLAIN_FORMAT_TEXT;

	if (!is_text)
		ExplainPropertyUInteger("Packets Ignored", NULL, account_ignored(account), es);
	ExplainOpenGroup("Ignored", "Ignored", true, es);
	for (Counter counter = COUNTER_IGNORED; counter < COUNTERS; counter++)
	{
		const char *reason = counter_kinds[counter].label;

		if (is_shown(counter, account->counters[counter], has_received, es))
			ExplainPropertyUInteger(is_text ? psprintf("Ignored: %s", reason) : reason, NULL, account->counters[counter], es);
	}
	ExplainCloseGroup("Ignored", "Ignored", true, es);
}

/* What the interface itself has dropped no meter counts. */
static void
explain_dropped_by_interface(const FlowScan *scan, ExplainState *es)
{
	if (scan->interface != NULL && scan->dropped_by_interface != COUNT_NOT_KNOWN)
		ExplainPropertyUInteger("Packets Dropped by Interface", NULL, scan->dropped_by_interface, es);
}

static void
explain_account(const FlowScan *scan, ExplainState *es)
{
	const Account *account = &scan->account;
	bool		   timed = scan->timed && es->timing,
		 received = has_received(scan);

	for (Counter counter = 0; counter < COUNTER_IGNORED; counter++)
	{
		uint64 value = account->counters[counter];

		if (counter == COUNTER_LEFT_IN_RING)
			explain_dropped_by_interface(scan, es);
		if (!is_shown(counter, value, received, es) || (counter == COUNTER_DISSECTION_TIME && !timed) ||
			(counter == COUNTER_FLOWS && !request_tracks_flows(&scan->request)))
			continue;
		if (counter == COUNTER_DISSECTION_TIME)
			ExplainPropertyFloat(counter_kinds[counter].label, "ms", value / 1e6, 3, es);
		else
			ExplainPropertyUInteger(counter_kinds[counter].label, NULL, value, es);
	}
	explain_ignored(account, received, es);
}

/* The settings that give the scan less than its options ask for. */
static void
explain_bounds(const ScanOptions *options, ExplainState *es)
{
	List *bounds = NIL;

	if (options->n_meters > (uint64) setting_max_meters_per_scan)
		bounds = lappend(bounds, psprintf("nfstream_fdw.max_meters_per_scan (%d)", setting_max_meters_per_scan));
	if (options->meter_memory > (uint64) setting_max_meter_memory)
		bounds = lappend(bounds, psprintf("nfstream_fdw.max_meter_memory (%d MB)", setting_max_meter_memory));
	if (bounds != NIL)
		ExplainPropertyList("Bounded By", bounds, es);
}

/* How several files are read; for a person, only what differs from the default. */
static void
explain_several(const ScanOptions *options, ExplainState *es)
{
	if (options->source_order == SOURCE_ORDER_TIME || es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyText("Source Order", option_limits[OPTION_SOURCE_ORDER].choices[options->source_order], es);
	if (options->separate_files || es->format != EXPLAIN_FORMAT_TEXT)
		explain_switch("Separate Files", options->separate_files, es);
}

/* The files in the order in which they were read; for a person, the first of them. */
static void
explain_files(const FlowScan *scan, ExplainState *es)
{
	uint32 files = scan->job->request.files,
		   shown = es->format == EXPLAIN_FORMAT_TEXT ? Min(files, FILES_SHOWN) : files;
	List *paths = NIL;

	if (files == 1 && es->format == EXPLAIN_FORMAT_TEXT)
		return;
	for (uint32 i = 0; i < shown; i++)
		paths = lappend(paths, unconstify(char *, encoding_valid(scan->job->files[scan->order[i]].path)));
	if (shown < files)
		paths = lappend(paths, psprintf("%u more", files - shown));
	ExplainPropertyList("Files Read", paths, es);
}

/* What is read, and by how many meters: of files, or of an interface, whose name a person need not be told twice. */
static const char *
explain_source(const FlowScan *scan, ExplainState *es)
{
	const char *interface = source_interface_for_plan(scan->options);

	if (scan->options->source != NULL && (interface == NULL || es->format != EXPLAIN_FORMAT_TEXT))
		ExplainPropertyText("Source", scan->options->source, es);
	if (interface != NULL)
		ExplainPropertyText("Interface", encoding_valid(interface), es);
	return interface;
}

static uint32
meters_for_plan(const FlowScan *scan, const char *interface, const SourceMeasure *measure)
{
	if (interface != NULL)
		return sizing_meters_live(&scan->request, scan->options->n_meters);
	return sizing_meters(&scan->request, scan->options->n_meters, measure, scan->labelled);
}

/* What is computed; of packets, whose flows are kept only if that is needed, nothing else if no plugin asks for it. */
static void
explain_computed(const FlowScan *scan, ExplainState *es)
{
	bool is_packets = scan->request.schema == SCHEMA_PACKETS;

	if (is_packets)
	{
		ExplainPropertyText("Rows", scan->options->schema->rows, es);
		explain_switch("Flow Tracking", request_tracks_flows(&scan->request), es);
		if (scan->options->plugins == NIL && es->format == EXPLAIN_FORMAT_TEXT)
			return;
	}
	explain_switch("DPI", request_computes_group(&scan->request, GROUP_DPI), es);
	explain_switch("Statistics", request_computes_group(&scan->request, GROUP_STATISTICS), es);
	explain_switch("SPLT", request_computes_group(&scan->request, GROUP_SPLT), es);
}

/* How often the source was metered, and how often its rows were read without that; for a person, only if they were. */
static void
explain_kept(const FlowScan *scan, ExplainState *es)
{
	KeptAccount kept = kept_account(scan->kept);

	if (es->format != EXPLAIN_FORMAT_TEXT || kept.passes > 1)
		ExplainPropertyUInteger("Passes", NULL, kept.passes, es);
	if (es->format == EXPLAIN_FORMAT_TEXT && kept.reads == 0)
		return;
	ExplainPropertyUInteger("Rows Kept", NULL, kept.rows, es);
	if (kept.rows > 0)
		ExplainPropertyText("Rows Kept In", kept.in_memory ? "memory" : "disk", es);
	ExplainPropertyUInteger("Rows Read Again", NULL, kept.reads, es);
}

/* Conditions, as the server shows them. */
static void
explain_conditions(const char *label, List *conditions, ForeignScanState *node, ExplainState *es)
{
	List *context;

	if (conditions == NIL)
		return;
	context = set_deparse_context_plan(es->deparse_cxt, node->ss.ps.plan, plan_ancestors(es->pstmt, node->ss.ps.plan));
	ExplainPropertyText(label,
						deparse_expression((Node *) make_ands_explicit(conditions), context,
										   es->verbose, false),
						es);
}

/* Whether it is known which files are read where nothing is run. */
static bool
are_files_known(const FlowScan *scan)
{
	return (scan->exclusion == NULL || exclusion_is_known(scan->exclusion)) && (scan->times == NULL || pushdown_is_known(scan->pushdown));
}

/* How many of the source's files are read: as it was when a pass started, else as it is now, where values are known. */
static void
explain_files_wanted(FlowScan *scan, const SourceMeasure *measure, ExplainState *es)
{
	uint32 named = measure->named,
		   files = measure->files;

	if (pass_files_wanted(scan) == NULL)
		return;
	if (scan->job != NULL)
	{
		named = scan->files_named;
		files = scan->job->request.files;
	}
	else if (!are_files_known(scan))
		return;
	if (es->format == EXPLAIN_FORMAT_TEXT)
		ExplainPropertyText("Files", psprintf("%u of %u", files, named), es);
	else
	{
		ExplainPropertyUInteger("Files", NULL, files, es);
		ExplainPropertyUInteger("Files Named", NULL, named, es);
	}
}

/* What conditions exclude before anything is read. */
static void
explain_exclusion(ForeignScanState *node, const SourceMeasure *measure, ExplainState *es)
{
	FlowScan *scan = node->fdw_state;

	if (scan->exclusion != NULL)
	{
		explain_conditions("One-Time Filter", exclusion_table_clauses(scan->exclusion), node, es);
		if (pass_files_wanted(scan) != NULL)
			explain_conditions("File Filter", exclusion_file_clauses(scan->exclusion), node, es);
	}
	explain_files_wanted(scan, measure, es);
}

/* What a scan of files would read now; nothing where that is not known. */
static SourceMeasure
measure_for_plan(FlowScan *scan, const char *interface)
{
	const SourceWanted *wanted;

	if (interface != NULL)
		return (SourceMeasure) {0};
	if (scan->pushdown != NULL && pushdown_is_known(scan->pushdown) && scan->meters == 0)
		pass_look_at_times(scan);
	wanted = pass_files_wanted(scan);
	return source_measure_for_plan(scan->options, wanted != NULL && are_files_known(scan) ? wanted : NULL);
}

void
nfstream_explain(ForeignScanState *node, ExplainState *es)
{
	FlowScan	 *scan = node->fdw_state;
	const char	 *interface = explain_source(scan, es);
	SourceMeasure measure = measure_for_plan(scan, interface);

	if (scan->request.filter.length > 0)
		ExplainPropertyText("BPF Filter", scan->options->bpf_filter, es);
	explain_exclusion(node, &measure, es);
	explain_conditions("Pushed Condition", castNode(ForeignScan, node->ss.ps.plan)->fdw_exprs, node, es);
	if (scan->options->plugins != NIL)
		ExplainPropertyList("Plugins", plugins_shown(scan->options->plugins), es);
	if (interface == NULL)
		explain_several(scan->options, es);
	/* One of each participant's. */
	ExplainPropertyUInteger("Meters", NULL, node->ss.ps.plan->parallel_aware ? 1 : meters_for_plan(scan, interface, &measure), es);
	explain_bounds(scan->options, es);
	if (scan->request.rows_wanted > 0)
		ExplainPropertyUInteger("Rows Wanted", NULL, scan->request.rows_wanted, es);
	explain_computed(scan, es);

	if (!es->analyze)
		return;
	if (scan->meters == 0)
	{
		if (ran_in_workers(node))
			ExplainPropertyText("Account", "none, the scan ran in parallel workers", es);
		return;
	}
	pass_give_up(scan);
	ExplainPropertyUInteger("Meters Started", NULL, scan->meters, es);
	explain_kept(scan, es);
	if (scan->has_account)
	{
		if (scan->order != NULL && scan->interface == NULL)
			explain_files(scan, es);
		if (ran_in_workers(node))
			ExplainPropertyText("Account", "of the leader alone, parallel workers ran the scan, too", es);
		explain_flows(scan, es);
		explain_account(scan, es);
		explain_meters(scan, es);
	}
	else
		ExplainPropertyText("Account", "none, the scan ended before its source did", es);
}
