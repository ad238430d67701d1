/*
 * mdns.c
 *	  The plugin mdns: the names that the answers of a flow to port 5353 point to.
 *
 * NFStream's MDNS, with three differences: IPv6 counts, records of any type may stand beside, and bytes that are not UTF-8 are
 * made valid.  So that no flow grows without bound, names after the first MDNS_NAMES_MAX are left out.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/plugins/dns_message.h"
#include "engine/plugins/payload.h"
#include "engine/plugins/plugins.h"
#include "wire/bundled.h"

#define MDNS_PORT	   5353
#define MDNS_NAMES_MAX 1000

typedef struct Mdns
{
	const NfstreamHost *host;
	NfstreamAttribute	dst_port;
} Mdns;

typedef struct MdnsFlow
{
	NfstreamText *names;
	size_t		  count;
	size_t		  room;
} MdnsFlow;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	Mdns *mdns = memory_get(sizeof(*mdns));

	(void) arguments;
	(void) wrong;
	(void) wrong_size;
	mdns->host = host;
	mdns->dst_port = host->attribute("dst_port");
	*self = mdns;
	return true;
}

static size_t
state_bytes(const void *self)
{
	(void) self;
	return sizeof(MdnsFlow);
}

/* Appends a name that is not there yet. */
static void
add_name(void *context, const char *name, size_t length)
{
	MdnsFlow *flow = context;
	char	  text[DNS_NAME_MAX + 1],
		*copy;

	for (size_t i = 0; i < length; i++)
		text[i] = name[i] == ',' ? ' ' : name[i];
	for (size_t i = 0; i < flow->count; i++)
		if (flow->names[i].length == length && memcmp(flow->names[i].bytes, text, length) == 0)
			return;
	if (flow->count == MDNS_NAMES_MAX)
		return;
	if (flow->count == flow->room)
	{
		flow->room = flow->room == 0 ? 4 : 2 * flow->room;
		flow->names = memory_resize(flow->names, flow->room * sizeof(*flow->names));
	}
	copy = memory_get(length + 1);
	memcpy(copy, text, length);
	flow->names[flow->count++] = (NfstreamText) {copy, length};
}

static void
on_packet(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Mdns	 *mdns = self;
	NfstreamValue port;

	if (mdns->host->read(flow, mdns->dst_port, &port) == NFSTREAM_READ_DONE && port.integer == MDNS_PORT)
		dns_pointers(packet_payload(packet), add_name, state);
}

static bool
output(void *self, void *state, unsigned number, NfstreamValue *value)
{
	const MdnsFlow *flow = state;

	(void) self;
	(void) number;
	value->kind = NFSTREAM_TEXTS;
	value->texts.items = flow->names;
	value->texts.count = flow->count;
	return true;
}

static void
release(void *self, void *state)
{
	MdnsFlow *flow = state;

	(void) self;
	for (size_t i = 0; i < flow->count; i++)
		free((char *) flow->names[i].bytes);
	free(flow->names);
}

const NfstreamPlugin mdns_plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "mdns",
	.parameters = mdns_parameters,
	.outputs = mdns_outputs,
	.reads = mdns_reads,
	.create = create,
	.state_bytes = state_bytes,
	.on_init = on_packet,
	.on_update = on_packet,
	.output = output,
	.release = release,
	.destroy = free,
};
