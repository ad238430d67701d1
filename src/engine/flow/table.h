/*
 * table.h
 *	  The active flows: found by key, kept in two orders.
 *
 * Flows live in a slab and are known by their cells.  They are found through an open-addressed array of (hash, cell),
 * linear probing, at most three quarters full; the entries after a removed one move up, so that there are no tombstones.
 * Two lists run through the flows: by creation, the order in which flows that leave at the same time leave, and by last
 * packet, which has the idle ones at its head.
 */
#ifndef ENGINE_FLOW_TABLE_H
#define ENGINE_FLOW_TABLE_H

#include "engine/flow/flow.h"

typedef struct TableEntry
{
	uint32_t hash;
	Cell	 cell; /* 0: empty */
} TableEntry;

typedef struct Table
{
	Slab		flows;
	TableEntry *entries;
	uint32_t	mask;  /* entries - 1 */
	uint32_t	count; /* active flows */
	uint64_t	seed;
	Link		by_creation; /* head and tail */
	Link		by_last_packet;
} Table;

/* state_bytes: what a cell holds after its flow, the analysers' states. */
void table_start(Table *table, uint64_t seed, size_t state_bytes);
void table_end(Table *table); /* what the states hold must have been freed */

static inline Flow *
table_flow(const Table *table, Cell cell)
{
	return slab_cell(&table->flows, cell);
}

/* The active flow of this packet, whose key_hash is given, or 0. */
Cell table_find(const Table *table, const Packet *packet, uint32_t hash);

/* A new flow, the youngest by both orders; its contents are undefined but for the table's fields. */
Cell table_add(Table *table, uint32_t hash);

/* The flow just had a packet. */
void table_touch(Table *table, Cell cell);

/* Forgets a flow; the cell may be given out again. */
void table_remove(Table *table, Cell cell);

/* Walking: the oldest flow by either order, and the one that follows; 0 after the last. */
static inline Cell
table_oldest(const Table *table)
{
	return table->by_creation.after;
}

static inline Cell
table_longest_idle(const Table *table)
{
	return table->by_last_packet.after;
}

#endif /* ENGINE_FLOW_TABLE_H */
