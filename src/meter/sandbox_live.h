/*
 * sandbox_live.h
 *	  What a meter that captures may do in its sandbox beyond one that reads files.
 */
#ifndef METER_SANDBOX_LIVE_H
#define METER_SANDBOX_LIVE_H

#include <seccomp.h>
#include <stdbool.h>

/*
 * Has a sandbox's filter let through waiting, and what is asked of this packet socket: to attach a filter and to lock it, how
 * many packets there were, what went wrong, and whether its interface is still there.  False if a rule cannot be made.
 */
bool sandbox_allow_capture(scmp_filter_ctx filter, int capture);

#endif /* METER_SANDBOX_LIVE_H */
