/*
 * sandbox.h
 *	  What a meter gives up before it reads its first packet.
 */
#ifndef METER_SANDBOX_H
#define METER_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * At the start: closes every file but the standard three, empties the environment, and has the kernel end this program
 * together with its owner, whose pid is given (0: there is none).  False if the owner is gone already.
 */
bool		sandbox_prepare(pid_t owner);

/*
 * Gives up all privileges for good: from here on the program can read and write what is open, be sent further files by its
 * owner, get memory, and end; anything else kills it.  Returns NULL, or what could not be given up, as a constant text.
 */
const char *sandbox_enter(void);

#endif							/* METER_SANDBOX_H */
