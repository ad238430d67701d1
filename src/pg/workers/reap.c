/*
 * reap.c
 *	  The end of a meter's process.
 */
#include "postgres.h"

#include <signal.h>
#include <sys/wait.h>

#include "pg/base/settings.h"
#include "pg/workers/reap.h"

/* Waiting for a meter's end, in microseconds: in all, and between two looks. */
#define LONGEST_WAIT  1000000
#define FIRST_PAUSE	  100
#define LONGEST_PAUSE 10000

/* What the plugins of a meter have for cleaning up, in microseconds, where the scan ends before its source. */
#define MOMENT_TO_CLEAN_UP 100000

/* No other meter is started while this many were told to end and have not ended. */
#define LINGERING_MAX 16

/* Such meters of this process: there was a slot for each. */
static pid_t lingering[LINGERING_MAX + SLOTS_MAX];
static int	 lingering_count = 0;

/* Whether a child has ended, and how; it must not be asked for again once it has. */
static bool
has_ended(pid_t pid, int *status)
{
	pid_t ended;

	*status = 0;
	do
		ended = waitpid(pid, status, WNOHANG);
	while (ended < 0 && errno == EINTR);
	return ended != 0;
}

/* Forgets those that have ended since. */
static void
reap_lingering(void)
{
	int kept = 0,
		status;

	for (int i = 0; i < lingering_count; i++)
		if (!has_ended(lingering[i], &status))
			lingering[kept++] = lingering[i];
	lingering_count = kept;
}

bool
reap_child(pid_t pid, int *status)
{
	long longest = LONGEST_WAIT / (lingering_count + 1),
		 waited = 0,
		 pause = FIRST_PAUSE;

	Assert(pid > 0);	 /* 0 and less are many processes, not one */
	kill(-pid, SIGKILL); /* with all that it might have started */
	kill(pid, SIGKILL);
	while (!has_ended(pid, status))
	{
		if (waited >= longest)
		{
			Assert(lingering_count < lengthof(lingering));
			lingering[lingering_count++] = pid;
			return false;
		}
		pg_usleep(pause);
		waited += pause;
		pause = Min(pause * 3 / 2, LONGEST_PAUSE);
	}
	return true;
}

void
reap_check_lingering(void)
{
	reap_lingering();
	if (lingering_count >= LINGERING_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("%d meters of this session were told to end and have not", lingering_count),
				 errhint("The file system of their captures does not answer: try again when it does.")));
}

void
reap_give_moment(pid_t pid)
{
	long waited = 0,
		 pause = FIRST_PAUSE;

	while (waited < MOMENT_TO_CLEAN_UP)
	{
		siginfo_t ended = {0};

		/* It is not reaped here. */
		if (waitid(P_PID, pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != 0)
			return;
		pg_usleep(pause);
		waited += pause;
		pause = Min(pause * 3 / 2, LONGEST_PAUSE);
	}
}
