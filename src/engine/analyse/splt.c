/*
 * splt.c
 *	  Sequence of packet lengths and times.
 */
#include <stdlib.h>

#include "engine/analyse/splt.h"
#include "engine/base/memory.h"

/* What all flows share. */
typedef struct Splt
{
	uint32_t limit;		  /* splt_analysis */
	int64_t *elements[3]; /* of the flow whose column was read: directions, sizes, intervals */
} Splt;

static bool
fills(const Column *column)
{
	return column->group == GROUP_SPLT;
}

static bool
open_splt(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure)
{
	Splt *splt = memory_get(sizeof(*splt));

	(void) analysis;
	(void) failure;
	splt->limit = request->splt_analysis;
	for (int i = 0; i < 3; i++)
		splt->elements[i] = memory_get(splt->limit * sizeof(int64_t));
	*own = splt;
	return true;
}

static void
close_splt(void *own)
{
	Splt *splt = own;

	for (int i = 0; i < 3; i++)
		free(splt->elements[i]);
	free(splt);
}

static void
packet(void *own, const Flow *flow, void *state, const FlowPacket *packet)
{
	const Splt *splt = own;

	(void) flow;
	splt_add(state, splt->limit, (SpltPacket) {
									 .interval = packet->since_flow == UINT64_MAX ? 0 : packet->since_flow,
									 .size = packet->size,
									 .side = (uint8_t) packet->side,
								 });
}

static void
free_state(void *own, void *state)
{
	(void) own;
	splt_free(state);
}

static void
value(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value)
{
	const Splt		 *splt = own;
	const SpltArrays *arrays = state;
	int64_t			 *elements;

	(void) flow;
	switch (column->field)
	{
		case FIELD_SPLT_DIRECTION:
			elements = splt->elements[0];
			for (uint32_t i = 0; i < arrays->count; i++)
				elements[i] = arrays->packets[i].side;
			break;
		case FIELD_SPLT_PS:
			elements = splt->elements[1];
			for (uint32_t i = 0; i < arrays->count; i++)
				elements[i] = arrays->packets[i].size;
			break;
		default: /* FIELD_SPLT_PIAT */
			elements = splt->elements[2];
			for (uint32_t i = 0; i < arrays->count; i++)
				elements[i] = (int64_t) arrays->packets[i].interval;
	}
	value->a.bytes = (const uint8_t *) elements;
	value->a.present = arrays->count;
	value->a.count = splt->limit;
}

const Analyser splt_analyser = {
	.name = "SPLT",
	.state_bytes = sizeof(SpltArrays),
	.fills = fills,
	.open = open_splt,
	.close = close_splt,
	.packet = packet,
	.free = free_state,
	.value = value,
};
