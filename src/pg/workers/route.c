/*
 * route.c
 *	  How the leader reaches a meter.
 *
 * A worker takes one of the slots of slots.h, a segment of shared memory with its queues, and a background worker's slot
 * of the server; if one of these cannot be had, there is one worker less.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shm_toc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/wait_event.h"

#include "pg/base/clock.h"
#include "pg/workers/failure.h"
#include "pg/workers/route.h"

/* Between two looks at a worker that will wake its leader, and at one that may not, ms. */
#define PAUSE_WHEN_WOKEN  1000
#define PAUSE_WHEN_UNSURE 20

/* The longest job that workers get: 100,000 files with paths of usual length. */
#define JOB_LENGTH_MAX ((Size) 32 << 20)

/*
 * A segment of shared memory; NULL if none can be had, for want of memory, of a file or of a number.
 *
 * dsm_create() raises an error where memory is short, with a code that says little (of a write that was cut short it has
 * none).  The error is caught here: what is left of the call then is a descriptor, which has a resource owner of its own.
 */
static dsm_segment *
create_segment(Size bytes)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ResourceOwner temporary = ResourceOwnerCreate(owner, "nfstream segment");
	dsm_segment *volatile segment = NULL;

	CurrentResourceOwner = temporary;
	PG_TRY();
	{
		segment = dsm_create(bytes, DSM_CREATE_NULL_IF_MAXSEGMENTS);
		if (segment != NULL)
			dsm_pin_mapping(segment);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		ereport(LOG,
				(errmsg("a scan has fewer meters: there is no shared memory for a worker"),
				 errdetail_internal("%s", error->message)));
	}
	PG_END_TRY();
	CurrentResourceOwner = owner;
	ResourceOwnerRelease(temporary, RESOURCE_RELEASE_BEFORE_LOCKS, false, false);
	ResourceOwnerRelease(temporary, RESOURCE_RELEASE_LOCKS, false, false);
	ResourceOwnerRelease(temporary, RESOURCE_RELEASE_AFTER_LOCKS, false, false);
	ResourceOwnerDelete(temporary);
	return segment;
}

/* The segment of the scan, with its job and what its workers share; NULL if none can be had. */
static dsm_segment *
create_scan_segment(const ScanJob *job)
{
	Size			  length = job_length(job);
	shm_toc_estimator estimator;
	dsm_segment		 *segment;
	shm_toc			 *toc;
	char			 *piece;
	ScanShared		 *shared;

	if (length > JOB_LENGTH_MAX)
		return NULL;
	shm_toc_initialize_estimator(&estimator);
	shm_toc_estimate_chunk(&estimator, length);
	shm_toc_estimate_chunk(&estimator, sizeof(*shared));
	shm_toc_estimate_keys(&estimator, 2);
	segment = create_segment(shm_toc_estimate(&estimator));
	if (segment == NULL)
		return NULL;
	toc = shm_toc_create(WORKER_MAGIC, dsm_segment_address(segment), shm_toc_estimate(&estimator));
	piece = shm_toc_allocate(toc, length);
	job_write(job, piece);
	shm_toc_insert(toc, SCAN_KEY_JOB, piece);
	shared = shm_toc_allocate(toc, sizeof(*shared));
	job_start_shared(shared);
	shm_toc_insert(toc, SCAN_KEY_SHARED, shared);
	return segment;
}

static shm_mq *
create_queue(shm_toc *toc, uint64 key, Size bytes)
{
	shm_mq *queue = shm_mq_create(shm_toc_allocate(toc, bytes), bytes);

	shm_toc_insert(toc, key, queue);
	return queue;
}

/* The segment of a worker, with its queues; false if none can be had. */
static bool
create_worker_segment(Route *route, const Wakeup *wakeup)
{
	shm_toc_estimator estimator;
	shm_toc			 *toc;
	WorkerFailure	 *failure;
	shm_mq			 *queue;

	shm_toc_initialize_estimator(&estimator);
	shm_toc_estimate_chunk(&estimator, sizeof(WorkerFailure));
	shm_toc_estimate_chunk(&estimator, sizeof(WorkerWakeup));
	shm_toc_estimate_chunk(&estimator, WORKER_TO_LEADER_QUEUE);
	shm_toc_estimate_chunk(&estimator, WORKER_FROM_LEADER_QUEUE);
	shm_toc_estimate_keys(&estimator, 4);
	route->segment = create_segment(shm_toc_estimate(&estimator));
	if (route->segment == NULL)
		return false;
	toc = shm_toc_create(WORKER_MAGIC, dsm_segment_address(route->segment), shm_toc_estimate(&estimator));

	failure = shm_toc_allocate(toc, sizeof(WorkerFailure));
	pg_atomic_init_u32(&failure->told, 0);
	shm_toc_insert(toc, WORKER_KEY_FAILURE, failure);
	route->failure = failure;
	route->wakeup = shm_toc_allocate(toc, sizeof(WorkerWakeup));
	route->wakeup->address = wakeup == NULL ? (WakeupAddress) {0} : wakeup_address(wakeup);
	pg_atomic_init_u32(&route->wakeup->opened, 0);
	pg_atomic_init_u32(&route->wakeup->wanted, 0);
	shm_toc_insert(toc, WORKER_KEY_WAKEUP, route->wakeup);
	queue = create_queue(toc, WORKER_KEY_TO_LEADER, WORKER_TO_LEADER_QUEUE);
	shm_mq_set_receiver(queue, MyProc);
	route->from_worker = shm_mq_attach(queue, route->segment, NULL);
	queue = create_queue(toc, WORKER_KEY_FROM_LEADER, WORKER_FROM_LEADER_QUEUE);
	shm_mq_set_sender(queue, MyProc);
	route->to_worker = shm_mq_attach(queue, route->segment, NULL);
	return true;
}

