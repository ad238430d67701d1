/*
 * finder.h
 *	  Finding which process holds a socket: a child with the rights for it, and with nothing else.
 */
#ifndef SOCKETS_FINDER_H
#define SOCKETS_FINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "sockets/keeper.h"

/* How long the child is waited for. */
#define FINDER_PATIENCE_MS 5000

typedef struct Finder Finder;

typedef enum FinderWord
{
	FINDER_ANSWERS,
	FINDER_SILENT, /* it has not answered yet */
	FINDER_GONE	   /* it has ended */
} FinderWord;

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

/* The descriptor that it is talked to over: readable, when it has answered or has ended. */
int finder_descriptor(const Finder *finder);

/*
 * Finds the processes that hold these sockets, ascending inodes: pids[i] is the one of inodes[i], or 0.  Of several that share a socket, as
 * children do with their parent, it is the one with the highest number.
 *
 * A child that does not answer is waited for FINDER_PATIENCE_MS, or until `owner` is readable.  From then on it is silent, and is to be
 * asked nothing, until finder_word() has taken its late answer.
 */
FinderWord finder_find(Finder *finder, int owner, const uint32_t *inodes, uint32_t count, int32_t *pids);

bool finder_is_silent(const Finder *finder);

/* Takes what the child says when its descriptor is readable: that it has ended, or an answer that comes too late to be used. */
FinderWord finder_word(Finder *finder);

#endif /* SOCKETS_FINDER_H */
