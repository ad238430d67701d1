/*
 * memory.c
 *	  Memory that is there or ends the program, and slabs of equal cells.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"

static MemoryHandler			   exhausted;
static _Thread_local MemoryHandler exhausted_here;

void
memory_on_exhaustion(MemoryHandler handler)
{
	exhausted = handler;
}

void
memory_on_exhaustion_here(MemoryHandler handler)
{
	exhausted_here = handler;
}

void
memory_exhausted(size_t bytes)
{
	if (exhausted_here != NULL)
		exhausted_here(bytes);
	if (exhausted != NULL)
		exhausted(bytes);
	abort();
}

static void *
checked(void *memory, size_t bytes)
{
	if (memory == NULL)
		memory_exhausted(bytes);
	return memory;
}

void *
memory_get(size_t bytes)
{
	return checked(calloc(1, bytes), bytes);
}

void *
memory_resize(void *memory, size_t bytes)
{
	return checked(realloc(memory, bytes), bytes);
}

void
slab_start(Slab *slab, size_t cell_bytes)
{
	*slab = (Slab) {.cell_bytes = (cell_bytes + 7) & ~(size_t) 7, .next = 1};
}

void
slab_end(Slab *slab)
{
	for (uint32_t i = 0; i < slab->chunk_count; i++)
		free(slab->chunks[i]);
	free(slab->chunks);
}

Cell
slab_get(Slab *slab)
{
	Cell cell = slab->spare;

	assert(slab->next > 0); /* from slab_start(), and numbers have not wrapped around */
	if (cell != 0)
	{
		memcpy(&slab->spare, slab_cell(slab, cell), sizeof(Cell));
		return cell;
	}
	if (slab->next / SLAB_CHUNK_CELLS == slab->chunk_count)
	{
		slab->chunks = memory_resize(slab->chunks, (slab->chunk_count + 1) * sizeof(*slab->chunks));
		slab->chunks[slab->chunk_count] = NULL;
		slab->chunks[slab->chunk_count] = memory_resize(NULL, SLAB_CHUNK_CELLS * slab->cell_bytes);
		slab->chunk_count++;
	}
	return slab->next++;
}

void
slab_put(Slab *slab, Cell cell)
{
	memcpy(slab_cell(slab, cell), &slab->spare, sizeof(Cell));
	slab->spare = cell;
}
