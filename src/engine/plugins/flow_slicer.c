/*
 * flow_slicer.c
 *	  Ends a flow with the packet that makes it as long as a limit, NFStream's FlowSlicer.
 *
 * The number of packets is read from the flow, as NFStream's does: where an earlier plugin writes another number, that counts.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/plugins/plugins.h"
#include "wire/bundled.h"

#define END_WITH_THIS_PACKET (-1)

typedef struct FlowSlicer
{
	const NfstreamHost *host;
	NfstreamAttribute	packets;
	int64_t				limit;
} FlowSlicer;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	FlowSlicer *own = memory_get(sizeof(*own));

	(void) wrong;
	(void) wrong_size;
	own->host = host;
	own->packets = host->attribute("bidirectional_packets");
	own->limit = arguments[FLOW_SLICER_LIMIT].integer;
	*self = own;
	return true;
}

static void
destroy(void *self)
{
	free(self);
}

static void
on_packet(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const FlowSlicer *own = self;
	NfstreamValue	  packets;

	(void) state;
	(void) packet;
	if (own->host->read(flow, own->packets, &packets) == NFSTREAM_READ_DONE && packets.integer == own->limit)
		flow->expiration_id = END_WITH_THIS_PACKET;
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
