/*
 * scan_request.c
 *	  From a scan's options and columns to what its meters are asked to do.
 */
#include "postgres.h"

#include "pg/base/settings.h"
#include "pg/options/plugin_outputs.h"
#include "pg/workers/scan_request.h"

/* There are plugins; how many bytes they are is known once the values of their arguments are. */
#define PLUGINS_OF_UNKNOWN_LENGTH 1

/* What the settings decide, whatever the options say. */
static void
apply_settings(MeterRequest *request)
{
	uint64 memory = request_option(request, OPTION_METER_MEMORY);

	request_set_option(request, OPTION_METER_MEMORY, Min(memory, (uint64) setting_max_meter_memory));
	request->needs_seccomp = setting_require_seccomp;
}

void
scan_request_without_options(MeterRequest *request)
{
	request_defaults(request);
	apply_settings(request);
}

void
scan_request_fill(MeterRequest *request, const ScanOptions *options, const ColumnSet *wanted)
{
	request_defaults(request);
	for (OptionId id = 0; id < OPTIONS_COUNT; id++)
		if (option_limits[id].type != VALUE_TEXT)
			(void) request_set_option(request, id, options_number(options, id));
	if (options->bpf_filter != NULL)
		request->filter = (RequestText) {options->bpf_filter, strlen(options->bpf_filter)};
	request->columns = *wanted;
	request->plugins = options->plugins == NIL ? 0 : PLUGINS_OF_UNKNOWN_LENGTH;
	plugins_reads(options->plugins, &request->reads);
	request_turn_off_unwanted(request);
	apply_settings(request);
}
