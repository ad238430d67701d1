/*
 * sandbox_prepare.c
 *	  What a program that the server starts does first: it ends with its owner, and has nothing of it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "meter/sandbox.h"

/* Between -1000 and 1000: how early the kernel picks this process when memory runs out. */
#define OOM_SCORE "800"

/*
 * A capture that eats the machine's memory shall cost its own meter, not a session.  Without /proc a meter runs all the
 * same.
 *
 * A program whose file has capabilities starts as one that leaves no core and that nobody can attach to, and then its files
 * in /proc belong to root.  That state is lifted for the moment of writing, and no longer: once the capabilities are given
 * up, it alone keeps others of the same user from what was opened with them.
 */
static void
be_first_to_go(void)
{
	int was = prctl(PR_GET_DUMPABLE),
		file = -1;

	if (prctl(PR_SET_DUMPABLE, 1) == 0)
		file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (file >= 0)
	{
		if (write(file, OOM_SCORE, strlen(OOM_SCORE)) < 0)
			errno = 0; /* the score stays as it was */
		close(file);
	}
	if (was == 0)
		prctl(PR_SET_DUMPABLE, 0);
}

/* Closes all descriptors from `others` on, also where the kernel has no call for it (before Linux 5.9). */
static bool
close_files(int others)
{
	DIR					*open_files;
	const struct dirent *entry;

	if (syscall(SYS_close_range, others, ~0u, 0) == 0)
		return true;
	open_files = opendir("/proc/self/fd");
	if (open_files == NULL)
		return false;
	while ((entry = readdir(open_files)) != NULL)
	{
		int descriptor = atoi(entry->d_name); /* 0 for "." and ".." */

		if (descriptor >= others && descriptor != dirfd(open_files))
			close(descriptor);
	}
	return closedir(open_files) == 0;
}

bool
sandbox_prepare(pid_t owner, int others)
{
	static char printed[BUFSIZ];

	/* The kernel ends this program with its owner; the look at getppid() is for an owner that was gone before. */
	if (owner != 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != owner))
		return false;
	signal(SIGPIPE, SIG_IGN);
	be_first_to_go();

	/* nDPI asks for the local time now and then, for which the C library would look for a file from inside the sandbox. */
	clearenv();
	setenv("TZ", "UTC0", 1);
	tzset();

	/*
	 * Standard output gets its buffer now: for a library that prints, the C library would ask the system how large it
	 * should be.
	 */
	setvbuf(stdout, printed, _IOFBF, sizeof(printed));
	return close_files(others);
}
