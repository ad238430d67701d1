/*
 * slots.h
 *	  How many meters run under background workers in the whole cluster: the setting max_meters.
 */
#ifndef PG_SLOTS_H
#define PG_SLOTS_H

/* Takes a slot for one more meter, or says that there is none; *slot tells it apart.  It goes back with slot_release() or an error. */
bool		slot_take(int *slot);
void		slot_release(int slot);

#endif							/* PG_SLOTS_H */
