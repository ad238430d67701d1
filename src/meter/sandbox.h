/*
 * sandbox.h
 *	  What a meter gives up before it reads its first packet.
 */
#ifndef METER_SANDBOX_H
#define METER_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The most files that a meter may have open at once: sources that are named by hand are all opened before the first is read. */
#define SANDBOX_FILES_MAX 65536

/* The first descriptor that is not a standard one. */
#define SANDBOX_OTHERS 3

/*
 * At the start: closes every file from descriptor `others` on, empties the environment, has the kernel end this program
 * together with its owner, whose pid is given (0: there is none), and makes it the first to be ended when the machine
 * runs out of memory.  False if the owner is gone already.
 */
bool sandbox_prepare(pid_t owner, int others);

/* After that, for a moment: the program may capture, if its file has the capability or its user is root; and may not any more. */
void sandbox_raise_capture(void);
bool sandbox_drop_capabilities(void);

/*
 * Gives up capabilities, the right to gain any, and the working directory, and bounds what the program may have, for
 * good: what comes next can open files and make system calls, but with no more rights than its user has, and no more
 * memory than this.  Returns NULL, or what could not be given up, as a constant text.
 *
 * memory: how many bytes the program may have in all, its code included; 0 for no bound of its own.
 */
const char *sandbox_limit(uint64_t memory);

/* In the place of a packet socket: the sources are files. */
#define SANDBOX_NO_CAPTURE (-1)

/*
 * After that: gives up files, as far as the kernel has Landlock for it.  Threads that are made after this, and before what follows, stand in the
 * same sandbox.  And: no process and no thread more can be made.
 */
bool sandbox_give_up_files(void);
bool sandbox_give_up_processes(void);

/*
 * Gives up processes, and all that is left, for good: from here on the program can read what is open, write to its standard output and error
 * and to `records`, get memory, and end; anything else kills it.  Returns as above.
 *
 * records: the descriptor that records are written to. hears: whether messages, and further files, come over that descriptor,
 * which then is a socket. capture: the packet socket of a meter whose source is an interface, which reads no files, and may ask
 * of that socket what sandbox_live.h has; else SANDBOX_NO_CAPTURE. needs_filter: whether a kernel without seccomp is a failure.
 * On such a kernel only the other walls are left. has_threads: there are others besides this one, for which all of it holds, too.
 */
const char *sandbox_enter(int records, bool hears, int capture, bool needs_filter, bool has_threads);

#endif /* METER_SANDBOX_H */
