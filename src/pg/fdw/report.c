/*
 * report.c
 *	  The performance report of a live scan: a line of JSON, for the client and for the server's log.
 *
 * NFStream's five fields come first, by its names, in its order and with its separators; what they leave out or mix up follows.  All
 * of them count from the beginning of the scan.  What the kernel does not tell is null.
 *
 * Reports are due each so many seconds after the beginning, by a clock that nobody sets, whether packets come or not.  But a session can say
 * nothing while it is not waiting for a row: after a pause, as between two FETCHes, there is one report for all that were due meanwhile.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/elog.h"
#include "utils/guc.h"

#include "pg/base/clock.h"
#include "pg/base/encoding.h"
#include "pg/fdw/report.h"

/* Longer intervals, in seconds, never end. */
#define LONGEST_INTERVAL (UINT64CONST(100) * 366 * 24 * 3600)

void
report_start(Report *report, const char *object, const char *interface, uint64 seconds)
{
	report->object = object;
	report->interface = interface;
	interface_drops_start(&report->drops, interface);
	report->began = clock_ms();
	report->interval = Min(seconds, LONGEST_INTERVAL) * 1000;
	report->due = seconds == 0 ? CLOCK_NEVER : report->began + report->interval;
}

/* ----------------------------------------------------------------------------------------------------------------- the line */

/* A sum that is not known if one of its parts is not. */
static void
add(uint64 *sum, uint64 part)
{
	*sum = *sum == COUNT_NOT_KNOWN || part == COUNT_NOT_KNOWN ? COUNT_NOT_KNOWN : *sum + part;
}

static void
put_number(StringInfo json, const char *name, uint64 number)
{
	appendStringInfo(json, "%s\"%s\": ", json->len > 1 ? ", " : "", name);
	if (number == COUNT_NOT_KNOWN)
		appendStringInfoString(json, "null");
	else
		appendStringInfo(json, UINT64_FORMAT, number);
}

/* Of one meter.  What it tells may be no truth. */
static uint64
processed(const PlaceMessage *place)
{
	return place->packets_read - Min(place->packets_ignored, place->packets_read);
}

/* How many packets each meter has processed, in their order. */
static void
put_balance(StringInfo json, const Merge *merge)
{
	appendStringInfoString(json, ", \"meters_packets_processing_balance\": [");
	for (uint32 i = 0; i < merge_meters(merge); i++)
		appendStringInfo(json, "%s" UINT64_FORMAT, i > 0 ? ", " : "", processed(merge_place(merge, i)));
	appendStringInfoChar(json, ']');
}

static char *
line_of(const Report *report, const Merge *merge, uint64 flows)
{
	PlaceMessage   sum = {0};
	uint64		   packets = 0;
	StringInfoData json;

	for (uint32 i = 0; i < merge_meters(merge); i++)
	{
		const PlaceMessage *place = merge_place(merge, i);

		packets += processed(place);
		sum.packets_ignored += place->packets_ignored;
		sum.active_flows += place->active_flows;
		add(&sum.packets_received, place->packets_received);
		add(&sum.dropped_by_kernel, place->dropped_by_kernel);
	}
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put_number(&json, "flows_expired", flows);
	put_number(&json, "packets_processed", packets);
	put_number(&json, "packets_ignored", sum.packets_ignored);
	put_number(&json, "packets_dropped_filtered_by_kernel", sum.dropped_by_kernel);
	put_balance(&json, merge);
	put_number(&json, "packets_received", sum.packets_received);
	put_number(&json, "packets_dropped_by_kernel", sum.dropped_by_kernel);
	put_number(&json, "packets_dropped_by_interface", interface_drops_since(&report->drops));
	put_number(&json, "active_flows", sum.active_flows);
	appendStringInfoChar(&json, '}');
	return json.data;
}

/* ------------------------------------------------------------------------------------------------------------- who hears it */

/* Which of several scans it is of: in the log, and where a client shows it. */
static void
add_context(void *argument)
{
	const Report *report = argument;

	errcontext("performance report of %s, interface \"%s\"", report->object, encoding_valid(report->interface));
}

static void
tell(Report *report, const char *line)
{
	ErrorContextCallback context = {
		.previous = error_context_stack,
		.callback = add_context,
		.arg = report,
	};

	error_context_stack = &context;
	/* A log that has NOTICEs has it already: "log" keeps errors alone beside what is LOG. */
	if (log_min_messages > NOTICE || log_min_messages == LOG)
		ereport(LOG_SERVER_ONLY,
				(errmsg_internal("%s", line)));
	ereport(NOTICE,
			(errmsg_internal("%s", line)));
	error_context_stack = context.previous;
}

void
report_if_due(Report *report, const Merge *merge, uint64 flows)
{
	uint64 now;
	char  *line;

	if (report->due == CLOCK_NEVER || (now = clock_ms()) < report->due)
		return;
	report->due = report->began + ((now - report->began) / report->interval + 1) * report->interval;
	line = line_of(report, merge, flows);
	tell(report, line);
	pfree(line);
}
