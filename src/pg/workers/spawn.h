/*
 * spawn.h
 *	  Starting the meter's program.
 */
#ifndef PG_WORKERS_SPAWN_H
#define PG_WORKERS_SPAWN_H

#include "wire/position.h"

/*
 * Starts nfstream_meter, or `program` where that is not '', with a socket as its standard input, the page of its position, an
 * empty environment and no other file of this process; in a process group of its own.
 *
 * Returns its pid; *channel is the other end of the socket, non-blocking and the caller's to close, *position the page, the
 * caller's to unmap.  Errors if it cannot be started.
 */
pid_t		spawn_meter(const char *program, int *channel, const MeterPosition **position);

#endif							/* PG_WORKERS_SPAWN_H */
