/*
 * spawn.h
 *	  Starting the meter's program.
 */
#ifndef PG_WORKERS_SPAWN_H
#define PG_WORKERS_SPAWN_H

#include "wire/progress.h"
#include "wire/socket_table.h"

/* Which of the two programs: the one for plugins in Python has CPython in it. */
typedef enum MeterProgram
{
	METER_PLAIN,
	METER_PYTHON
} MeterProgram;

/*
 * Starts nfstream_meter or nfstream_meter_python, or `program` in their place where that is not '' (that name and "_python"), with a socket as its standard input, the page of its progress, an
 * empty environment and no other file of this process; in a process group of its own.
 *
 * Returns its pid; *channel is the other end of the socket, non-blocking and the caller's to close, *progress the page, the
 * caller's to unmap.  Errors if it cannot be started.
 */
pid_t spawn_meter(const char *program, MeterProgram which, int *channel, const MeterProgress **progress);

/* Where nfstream_sockets is: beside the meter's program. */
void spawn_sockets_path(const char *program, char path[MAXPGPATH]);

/*
 * Starts nfstream_sockets, in the same way, with the table that it shares with this process.
 *
 * Returns its pid; or 0, as a scan can do without it: then errno tells why, and *hint what to do about it, NULL if nothing is known.
 */
pid_t spawn_sockets(const char *path, int *channel, const SocketTable **table, const char **hint);

#endif /* PG_WORKERS_SPAWN_H */
