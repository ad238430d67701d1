/*
 * request.c
 *	  Defaults and checks of a request.
 */
#include <string.h>

#include "wire/limits.h"
#include "wire/request.h"

void
request_defaults(MeterRequest *request)
{
	*request = (MeterRequest) {
		.magic = REQUEST_MAGIC,
		.version = REQUEST_VERSION,
		.size = sizeof(*request),
		.idle_timeout = option_limits[OPTION_IDLE_TIMEOUT].fallback * 1000,
		.active_timeout = option_limits[OPTION_ACTIVE_TIMEOUT].fallback * 1000,
		.max_nflows = option_limits[OPTION_MAX_NFLOWS].fallback,
		.max_active_flows = option_limits[OPTION_MAX_ACTIVE_FLOWS].fallback,
		.accounting_mode = (uint32_t) option_limits[OPTION_ACCOUNTING_MODE].fallback,
		.n_dissections = (uint32_t) option_limits[OPTION_N_DISSECTIONS].fallback,
		.splt_analysis = (uint32_t) option_limits[OPTION_SPLT_ANALYSIS].fallback,
		.statistical_analysis = (uint8_t) option_limits[OPTION_STATISTICAL_ANALYSIS].fallback,
		.decode_tunnels = (uint8_t) option_limits[OPTION_DECODE_TUNNELS].fallback,
		.shards = 1,
		.needs_filter = true,
	};
}

const char *
request_check(const MeterRequest *request, size_t length, const char **filter)
{
	if (length < sizeof(*request) || request->magic != REQUEST_MAGIC)
		return "the request is not one";
	if (request->version != REQUEST_VERSION || request->size != sizeof(*request))
		return "the request is another version's";
	if (request->filter_length > REQUEST_FILTER_MAX || request->filter_length != length - sizeof(*request))
		return "the request's length is wrong";
	if (request->shards < 1 || request->shards > REQUEST_SHARDS_MAX || request->shard >= request->shards)
		return "the request's shard is out of range";
	if (!option_holds(OPTION_ACCOUNTING_MODE, request->accounting_mode) ||
		request->application_names > APPLICATION_NAMES_FULL ||
		!option_holds(OPTION_N_DISSECTIONS, request->n_dissections) ||
		!option_holds(OPTION_SPLT_ANALYSIS, request->splt_analysis))
		return "an option of the request is out of range";
	if ((column_set_has_group(&request->columns, GROUP_DPI) && request->n_dissections == 0) ||
		(column_set_has_group(&request->columns, GROUP_STATISTICS) && !request->statistical_analysis) ||
		(column_set_has_group(&request->columns, GROUP_SPLT) && request->splt_analysis == 0))
		return "the request wants a column that its options turn off";
	*filter = (const char *) (request + 1);
	return NULL;
}

uint64_t
request_opens_max(const MeterRequest *request)
{
	uint64_t	opens = request->files;

	if (request->source_order == SOURCE_ORDER_TIME)
		opens += request->files;
	if (request->shards > 1)
		opens += request->files < REQUEST_SAMPLE_FILES ? request->files : REQUEST_SAMPLE_FILES;
	return opens;
}

void
request_add_all_columns(MeterRequest *request)
{
	for (unsigned i = 0; i < column_count; i++)
	{
		ColumnGroup group = columns[i].group;

		if (columns[i].extra)
			continue;
		if (group == GROUP_CORE ||
			(group == GROUP_TUNNEL && request->decode_tunnels) ||
			(group == GROUP_STATISTICS && request->statistical_analysis) ||
			(group == GROUP_SPLT && request->splt_analysis > 0) ||
			(group == GROUP_DPI && request->n_dissections > 0))
			column_set_add(&request->columns, i);
	}
}
