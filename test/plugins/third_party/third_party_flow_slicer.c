/*
 * third_party_flow_slicer.c
 *	  FlowSlicer as a third party's plugin: knows the installed header, and nothing else of the project.
 */
#include <stdlib.h>

#include <nfstream_plugin.h>

typedef struct Slicer
{
	const NfstreamHost *host;
	NfstreamAttribute	packets;
	int64_t				limit;
} Slicer;

static const NfstreamParameter parameters[] = {
	{"limit", NFSTREAM_INTEGER, .required = true, .min = 1, .max = INT64_MAX, .help = "packets after which a flow ends"},
	{0},
};

static const char *const reads[] = {"bidirectional_packets", NULL};

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	Slicer *slicer = malloc(sizeof(*slicer));

	(void) wrong;
	(void) wrong_size;
	if (slicer == NULL)
		return false;
	*slicer = (Slicer) {.host = host, .packets = host->attribute("bidirectional_packets"), .limit = arguments[0].integer};
	*self = slicer;
	return true;
}

static void
on_packet(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Slicer *slicer = self;
	NfstreamValue packets;

	(void) state;
	(void) packet;
	if (slicer->host->read(flow, slicer->packets, &packets) == NFSTREAM_READ_DONE && packets.integer == slicer->limit)
		flow->expiration_id = -1;
}

static const NfstreamPlugin plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "third_party_flow_slicer",
	.help = "ends a flow after some packets",
	.parameters = parameters,
	.reads = reads,
	.create = create,
	.on_init = on_packet,
	.on_update = on_packet,
	.destroy = free,
};

const NfstreamPlugin *
nfstream_plugin(void)
{
	return &plugin;
}
