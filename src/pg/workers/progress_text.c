/*
 * progress_text.c
 *	  Where a meter was, as its page tells it.
 */
#include "postgres.h"

#include "pg/base/encoding.h"
#include "pg/workers/progress_text.h"
#include "wire/plugin_orders.h"

/* The sentence of the plugin that the meter was calling, with a blank after it; '' if it called none. */
static const char *
call_text(const MeterProgress *progress, const ScanJob *job)
{
	uint32 call = progress->call,
		   plugin = progress->plugin;
	PluginOrders *orders;

	if (call == PROGRESS_NO_CALL || call >= PROGRESS_CALLS || job->request.plugins == 0)
		return "";
	orders = palloc(sizeof(*orders));
	if (!plugin_orders_read(job->plugins, job->request.plugins, orders) || plugin >= orders->count)
		return "";
	return psprintf("Plugin \"%s\" was in %s. ",
					encoding_valid(pnstrdup(orders->plugins[plugin].name.bytes, orders->plugins[plugin].name.length)),
					progress_call_names[call]);
}

const char *
progress_text(const MeterProgress *progress, const ScanJob *job, uint64 files_sent)
{
	const char *call = call_text(progress, job);
	uint64		file = progress->file,
		   packet = progress->packet;

	if (request_is_live(&job->request) && packet > 0)
		return psprintf("%sIt was at packet " UINT64_FORMAT " of interface \"%s\".", call, packet,
						pnstrdup(job->request.interface.bytes, job->request.interface.length));
	if (files_sent == 0 || file >= job->request.files)
		return psprintf("%sIt had read nothing.", call);
	if (packet == 0)
		return psprintf("%sIt was at the start of \"%s\".", call, encoding_valid(job->files[file].path));
	return psprintf("%sIt was at packet " UINT64_FORMAT " of \"%s\", at byte " UINT64_FORMAT ".", call, packet,
					encoding_valid(job->files[file].path), (uint64) progress->byte);
}
