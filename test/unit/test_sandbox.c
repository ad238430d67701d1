/*
 * test_sandbox.c
 *	  What a meter can do in its sandbox, and what ends it.
 *
 * Each case runs in a child that enters the sandbox first.  There it calls the system without the C library, whose functions
 * the address sanitizer has replaced by its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <seccomp.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "meter/sandbox.h"
#include "sandbox_child.h"

/* The whole sandbox, with records on descriptor 0 and files over it, as under an owner. */
static const char *
give_up(uint64_t memory, bool needs_filter)
{
	const char *not_given_up = sandbox_limit(memory);

	if (not_given_up == NULL && !sandbox_give_up_files())
		not_given_up = "files";
	return not_given_up != NULL ? not_given_up : sandbox_enter(STDIN_FILENO, true, SANDBOX_NO_CAPTURE, needs_filter, false);
}

/* What becomes of a child that does something in the sandbox: 100 is that it could not be entered. */
static int
in_sandbox(Act act)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		leave(give_up(0, true) != NULL ? 100 : act());
	return wait_for(child);
}

/* ------------------------------------------------------------------------------------------------------- what is forbidden */

static const char *const argument_list[] = {"/bin/true", NULL};
static int				 descriptors[2];

#define FORBIDDEN(name, ...) \
	static int \
	name(void) \
	{ \
		return syscall(__VA_ARGS__) == -12345; \
	}

