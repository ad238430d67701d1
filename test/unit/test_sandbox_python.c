/*
 * test_sandbox_python.c
 *	  What can be done in the sandbox of a meter with Python in it, and what is refused.
 *
 * Each case runs in a child that enters the sandbox first, with one directory that it may read.  What is asked for there is
 * asked without the C library, whose functions the address sanitizer has replaced by its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "meter/landlock.h"
#include "meter/sandbox.h"
#include "meter/sandbox_python.h"
#include "sandbox_child.h"

/* Where records would go. */
#define RECORDS STDIN_FILENO

/* How a child ends that could not enter the sandbox. */
#define NOT_ENTERED 100

static char directory[] = "/tmp/sandbox.XXXXXX";
static char readable_file[64];
static char secret_file[] = "/tmp/sandbox_secret.XXXXXX";

static const char *
give_up(void)
{
	const char *const readable[] = {directory, "/no/such/directory", NULL};
	const char		 *not_given_up = sandbox_limit(0);

	return not_given_up != NULL ? not_given_up : sandbox_enter_python(RECORDS, true, SANDBOX_NO_CAPTURE, readable);
}

static int
in_sandbox(Act act)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		leave(give_up() != NULL ? NOT_ENTERED : act());
	return wait_for(child);
}

/* ------------------------------------------------------------------------------------------------- each call there is */

#define CALLS_MAX 512

/* What the sandbox lets through with all arguments 0, and what comes of that: anything but EPERM. */
static const int let_through[] = {
	SYS_pread64, SYS_lseek, SYS_fstat, SYS_getdents64, SYS_restart_syscall, SYS_write, SYS_recvmsg, SYS_openat,
	SYS_newfstatat, SYS_mmap, SYS_mprotect, SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_rt_sigprocmask,
	SYS_rt_sigaction, SYS_sysinfo, SYS_uname, SYS_getcwd, SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid, SYS_geteuid,
	SYS_getgid, SYS_getegid, SYS_getrusage, SYS_prlimit64, SYS_sched_getaffinity, SYS_sched_yield, SYS_clock_gettime,
	SYS_clock_getres, SYS_clock_nanosleep, SYS_gettimeofday, SYS_getrandom,
#ifdef SYS_open
	SYS_open, SYS_stat, SYS_lstat, SYS_getrlimit, SYS_time,
#endif
	/* these do not return */
	SYS_exit, SYS_exit_group, SYS_rt_sigreturn};

static bool
is_let_through(int call)
{
	for (size_t i = 0; i < LENGTH(let_through); i++)
		if (let_through[i] == call)
			return true;
	return false;
}

/* The kernel's own for its probes, about which it asks no filter (Linux 6.14): it ends a program that no probe has stopped. */
static bool
is_of_probes(int call)
{
#ifdef __x86_64__
	return call == 335 || call == 336;
#else
	(void) call;
	return false;
#endif
}

/* One child for each number, as some calls end it or break it. */
CASE(every_other_call_is_refused)
{
	for (int call = 0; call < CALLS_MAX; call++)
	{
		pid_t child;
		int	  status;

		if (is_let_through(call) || is_of_probes(call))
			continue;
		child = fork();
		assert_true(child >= 0);
		if (child == 0)
		{
			if (give_up() != NULL)
				leave(NOT_ENTERED);
			leave(syscall(call, 0, 0, 0, 0, 0, 0) == -1 && errno == EPERM ? 0 : 1);
		}
		status = wait_for(child);
		if (status != 0)
			fail_msg("call %d: status %#x", call, (unsigned) status);
	}
}

/* ----------------------------------------------------------------------------------------------------- what is refused */

static const char *const argument_list[] = {"/bin/true", NULL};

#define REFUSED(name, error, ...) \
	static int \
	name(void) \
	{ \
		return syscall(__VA_ARGS__) == -1 && errno == (error) ? 0 : 1; \
	}

