/*
 * sandbox.c
 *	  What a meter gives up before it reads its first packet.
 *
 * Captures come from attackers, and nDPI is C: whoever takes over a meter shall find a process that can do nothing but
 * write records.  System calls are denied by default (seccomp, kill); there are no new privileges, no capabilities, no
 * core dump, no children, and memory is bounded.  Landlock, where the kernel has it, is a second wall around files.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "meter/landlock.h"
#include "meter/sandbox.h"
#include "meter/sandbox_live.h"

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
bool
sandbox_give_up_files(void)
{
	return landlock_version() < 1 || landlock_keep_reading(NULL, 0);
}

bool
sandbox_give_up_processes(void)
{
	return limit(RLIMIT_NPROC, 0);
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
filter_system_calls(int records, bool hears, int capture, bool has_threads)
{
	const int		writable[] = {STDOUT_FILENO, STDERR_FILENO, records};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool			loaded = filter != NULL && allow(filter, allowed_calls, sizeof(allowed_calls) / sizeof(allowed_calls[0]));

	/* The filter is all threads', or none's. */
	if (has_threads)
		loaded = loaded && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0;

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
	if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_NOFILE, SANDBOX_FILES_MAX) ||
		(memory > 0 && !limit(RLIMIT_AS, memory)) || prctl(PR_SET_DUMPABLE, 0) != 0)
		return "resources";
	return NULL;
}

const char *
sandbox_enter(int records, bool hears, int capture, bool needs_filter, bool has_threads)
{
	if (!sandbox_give_up_processes())
		return "processes";
	if ((needs_filter || kernel_has_filters()) && !filter_system_calls(records, hears, capture, has_threads))
		return "system calls";
	return NULL;
}
