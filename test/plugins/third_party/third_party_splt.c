/*
 * third_party_splt.c
 *	  SPLT as a third party's plugin: knows the installed header, and nothing else of the project.
 *
 * The three lists of a flow lie in its state, one after the other.
 */
#include <stdlib.h>

#include <nfstream_plugin.h>

enum
{
	DIRECTION,
	SIZE,
	INTERVAL,
	LISTS
};

typedef struct Splt
{
	int64_t length;
	int64_t accounting_mode;
} Splt;

typedef struct State
{
	int64_t count;	  /* of packets that are in the lists */
	int64_t values[]; /* LISTS times Splt.length */
} State;

static const NfstreamParameter parameters[] = {
	{"sequence_length", NFSTREAM_INTEGER, .required = true, .min = 1, .max = 65535, .help = "packets that are kept"},
	{"accounting_mode", NFSTREAM_INTEGER, .required = true, .min = 0, .max = 3, .help = "what a packet's size is"},
	{0},
};

static const NfstreamOutput outputs[] = {
	{"splt_direction", "bigint[]", "directions"},
	{"splt_ps", "bigint[]", "sizes"},
	{"splt_piat_ms", "bigint[]", "inter-arrival times, ms"},
	{0},
};

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	Splt *splt = malloc(sizeof(*splt));

	(void) host;
	(void) wrong;
	(void) wrong_size;
	if (splt == NULL)
		return false;
	*splt = (Splt) {.length = arguments[0].integer, .accounting_mode = arguments[1].integer};
	*self = splt;
	return true;
}

static size_t
state_bytes(const void *self)
{
	const Splt *splt = self;

	return sizeof(State) + LISTS * (size_t) splt->length * sizeof(int64_t);
}

static void
on_packet(void *self, void *own, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Splt	  *splt = self;
	State		  *state = own;
	const uint32_t sizes[] = {packet->raw_size, packet->ip_size, packet->transport_size, packet->payload_size};
	int64_t		  *values = &state->values[state->count];

	(void) flow;
	if (state->count == splt->length)
		return;
	values[DIRECTION * splt->length] = packet->direction;
	values[SIZE * splt->length] = sizes[splt->accounting_mode];
	values[INTERVAL * splt->length] = (int64_t) packet->delta_time;
	state->count++;
}

static void
on_init(void *self, void *own, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Splt *splt = self;
	State	   *state = own;

	for (int64_t i = 0; i < LISTS * splt->length; i++)
		state->values[i] = -1;
	on_packet(self, own, flow, packet);
}

static bool
output(void *self, void *own, unsigned list, NfstreamValue *value)
{
	const Splt	*splt = self;
	const State *state = own;

	value->kind = NFSTREAM_INTEGERS;
	value->integers.items = &state->values[list * splt->length];
	value->integers.count = (size_t) splt->length;
	return true;
}

static const NfstreamPlugin plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "third_party_splt",
	.help = "directions, sizes and times of a flow's first packets",
	.parameters = parameters,
	.outputs = outputs,
	.create = create,
	.state_bytes = state_bytes,
	.on_init = on_init,
	.on_update = on_packet,
	.output = output,
	.destroy = free,
};

const NfstreamPlugin *
nfstream_plugin(void)
{
	return &plugin;
}
