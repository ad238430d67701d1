/*
 * spawn.h
 *	  Starting the meter's program.
 */
#ifndef PG_SPAWN_H
#define PG_SPAWN_H

/*
 * Starts nfstream_meter with a socket as its standard input, an empty environment and no other file of this process but
 * standard error.  Returns its pid; *channel is the other end of the socket, non-blocking and the caller's to close.  Errors
 * if it cannot be started.
 */
pid_t		spawn_meter(int *channel);

#endif							/* PG_SPAWN_H */