FORBIDDEN(opens, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY)
FORBIDDEN(opens_as_of_old, SYS_open, "/etc/passwd", O_RDONLY)
FORBIDDEN(creates, SYS_openat, AT_FDCWD, "/tmp/sandbox", O_CREAT | O_WRONLY, 0600)
FORBIDDEN(removes, SYS_unlink, "/tmp/sandbox")
FORBIDDEN(renames, SYS_rename, "/tmp/sandbox", "/tmp/sandbox.2")
FORBIDDEN(looks, SYS_newfstatat, AT_FDCWD, "/etc/passwd", NULL, 0)
FORBIDDEN(makes_a_socket, SYS_socket, AF_INET, SOCK_STREAM, 0)
FORBIDDEN(connects, SYS_connect, 0, NULL, 0)
FORBIDDEN(sends_a_file, SYS_sendmsg, 0, NULL, 0)
FORBIDDEN(forks, SYS_fork)
FORBIDDEN(clones, SYS_clone, SIGCHLD, NULL, NULL, NULL, 0)
FORBIDDEN(clones_as_of_late, SYS_clone3, NULL, 0)
FORBIDDEN(executes, SYS_execve, argument_list[0], argument_list, NULL)
FORBIDDEN(traces, SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL)
FORBIDDEN(reads_another_process, SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0)
FORBIDDEN(ends_its_parent, SYS_kill, getppid(), SIGKILL)
FORBIDDEN(signals_itself, SYS_tgkill, getpid(), getpid(), SIGUSR1)
FORBIDDEN(maps_code, SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
FORBIDDEN(makes_memory_code, SYS_mprotect, argument_list, 4096, PROT_READ | PROT_EXEC)
FORBIDDEN(makes_a_memory_file, SYS_memfd_create, "x", 0)
FORBIDDEN(changes_its_user, SYS_setuid, 0)
FORBIDDEN(controls_a_device, SYS_ioctl, 0, 0x5401, NULL)
FORBIDDEN(copies_a_descriptor, SYS_dup, 0)
FORBIDDEN(writes_elsewhere, SYS_write, 5, "x", 1)
FORBIDDEN(writes_elsewhere_at_a_place, SYS_pwrite64, 1, "x", 1, 0)
FORBIDDEN(writes_several, SYS_writev, 1, NULL, 0)
FORBIDDEN(takes_from_elsewhere, SYS_recvmsg, 5, NULL, 0)
FORBIDDEN(receives, SYS_recvfrom, 0, NULL, 0, 0, NULL, NULL)
FORBIDDEN(waits, SYS_ppoll, NULL, 0, NULL, NULL, 0)
FORBIDDEN(asks_a_socket, SYS_getsockopt, 0, SOL_SOCKET, SO_ERROR, NULL, NULL)
FORBIDDEN(sets_up_a_socket, SYS_setsockopt, 0, SOL_SOCKET, SO_LOCK_FILTER, NULL, 0)
FORBIDDEN(copies_a_file, SYS_sendfile, 1, 0, NULL, 1)
FORBIDDEN(splices, SYS_splice, 0, NULL, 1, NULL, 1, 0)
FORBIDDEN(leaves_its_directory, SYS_chdir, "/tmp")
FORBIDDEN(shrinks_a_file, SYS_ftruncate, 0, 0)
FORBIDDEN(lifts_a_limit, SYS_prlimit64, 0, 0, NULL, NULL)
FORBIDDEN(mounts, SYS_mount, NULL, NULL, NULL, 0, NULL)
FORBIDDEN(loads_a_program_into_the_kernel, SYS_bpf, 0, NULL, 0)
FORBIDDEN(starts_a_ring, SYS_io_uring_setup, 1, NULL)

CASE(anything_else_ends_it)
{
	static const Act acts[] = {
		opens, opens_as_of_old, creates, removes, renames, looks, makes_a_socket, connects, sends_a_file, forks, clones,
		clones_as_of_late, executes, traces, reads_another_process, ends_its_parent, signals_itself, maps_code,
		makes_memory_code, makes_a_memory_file, changes_its_user, controls_a_device, copies_a_descriptor, shrinks_a_file,
		lifts_a_limit, writes_elsewhere, writes_elsewhere_at_a_place, writes_several, takes_from_elsewhere, receives, waits, asks_a_socket, sets_up_a_socket,
		copies_a_file, splices, leaves_its_directory, mounts, loads_a_program_into_the_kernel, starts_a_ring};

	for (size_t i = 0; i < LENGTH(acts); i++)
	{
		int status = in_sandbox(acts[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("act %zu: status %#x", i, (unsigned) status);
	}
}

/* --------------------------------------------------------------------------------------------------------- what is allowed */

static int
reads_and_writes(void)
{
	char byte = 'a';

	/* The kernel looks at 32 bits of a descriptor. */
	return syscall(SYS_write, descriptors[1], &byte, 1) != 1 || syscall(SYS_read, descriptors[0], &byte, 1) != 1 ||
		   syscall(SYS_write, descriptors[1] | INT64_C(1) << 32, &byte, 1) != 1 ||
		   byte != 'a' || syscall(SYS_lseek, descriptors[0], 0, SEEK_SET) != -1;
}

static int
gets_memory(void)
{
	long memory = syscall(SYS_mmap, NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == -1 || syscall(SYS_mprotect, memory, 4096, PROT_READ) != 0 || syscall(SYS_munmap, memory, 1 << 20) != 0;
}

static int
asks_for_the_time(void)
{
	struct timespec now;
	uint8_t			random[8];

	return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) != 0 || syscall(SYS_getrandom, random, sizeof(random), 0) != 8;
}

CASE(what_a_meter_needs_is_allowed)
{
	static const Act acts[] = {reads_and_writes, gets_memory, asks_for_the_time};

	assert_int_equal(pipe(descriptors), 0);
	assert_int_equal(dup2(descriptors[1], STDIN_FILENO), STDIN_FILENO); /* where records go in this sandbox */
	close(descriptors[1]);
	descriptors[1] = STDIN_FILENO;
	for (size_t i = 0; i < LENGTH(acts); i++)
		assert_int_equal(in_sandbox(acts[i]), 0);
	close(descriptors[0]);
}

/* ------------------------------------------------------------------------------------------------------------- the state */

/* The rest of a line of a file in /proc/PID after a prefix. */
static void
expect_line(pid_t process, const char *file, const char *prefix, const char *expected)
{
	char path[64],
		line[256];
	FILE *opened;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int) process, file);
	opened = fopen(path, "r");
	assert_non_null(opened);
	while (fgets(line, sizeof(line), opened) != NULL)
		if (strncmp(line, prefix, strlen(prefix)) == 0)
		{
			line[strcspn(line, "\n")] = '\0';
			assert_string_equal(line + strlen(prefix), expected);
			fclose(opened);
			return;
		}
	fail_msg("%s has no line %s", path, prefix);
}

/* From here on the kernel answers as one that has no such call. */
static bool
hide(int call, int error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	return filter != NULL && seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), call, 0) == 0 && seccomp_load(filter) == 0;
}

