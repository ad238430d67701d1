/*
 * sizing.c
 *	  How many meters a scan is worth.
 *
 * Files that are metered apart are shared out among the meters, all of the work with them.  Otherwise every meter walks the whole
 * source, and it is nDPI's work alone that they share: so it is one meter where no label is wanted, one for what is compressed with
 * gzip, which takes longer to decompress than to label, and one where a filter is likely to leave little to label.
 */
#include "postgres.h"

#include <unistd.h>

#include "pg/base/settings.h"
#include "pg/fdw/sizing.h"

/* A meter more is worth its start for so many bytes of a source; a file that is metered apart costs like so many of its own. */
#define BYTES_FOR_A_METER	((int64) 8 << 20)
#define BYTES_FOR_A_FILE	((int64) 16 << 10)

/* How many meters are worth their start. */
static uint64
meters_that_pay(const MeterRequest *request, const SourceMeasure *measure)
{
	if (request->separate_files && measure->files > 1)
		return 1 + (measure->bytes + measure->files * BYTES_FOR_A_FILE) / BYTES_FOR_A_METER;
	if (!request_group_is_on(request, GROUP_DPI) || request->filter.length > 0)
		return 1;
	return 1 + measure->quick_bytes / BYTES_FOR_A_METER;
}

uint32
sizing_meters(const MeterRequest *request, uint64 n_meters, const SourceMeasure *measure)
{
	uint64		cores = Max(sysconf(_SC_NPROCESSORS_ONLN), 1);
	uint64		meters = n_meters;

	/* Only who has all flows knows where the last one leaves, and what is given up there. */
	if (request->max_nflows > 0)
		return 1;
	if (meters == 0)
		meters = Min(Min(meters_that_pay(request, measure), cores), REQUEST_SHARDS_MAX);
	meters = Min(meters, (uint64) setting_max_meters_per_scan);

	/* Each meter has a file, or keeps a flow, at least. */
	if (request->separate_files && measure->files > 1)
		meters = Min(meters, measure->files);
	else if (request->max_active_flows > 0)
		meters = Min(meters, request->max_active_flows);
	return meters;
}
