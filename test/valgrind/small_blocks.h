/*
 * small_blocks.h
 *	  Included before all else where the extension is built for valgrind: its memory contexts have small blocks.
 *
 * Valgrind knows what malloc() and free() do.  A memory context asks malloc() for blocks, and for a block of its own for each
 * chunk that is larger than an eighth of a block: with blocks of a kilobyte, for each chunk of more than 128 bytes.
 */
#include "postgres.h"

#include "utils/memutils.h"

#undef ALLOCSET_DEFAULT_SIZES
#undef ALLOCSET_SMALL_SIZES
#define ALLOCSET_DEFAULT_SIZES 0, 1024, 1024
#define ALLOCSET_SMALL_SIZES   0, 1024, 1024
