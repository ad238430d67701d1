/*
 * reap.h
 *	  The end of a meter's process.
 */
#ifndef PG_WORKERS_REAP_H
#define PG_WORKERS_REAP_H

#include <sys/types.h>

/*
 * Ends a child, if it did not end itself, and waits until it is gone; *status is as waitpid() has it.
 *
 * A meter cannot refuse, but a process ends only when the kernel is done with what it does for it, as with a read from a
 * file system that has gone away.  Nobody can wait for that, let alone for many meters one by one: then the result is
 * false, and the meter is one of those that linger.
 */
bool reap_child(pid_t pid, int *status);

/* Errors if too many linger for one more to be started. */
void reap_check_lingering(void);

/* Gives the plugins of a meter a moment to clean up, or until it has ended; whatever it does instead, it has no more time than that. */
void reap_give_moment(pid_t pid);

#endif /* PG_WORKERS_REAP_H */
