/*
 * keeper.h
 *	  Keeping the table of the host's sockets: what comes, what stays, what has gone.
 */
#ifndef SOCKETS_KEEPER_H
#define SOCKETS_KEEPER_H

#include "wire/socket_table.h"

/* Entries, and so sockets, that the table holds at most. */
#define KEEPER_ENTRIES (SOCKET_BUCKETS * SOCKET_WAYS)

/* Processes that are looked for at once. */
#define KEEPER_WANTED_MAX 16384

typedef struct Keeper Keeper;

/* A keeper of an empty table; NULL if there is no memory. */
Keeper *keeper_start(SocketTable *table, uint64_t seed, uint64_t keep_ms);
void	keeper_end(Keeper *keeper);

/*
 * A look at all sockets: it begins, sees each of them, and ends.  A look that is not complete ends no socket.  Times are ms
 * since 1970, of a clock that may be set back.
 *
 * inode: 0 for a socket that no process holds yet, or any more; such a one keeps its entry, and gets none.
 */
void keeper_begin_look(Keeper *keeper, uint64_t now);
void keeper_see(Keeper *keeper, const SocketKey *key, uint32_t inode);
void keeper_end_look(Keeper *keeper, bool complete, uint64_t now);

/* The same for the host's addresses, each in the form that keys have. */
void keeper_begin_addresses(Keeper *keeper);
void keeper_see_address(Keeper *keeper, const uint8_t address[SOCKET_ADDRESS_BYTES]);
void keeper_end_addresses(Keeper *keeper, uint64_t now);

/*
 * After a look: the sockets whose process is to be looked for now, in ascending order, each once; returns how many.  A process
 * that was not found is looked for again, at longer and longer intervals.
 */
uint32_t keeper_wanted(Keeper *keeper, uint32_t inodes[KEEPER_WANTED_MAX]);

/* The process of a socket that was looked for: its name is valid UTF-8 of SOCKET_NAME_MAX bytes at most. */
void keeper_found(Keeper *keeper, uint32_t inode, int32_t pid, const char *name);

#endif /* SOCKETS_KEEPER_H */
