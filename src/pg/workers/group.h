/*
 * group.h
 *	  The meters of a scan that capture from one interface: how their owners let them begin together.
 *
 * The first meter makes a group, the others join it, and no packet passes before all of them are ready: wire/message.h has the
 * messages.  The owners agree by what they share of the scan (ScanShared), each for its own meter.
 */
#ifndef PG_WORKERS_GROUP_H
#define PG_WORKERS_GROUP_H

#include "pg/workers/job.h"

/* How far a meter is. */
typedef enum GroupStage
{
	GROUP_STARTING,
	GROUP_OPENED,  /* it has its interface open, and waits for the group's number */
	GROUP_JOINING, /* it has the number, or is to make the group */
	GROUP_JOINED,
	GROUP_READY, /* it waits for all others to be so */
	GROUP_CAPTURES
} GroupStage;

typedef struct GroupMember
{
	ScanShared *shared;
	uint32		shard;
	uint32		shards; /* in the group */
	GroupStage	stage;
} GroupMember;

/* Takes what the meter says of itself: a message of one of the types OPENED, JOINED, READY.  False if it may not say that now. */
bool group_told(GroupMember *member, uint32 type, uint32 number);

/* Whether the meter waits for an answer. */
bool group_waits(const GroupMember *member);

/*
 * The answer, JOIN or CAPTURE, if there is one by now; it must be sent then.  Where there is none, it depends on other owners: whoever
 * asks looks again after a moment.
 */
bool group_answer(GroupMember *member, uint32 *type, uint32 *number);

#endif /* PG_WORKERS_GROUP_H */
