/*
 * sandbox_python.c
 *	  The sandbox of a meter in which Python runs: it may load what lies in a few directories, and compute.
 *
 * Here strangers' programs run, not only strangers' captures: the body of a plugin's module, its imports, a pickle.  So
 * the walls take it for granted that whoever is inside calls the system as he likes, from machine code, too.  There are
 * two, and each holds without the other: Landlock, by which only what lies in Python's directories can be opened, and that
 * for reading only; and a filter of system calls, which lets through what reading, loading and computing take.  All else
 * fails with EPERM, where the strict meter is killed: an attempt shall be an exception that its author can find.
 *
 * What a name leads to is not the filter's to see, and Landlock has no rule for looking at a file.  So the calls that look
 * at one by its name (stat and its like) are not let through either: sandbox_looks.c answers them by opening the file.
 *
 * What is left to a plugin: its own process, and with it the rows of its own scan; the capture that is open; and whether a
 * name exists that the server's user could look up.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "meter/landlock.h"
#include "meter/sandbox.h"
#include "meter/sandbox_live.h"
#include "meter/sandbox_looks.h"
#include "meter/sandbox_python.h"

const char sandbox_no_landlock[] = "files, which needs Landlock";

static const int allowed_calls[] = {
	/* what is open; open, close, read, write, recvmsg and fcntl have rules of their own */
	SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(getdents64), SCMP_SYS(restart_syscall),
	/* memory; mmap and mprotect have rules of their own */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	/* what the machine has, and who this is */
	SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getcwd), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrlimit), SCMP_SYS(getrusage),
	/* time, random numbers, signals that are put off */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(getrandom), SCMP_SYS(rt_sigprocmask), SCMP_SYS(sched_yield),
	/* the end */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn)};

/* Looks at a file: sandbox_looks.c answers. */
static const int answered_calls[] = {SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat)};

/* The flags with which a file may be opened, O_RDONLY among them, which is 0. */
#define OPEN_FLAGS ((uint32_t) (O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_LARGEFILE | 0100000))

/* A descriptor is a number of this many bits that is not negative. */
#define DESCRIPTOR_BITS 31

/* The kernel looks at 32 bits of these, whatever the others hold. */
#define WORD_IS(argument, value)	SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t) (value))
#define HAS_BIT(argument, bit)		SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_C(1) << (bit), UINT32_C(1) << (bit))
#define WORD_HAS_NONE(argument, of) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, (uint32_t) (of), 0)

/* Libraries of numbers start a thread for each processor, unless they are told. */
static const char *const one_thread[] = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
										 "NUMEXPR_NUM_THREADS", "LOKY_MAX_CPU_COUNT"};

#define ALLOW(call, count, ...) (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(call), count, ##__VA_ARGS__) == 0)

static bool
allow_files(scmp_filter_ctx filter, int records, bool hears)
{
	const int writable[] = {STDOUT_FILENO, STDERR_FILENO, records};
	bool	  added = true;

	added = added && ALLOW(open, 1, WORD_HAS_NONE(1, ~OPEN_FLAGS));
	added = added && ALLOW(openat, 1, WORD_HAS_NONE(2, ~OPEN_FLAGS));
	added = added && ALLOW(fcntl, 1, WORD_IS(1, F_GETFD));
	added = added && ALLOW(fcntl, 1, WORD_IS(1, F_GETFL));
	for (size_t i = 0; added && i < sizeof(writable) / sizeof(writable[0]); i++)
		added = ALLOW(write, 1, WORD_IS(0, writable[i]));
	if (hears)
		added = added && ALLOW(recvmsg, 1, WORD_IS(0, records));

	/*
	 * The first four are not a plugin's to close, nor to read: standard descriptors, the channel, the page of its progress.
	 * Any other has a higher bit.  By hand a capture may come from standard input.
	 */
	for (int bit = 2; added && bit < DESCRIPTOR_BITS; bit++)
		added = ALLOW(close, 1, HAS_BIT(0, bit)) && (!hears || ALLOW(read, 1, HAS_BIT(0, bit)));
	if (!hears)
		added = added && ALLOW(read, 0);
	return added;
}

/* Memory that can be executed is a file's, and cannot be written to. */
static bool
allow_memory(scmp_filter_ctx filter)
{
	return ALLOW(mmap, 1, WORD_HAS_NONE(2, PROT_EXEC)) &&
		   ALLOW(mmap, 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC), WORD_HAS_NONE(3, MAP_ANONYMOUS)) &&
		   ALLOW(mprotect, 1, WORD_HAS_NONE(2, PROT_EXEC));
}

/* Asking about this process alone, and changing nothing. */
static bool
allow_questions(scmp_filter_ctx filter)
{
	return ALLOW(rt_sigaction, 1, SCMP_A1(SCMP_CMP_EQ, 0)) &&
		   ALLOW(prlimit64, 2, WORD_IS(0, 0), SCMP_A2(SCMP_CMP_EQ, 0)) &&
		   ALLOW(sched_getaffinity, 1, WORD_IS(0, 0));
}

static bool
filter_system_calls(int records, bool hears, int capture)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool			loaded = filter != NULL && seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0;

	for (size_t i = 0; loaded && i < sizeof(allowed_calls) / sizeof(allowed_calls[0]); i++)
		loaded = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0) == 0;
	for (size_t i = 0; loaded && i < sizeof(answered_calls) / sizeof(answered_calls[0]); i++)
		loaded = seccomp_rule_add(filter, sandbox_answers_looks() ? SCMP_ACT_TRAP : SCMP_ACT_ALLOW, answered_calls[i], 0) == 0;
	loaded = loaded && allow_files(filter, records, hears) && allow_memory(filter) && allow_questions(filter) &&
			 (capture == SANDBOX_NO_CAPTURE || sandbox_allow_capture(filter, capture)) && seccomp_load(filter) == 0;
	if (filter != NULL)
		seccomp_release(filter);
	return loaded;
}

const char *
sandbox_enter_python(int records, bool hears, int capture, const char *const *readable)
{
	const struct rlimit no_bytes = {0, 0};
	size_t				count = 0;

	for (size_t i = 0; i < sizeof(one_thread) / sizeof(one_thread[0]); i++)
		if (setenv(one_thread[i], "1", 1) != 0)
			return "its environment";
	/* By hand records may go to a file. */
	if (hears && setrlimit(RLIMIT_FSIZE, &no_bytes) != 0)
		return "resources";
	if (!sandbox_give_up_processes())
		return "processes";
	if (landlock_version() < 1)
		return sandbox_no_landlock;
	while (readable[count] != NULL)
		count++;
	if (!landlock_keep_reading(readable, count))
		return "files";
	if (!sandbox_answer_looks() || !filter_system_calls(records, hears, capture))
		return "system calls";
	return NULL;
}
