/*
 * board.c
 *	  What the meters of the whole cluster are doing, for everyone to see.
 *
 * It is an array in shared memory with a row for each slot that a meter can have.  Only the session with the slot writes there, and takes
 * its entry off before it gives the slot back, or when the memory of its scan goes; a lock is held for the time of a copy.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
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

static Row					  *rows = NULL;
static shmem_request_hook_type request_before = NULL;
static shmem_startup_hook_type startup_before = NULL;

static void
request(void)
{
	if (request_before != NULL)
		request_before();
	RequestAddinShmemSpace(SLOTS_MAX * sizeof(Row));
}

static void
start_up(void)
{
	bool found;

	if (startup_before != NULL)
		startup_before();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	rows = ShmemInitStruct("nfstream meters", SLOTS_MAX * sizeof(Row), &found);
	if (!found)
	{
		memset(rows, 0, SLOTS_MAX * sizeof(Row));
		for (int i = 0; i < SLOTS_MAX; i++)
			SpinLockInit(&rows[i].lock);
	}
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

bool
board_is_there(void)
{
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

	if (rows == NULL)
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
