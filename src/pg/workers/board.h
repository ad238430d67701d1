/*
 * board.h
 *	  What the meters of the whole cluster are doing, for everyone to see.
 */
#ifndef PG_WORKERS_BOARD_H
#define PG_WORKERS_BOARD_H

#include "datatype/timestamp.h"

#include "pg/workers/job.h"
#include "pg/workers/slots.h"
#include "wire/message.h"

/* Bytes of a source, and of a file of it, that are shown, with the NUL. */
#define BOARD_SOURCE_MAX 256

typedef struct BoardEntry
{
	int			pid;	/* of the session, or of a parallel query's worker, that scans; 0: there is no meter */
	int			leader; /* of the session that such a worker is of; 0: it is the session's own */
	Oid			database;
	Oid			user;
	Oid			table;		 /* InvalidOid: the scan is of none */
	uint32		meter;		 /* its number in the scan, from 0 */
	uint64		bytes_total; /* of the source; COUNT_NOT_KNOWN: it has no end */
	uint64		flows_sent;
	TimestampTz started;
	char		source[BOARD_SOURCE_MAX];
	char		file[BOARD_SOURCE_MAX]; /* at hand; "": none yet, or the source has none */

	PlaceMessage place; /* how far it is */
} BoardEntry;

/* Asks for the shared memory, where the server is just starting; before PostgreSQL 17 there is no board otherwise. */
void board_request(void);

/* Whether there is a board; from PostgreSQL 17 on it is made now if nobody needed it before, and there is none only for want of memory. */
bool board_is_there(void);

/* Puts a meter of this session on the board, or takes it off; the slot is the meter's.  Without a board, does nothing. */
void board_enter(const Slot *slot, const ScanJob *job, uint32 meter);
void board_leave(const Slot *slot);

/* How far the meter is; the place's file is one of the job's. */
void board_update(const Slot *slot, const ScanJob *job, const PlaceMessage *place, uint64 flows_sent);

/* A copy of the entry for this slot's number, 0 ... SLOTS_MAX - 1; false if there is no meter. */
bool board_read(int number, BoardEntry *entry);

#endif /* PG_WORKERS_BOARD_H */
