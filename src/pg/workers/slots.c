/*
 * slots.c
 *	  How many meters run in the whole cluster.
 *
 * A meter takes processor time and memory, and an idle cursor keeps its meters: without a bound, whoever may SELECT could
 * take all that the machine has.  Nor may one session take all meters, as others scan too, or meters take all of the
 * cluster's background workers, which parallel queries need.
 *
 * A slot is a number below max_meters, and a lock on it that nobody waits for: no memory has to be shared from the
 * server's start on, and a process that ends, in whatever way, gives its slots back.  The lock is a transaction's, so
 * that the resource owner of a cursor releases it and no user's function can, and of a kind that the server itself does
 * not take.  Meters under workers take numbers below max_workers, from 0 up; other meters take numbers from the top down,
 * so that those for workers are taken last.
 *
 * Locks of the participants of a parallel query do not keep each other out.  So a participant looks, after it has got one, whether another
 * has it, too, and gives it back then; each begins at a number of its own, so that two seldom meet.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/proc.h"

#include "pg/base/settings.h"
#include "pg/workers/slots.h"

#if PG_VERSION_NUM < 170000
#define LockHeldByMe(tag, mode, or_stronger) LockHeldByMe(tag, mode)
#endif

#define SLOT_MAGIC 0x6e66736c

/* How often all numbers are tried: two participants that have met have both given back what they had. */
#define TRIES 2

static uint64 releases = 0;

static LOCKTAG
tag_of(int number)
{
	return (LOCKTAG) {
		.locktag_field1 = SLOT_MAGIC,
		.locktag_field2 = (uint32) number,
		.locktag_type = LOCKTAG_USERLOCK,
		.locktag_lockmethodid = USER_LOCKMETHOD,
	};
}

/* Whether another participant of the same parallel query has it, too. */
static bool
is_shared(const LOCKTAG *tag)
{
	int count = 0;

	if (MyProc->lockGroupLeader == NULL)
		return false;
	(void) GetLockConflicts(tag, ExclusiveLock, &count);
	return count > 0;
}

static bool
take(Slot *slot, int number)
{
	LOCKTAG tag = tag_of(number);

	Assert(number >= 0 && number < setting_max_meters);
	/* A lock that this session has already would be granted again. */
	if (LockHeldByMe(&tag, ExclusiveLock, false) ||
		LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	if (is_shared(&tag))
	{
		LockRelease(&tag, ExclusiveLock, false);
		return false;
	}
	slot->number = number;
	slot->owner = CurrentResourceOwner;
	return true;
}

/* How many of them this session has. */
static int
slots_of_session(void)
{
	int slots = 0;

	for (int number = 0; number < setting_max_meters; number++)
	{
		LOCKTAG tag = tag_of(number);

		if (LockHeldByMe(&tag, ExclusiveLock, false))
			slots++;
	}
	return slots;
}

/* How many a session may have. */
static int
slots_for_session(void)
{
	return Max(setting_max_meters / 2, 1);
}

/* How many of the slots are for meters under workers. */
static int
slots_of_workers(void)
{
	int workers = setting_max_workers;

	if (workers < 0)
		workers = Max(max_worker_processes / 2, 1);
	return Min(workers, setting_max_meters);
}

bool
slot_take_for_worker(Slot *slot)
{
	int slots = slots_of_workers();

	if (slots_of_session() >= slots_for_session())
		return false;
	for (int number = 0; number < slots; number++)
		if (take(slot, number))
			return true;
	return false;
}

bool
slot_take_for_leader(Slot *slot, bool or_none)
{
	const char *hint = "Close cursors that are not needed, try again later, or have an administrator raise \"nfstream_fdw.max_meters\".";

	if (slots_of_session() >= slots_for_session())
	{
		if (or_none)
			return false;
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no meter can be started: this session has %d", slots_of_session()),
				 errdetail("A session may have half of the %d meters that the setting \"nfstream_fdw.max_meters\" allows. A cursor keeps its meters until its last row was fetched, or it is closed.", setting_max_meters),
				 errhint("%s", hint)));
	}
	for (int i = 0; i < TRIES * setting_max_meters; i++)
		if (take(slot, setting_max_meters - 1 - (i + ParallelWorkerNumber + 1) % setting_max_meters))
			return true;
	if (or_none)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("no meter can be started: %d run in this cluster", setting_max_meters),
			 errdetail("The setting \"nfstream_fdw.max_meters\" allows no more. A cursor keeps its meters until its last row was fetched, or it is closed."),
			 errhint("%s", hint)));
}

void
slot_release(Slot *slot)
{
	LOCKTAG		  tag = tag_of(slot->number);
	ResourceOwner before = CurrentResourceOwner;

	if (slot->owner == NULL)
		return;
	CurrentResourceOwner = slot->owner;
	LockRelease(&tag, ExclusiveLock, false);
	CurrentResourceOwner = before;
	slot->owner = NULL;
	releases++;
}

uint64
slot_releases(void)
{
	return releases;
}
