/*
 * sandbox_python.h
 *	  The sandbox of a meter in which Python runs: it may load what lies in a few directories, and compute.
 */
#ifndef METER_SANDBOX_PYTHON_H
#define METER_SANDBOX_PYTHON_H

#include <stdbool.h>

/* What could not be given up on a kernel without Landlock, which has a message of its own. */
extern const char sandbox_no_landlock[];

/*
 * In the place of sandbox_enter(), after sandbox_limit(): gives up all that is left, for good, but reading files below
 * `readable` and loading them as code.  To be called before the interpreter starts: a plugin's module is executed inside.
 *
 * What is refused fails with EPERM or EACCES, so that a plugin's attempt is an exception of Python's with a line number;
 * only a call of another architecture kills.  Needs seccomp and Landlock on any account, for what runs here is a program
 * that somebody wrote.
 *
 * records, hears, capture: as for sandbox_enter().  readable: names of directories or files, the last NULL; one that is not
 * there is passed over.  Sets the environment that libraries of numbers read: with one thread each.
 *
 * Returns NULL, or what could not be given up, as a constant text; sandbox_no_landlock is one.
 */
const char *sandbox_enter_python(int records, bool hears, int capture, const char *const *readable);

#endif /* METER_SANDBOX_PYTHON_H */
