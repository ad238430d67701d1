/*
 * table.c
 *	  The active flows: found by key, kept in two orders.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/flow/key.h"
#include "engine/flow/table.h"

#define FIRST_ENTRIES 1024u

void
table_start(Table *table, uint64_t seed, size_t state_bytes)
{
	*table = (Table) {.mask = FIRST_ENTRIES - 1, .seed = seed};
	slab_start(&table->flows, sizeof(Flow) + state_bytes);
	table->entries = memory_get(FIRST_ENTRIES * sizeof(TableEntry));
}

void
table_end(Table *table)
{
	slab_end(&table->flows);
	free(table->entries);
}

/*
 * Each list is a ring through the table itself, which counts as cell 0: the table's `after` is the head, its `before` the
 * tail.
 */
static Link *
creation_link(Table *table, Cell cell)
{
	return cell == 0 ? &table->by_creation : &table_flow(table, cell)->by_creation;
}

static Link *
last_packet_link(Table *table, Cell cell)
{
	return cell == 0 ? &table->by_last_packet : &table_flow(table, cell)->by_last_packet;
}

typedef Link *(*LinkOf)(Table *table, Cell cell);

static inline void
list_append(Table *table, Cell cell, LinkOf link_of)
{
	Link *link = link_of(table, cell),
		 *ring = link_of(table, 0);

	link->before = ring->before;
	link->after = 0;
	link_of(table, ring->before)->after = cell;
	ring->before = cell;
}

static inline void
list_remove(Table *table, Cell cell, LinkOf link_of)
{
	Link *link = link_of(table, cell);

	link_of(table, link->before)->after = link->after;
	link_of(table, link->after)->before = link->before;
}

Cell
table_find(const Table *table, const Packet *packet, uint32_t hash)
{
	for (uint32_t i = hash & table->mask;; i = (i + 1) & table->mask)
	{
		const TableEntry *entry = &table->entries[i];

		if (entry->cell == 0)
			return 0;
		if (entry->hash == hash && key_is_of(packet, table_flow(table, entry->cell)))
			return entry->cell;
	}
}

static void
insert(Table *table, TableEntry new)
{
	uint32_t i = new.hash & table->mask;

	assert(table->count <= table->mask); /* one is empty, where the search ends */
	while (table->entries[i].cell != 0)
		i = (i + 1) & table->mask;
	table->entries[i] = new;
}

static void
grow(Table *table)
{
	TableEntry *old = table->entries;
	uint32_t	old_count = table->mask + 1;

	table->mask = old_count * 2 - 1;
	table->entries = memory_get((size_t) old_count * 2 * sizeof(TableEntry));
	for (uint32_t i = 0; i < old_count; i++)
		if (old[i].cell != 0)
			insert(table, old[i]);
	free(old);
}

Cell
table_add(Table *table, uint32_t hash)
{
	Cell cell = slab_get(&table->flows);

	if (table->count >= (table->mask + 1) / 4 * 3)
		grow(table);
	table->count++;
	insert(table, (TableEntry) {.hash = hash, .cell = cell});
	table_flow(table, cell)->hash = hash;
	list_append(table, cell, creation_link);
	list_append(table, cell, last_packet_link);
	return cell;
}

void
table_touch(Table *table, Cell cell)
{
	if (table->by_last_packet.before == cell)
		return;
	list_remove(table, cell, last_packet_link);
	list_append(table, cell, last_packet_link);
}

void
table_remove(Table *table, Cell cell)
{
	uint32_t hole = table_flow(table, cell)->hash & table->mask;

	while (table->entries[hole].cell != cell)
	{
		assert(table->entries[hole].cell != 0); /* the flow is in the table */
		hole = (hole + 1) & table->mask;
	}

	/* An entry that follows moves into the hole if the hole lies between the entry's home and the entry. */
	for (uint32_t i = (hole + 1) & table->mask; table->entries[i].cell != 0; i = (i + 1) & table->mask)
	{
		uint32_t home = table->entries[i].hash & table->mask;

		if (((i - home) & table->mask) >= ((i - hole) & table->mask))
		{
			table->entries[hole] = table->entries[i];
			hole = i;
		}
	}
	table->entries[hole].cell = 0;

	list_remove(table, cell, creation_link);
	list_remove(table, cell, last_packet_link);
	table->count--;
	slab_put(&table->flows, cell);
}
