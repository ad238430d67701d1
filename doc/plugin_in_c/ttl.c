/*
 * ttl.c
 *	  A plugin for nfstream_fdw in C: the least and the greatest time to live of a flow's packets.
 *
 * A spread of more than a few tells of packets that took different ways, or of somebody who injects them.
 */
#include <stdio.h>
#include <stdlib.h>

#include <nfstream_plugin.h>

/* What all flows share: the plugin's parameter. */
typedef struct Ttl
{
	bool both_directions;
} Ttl;

/* What is kept of each flow; all zeros at first. */
typedef struct TtlState
{
	unsigned packets; /* that were looked at */
	uint8_t	 least;
	uint8_t	 greatest;
} TtlState;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	Ttl *ttl = malloc(sizeof(*ttl));

	(void) host;
	if (ttl == NULL)
	{
		snprintf(wrong, wrong_size, "There is no memory for it.");
		return false;
	}
	ttl->both_directions = arguments[0].integer != 0;
	*self = ttl;
	return true;
}

static size_t
state_bytes(const void *self)
{
	(void) self;
	return sizeof(TtlState);
}

/* The packet may be anything, and be cut anywhere: each byte is looked for before it is read. */
static void
on_packet(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Ttl *ttl = self;
	TtlState  *seen = state;
	size_t	   at = packet->ip_version == 4 ? 8 : 7; /* RFC 791: time to live; RFC 8200: hop limit */
	uint8_t	   hops;

	(void) flow;
	if ((packet->direction != 0 && !ttl->both_directions) || packet->ip_packet_length <= at)
		return;
	hops = packet->ip_packet[at];
	if (seen->packets++ == 0)
		seen->least = seen->greatest = hops;
	else if (hops < seen->least)
		seen->least = hops;
	else if (hops > seen->greatest)
		seen->greatest = hops;
}

/* The outputs, by their places in the list below; NULL in SQL where no packet was looked at. */
static bool
output(void *self, void *state, unsigned output, NfstreamValue *value)
{
	const TtlState *seen = state;

	(void) self;
	value->kind = seen->packets == 0 ? NFSTREAM_NULL : NFSTREAM_INTEGER;
	value->integer = output == 0 ? seen->least : seen->greatest;
	return true;
}

static void
destroy(void *self)
{
	free(self);
}

static const NfstreamParameter parameters[] = {
	{.name = "both_directions", .kind = NFSTREAM_BOOLEAN, .fallback = true, .help = "false: packets from source to destination alone"},
	{.name = NULL},
};

static const NfstreamOutput outputs[] = {
	{"ttl_min", "bigint", "least time to live"},
	{"ttl_max", "bigint", "greatest time to live"},
	{NULL, NULL, NULL},
};

static const NfstreamPlugin plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "ttl",
	.help = "least and greatest time to live of a flow's packets",
	.parameters = parameters,
	.outputs = outputs,
	.create = create,
	.state_bytes = state_bytes,
	.on_init = on_packet,
	.on_update = on_packet,
	.output = output,
	.destroy = destroy,
};

const NfstreamPlugin *
nfstream_plugin(void)
{
	return &plugin;
}
