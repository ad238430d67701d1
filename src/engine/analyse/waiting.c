/*
 * waiting.c
 *	  Packets of a flow that nDPI is told of when the flow leaves: where they stand in the source.
 *
 * Where few rows are wanted of many, most flows never leave, and what nDPI would find in them is of no use.  To note where a packet
 * stands costs a hundredth of its dissection.
 */
#include <stdlib.h>

#include "engine/analyse/waiting.h"
#include "engine/base/memory.h"

/* How many packets there is room for at first: of most flows no more come. */
#define FIRST_ROOM 2

/* The most that nDPI is told of a packet, bytes. */
#define TOLD_BYTES_MAX ((uint32_t) UINT16_MAX)

typedef struct WaitingPacket
{
	uint64_t offset; /* of its IP header, in the source's file */
	uint64_t time;	 /* as the clock had it, ms */
	uint32_t length; /* bytes, from there on */
} WaitingPacket;

struct WaitingPackets
{
	uint32_t	  count;
	uint32_t	  room;
	WaitingPacket packets[];
};

bool
waiting_add(WaitingPackets **waiting, const Source *source, const Packet *packet)
{
	WaitingPackets *all = *waiting;
	const uint64_t	offset = source->kind->offset == NULL ? SOURCE_OFFSET_UNKNOWN : source->kind->offset(source, packet->ip);

	if (offset == SOURCE_OFFSET_UNKNOWN)
		return false;
	if (all == NULL || all->count == all->room)
	{
		uint32_t count = all == NULL ? 0 : all->count,
				 room = all == NULL ? FIRST_ROOM : all->room * 2;

		*waiting = all = memory_resize(all, sizeof(*all) + room * sizeof(WaitingPacket));
		all->count = count;
		all->room = room;
	}
	all->packets[all->count++] = (WaitingPacket) {
		.offset = offset,
		.time = packet->time,
		.length = packet->ip_length < TOLD_BYTES_MAX ? packet->ip_length : TOLD_BYTES_MAX,
	};
	return true;
}

void
waiting_tell(const WaitingPackets *waiting, Source *source, Dpi *dpi, DpiFlow *flow)
{
	uint8_t *bytes = memory_get(TOLD_BYTES_MAX);

	for (uint32_t i = 0; i < waiting->count && !flow->decided; i++)
	{
		const WaitingPacket *packet = &waiting->packets[i];

		if (source->kind->read_again(source, packet->offset, bytes, packet->length))
			dpi_packet(dpi, flow, i + 1, bytes, packet->length, packet->time);
	}
	free(bytes);
}

void
waiting_free(WaitingPackets *waiting)
{
	free(waiting);
}
