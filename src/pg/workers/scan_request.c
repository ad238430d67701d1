/*
 * scan_request.c
 *	  From a scan's options and columns to what its meters are asked to do.
 */
#include "postgres.h"

#include "pg/base/settings.h"
#include "pg/workers/scan_request.h"

void
scan_request_fill(MeterRequest *request, const ScanOptions *options, const ColumnSet *wanted)
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
