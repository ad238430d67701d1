/*
 * sockets.h
 *	  The leader's nfstream_sockets: which process of this host has which socket.
 */
#ifndef PG_WORKERS_SOCKETS_H
#define PG_WORKERS_SOCKETS_H

#include "wire/socket_table.h"

typedef struct HostSockets HostSockets;

/*
 * Starts the program for a scan and waits until it has looked at the host's sockets once, open to interrupts.  What cannot be
 * had is told in a WARNING: without it processes are not found, and all else is as it was.
 *
 * The program lives as long as the current memory context, at the most.
 *
 * program: the setting meter_program.  poll_ms: from one look to the next.  keep_ms: how long after its end a socket may be
 * asked for.
 */
HostSockets *sockets_start(const char *program, uint64 poll_ms, uint64 keep_ms);

/* The table; NULL once the program has ended, which is told in a WARNING. */
const SocketTable *sockets_table(HostSockets *sockets);

/* Ends the program, if it was not ended before. */
void sockets_end(HostSockets *sockets);

#endif /* PG_WORKERS_SOCKETS_H */
