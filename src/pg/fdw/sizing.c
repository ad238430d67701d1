/*
 * sizing.c
 *	  How many meters a scan is worth.
 *
 * Files that are metered apart are shared out among the meters, and all the work with them.  Otherwise every meter walks
 * the whole source, and they only share the work of nDPI: so there is one meter if no label is wanted, one for files that
 * are compressed with gzip, which take longer to decompress than to label, one if a filter is likely to leave little
 * to label, one if so few rows are wanted that hardly a flow is labelled, and of what conditions are likely to leave only that counts.
 *
 * A bound of active flows is shared out among the meters, so that how many there are decides which flows end early: what a query wants of
 * the rows has no say in it then.
 *
 * Scans that go on at once share the cores: each meter more walks all of a capture once more, so that one meter for each capture takes the
 * least time in all.
 *
 * Meters of an interface share out its packets, and all the work.  What will come nobody knows: there is one for each core but that
 * of the leader.
 *
 * Workers have room for what their meters are ahead of the leader.  Where the only meter has little to do, or to send, that is worth less than
 * starting and ending a process of the server: it is the leader's own.
 */
#include "postgres.h"

#include <unistd.h>

#include "optimizer/optimizer.h"

#include "pg/base/settings.h"
#include "pg/fdw/sizing.h"

/*
 * How many bytes of a source make one more meter worth its start; and how many bytes cost as much as one more file that
 * is metered apart.
 */
#define BYTES_FOR_A_METER ((int64) 8 << 20)
#define BYTES_FOR_A_FILE  ((int64) 16 << 10)

/* How many meters are worth their start. */
static uint64
meters_that_pay(const MeterRequest *request, const SourceMeasure *measure, double labelled)
{
	if (request->separate_files && measure->files > 1)
		return 1 + (measure->bytes + measure->files * BYTES_FOR_A_FILE) / BYTES_FOR_A_METER;
	if (!request_computes_group(request, GROUP_DPI) || request->filter.length > 0)
		return 1;
	if (request->max_active_flows > 0)
		labelled = 1;
	else if (request->rows_wanted > 0)
		return 1;
	return 1 + (uint64) (measure->quick_bytes * labelled) / BYTES_FOR_A_METER;
}

uint64
sizing_cores(void)
{
	static uint64 cores = 0;

	/* The C library reads a file for it, and a plan asks often; one that comes or goes while a session lasts is no harm. */
	if (cores == 0)
		cores = Max(sysconf(_SC_NPROCESSORS_ONLN), 1);
	return cores;
}

/* Each meter has room for one flow. */
static uint64
within_max_active_flows(const MeterRequest *request, uint64 meters)
{
	return request->max_active_flows > 0 ? Min(meters, request->max_active_flows) : meters;
}

uint32
sizing_meters_live(const MeterRequest *request, uint64 n_meters)
{
	uint64 meters = n_meters;

	/* Numbers of packets are each meter's own. */
	if (meters == 0)
		meters = request->schema == SCHEMA_PACKETS ? 1 : Min(Max(sizing_cores() - 1, 1), SHARDS_MAX);

	return within_max_active_flows(request, Min(meters, (uint64) setting_max_meters_per_scan));
}

uint32
sizing_shards(int workers, uint64 n_meters)
{
	uint64 shards = Min((uint64) workers + (parallel_leader_participation ? 1 : 0), sizing_cores());

	if (n_meters > 0)
		shards = Min(shards, n_meters);
	return Max(Min(shards, (uint64) setting_max_meters_per_scan), 1);
}

uint32
sizing_share(uint32 meters, uint64 n_meters, uint32 scans)
{
	return n_meters > 0 ? meters : Min(meters, Max(sizing_cores() / Max(scans, 1), 1));
}

bool
sizing_is_own(const MeterRequest *request, uint64 n_meters, const SourceMeasure *measure, uint32 meters)
{
	return n_meters == 0 && meters == 1 && (request->rows_wanted > 0 || measure->bytes < BYTES_FOR_A_METER);
}

uint32
sizing_meters(const MeterRequest *request, uint64 n_meters, const SourceMeasure *measure, double labelled)
{
	uint64 meters = n_meters;

	/* Only a meter that has all flows knows where the last of them leaves, and which are given up there. */
	if (request->max_nflows > 0 && request->schema == SCHEMA_FLOWS)
		return 1;
	if (meters == 0)
		meters = Min(Min(meters_that_pay(request, measure, labelled), sizing_cores()), SHARDS_MAX);
	meters = Min(meters, (uint64) setting_max_meters_per_scan);

	/* Each meter has at least one file, or room for one flow; a file that is bounded by itself has one meter. */
	if (request->separate_files && (measure->files > 1 || request->max_active_flows > 0))
		return Min(meters, Max(measure->files, 1));
	return within_max_active_flows(request, meters);
}
