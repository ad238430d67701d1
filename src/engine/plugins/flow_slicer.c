/*
 * flow_slicer.c
 *	  A bundled plugin: ends each flow after a number of packets.
 */
#include <stdlib.h>

#include "engine/plugins/plugins.h"
#include "wire/bundled.h"

typedef struct FlowSlicer
{
	const NfstreamHost *host;
	NfstreamAttribute	packets;
	int64_t				limit;
} FlowSlicer;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	FlowSlicer *slicer = malloc(sizeof(*slicer));

	(void) wrong;
	(void) wrong_size;
	if (slicer == NULL)
		return false;
	*slicer = (FlowSlicer) {
		.host = host,
		.packets = host->attribute("bidirectional_packets"),
		.limit = arguments[0].integer,
	};
	*self = slicer;
	return true;
}

static void
on_packet(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const FlowSlicer *slicer = self;
	NfstreamValue	  packets;

	(void) state;
	(void) packet;
	if (slicer->host->read(flow, slicer->packets, &packets) == NFSTREAM_READ_DONE && packets.integer == slicer->limit)
		flow->expiration_id = -1;
}

static void
destroy(void *self)
{
	free(self);
}

const NfstreamPlugin flow_slicer_plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "flow_slicer",
	.parameters = flow_slicer_parameters,
	.outputs = flow_slicer_outputs,
	.reads = flow_slicer_reads,
	.create = create,
	.on_init = on_packet,
	.on_update = on_packet,
	.destroy = destroy,
};
