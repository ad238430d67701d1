/*
 * sandbox.h
 *	  What a meter gives up before it reads its first packet.
 */
#ifndef METER_SANDBOX_H
#define METER_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * At the start: closes every file but the standard three, empties the environment, has the kernel end this program together
 * with its owner, whose pid is given (0: there is none), and makes it the first to go where the machine runs out of memory.
 * False if the owner is gone already.
 */
bool		sandbox_prepare(pid_t owner);

/*
 * Gives up all privileges for good: from here on the program can read and write what is open, be sent further files by its
 * owner, get memory, and end; anything else kills it.  Returns NULL, or what could not be given up, as a constant text.
 *
 * memory: how many bytes the program may have in all, its code included; 0 for no bound of its own.
 * needs_filter: whether a kernel without seccomp is a failure.  Without one the other walls must do.
 */
const char *sandbox_enter(uint64_t memory, bool needs_filter);

#endif							/* METER_SANDBOX_H */
