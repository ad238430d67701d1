/*
 * finder.h
 *	  Finding which process holds a socket: a child with the rights for it, and with nothing else.
 */
#ifndef SOCKETS_FINDER_H
#define SOCKETS_FINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "sockets/keeper.h"

typedef struct Finder Finder;

/*
 * Starts the child, which ends when this process has; `others` are descriptors that it does not need, up to -1.  It takes from
 * its program's file the capabilities to look at any user's processes, as far as they are there.  NULL if it cannot be started,
 * or its walls are refused.
 */
Finder *finder_start(const int *others);

/* Ends the child, or finds that it has ended. */
void finder_end(Finder *finder);

/* Whether it can look at the processes of all users. */
bool finder_sees_all(const Finder *finder);

/* The descriptor that it is talked to over, for the sandbox. */
int finder_descriptor(const Finder *finder);

/*
 * Finds the processes that hold these sockets, ascending inodes: pids[i] is the one of inodes[i], or 0.  Of several that share a socket, as
 * children do with their parent, it is the one with the highest number.  False if the child has ended.
 */
bool finder_find(Finder *finder, const uint32_t *inodes, uint32_t count, int32_t *pids);

#endif /* SOCKETS_FINDER_H */
