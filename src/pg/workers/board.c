/*
 * board.c
 *	  What the meters of the whole cluster are doing, for everyone to see.
 *
 * It is an array in shared memory with a row for each slot that a meter can have.  Only the session with the slot writes there, and takes
 * its entry off before it gives the slot back, or when the memory of its scan goes; a lock is held for the time of a copy.
 *
 * A library that is loaded when the server starts has such memory from then on.  From PostgreSQL 17 on it can be had later too: the server
 * keeps a registry of segments by name, in which the first who needs the array has it made and everyone else finds it, until the server ends.
 */
#include "postgres.h"

#if PG_VERSION_NUM >= 170000
#include "access/xact.h"
#endif
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#if PG_VERSION_NUM >= 170000
#include "storage/dsm_registry.h"
#endif
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/timestamp.h"

#include "pg/base/settings.h"
#include "pg/workers/board.h"

typedef struct Row
{
	slock_t	   lock;
	BoardEntry entry;
} Row;

#define BOARD_SIZE (SLOTS_MAX * sizeof(Row))
#define BOARD_NAME "nfstream meters"

static Row					  *rows = NULL;
static shmem_request_hook_type request_before = NULL;
static shmem_startup_hook_type startup_before = NULL;

static void
make_rows(void *memory)
{
	Row *made = memory;

	memset(made, 0, BOARD_SIZE);
	for (int i = 0; i < SLOTS_MAX; i++)
		SpinLockInit(&made[i].lock);
}

static void
request(void)
{
	if (request_before != NULL)
		request_before();
	RequestAddinShmemSpace(BOARD_SIZE);
}

static void
start_up(void)
{
	bool found;

	if (startup_before != NULL)
		startup_before();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	rows = ShmemInitStruct(BOARD_NAME, BOARD_SIZE, &found);
	if (!found)
		make_rows(rows);
	LWLockRelease(AddinShmemInitLock);
}

void
board_request(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	request_before = shmem_request_hook;
	shmem_request_hook = request;
	startup_before = shmem_startup_hook;
	shmem_startup_hook = start_up;
}

#if PG_VERSION_NUM >= 170000

/*
 * Where there is no memory for it, scans go on without: the error is caught.  The registry may hold a lock then, which the subtransaction
 * gives back, and may not have it made any more before the server's restart, so that a session asks once.
 *
 * After an upgrade sessions with another size of the array may still run: they have another name for it.
 */
static void
look_up_rows(void)
{
	static bool	  is_refused = false;
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char		  name[64];
	bool		  found;

	if (is_refused)
		return;
	snprintf(name, sizeof(name), BOARD_NAME " of %zu bytes", (size_t) BOARD_SIZE);
	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		rows = GetNamedDSMSegment(name, BOARD_SIZE, make_rows, &found);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		is_refused = true;
		ereport(LOG,
				(errmsg("the progress of scans is not shown: there is no shared memory for it"),
				 errdetail_internal("%s", error->message)));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

#endif

bool
board_is_there(void)
{
#if PG_VERSION_NUM >= 170000
	if (rows == NULL)
		look_up_rows();
#endif
	return rows != NULL;
}

/* What there is room for, of whole characters. */
static void
put_shown(char *to, const char *text)
{
	int length = pg_mbcliplen(text, strlen(text), BOARD_SOURCE_MAX - 1);

	memcpy(to, text, length);
	to[length] = '\0';
}

static int
leader_pid(void)
{
	const PGPROC *leader = MyProc->lockGroupLeader;

	return leader == NULL || leader == MyProc ? 0 : leader->pid;
}

void
board_enter(const Slot *slot, const ScanJob *job, uint32 meter)
{
	BoardEntry entry = {
		.pid = MyProcPid,
		.leader = leader_pid(),
		.database = MyDatabaseId,
		.user = GetUserId(),
		.table = job->table,
		.meter = meter,
		.started = GetCurrentTimestamp(),
		.bytes_total = request_is_live(&job->request) ? COUNT_NOT_KNOWN : 0,
	};

	if (!board_is_there())
		return;
	for (uint32 i = 0; i < job->request.files; i++)
		entry.bytes_total += job->files[i].size;
	put_shown(entry.source, job->source);
	SpinLockAcquire(&rows[slot->number].lock);
	rows[slot->number].entry = entry;
	SpinLockRelease(&rows[slot->number].lock);
}

/* After a transaction that failed the slot may be another session's by now. */
void
board_leave(const Slot *slot)
{
	if (rows == NULL)
		return;
	SpinLockAcquire(&rows[slot->number].lock);
	if (rows[slot->number].entry.pid == MyProcPid)
		rows[slot->number].entry.pid = 0;
	SpinLockRelease(&rows[slot->number].lock);
}

void
board_update(const Slot *slot, const ScanJob *job, const PlaceMessage *place, uint64 flows_sent)
{
	char file[BOARD_SOURCE_MAX] = "";

	if (rows == NULL)
		return;
	if (!request_is_live(&job->request))
		put_shown(file, job->files[place->file].path);
	SpinLockAcquire(&rows[slot->number].lock);
	rows[slot->number].entry.place = *place;
	rows[slot->number].entry.flows_sent = flows_sent;
	memcpy(rows[slot->number].entry.file, file, sizeof(file));
	SpinLockRelease(&rows[slot->number].lock);
}

bool
board_read(int number, BoardEntry *entry)
{
	SpinLockAcquire(&rows[number].lock);
	*entry = rows[number].entry;
	SpinLockRelease(&rows[number].lock);
	return entry->pid != 0 && BackendPidGetProc(entry->pid) != NULL;
}
