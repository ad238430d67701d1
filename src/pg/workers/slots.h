/*
 * slots.h
 *	  How many meters run in the whole cluster: the settings max_meters and max_workers.
 */
#ifndef PG_WORKERS_SLOTS_H
#define PG_WORKERS_SLOTS_H

#include "utils/resowner.h"

/* The right to one meter more. */
typedef struct Slot
{
	int			  number;
	ResourceOwner owner; /* gives it back at its end; NULL: it was given back */
} Slot;

/* Takes a slot for a meter under a worker; false if there is none.  It goes back with slot_release() or its resource owner. */
bool slot_take_for_worker(Slot *slot);

/* The same for a meter of this process's own; an error if there is none, or false where `or_none`. */
bool slot_take_for_leader(Slot *slot, bool or_none);

/* Gives it back, if it was not yet. */
void slot_release(Slot *slot);

/* How many slots this process has given back so far: who waits for one need not try again before there are more. */
uint64 slot_releases(void);

#endif /* PG_WORKERS_SLOTS_H */