/* Asks the server for one worker; false if it has no slot. */
static bool
register_worker(Route *route, dsm_segment *scan)
{
	WorkerArguments arguments = {
		.scan = dsm_segment_handle(scan),
		.own = dsm_segment_handle(route->segment),
	};
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_ConsistentState,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = WORKER_LIBRARY,
		.bgw_function_name = WORKER_FUNCTION,
		.bgw_notify_pid = MyProcPid,
	};

	snprintf(worker.bgw_name, BGW_MAXLEN, "nfstream worker for PID %d", MyProcPid);
	snprintf(worker.bgw_type, BGW_MAXLEN, "nfstream worker");
	StaticAssertStmt(sizeof(arguments) <= BGW_EXTRALEN, "the arguments fit");
	memcpy(worker.bgw_extra, &arguments, sizeof(arguments));
	if (!RegisterDynamicBackgroundWorker(&worker, &route->worker))
		return false;
	shm_mq_set_handle(route->from_worker, route->worker);
	return true;
}

bool
route_to_worker(Route *route, const ScanJob *job, const Wakeup *wakeup, dsm_segment **scan)
{
	if (!slot_take_for_worker(&route->slot))
		return false;
	if (*scan == NULL)
		*scan = create_scan_segment(job);
	if (*scan != NULL && create_worker_segment(route, wakeup) && register_worker(route, *scan))
		return true;
	route_close(route);
	slot_release(&route->slot);
	return false;
}

void
route_start_worker(Route *route, uint32 shard, uint32 shards)
{
	WorkerStart start = {.shard = shard, .shards = shards};

	Assert(route->to_worker != NULL && shard < shards);
	shm_mq_send(route->to_worker, sizeof(start), &start, false, true);
}

bool
route_to_own_meter(Route *route, const ScanJob *job, uint32 shard, uint32 shards, Wakeup *wakeup, bool or_none)
{
	Assert(route->worker == NULL && route->segment == NULL);
	if (!slot_take_for_leader(&route->slot, or_none))
		return false;
	route->meter = owner_start(job, shard, shards);
	if (wakeup != NULL)
		wakeup_add_socket(wakeup, owner_channel(route->meter));
	return true;
}

/*
 * The worker has detached before it said that its meter's work was done: raises its error, or one that says that it left
 * none.
 */
static _Noreturn void
worker_ended(Route *route)
{
	if (pg_atomic_read_u32(&route->failure->told) != 0)
	{
		pg_read_barrier();
		failure_raise_owner(&route->failure->failure);
	}
	failure_raise_fault(FAULT_WORKER_ENDED, NULL, NULL);
}

/* Takes a message from the worker's queue; false if there is none yet. */
static bool
receive_from_worker(Route *route, MeterMessage *message)
{
	MessageHeader header;
	Size		  length;
	void		 *data;

	switch (shm_mq_receive(route->from_worker, &length, &data, true))
	{
		case SHM_MQ_WOULD_BLOCK:
			return false;
		case SHM_MQ_DETACHED:
			worker_ended(route);
		case SHM_MQ_SUCCESS:
			break;
	}
	if (length < sizeof(header))
		elog(ERROR, "a worker sent a message without a header");
	memcpy(&header, data, sizeof(header));
	if (length != sizeof(header) + header.length ||
		!message_allowed(SENT_BY_METER, header.type, header.length))
		elog(ERROR, "a worker sent a message of type %u with %zu bytes", header.type, length);
	message->type = header.type;
	message->length = header.length;
	message->body = (const uint8 *) data + sizeof(header);
	return true;
}

bool
route_receive(Route *route, MeterMessage *message)
{
	return route->meter != NULL ? owner_receive(route->meter, message) : receive_from_worker(route, message);
}

void
route_end_source(Route *route, bool expire)
{
	WorkerStop stop = {.expire = expire};

	if (route->meter != NULL)
		owner_end_source(route->meter, expire);
	else if (route->segment != NULL)
		shm_mq_send(route->to_worker, sizeof(stop), &stop, false, true);
}

void
route_wait(Route *route, uint64 until)
{
	long longest = clock_left(until);

	if (route->meter != NULL)
	{
		owner_wait(route->meter, longest);
		return;
	}
	/* Every worker sets this latch. */
	WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (longest >= 0 ? WL_TIMEOUT : 0), longest, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

long
route_watch(Route *route)
{
	if (route->meter != NULL)
		return owner_look(route->meter, PAUSE_WHEN_WOKEN);
	if (route->segment == NULL)
		return PAUSE_WHEN_WOKEN;
	(void) pg_atomic_exchange_u32(&route->wakeup->wanted, 1); /* a barrier, too: the queue is looked at after it */
	return pg_atomic_read_u32(&route->wakeup->opened) != 0 ? PAUSE_WHEN_WOKEN : PAUSE_WHEN_UNSURE;
}

void
route_close(Route *route)
{
	pid_t pid;

	if (route->meter != NULL)
		owner_stop(route->meter);
	route->meter = NULL;
	if (route->segment == NULL)
		return;
	if (route->worker != NULL && GetBackgroundWorkerPid(route->worker, &pid) == BGWH_NOT_YET_STARTED)
		TerminateBackgroundWorker(route->worker);
	dsm_detach(route->segment);
	route->segment = NULL;
}

void
route_end(Route *route)
{
	route_close(route);
	if (route->worker != NULL)
		WaitForBackgroundWorkerShutdown(route->worker);
	slot_release(&route->slot);
}
