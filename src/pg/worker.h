/*
 * worker.h
 *	  A background worker that owns one meter of a scan.
 *
 * The leader makes one shared memory segment for a scan.  In it stand, under these keys, the job that all owners share, and
 * two queues for each worker: its messages to the leader (headers and bodies of wire/message.h), and the leader's to it, of
 * which there is one, WorkerStart.  Whoever detaches ends the other.
 */
#ifndef PG_WORKER_H
#define PG_WORKER_H

#include "storage/dsm.h"

#define WORKER_MAGIC	0x6e667366
#define WORKER_LIBRARY	"nfstream_fdw"
#define WORKER_FUNCTION	"nfstream_worker_main"

/* Keys of the segment's table of contents. */
#define WORKER_KEY_JOB				UINT64CONST(0)
#define WORKER_KEY_TO_LEADER(i)		(UINT64CONST(1) + 2 * (uint64) (i))
#define WORKER_KEY_FROM_LEADER(i)	(UINT64CONST(2) + 2 * (uint64) (i))

/* Bytes of the queues. */
#define WORKER_TO_LEADER_QUEUE		((Size) 1 << 20)
#define WORKER_FROM_LEADER_QUEUE	((Size) 1024)

/* What the background worker is started with. */
typedef struct WorkerArguments
{
	dsm_handle	segment;
	uint32		index;			/* of its queues */
} WorkerArguments;

/* The scan starts: how many workers there are is known only when all were asked for. */
typedef struct WorkerStart
{
	uint32		shard;
	uint32		shards;
} WorkerStart;

#endif							/* PG_WORKER_H */
