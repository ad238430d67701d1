/*
 * sandbox_child.h
 *	  What the tests of sandboxes share: a child that goes into one does something, and how it ended.
 */
#ifndef TEST_UNIT_SANDBOX_CHILD_H
#define TEST_UNIT_SANDBOX_CHILD_H

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"

typedef int (*Act)(void);

/* The end of a child in its sandbox.  Not declared as such: the sanitizer has its own calls to make before one. */
static inline void
leave(int status)
{
	syscall(SYS_exit_group, status);
}

/* How a child ended: its status as waitpid() has it. */
static inline int
wait_for(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

#endif /* TEST_UNIT_SANDBOX_CHILD_H */
