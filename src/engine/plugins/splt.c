/*
 * splt.c
 *	  Sequence of packet lengths and times, NFStream's SPLT: direction, size and interval of a flow's first packets.
 *
 * As the option splt_analysis has them, with an accounting mode of the plugin's own.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/base/splt_arrays.h"
#include "engine/plugins/plugins.h"
#include "wire/bundled.h"

#define NOT_THERE (-1) /* in each list, after the flow's packets */

/* What all flows share. */
typedef struct Sequences
{
	uint32_t length; /* sequence_length */
	int64_t	 accounting_mode;
	int64_t *items; /* of the output that was read: as many as `length` */
} Sequences;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	Sequences *own = memory_get(sizeof(*own));

	(void) host;
	(void) wrong;
	(void) wrong_size;
	own->length = (uint32_t) arguments[SPLT_SEQUENCE_LENGTH].integer;
	own->accounting_mode = arguments[SPLT_ACCOUNTING_MODE].integer;
	own->items = memory_get(own->length * sizeof(int64_t));
	*self = own;
	return true;
}

static void
destroy(void *self)
{
	Sequences *own = self;

	free(own->items);
	free(own);
}

static size_t
state_bytes(const void *self)
{
	(void) self;
	return sizeof(SpltArrays);
}

static uint32_t
size_of(const NfstreamPacket *packet, int64_t accounting_mode)
{
	switch (accounting_mode)
	{
		case 0:
			return packet->raw_size;
		case 1:
			return packet->ip_size;
		case 2:
			return packet->transport_size;
		default:
			return packet->payload_size;
	}
}

static void
on_packet(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Sequences *own = self;

	(void) flow;
	splt_add(state, own->length, (SpltPacket) {
									 .interval = packet->delta_time,
									 .size = size_of(packet, own->accounting_mode),
									 .side = packet->direction,
								 });
}

static bool
output(void *self, void *state, unsigned output, NfstreamValue *value)
{
	Sequences		 *own = self;
	const SpltArrays *arrays = state;

	for (uint32_t i = 0; i < own->length; i++)
	{
		const SpltPacket *packet = &arrays->packets[i];

		if (i >= arrays->count)
			own->items[i] = NOT_THERE;
		else if (output == SPLT_DIRECTION)
			own->items[i] = packet->side;
		else
			own->items[i] = output == SPLT_PS ? (int64_t) packet->size : (int64_t) packet->interval;
	}
	*value = (NfstreamValue) {.kind = NFSTREAM_INTEGERS, .integers = {.items = own->items, .count = own->length}};
	return true;
}

static void
release(void *self, void *state)
{
	(void) self;
	splt_free(state);
}

const NfstreamPlugin splt_plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "splt",
	.parameters = splt_parameters,
	.outputs = splt_outputs,
	.reads = splt_reads,
	.create = create,
	.state_bytes = state_bytes,
	.on_init = on_packet,
	.on_update = on_packet,
	.output = output,
	.release = release,
	.destroy = destroy,
};