REFUSED(reads_elsewhere, EACCES, SYS_openat, AT_FDCWD, secret_file, O_RDONLY)
REFUSED(reads_the_list_of_users, EACCES, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY)
REFUSED(reads_its_own_memory, EACCES, SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDONLY)
REFUSED(reads_its_owners_memory, EACCES, SYS_openat, AT_FDCWD, "/proc/1/environ", O_RDONLY)
REFUSED(lists_elsewhere, EACCES, SYS_openat, AT_FDCWD, "/tmp", O_RDONLY | O_DIRECTORY)
REFUSED(holds_a_name, EPERM, SYS_openat, AT_FDCWD, secret_file, O_PATH)
REFUSED(opens_as_of_late, EPERM, SYS_openat2, AT_FDCWD, readable_file, NULL, 0)
REFUSED(opens_by_handle, EPERM, SYS_open_by_handle_at, AT_FDCWD, NULL, O_RDONLY)
REFUSED(opens_to_write, EPERM, SYS_openat, AT_FDCWD, readable_file, O_WRONLY)
REFUSED(opens_to_read_and_write, EPERM, SYS_openat, AT_FDCWD, readable_file, O_RDWR)
REFUSED(opens_with_all_access, EPERM, SYS_openat, AT_FDCWD, readable_file, O_ACCMODE)
REFUSED(empties, EPERM, SYS_openat, AT_FDCWD, readable_file, O_RDONLY | O_TRUNC)
REFUSED(creates, EPERM, SYS_openat, AT_FDCWD, directory, O_RDONLY | O_CREAT, 0600)
REFUSED(makes_a_file_without_a_name, EPERM, SYS_openat, AT_FDCWD, directory, O_TMPFILE | O_RDWR, 0600)
REFUSED(looks_for_a_link, EPERM, SYS_readlinkat, AT_FDCWD, "/proc/self/cwd", NULL, 0)
REFUSED(looks_as_of_late, EPERM, SYS_statx, AT_FDCWD, secret_file, 0, 0, NULL)
REFUSED(tries_access, EPERM, SYS_faccessat, AT_FDCWD, secret_file, R_OK)
REFUSED(writes_elsewhere, EPERM, SYS_write, 5, "x", 1)
REFUSED(writes_several, EPERM, SYS_writev, RECORDS, NULL, 0)
REFUSED(sends, EPERM, SYS_sendto, RECORDS, "x", 1, 0, NULL, 0)
REFUSED(sends_a_file, EPERM, SYS_sendmsg, RECORDS, NULL, 0)
REFUSED(takes_from_elsewhere, EPERM, SYS_recvmsg, 5, NULL, 0)
REFUSED(reads_its_channel, EPERM, SYS_read, RECORDS, directory, 0)
REFUSED(closes_its_channel, EPERM, SYS_close, RECORDS)
REFUSED(closes_its_channel_by_many_bits, EPERM, SYS_close, INT64_C(1) << 32 | RECORDS)
REFUSED(closes_its_page, EPERM, SYS_close, 3)
REFUSED(closes_all, EPERM, SYS_close_range, 0, ~0u, 0)
REFUSED(copies_a_descriptor, EPERM, SYS_fcntl, 1, F_DUPFD, 10)
REFUSED(takes_signals_of_a_descriptor, EPERM, SYS_fcntl, 0, F_SETOWN, 1)
REFUSED(handles_a_signal, EPERM, SYS_rt_sigaction, SIGSYS, readable_file, NULL, 8)
REFUSED(maps_code, EPERM, SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
REFUSED(maps_code_that_it_writes, EPERM, SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, RECORDS, 0)
REFUSED(makes_memory_code, EPERM, SYS_mprotect, argument_list, 4096, PROT_READ | PROT_EXEC)
REFUSED(lifts_a_limit, EPERM, SYS_prlimit64, 0, RLIMIT_NOFILE, argument_list, NULL)
REFUSED(asks_of_another, EPERM, SYS_prlimit64, 1, RLIMIT_NOFILE, NULL, NULL)
REFUSED(makes_a_thread, EPERM, SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, NULL, NULL, NULL, 0)
REFUSED(executes, EPERM, SYS_execve, argument_list[0], argument_list, NULL)
REFUSED(ends_its_parent, EPERM, SYS_kill, getppid(), SIGKILL)
REFUSED(ends_itself_by_a_signal, EPERM, SYS_tgkill, getpid(), getpid(), SIGKILL)
REFUSED(traces, EPERM, SYS_ptrace, 0, 0, NULL, NULL)
REFUSED(reads_another_process, EPERM, SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0)
REFUSED(takes_a_descriptor, EPERM, SYS_pidfd_getfd, 0, 0, 0)
REFUSED(makes_a_memory_file, EPERM, SYS_memfd_create, "x", 0)
REFUSED(starts_a_ring, EPERM, SYS_io_uring_setup, 1, NULL)
REFUSED(watches_faults, EPERM, SYS_userfaultfd, 0)
REFUSED(leaves_the_name_space, EPERM, SYS_unshare, CLONE_NEWUSER)
REFUSED(filters_again, EPERM, SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL)

static int
looks_elsewhere(void)
{
	struct stat status;

	if (syscall(SYS_newfstatat, AT_FDCWD, secret_file, &status, 0) != -1 || errno != EACCES ||
		syscall(SYS_newfstatat, AT_FDCWD, secret_file, &status, AT_SYMLINK_NOFOLLOW) != -1 || errno != EACCES ||
		syscall(SYS_newfstatat, AT_FDCWD, secret_file, &status, AT_EMPTY_PATH) != -1 || errno != EACCES)
		return 1;
#ifdef SYS_stat
	if (syscall(SYS_stat, secret_file, &status) != -1 || errno != EACCES ||
		syscall(SYS_lstat, secret_file, &status) != -1 || errno != EACCES)
		return 2;
#endif
	return 0;
}

CASE(attempts_are_errors)
{
	static const Act acts[] = {
		reads_elsewhere, reads_the_list_of_users, reads_its_own_memory, reads_its_owners_memory, lists_elsewhere, holds_a_name,
		opens_as_of_late, opens_by_handle, opens_to_write, opens_to_read_and_write, opens_with_all_access, empties, creates,
		makes_a_file_without_a_name, looks_for_a_link, looks_as_of_late, tries_access, writes_elsewhere, writes_several, sends,
		sends_a_file, takes_from_elsewhere, reads_its_channel, closes_its_channel, closes_its_channel_by_many_bits, closes_its_page, closes_all,
		copies_a_descriptor, takes_signals_of_a_descriptor, handles_a_signal, maps_code, maps_code_that_it_writes,
		makes_memory_code, lifts_a_limit, asks_of_another, makes_a_thread, executes, ends_its_parent, ends_itself_by_a_signal,
		traces, reads_another_process, takes_a_descriptor, makes_a_memory_file, starts_a_ring, watches_faults,
		leaves_the_name_space, filters_again, looks_elsewhere};

	for (size_t i = 0; i < LENGTH(acts); i++)
	{
		int status = in_sandbox(acts[i]);

		if (status != 0)
			fail_msg("act %zu: status %#x", i, (unsigned) status);
	}
}

#ifdef __x86_64__

/* The other ways into the kernel: its tables of calls for 32 bits, and for 32-bit addresses. */
static int
calls_as_32_bits(void)
{
	long result = 20; /* getpid, there */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	return 0;
}

static int
calls_as_x32(void)
{
	return syscall(0x40000000 | SYS_getpid) == -12345;
}

CASE(other_architectures_end_it)
{
	int status = in_sandbox(calls_as_x32);

	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	status = in_sandbox(calls_as_32_bits);
	assert_true(WIFSIGNALED(status) && (WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV)); /* a kernel without 32 bits */
}

#else

CASE(other_architectures_end_it)
{
	skip();
}

#endif

/* ----------------------------------------------------------------------------------------------------- what is allowed */

static int
reads_what_it_may(void)
{
	struct stat status,
		by_name;
	char bytes[8];
	long file = syscall(SYS_openat, AT_FDCWD, readable_file, O_RDONLY | O_CLOEXEC);
	long place = syscall(SYS_openat, AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long code;

	if (file < 0 || place < 0 || syscall(SYS_fstat, file, &status) != 0 || status.st_size != 5 ||
		syscall(SYS_read, file, bytes, sizeof(bytes)) != 5 || syscall(SYS_pread64, file, bytes, 1, 4) != 1 || bytes[0] != 'o')
		return 1;
	if (syscall(SYS_newfstatat, AT_FDCWD, readable_file, &by_name, 0) != 0 || by_name.st_ino != status.st_ino ||
		syscall(SYS_newfstatat, file, "", &by_name, AT_EMPTY_PATH) != 0 || by_name.st_ino != status.st_ino ||
		syscall(SYS_newfstatat, place, "nothing", &by_name, 0) != -1 || errno != ENOENT ||
		syscall(SYS_newfstatat, AT_FDCWD, NULL, &by_name, 0) != -1 || errno != EFAULT ||
		syscall(SYS_newfstatat, AT_FDCWD, readable_file, NULL, 0) != -1 || errno != EFAULT)
		return 2;
	code = syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
	if (code == -1 || syscall(SYS_getdents64, place, &by_name, sizeof(by_name)) <= 0 ||
		syscall(SYS_close, file) != 0 || syscall(SYS_close, place) != 0)
		return 3;
	return 0;
}

static int
writes_records(void)
{
	return syscall(SYS_write, STDOUT_FILENO, "", 0) != 0 || syscall(SYS_getpid) <= 0 ||
		   syscall(SYS_rt_sigaction, SIGINT, NULL, NULL, 8) != 0;
}

CASE(what_loading_takes_is_allowed)
{
	assert_int_equal(in_sandbox(reads_what_it_may), 0);
	assert_int_equal(in_sandbox(writes_records), 0);
}

/* Libraries of numbers are told to start no thread; what the program may have is bounded. */
static int
is_bounded(void)
{
	struct rlimit bytes,
		processes;

	if (getenv("OPENBLAS_NUM_THREADS") == NULL || getenv("OMP_NUM_THREADS") == NULL)
		return 1;
	return syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &bytes) != 0 || bytes.rlim_max != 0 ||
		   syscall(SYS_prlimit64, 0, RLIMIT_NPROC, NULL, &processes) != 0 || processes.rlim_max != 0;
}

CASE(resources_are_bounded)
{
	assert_int_equal(in_sandbox(is_bounded), 0);
}

/* --------------------------------------------------------------------------------------------------------- old kernels */

/* From here on the kernel answers to this call as one that has none. */
static bool
hide(int call, int error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	return filter != NULL && seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), call, 0) == 0 && seccomp_load(filter) == 0;
}

