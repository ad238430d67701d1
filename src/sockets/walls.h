/*
 * walls.h
 *	  What nfstream_sockets gives up before it looks at the host, and what the child that finds processes does.
 */
#ifndef SOCKETS_WALLS_H
#define SOCKETS_WALLS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>

/* With these flags alone the child opens: directories; and its parent: files. */
#define WALLS_OPENS_DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define WALLS_OPENS_FILE	  (O_RDONLY | O_NOFOLLOW | O_CLOEXEC)

/* Bytes of memory that each of the two may have: for the table, what is kept beside it, and libraries. */
#define WALLS_MEMORY (UINT64_C(128) << 20)

/* The descriptors that the program has besides those it opens. */
typedef struct WatcherFiles
{
	int owner;
	int finder;
	int kernel[2];
} WatcherFiles;

/*
 * Both return NULL, or what could not be given up, as a constant text.  After them anything that is not allowed ends the
 * process.
 *
 * The child keeps two capabilities, as far as it was given them, and can open directories and read links; *sees_all tells
 * whether it has both.  Its parent keeps none, and can open files below /proc, where the kernel has Landlock.
 *
 * memory: how many bytes the process may have in all; 0 for no bound of its own.
 */
const char *walls_of_finder(int channel, uint64_t memory, bool *sees_all);
const char *walls_of_watcher(const WatcherFiles *files, uint64_t memory);

#endif /* SOCKETS_WALLS_H */
