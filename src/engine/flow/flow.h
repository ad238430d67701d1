/*
 * flow.h
 *	  A flow: its key, its place in the lists, its counters.
 *
 * What analysers keep of it follows it in its cell: analyser.h.
 */
#ifndef ENGINE_FLOW_FLOW_H
#define ENGINE_FLOW_FLOW_H

#include "engine/base/memory.h"
#include "engine/decode/packet.h"
#include "wire/column.h"

/* The column expiration_id. */
typedef enum Expiration
{
	EXPIRATION_PLUGIN = -1,
	EXPIRATION_IDLE = 0, /* also: the end of the source */
	EXPIRATION_ACTIVE = 1
} Expiration;

/* The packets of one direction. */
typedef struct Direction
{
	uint64_t first_seen; /* ms; 0 without packets, but for the first packet's */
	uint64_t last_seen;
	uint64_t packets;
	uint64_t bytes;
} Direction;

/* Both neighbours of a flow in a list; 0 is the list itself. */
typedef struct Link
{
	Cell before;
	Cell after;
} Link;

typedef struct Flow
{
	/* The key; endpoints stand as the first packet had them: source, destination. */
	uint8_t	 ip[2][IP_ADDRESS_BYTES];
	uint16_t port[2];
	uint16_t vlan_id;
	uint8_t	 protocol;
	uint8_t	 ip_version;
	uint8_t	 tunnel;
	bool	 rewritten; /* plugins have written over its columns */
	bool	 aside;		/* it is not wanted: analysers know nothing of it, and it leaves without a record */
	uint8_t	 mac[2][MAC_ADDRESS_BYTES];
	uint16_t other_port[2]; /* the first packet's */
	int32_t	 expiration;	/* an Expiration, or what a plugin made of it */

	/* The table's. */
	uint32_t hash;
	Link	 by_creation;
	Link	 by_last_packet;

	uint32_t  file;			/* source of the first packet */
	uint64_t  first_place;	/* number of the first packet */
	Direction direction[2]; /* by ColumnSide: SIDE_SRC2DST, SIDE_DST2SRC */
} Flow;

/* Starts a flow with its first packet, which is not counted yet.  The table's fields and the analysers' states are left alone. */
void flow_start(Flow *flow, const Packet *packet, uint64_t place, uint32_t file);

/*
 * Which way a packet of this flow goes: back if its ports or its addresses differ from the first packet's.  METERING.md,
 * section 7: with the same address and port at both ends it is always SIDE_SRC2DST.
 */
ColumnSide flow_side(const Flow *flow, const Packet *packet);

/* When the flow's latest packet came, ms. */
static inline uint64_t
flow_last_seen(const Flow *flow)
{
	/* Time never runs backwards: the later of the two directions. */
	uint64_t there = flow->direction[SIDE_SRC2DST].last_seen,
			 back = flow->direction[SIDE_DST2SRC].last_seen;

	return there > back ? there : back;
}

static inline uint64_t
flow_packets(const Flow *flow)
{
	return flow->direction[SIDE_SRC2DST].packets + flow->direction[SIDE_DST2SRC].packets;
}

/* Counts a packet of `size` bytes at `time` (ms). */
static inline void
direction_add(Direction *direction, uint64_t time, uint32_t size)
{
	if (direction->packets == 0)
		direction->first_seen = time;
	direction->last_seen = time;
	direction->packets++;
	direction->bytes += size;
}

#endif /* ENGINE_FLOW_FLOW_H */
