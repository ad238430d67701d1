/*
 * request.c
 *	  Defaults and checks of a request.
 */
#include <string.h>

#include "wire/request.h"

void
request_defaults(MeterRequest *request)
{
	*request = (MeterRequest) {
		.magic = REQUEST_MAGIC,
		.version = REQUEST_VERSION,
		.size = sizeof(*request),
		.idle_timeout = 120 * 1000,
		.active_timeout = 1800 * 1000,
		.n_dissections = 20,
		.decode_tunnels = true,
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
	if (request->accounting_mode > 3 || request->n_dissections > 255 || request->splt_analysis > 65535)
		return "an option of the request is out of range";
	if ((column_set_has_group(&request->columns, GROUP_DPI) && request->n_dissections == 0) ||
		(column_set_has_group(&request->columns, GROUP_STATISTICS) && !request->statistical_analysis) ||
		(column_set_has_group(&request->columns, GROUP_SPLT) && request->splt_analysis == 0))
		return "the request wants a column that its options turn off";
	*filter = (const char *) (request + 1);
	return NULL;
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
