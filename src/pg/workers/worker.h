/*
 * worker.h
 *	  A background worker that owns one meter of a scan.
 *
 * Two segments of shared memory are made by the leader: one for a scan, with the job that all owners share, and one for
 * each worker, with the error in which it may end, what it needs to wake its leader, and two queues: its meter's messages to the leader (headers and bodies
 * of wire/message.h), and the leader's to it: WorkerStart, and a WorkerStop where a live source is to end.  When one of the two
 * detaches, the other ends.
 */
#ifndef PG_WORKERS_WORKER_H
#define PG_WORKERS_WORKER_H

#include "port/atomics.h"
#include "storage/dsm.h"

#include "pg/workers/failure.h"
#include "pg/workers/wakeup.h"

#define WORKER_MAGIC	0x6e667366
#define WORKER_LIBRARY	"nfstream_fdw"
#define WORKER_FUNCTION "nfstream_worker_main"

/* Keys of the scan's segment, */
#define SCAN_KEY_JOB	UINT64CONST(0)
#define SCAN_KEY_SHARED UINT64CONST(1) /* ScanJob.shared */

/* and of a worker's. */
#define WORKER_KEY_FAILURE	   UINT64CONST(0)
#define WORKER_KEY_TO_LEADER   UINT64CONST(1)
#define WORKER_KEY_FROM_LEADER UINT64CONST(2)
#define WORKER_KEY_WAKEUP	   UINT64CONST(3)

/* Bytes of the queues. */
#define WORKER_TO_LEADER_QUEUE	 ((Size) 1 << 20)
#define WORKER_FROM_LEADER_QUEUE ((Size) 1024)

/*
 * Why a worker ended, if not because its work was done.  It is no message: a queue may be full, and nobody reading.  The worker
 * writes it before it detaches, once, and the leader reads it after.
 */
typedef struct WorkerFailure
{
	pg_atomic_uint32 told; /* 0: there is none */
	OwnerFailure	 failure;
} WorkerFailure;

/*
 * How a worker wakes its leader where that does not wait on its latch alone: whenever there is something new in the queue, and when it
 * detaches.  Only the leader sets `wanted`; the worker takes that back before it wakes.
 */
typedef struct WorkerWakeup
{
	WakeupAddress	 address;
	pg_atomic_uint32 opened; /* the worker has found it */
	pg_atomic_uint32 wanted; /* the leader waits for what the worker has next */
} WorkerWakeup;

/* What the background worker is started with. */
typedef struct WorkerArguments
{
	dsm_handle scan;
	dsm_handle own;
} WorkerArguments;

/* The start of the scan: only when all workers were asked for is it known how many there are. */
typedef struct WorkerStart
{
	uint32 shard;
	uint32 shards;
} WorkerStart;

/* The end of a live source: owner_end_source(). */
typedef struct WorkerStop
{
	uint32 expire;
} WorkerStop;

#endif /* PG_WORKERS_WORKER_H */