CASE(state_of_the_process)
{
	int ready[2],
		end[2];
	char  byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	child = fork();
	if (child == 0)
	{
		/* As a program whose file has capabilities starts: its files in /proc are not its user's. */
		prctl(PR_SET_DUMPABLE, 0);
		dup2(ready[1], STDOUT_FILENO);
		dup2(end[0], STDIN_FILENO);
		if (!sandbox_prepare(0, SANDBOX_OTHERS) || give_up(UINT64_C(1) << 62, true) != NULL ||
			syscall(SYS_write, STDOUT_FILENO, "x", 1) != 1)
			leave(1);
		leave(syscall(SYS_read, STDIN_FILENO, &byte, 1) != 1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	expect_line(child, "status", "Seccomp:\t", "2");
	expect_line(child, "status", "NoNewPrivs:\t", "1");
	expect_line(child, "status", "CapEff:\t", "0000000000000000");
	expect_line(child, "status", "CapPrm:\t", "0000000000000000");
	expect_line(child, "oom_score_adj", "", "800");
	expect_line(child, "limits", "Max core file size        ", "0                    0                    bytes     ");
	expect_line(child, "limits", "Max processes             ", "0                    0                    processes ");
	expect_line(child, "limits", "Max address space         ", "4611686018427387904  4611686018427387904  bytes     ");
	assert_int_equal(write(end[1], "x", 1), 1);
	assert_int_equal(wait_for(child), 0);
	close(ready[0]);
	close(ready[1]);
	close(end[0]);
	close(end[1]);
}

/* Between its start and the sandbox a program whose file has capabilities is not to be attached to, either. */
CASE(nobody_attaches_before_the_sandbox)
{
	for (int dumpable = 0; dumpable < 2; dumpable++)
	{
		pid_t child = fork();

		if (child == 0)
		{
			prctl(PR_SET_DUMPABLE, dumpable);
			leave(!sandbox_prepare(0, SANDBOX_OTHERS) || prctl(PR_GET_DUMPABLE) != dumpable);
		}
		assert_int_equal(wait_for(child), 0);
	}
}

CASE(its_directory_is_the_root)
{
	pid_t child = fork();

	if (child == 0)
	{
		char directory[64] = "";

		if (sandbox_limit(0) != NULL || syscall(SYS_getcwd, directory, sizeof(directory)) < 0)
			leave(1);
		leave(strcmp(directory, "/") != 0);
	}
	assert_int_equal(wait_for(child), 0);
}

/* A kernel before Linux 5.9 has no close_range(): files are closed all the same. */
CASE(files_are_closed_by_any_kernel)
{
	for (int old = 0; old < 2; old++)
	{
		pid_t child = fork();

		if (child == 0)
		{
			int open_file = dup(STDERR_FILENO),
				far = fcntl(STDERR_FILENO, F_DUPFD, 900);

			if (open_file < 0 || far < 900 || dup2(open_file, SANDBOX_OTHERS) < 0 || dup2(open_file, SANDBOX_OTHERS + 1) < 0 ||
				(old && !hide(SCMP_SYS(close_range), ENOSYS)) || !sandbox_prepare(0, SANDBOX_OTHERS + 1))
				leave(1);
			leave(fcntl(SANDBOX_OTHERS, F_GETFD) == -1 || fcntl(SANDBOX_OTHERS + 1, F_GETFD) != -1 || fcntl(far, F_GETFD) != -1 || fcntl(STDERR_FILENO, F_GETFD) == -1);
		}
		assert_int_equal(wait_for(child), 0);
	}
}

CASE(owner_that_is_gone_is_found_out)
{
	pid_t child = fork();

	if (child == 0)
		leave(sandbox_prepare(getppid(), SANDBOX_OTHERS) ? 0 : 1);
	assert_int_equal(wait_for(child), 0);
	child = fork();
	if (child == 0)
		leave(sandbox_prepare(1, SANDBOX_OTHERS) ? 1 : 0); /* init is not this program's parent */
	assert_int_equal(wait_for(child), 0);
}

/* -------------------------------------------------------------------------------------------------- a kernel without filters */

/* From here on the kernel answers as one without seccomp. */
static bool
hide_filters(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	return filter != NULL &&
		   seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)) == 0 &&
		   seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) == 0 &&
		   seccomp_load(filter) == 0;
}

