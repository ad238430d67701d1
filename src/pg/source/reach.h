/*
 * reach.h
 *	  How far a source reaches: anywhere, or into one directory and no further.
 *
 * Nothing here raises an error about a file, and nothing reveals what is outside the directory: a name that leads out of
 * it fails with EXDEV, whether or not anything is there.
 */
#ifndef PG_SOURCE_REACH_H
#define PG_SOURCE_REACH_H

#include <sys/stat.h>

typedef struct Reach
{
	const char *directory;	/* NULL: anywhere */
	int			descriptor; /* of the directory, for looking up names only; -1: none */
} Reach;

/*
 * Starts with a directory, or without one (NULL).  False, with errno, if the directory cannot be opened; ENOSYS if the
 * kernel cannot keep names inside it.  The descriptor goes with reach_end(), or with the transaction if that ends in an
 * error.
 */
bool reach_start(Reach *reach, const char *directory);
void reach_end(Reach *reach);

/*
 * Opens a file; -1 with errno if it cannot.  A relative name starts in the directory (without one: in the server's data
 * directory), an absolute one must begin with the directory's.  The descriptor is the caller's to close().
 */
int reach_open(const Reach *reach, const char *path, int flags);

/* Looks at a file without opening it, as stat() does, or lstat(); false with errno if it cannot. */
bool reach_stat(const Reach *reach, const char *path, struct stat *status);
bool reach_lstat(const Reach *reach, const char *path, struct stat *status);

/* Whether a file's bytes are stored somewhere, and not made up by the kernel, as those in /proc and /sys are. */
bool reach_is_on_disk(const Reach *reach, const char *path);

#endif /* PG_SOURCE_REACH_H */
