/*
 * sandbox.c
 *	  What a meter gives up before it reads its first packet.
 *
 * Captures come from attackers, and nDPI is C: whoever takes over a meter shall find a process that can do nothing but
 * write records.  System calls are denied by default (seccomp, kill); there are no new privileges, no capabilities, no
 * core dump, no children, and memory is bounded.  Landlock, where the kernel has it, is a second wall around files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "meter/landlock.h"
#include "meter/sandbox.h"
#include "meter/sandbox_live.h"

/* Between -1000 and 1000: how early the kernel picks this process when memory runs out. */
#define OOM_SCORE "800"

static const int allowed_calls[] = {
	/* write and recvmsg have rules of their own */
	SCMP_SYS(close), SCMP_SYS(restart_syscall),
	/* memory; mmap and mprotect have rules of their own */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	/* qsort asks how much memory the machine has */
	SCMP_SYS(sysinfo),
	/* the time, and random numbers for nDPI's hashes; a C library that keeps a pool of them blocks signals meanwhile */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(rt_sigprocmask),
	/* the end */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn)};

/* Its sources, where they are files, as nothing is open that it may not read. */
static const int calls_of_files[] = {SCMP_SYS(read), SCMP_SYS(lseek)};

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

/* Bounds a resource, unless a lower bound holds already. */
static bool
limit(int resource, rlim_t most)
{
	struct rlimit both;

	if (getrlimit(resource, &both) != 0)
		return false;
	if (most > both.rlim_max)
		most = both.rlim_max;
	both.rlim_cur = both.rlim_max = most;
	return setrlimit(resource, &both) == 0;
}

void
sandbox_raise_capture(void)
{
	const cap_value_t raised[] = {CAP_NET_RAW};
	cap_t			  both = cap_get_proc();

	/* Where it may not be raised, the interface is not opened, and that is told. */
	if (both != NULL && cap_set_flag(both, CAP_EFFECTIVE, 1, raised, CAP_SET) == 0)
		cap_set_proc(both);
	cap_free(both);
}

bool
sandbox_drop_capabilities(void)
{
	cap_t none = cap_init();
	bool  dropped = none != NULL && cap_set_proc(none) == 0;

	cap_free(none);
	return dropped;
}

/* On a kernel without Landlock, files are left to the filter of system calls. */
static bool
give_up_files(void)
{
	return landlock_version() < 1 || landlock_keep_reading(NULL, 0);
}

/* Whether the kernel filters system calls at all: one that does fails with EFAULT, for want of a filter at address 0. */
static bool
kernel_has_filters(void)
{
	return !(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1 && errno == EINVAL);
}

/* The kernel looks at 32 bits of a descriptor, whatever the others hold. */
#define DESCRIPTOR_IS(descriptor) SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t) (descriptor))

static bool
allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return false;
	return true;
}

static bool
filter_system_calls(int records, bool hears, int capture)
{
	const int		writable[] = {STDOUT_FILENO, STDERR_FILENO, records};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool			loaded = filter != NULL && allow(filter, allowed_calls, sizeof(allowed_calls) / sizeof(allowed_calls[0]));

	if (capture == SANDBOX_NO_CAPTURE)
		loaded = loaded && allow(filter, calls_of_files, sizeof(calls_of_files) / sizeof(calls_of_files[0]));
	else
		loaded = loaded && sandbox_allow_capture(filter, capture);

	/* Records, and what a library prints: nothing else that is open may be written to. */
	for (size_t i = 0; loaded && i < sizeof(writable) / sizeof(writable[0]); i++)
		loaded = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, DESCRIPTOR_IS(writable[i])) == 0;
	if (hears)
		loaded = loaded && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 1, DESCRIPTOR_IS(records)) == 0;

	/* Memory, but none that can be executed. */
	loaded = loaded &&
			 seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
			 seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
			 seccomp_load(filter) == 0;
	if (filter != NULL)
		seccomp_release(filter);
	return loaded;
}

const char *
sandbox_limit(uint64_t memory)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return "the right to gain privileges";
	if (!sandbox_drop_capabilities())
		return "capabilities";
	if (chdir("/") != 0)
		return "its directory";
	if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_NPROC, 0) || !limit(RLIMIT_NOFILE, SANDBOX_FILES_MAX) ||
		(memory > 0 && !limit(RLIMIT_AS, memory)) || prctl(PR_SET_DUMPABLE, 0) != 0)
		return "resources";
	return NULL;
}

const char *
sandbox_enter(int records, bool hears, int capture, bool needs_filter)
{
	if (!give_up_files())
		return "files";
	if ((needs_filter || kernel_has_filters()) && !filter_system_calls(records, hears, capture))
		return "system calls";
	return NULL;
}