CASE(kernel_without_landlock_is_refused)
{
	for (int error = ENOSYS; error != 0; error = error == ENOSYS ? EOPNOTSUPP : 0)
	{
		pid_t child = fork();

		if (child == 0)
			leave(!hide(SCMP_SYS(landlock_create_ruleset), error) || give_up() != sandbox_no_landlock);
		assert_int_equal(wait_for(child), 0);
	}
}

CASE(kernel_without_filters_is_refused)
{
	pid_t child = fork();

	if (child == 0)
	{
		const char	   *refused;
		scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

		if (filter == NULL ||
			seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)) != 0 ||
			seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) != 0 || seccomp_load(filter) != 0)
			leave(1);
		refused = give_up();
		leave(refused == NULL || strcmp(refused, "system calls") != 0);
	}
	assert_int_equal(wait_for(child), 0);
}

/* ---------------------------------------------------------------------------------------------------------------------- */

static int
make_files(void **state)
{
	int file;

	(void) state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(readable_file, sizeof(readable_file), "%s/module", directory);
	file = open(readable_file, O_CREAT | O_WRONLY, 0600);
	if (file < 0 || write(file, "hello", 5) != 5 || close(file) != 0)
		return -1;
	file = mkstemp(secret_file);
	if (file < 0 || close(file) != 0)
		return -1;

	/* As in a meter, the first four descriptors are taken. */
	while ((file = dup(STDERR_FILENO)) >= 0 && file < 3)
		;
	return file < 0 ? -1 : 0;
}

static int
remove_files(void **state)
{
	(void) state;
	return unlink(readable_file) | rmdir(directory) | unlink(secret_file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_other_call_is_refused),
		cmocka_unit_test(attempts_are_errors),
		cmocka_unit_test(other_architectures_end_it),
		cmocka_unit_test(what_loading_takes_is_allowed),
		cmocka_unit_test(resources_are_bounded),
		cmocka_unit_test(kernel_without_landlock_is_refused),
		cmocka_unit_test(kernel_without_filters_is_refused),
	};

	/* Without Landlock there is nothing to test but that it is missed. */
	if (landlock_version() < 1)
		return cmocka_run_group_tests_name("no Landlock", (const struct CMUnitTest[]) {cmocka_unit_test(kernel_without_landlock_is_refused)}, make_files, remove_files);
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
