/*
 * spawn.h
 *	  Starting the meter's program.
 */
#ifndef PG_WORKERS_SPAWN_H
#define PG_WORKERS_SPAWN_H

#include "wire/progress.h"

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

#endif /* PG_WORKERS_SPAWN_H */
