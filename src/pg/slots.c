/*
 * slots.c
 *	  How many meters run under background workers in the whole cluster.
 *
 * An idle cursor keeps its workers; without a bound a few of them keep all that the cluster has.  A slot is a lock that nobody
 * waits for, of a number below the bound: no memory has to be shared from the server's start on, and whoever ends, in whatever
 * way, has left his slots.  Locks of users are a kind that the server itself takes none of.
 */
#include "postgres.h"

#include "storage/lock.h"

#include "pg/settings.h"
#include "pg/slots.h"

#if PG_VERSION_NUM < 170000
#define LockHeldByMe(tag, mode, or_stronger) LockHeldByMe(tag, mode)
#endif

#define SLOT_MAGIC	0x6e667366
#define NO_SLOT		(-1)		/* no bound was set */

static LOCKTAG
tag_of(int slot)
{
	return (LOCKTAG) {
		.locktag_field1 = SLOT_MAGIC,
		.locktag_field2 = (uint32) slot,
		.locktag_type = LOCKTAG_USERLOCK,
		.locktag_lockmethodid = USER_LOCKMETHOD,
	};
}

bool
slot_take(int *slot)
{
	*slot = NO_SLOT;
	if (setting_max_meters == 0)
		return true;
	for (int i = 0; i < setting_max_meters; i++)
	{
		LOCKTAG		tag = tag_of(i);

		/* One that this session has already would be given again. */
		if (LockHeldByMe(&tag, ExclusiveLock, false))
			continue;
		if (LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
		{
			*slot = i;
			return true;
		}
	}
	return false;
}

void
slot_release(int slot)
{
	LOCKTAG		tag = tag_of(slot);

	if (slot != NO_SLOT)
		LockRelease(&tag, ExclusiveLock, false);
}
