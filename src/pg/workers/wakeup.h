/*
 * wakeup.h
 *	  A descriptor that can be read from when a scan may have something new, for who waits on descriptors only.
 *
 * A leader that waits for one scan waits on its latch, which its workers set.  An Append with several scans under it waits on a descriptor
 * of each: theirs is this one.
 */
#ifndef PG_WORKERS_WAKEUP_H
#define PG_WORKERS_WAKEUP_H

/* Where another process of this server finds it; all zeros: there is none. */
typedef struct WakeupAddress
{
	int	   pid;
	int	   descriptor;
	uint64 device;
	uint64 inode;
} WakeupAddress;

/* --------------------------------------------------------------------------------------------------------- the leader's side */

typedef struct Wakeup Wakeup;

/* One for the life of the current memory context.  If the session has no descriptors to spare, for it and a meter: an error, or NULL where `or_none`. */
Wakeup *wakeup_create(bool or_none);

/* Gives its descriptors back before that: it is not to be used any more. */
void wakeup_end(Wakeup *wakeup);

/* To be waited for, and nothing else. */
int wakeup_descriptor(const Wakeup *wakeup);

WakeupAddress wakeup_address(const Wakeup *wakeup);

/* A socket that wakes as well while it can be read from, until it is closed. */
void wakeup_add_socket(Wakeup *wakeup, int socket);

/* It wakes after so many ms, whatever comes; 0: at once. */
void wakeup_after(Wakeup *wakeup, long milliseconds);

/* What has woken is taken note of. */
void wakeup_clear(Wakeup *wakeup);

/* ---------------------------------------------------------------------------------------------------------- a worker's side */

/* The way to it, to be closed; -1 if there is none. */
int wakeup_open(const WakeupAddress *address);

void wakeup_send(int descriptor);

#endif /* PG_WORKERS_WAKEUP_H */
