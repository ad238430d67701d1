/*
 * route.h
 *	  How the leader reaches a meter: through a worker, or as its own.
 */
#ifndef PG_WORKERS_ROUTE_H
#define PG_WORKERS_ROUTE_H

#include "postmaster/bgworker.h"
#include "storage/shm_mq.h"

#include "pg/workers/owner.h"
#include "pg/workers/slots.h"
#include "pg/workers/worker.h"

/* All zeros where there is no meter. */
typedef struct Route
{
	Slot slot;

	/* A worker's, or */
	BackgroundWorkerHandle *worker;
	dsm_segment			   *segment; /* NULL once it was let go of */
	WorkerFailure		   *failure;
	WorkerWakeup		   *wakeup;
	shm_mq_handle		   *from_worker;
	shm_mq_handle		   *to_worker;
	/* the leader's own meter; NULL once it was let go of. */
	OwnedMeter *meter;
} Route;

/*
 * Asks for one more worker, whose meter sends messages after route_start_worker(); false if none can be had, and then
 * nothing is left of the attempt.  wakeup: the leader's, which lives as long; NULL: there is none.  *scan is the segment that all workers of the scan share, NULL before the first; it is
 * the caller's.
 */
bool route_to_worker(Route *route, const ScanJob *job, const Wakeup *wakeup, dsm_segment **scan);
void route_start_worker(Route *route, uint32 shard, uint32 shards);

/*
 * Starts a meter of this process's own, the scan's only one here.  If there is no slot for it: an error, or false where `or_none`, and then
 * nothing is left of the attempt.
 */
bool route_to_own_meter(Route *route, const ScanJob *job, uint32 shard, uint32 shards, Wakeup *wakeup, bool or_none);

/*
 * Takes the meter's next message; false if there is none yet.  Errors if meter or worker have ended before their work was
 * done, or send what none may send; bodies are only checked in length.  Open to interrupts.
 */
bool route_receive(Route *route, MeterMessage *message);

/* Ends the meter's live source where it is, as owner_end_source() does; its messages up to END still come. */
void route_end_source(Route *route, bool expire);

/* Waits until any route of the scan may have a message, of which this is one, and no longer than `until` by clock_ms(); open to interrupts. */
void route_wait(Route *route, uint64 until);

/*
 * From here on what is new makes the scan's wake-up readable; what came before is to be received first.  Returns after how many ms it is to
 * be looked at all the same, at the latest.  Errors if a meter of this process's own hangs.
 */
long route_watch(Route *route);

/*
 * Lets go of a meter without waiting, and without an error.  A worker sees its queues detached, whatever it is waiting
 * for, and ends with its meter; one that the postmaster has not started yet is not started.
 */
void route_close(Route *route);

/* The same; then waits until the worker is gone, and gives the slot back. */
void route_end(Route *route);

#endif /* PG_WORKERS_ROUTE_H */
