/*
 * walls.c
 *	  What nfstream_sockets gives up before it looks at the host, and what the child that finds processes does.
 *
 * Other users' processes have a say in what is read here: the names they give themselves, the ports they take.  None of it is
 * parsed by more than a few lines, but a program that may look at every process of the machine shall be able to do nothing
 * else.  System calls are denied by default (seccomp, kill), with the flags and descriptors of those that are left; the
 * capabilities are in a child that cannot open a file, and Landlock is around its parent, which can.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "meter/landlock.h"
#include "sockets/walls.h"

#define FILES_MAX 16

static const int calls_of_both[] = {SCMP_SYS(close), SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
									SCMP_SYS(rt_sigreturn)};

static const int calls_of_finder[] = {SCMP_SYS(getdents64), SCMP_SYS(readlinkat), SCMP_SYS(lseek)};

static const int calls_of_watcher[] = {
	SCMP_SYS(read), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(clock_gettime), SCMP_SYS(wait4),
	/* memory, and for qsort() how much the machine has */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(sysinfo)};

static const cap_value_t capabilities[] = {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};

/* The kernel looks at 32 bits of these, whatever the others hold. */
#define WORD_IS(argument, value) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t) (value))

/* Keeps of what the program's file has given the two capabilities, and puts them to use; none with `keeps` false. */
static bool
keep_capabilities(bool keeps, bool *all)
{
	cap_t given = cap_get_proc(),
		  kept = cap_init();
	bool done = given != NULL && kept != NULL;

	*all = true;
	for (size_t i = 0; done && i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
	{
		cap_flag_value_t has = CAP_CLEAR;

		done = cap_get_flag(given, capabilities[i], CAP_PERMITTED, &has) == 0;
		if (keeps && has == CAP_SET)
			done = done && cap_set_flag(kept, CAP_PERMITTED, 1, &capabilities[i], CAP_SET) == 0 &&
				   cap_set_flag(kept, CAP_EFFECTIVE, 1, &capabilities[i], CAP_SET) == 0;
		else
			*all = false;
	}
	done = done && cap_set_proc(kept) == 0;
	cap_free(given);
	cap_free(kept);
	return done;
}

static bool
limit(int resource, rlim_t most)
{
	struct rlimit both;

	if (getrlimit(resource, &both) != 0)
		return false;
	if (most < both.rlim_max)
		both.rlim_max = most;
	both.rlim_cur = both.rlim_max;
	return setrlimit(resource, &both) == 0;
}

static bool
limit_resources(uint64_t memory)
{
	return limit(RLIMIT_CORE, 0) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, FILES_MAX) &&
		   (memory == 0 || limit(RLIMIT_AS, memory)) && prctl(PR_SET_DUMPABLE, 0) == 0;
}

static bool
allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	bool added = filter != NULL;

	for (size_t i = 0; added && i < count; i++)
		added = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0;
	return added;
}

#define ALLOW_ALL(filter, calls) allow(filter, calls, sizeof(calls) / sizeof((calls)[0]))
#define ALLOW(call, count, ...)	 (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(call), count, __VA_ARGS__) == 0)

/* A kernel without seccomp has no walls to offer: it fails otherwise than for want of a filter at address 0. */
static bool
load(scmp_filter_ctx filter, bool complete)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != -1 || errno == EINVAL)
		complete = false;
	complete = complete && seccomp_load(filter) == 0;
	if (filter != NULL)
		seccomp_release(filter);
	return complete;
}

static bool
filter_calls_of_finder(int channel)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

	return load(filter, ALLOW_ALL(filter, calls_of_both) && ALLOW_ALL(filter, calls_of_finder) &&
							ALLOW(openat, 1, WORD_IS(2, WALLS_OPENS_DIRECTORY)) && ALLOW(read, 1, WORD_IS(0, channel)) &&
							ALLOW(write, 1, WORD_IS(0, channel)));
}

static bool
filter_calls_of_watcher(const WatcherFiles *files)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool			complete = ALLOW_ALL(filter, calls_of_both) && ALLOW_ALL(filter, calls_of_watcher) &&
					ALLOW(openat, 1, WORD_IS(2, WALLS_OPENS_FILE)) && ALLOW(write, 1, WORD_IS(0, files->owner)) &&
					ALLOW(write, 1, WORD_IS(0, files->finder)) && ALLOW(mmap, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	for (int i = 0; complete && i < 2; i++)
		complete = ALLOW(sendto, 1, WORD_IS(0, files->kernel[i])) && ALLOW(recvmsg, 1, WORD_IS(0, files->kernel[i]));
	return load(filter, complete);
}

const char *
walls_of_finder(int channel, uint64_t memory, bool *sees_all)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return "the right to gain privileges";
	if (!keep_capabilities(true, sees_all))
		return "capabilities";
	if (chdir("/") != 0 || !limit_resources(memory))
		return "resources";
	return filter_calls_of_finder(channel) ? NULL : "system calls";
}

const char *
walls_of_watcher(const WatcherFiles *files, uint64_t memory)
{
	static const char *const readable[] = {"/proc"};
	bool					 all;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return "the right to gain privileges";
	if (!keep_capabilities(false, &all))
		return "capabilities";
	if (chdir("/") != 0 || !limit_resources(memory))
		return "resources";
	if (landlock_version() >= 1 && !landlock_keep_reading(readable, 1))
		return "files";
	return filter_calls_of_watcher(files) ? NULL : "system calls";
}
