/*
 * watch.h
 *	  Looking at the host's sockets again and again.
 */
#ifndef SOCKETS_WATCH_H
#define SOCKETS_WATCH_H

#include "sockets/finder.h"
#include "sockets/kernel.h"

/* What it works with. */
typedef struct Watch
{
	Keeper		*keeper;
	Kernel		*kernel;
	Finder		*finder;
	SocketTable *table;
	int			 owner; /* a socket: its other end is told after the first look, and when it is closed, the watch ends */
	uint64_t	 poll_ms;
} Watch;

/* Watches until its owner is gone, or it cannot go on: returns the program's exit status. */
int watch(const Watch *with);

#endif /* SOCKETS_WATCH_H */
