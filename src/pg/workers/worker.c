/*
 * worker.c
 *	  A background worker that owns one meter of a scan.
 *
 * It moves the meter's messages to the leader and hands the meter its files, and knows nothing of flows.  It is connected
 * to no database: it would not see what its leader has not committed, and might wait for a lock that its leader holds.
 *
 * It ends when its meter is done, when the leader detaches, or when it is told to.  The leader raises its errors, so they
 * are left in its segment and not logged here.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/shm_mq.h"
#include "storage/shm_toc.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/wait_event.h"

#include "pg/workers/owner.h"
#include "pg/workers/worker.h"

typedef struct Worker
{
	dsm_segment	  *scan;
	dsm_segment	  *own; /* NULL once it was let go of */
	WorkerFailure *failure;
	shm_mq_handle *to_leader;
	shm_mq_handle *from_leader;
	WorkerWakeup  *wakeup;
	int			   wakes; /* the leader's descriptor; -1: it is not woken by that */
	ScanJob		  *job;
} Worker;

PGDLLEXPORT void nfstream_worker_main(Datum argument);

static shm_toc *
attach_segment(dsm_segment *segment)
{
	shm_toc *toc = shm_toc_attach(WORKER_MAGIC, dsm_segment_address(segment));

	if (toc == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("bad magic number in dynamic shared memory segment")));
	return toc;
}

/* The leader waits on a descriptor, and there is something new for it. */
static void
wake_leader(Worker *worker)
{
	if (worker->wakes >= 0 && pg_atomic_exchange_u32(&worker->wakeup->wanted, 0) != 0)
		wakeup_send(worker->wakes);
}

/* The worker has detached from its queues, which is new for a leader that waits, whatever it waits for. */
static void
wake_at_last(dsm_segment *segment, Datum argument)
{
	const Worker *worker = (const Worker *) DatumGetPointer(argument);

	(void) segment;
	if (worker->wakes >= 0)
		wakeup_send(worker->wakes);
}

/* False if a segment is gone already: the scan has ended before this worker began. */
static bool
attach(Worker *worker, const WorkerArguments *arguments)
{
	shm_toc *toc;
	shm_mq	*queue;

	worker->own = dsm_attach(arguments->own);
	worker->scan = dsm_attach(arguments->scan);
	if (worker->own == NULL || worker->scan == NULL)
		return false;
	toc = attach_segment(worker->own);
	worker->failure = shm_toc_lookup(toc, WORKER_KEY_FAILURE, false);
	worker->wakeup = shm_toc_lookup(toc, WORKER_KEY_WAKEUP, false);
	worker->wakes = wakeup_open(&worker->wakeup->address);
	pg_atomic_write_u32(&worker->wakeup->opened, worker->wakes >= 0);
	on_dsm_detach(worker->own, wake_at_last, PointerGetDatum(worker)); /* what is registered last is done first */
	queue = shm_toc_lookup(toc, WORKER_KEY_TO_LEADER, false);
	shm_mq_set_sender(queue, MyProc);
	worker->to_leader = shm_mq_attach(queue, worker->own, NULL);
	queue = shm_toc_lookup(toc, WORKER_KEY_FROM_LEADER, false);
	shm_mq_set_receiver(queue, MyProc);
	worker->from_leader = shm_mq_attach(queue, worker->own, NULL);
	toc = attach_segment(worker->scan);
	worker->job = job_read(shm_toc_lookup(toc, SCAN_KEY_JOB, false));
	worker->job->shared = shm_toc_lookup(toc, SCAN_KEY_SHARED, false);
	return true;
}

/* Does what the leader has told it to do since; false if the leader is gone. */
static bool
follow_leader(Worker *worker, OwnedMeter *meter)
{
	WorkerStop stop;
	Size	   length;
	void	  *message;

	switch (shm_mq_receive(worker->from_leader, &length, &message, true))
	{
		case SHM_MQ_DETACHED:
			return false;
		case SHM_MQ_WOULD_BLOCK:
			return true;
		case SHM_MQ_SUCCESS:
			break;
	}
	if (length != sizeof(stop))
		elog(ERROR, "a worker was told what it does not know");
	memcpy(&stop, message, sizeof(stop));
	owner_end_source(meter, stop.expire != 0);
	return true;
}