CASE(kernel_without_filters_is_refused)
{
	pid_t child = fork();

	if (child == 0)
	{
		const char *refused = hide_filters() ? give_up(0, true) : "";

		leave(refused == NULL || strcmp(refused, "system calls") != 0);
	}
	assert_int_equal(wait_for(child), 0);
}

/* Unless that is allowed; then, where the kernel has Landlock, files are out of reach all the same. */
CASE(kernel_without_filters_may_do)
{
	bool  has_landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
	pid_t child = fork();

	if (child == 0)
	{
		if (!hide_filters() || give_up(0, false) != NULL)
			leave(100);
		leave((open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES) != has_landlock);
	}
	assert_int_equal(wait_for(child), 0);

	/* On a kernel with filters that permission changes nothing. */
	child = fork();
	if (child == 0)
		leave(give_up(0, false) != NULL ? 100 : opens());
	assert_int_equal(wait_for(child), SIGSYS);
}

/* ----------------------------------------------------------------------------------------------------------------- threads */

static sem_t is_there,
	may_go;

static void *
act_in_thread(void *act)
{
	sem_post(&is_there);
	while (sem_wait(&may_go) != 0)
		;
	leave((*(Act *) act)());
	return NULL;
}

/* What becomes of a child of which a thread does something that was made before the last wall, and waited until that was there. */
static int
in_thread(Act act, bool has_filters)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
	{
		pthread_t thread;

		sem_init(&is_there, 0, 0);
		sem_init(&may_go, 0, 0);
		if ((!has_filters && !hide_filters()) || sandbox_limit(0) != NULL || !sandbox_give_up_files() ||
			pthread_create(&thread, NULL, act_in_thread, &act) != 0 || sem_wait(&is_there) != 0 ||
			sandbox_enter(STDIN_FILENO, true, SANDBOX_NO_CAPTURE, has_filters, true) != NULL)
			leave(100);
		sem_post(&may_go);
		for (;;)
			syscall(SYS_futex, &act, 0 /* FUTEX_WAIT */, *(int *) &act, NULL, NULL, 0);
	}
	return wait_for(child);
}

static int
opens_nothing(void)
{
	return !(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
}

CASE(walls_hold_for_threads)
{
	static const Act forbidden[] = {opens, creates, makes_a_socket, forks, clones, executes, signals_itself, maps_code, writes_elsewhere};

	for (size_t i = 0; i < LENGTH(forbidden); i++)
	{
		int status = in_thread(forbidden[i], true);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("act %zu: status %#x", i, (unsigned) status);
	}
	assert_int_equal(in_thread(gets_memory, true), 0);
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0)
		assert_int_equal(in_thread(opens_nothing, false), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anything_else_ends_it),
		cmocka_unit_test(what_a_meter_needs_is_allowed),
		cmocka_unit_test(state_of_the_process),
		cmocka_unit_test(nobody_attaches_before_the_sandbox),
		cmocka_unit_test(its_directory_is_the_root),
		cmocka_unit_test(files_are_closed_by_any_kernel),
		cmocka_unit_test(owner_that_is_gone_is_found_out),
		cmocka_unit_test(kernel_without_filters_is_refused),
		cmocka_unit_test(kernel_without_filters_may_do),
		cmocka_unit_test(walls_hold_for_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
