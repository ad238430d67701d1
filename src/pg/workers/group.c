/*
 * group.c
 *	  The meters of a scan that capture from one interface.
 *
 * A new member of a group changes which packets the others get, so all have joined before any captures.  Where the scan has one
 * meter there is no group: it is ready at once.
 */
#include "postgres.h"

#include "pg/workers/group.h"
#include "wire/message.h"

bool
group_told(GroupMember *member, uint32 type, uint32 number)
{
	switch (type)
	{
		case MESSAGE_OPENED:
			if (member->stage != GROUP_STARTING || member->shards < 2)
				return false;
			member->stage = GROUP_OPENED;
			return true;
		case MESSAGE_JOINED:
			if (member->stage != GROUP_JOINING || number == 0)
				return false;
			if (member->shard == 0)
				pg_atomic_write_u32(&member->shared->group, number);
			else if (number != pg_atomic_read_u32(&member->shared->group))
				return false;
			member->stage = GROUP_JOINED;
			return true;
		default:
			Assert(type == MESSAGE_READY);
			if (member->stage != (member->shards < 2 ? GROUP_STARTING : GROUP_JOINED))
				return false;
			pg_atomic_fetch_add_u32(&member->shared->ready, 1);
			member->stage = GROUP_READY;
			return true;
	}
}

bool
group_waits(const GroupMember *member)
{
	return member->stage == GROUP_OPENED || member->stage == GROUP_READY;
}

bool
group_answer(GroupMember *member, uint32 *type, uint32 *number)
{
	*number = 0;
	switch (member->stage)
	{
		case GROUP_OPENED:
			if (member->shard > 0 && (*number = pg_atomic_read_u32(&member->shared->group)) == 0)
				return false;
			*type = MESSAGE_JOIN;
			member->stage = GROUP_JOINING;
			return true;
		case GROUP_READY:
			if (pg_atomic_read_u32(&member->shared->ready) < member->shards)
				return false;
			*type = MESSAGE_CAPTURE;
			member->stage = GROUP_CAPTURES;
			return true;
		default:
			return false;
	}
}