/* False if the leader is gone. */
static bool
send_message(Worker *worker, uint32 type, const void *body, uint32 length)
{
	MessageHeader header = {.type = type, .length = length};
	shm_mq_iovec  parts[2] = {
		 {(const char *) &header, sizeof(header)},
		 {body, length},
	 };

	shm_mq_result result;

	/* A part of a long message may be all that has room, and the leader waits for it. */
	while ((result = shm_mq_sendv(worker->to_leader, parts, 2, true, true)) == SHM_MQ_WOULD_BLOCK)
	{
		wake_leader(worker);
		WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH, 0, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	wake_leader(worker);
	return result == SHM_MQ_SUCCESS;
}

/* Moves the meter's messages until it has sent its last one, or the leader is gone. */
static void
forward(Worker *worker, OwnedMeter *meter)
{
	MeterMessage message;

	while (follow_leader(worker, meter))
	{
		if (!owner_receive(meter, &message))
			owner_wait(meter, -1);
		else if (!send_message(worker, message.type, message.body, message.length) ||
				 message.type == MESSAGE_END || message.type == MESSAGE_FAILURE)
			return;
		CHECK_FOR_INTERRUPTS();
	}
}

static void
stop_meter(int code, Datum meter)
{
	(void) code;
	owner_stop((OwnedMeter *) DatumGetPointer(meter));
}

static void
run(Worker *worker)
{
	WorkerStart start;
	Size		length;
	void	   *message;
	OwnedMeter *meter;

	if (shm_mq_receive(worker->from_leader, &length, &message, false) != SHM_MQ_SUCCESS || length != sizeof(start))
		return;
	memcpy(&start, message, sizeof(start));
	meter = owner_start(worker->job, start.shard, start.shards);
	PG_ENSURE_ERROR_CLEANUP(stop_meter, PointerGetDatum(meter));
	{
		forward(worker, meter);
	}
	PG_END_ENSURE_ERROR_CLEANUP(stop_meter, PointerGetDatum(meter));
	owner_stop(meter);
}

/* Leaves an error in the segment, for the leader to raise when it sees this worker detached; only the first is kept. */
static void
tell_failure(Worker *worker, const OwnerFailure *failure)
{
	if (pg_atomic_read_u32(&worker->failure->told) != 0)
		return;
	worker->failure->failure = *failure;
	pg_write_barrier();
	pg_atomic_write_u32(&worker->failure->told, 1);
}

static void
tell_error(Worker *worker, MemoryContext context)
{
	ErrorData	*error;
	OwnerFailure failure = {0};

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	failure.sqlstate = error->sqlerrcode;
	strlcpy(failure.message, error->message, sizeof(failure.message));
	if (error->detail != NULL)
		strlcpy(failure.detail, error->detail, sizeof(failure.detail));
	if (error->hint != NULL)
		strlcpy(failure.hint, error->hint, sizeof(failure.hint));
	tell_failure(worker, &failure);
}

/* The process ends.  It detaches only after this, so that the leader finds the reason. */
static void
tell_termination(int code, Datum argument)
{
	Worker		*worker = (Worker *) DatumGetPointer(argument);
	OwnerFailure failure = failure_of_fault(FAULT_WORKER_TERMINATED);

	if (code != 0 && worker->own != NULL)
		tell_failure(worker, &failure);
}

void
nfstream_worker_main(Datum argument)
{
	static Worker	worker;
	WorkerArguments arguments;
	MemoryContext	context;

	(void) argument;
	memcpy(&arguments, MyBgworkerEntry->bgw_extra, sizeof(arguments));
	pqsignal(SIGTERM, die);
	pqsignal(SIGINT, SIG_IGN); /* it runs no statement that could be cancelled */
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	CurrentResourceOwner = ResourceOwnerCreate(NULL, "nfstream worker");
	context = AllocSetContextCreate(TopMemoryContext, "nfstream worker", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);

	if (!attach(&worker, &arguments))
		return;
	before_shmem_exit(tell_termination, PointerGetDatum(&worker));
	PG_TRY();
	{
		run(&worker);
	}
	PG_CATCH();
	{
		tell_error(&worker, context);
	}
	PG_END_TRY();
	dsm_detach(worker.own);
	worker.own = NULL;
	dsm_detach(worker.scan);
}
