/*
 * memory.h
 *	  Memory that is there or ends the program.
 *
 * A meter that cannot get memory has nothing sensible left to do, so running out is not a result that every caller handles:
 * the program's handler is told, and does not return.
 */
#ifndef ENGINE_BASE_MEMORY_H
#define ENGINE_BASE_MEMORY_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Called when `bytes` bytes could not be had; must not return.  Without one, the program aborts. */
typedef void (*MemoryHandler)(size_t bytes);

void memory_on_exhaustion(MemoryHandler handler);

/* In the place of that, for this thread alone. */
void memory_on_exhaustion_here(MemoryHandler handler);

/* Tells the handler that `bytes` bytes could not be had. */
_Noreturn void memory_exhausted(size_t bytes);

/* As malloc (zeroed) and realloc (new bytes undefined), but never NULL.  Freed with free(). */
void *memory_get(size_t bytes);
void *memory_resize(void *memory, size_t bytes);

/*
 * A slab: cells of one size, known by number, that never move.  Cells are recycled, not given back: a slab is as large as its
 * busiest moment.  Cell 0 is never given out, so that 0 can mean none.
 */
typedef uint32_t Cell;

typedef struct Slab
{
	size_t	  cell_bytes;
	uint8_t **chunks;
	uint32_t  chunk_count;
	Cell	  next;	 /* the first cell that was never given out */
	Cell	  spare; /* chain of cells that came back */
} Slab;

#define SLAB_CHUNK_CELLS 1024u

void slab_start(Slab *slab, size_t cell_bytes);
void slab_end(Slab *slab);
Cell slab_get(Slab *slab); /* contents undefined */
void slab_put(Slab *slab, Cell cell);

static inline void *
slab_cell(const Slab *slab, Cell cell)
{
	assert(cell > 0 && cell < slab->next);
	return slab->chunks[cell / SLAB_CHUNK_CELLS] + (size_t) (cell % SLAB_CHUNK_CELLS) * slab->cell_bytes;
}

#endif /* ENGINE_BASE_MEMORY_H */
