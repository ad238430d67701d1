/*
 * test_walls.c
 *	  What the two processes of nfstream_sockets can do behind their walls, and what ends them.
 *
 * Each case runs in a child that closes the walls first, and then calls the system without the C library.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "meter/landlock.h"
#include "sandbox_child.h"
#include "sockets/walls.h"

/* Descriptors of the cases. */
#define CHANNEL 0
#define KERNEL	50
#define OTHER	60

static int proc = -1;

static const char *
close_walls_of_finder(void)
{
	bool sees_all;

	return walls_of_finder(CHANNEL, 0, &sees_all);
}

static const char *
close_walls_of_watcher(void)
{
	const WatcherFiles files = {.owner = CHANNEL, .finder = 1, .kernel = {KERNEL, KERNEL + 1}};

	return walls_of_watcher(&files, 0);
}

/* What becomes of a child that does something behind walls: 100 is that they did not close. */
static int
behind(const char *(*close_walls)(void), Act act)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		leave(close_walls() != NULL ? 100 : act());
	return wait_for(child);
}

#define ACT(name, ...) \
	static int \
	name(void) \
	{ \
		return syscall(__VA_ARGS__) == -12345; \
	}

static char room[4096];

/* What neither can do. */
ACT(creates, SYS_openat, AT_FDCWD, "/tmp/walls", O_CREAT | O_WRONLY, 0600)
ACT(opens_to_write, SYS_openat, AT_FDCWD, "/proc/self/comm", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
ACT(opens_by_another_call, SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0)
ACT(opens_as_of_old, SYS_open, "/etc/passwd", O_RDONLY)
ACT(removes, SYS_unlink, "/tmp/walls")
ACT(makes_a_socket, SYS_socket, AF_INET, SOCK_STREAM, 0)
ACT(connects, SYS_connect, KERNEL, NULL, 0)
ACT(binds, SYS_bind, KERNEL, NULL, 0)
ACT(forks, SYS_fork)
ACT(clones, SYS_clone, SIGCHLD, NULL, NULL, NULL, 0)
ACT(executes, SYS_execve, "/bin/true", NULL, NULL)
ACT(traces, SYS_ptrace, PTRACE_ATTACH, getppid(), NULL, NULL)
ACT(reads_another_process, SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0)
ACT(takes_anothers_file, SYS_pidfd_getfd, 5, 0, 0)
ACT(ends_its_parent, SYS_kill, getppid(), SIGKILL)
ACT(maps_code, SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
ACT(makes_memory_code, SYS_mprotect, room, 4096, PROT_READ | PROT_EXEC)
ACT(changes_its_user, SYS_setuid, 0)
ACT(takes_capabilities, SYS_capset, NULL, NULL)
ACT(enters_a_namespace, SYS_setns, OTHER, 0)
ACT(controls_a_device, SYS_ioctl, 0, 0x5401, NULL)
ACT(copies_a_descriptor, SYS_dup, 0)
ACT(writes_elsewhere, SYS_write, OTHER, "x", 1)
ACT(leaves_its_directory, SYS_chdir, "/tmp")
ACT(opens_by_handle, SYS_open_by_handle_at, 0, NULL, 0)
ACT(loads_a_program_into_the_kernel, SYS_bpf, 0, NULL, 0)
ACT(starts_a_ring, SYS_io_uring_setup, 1, NULL)

/* What one of them can do, and the other one cannot. */
ACT(opens_a_file, SYS_openat, AT_FDCWD, "/etc/passwd", WALLS_OPENS_FILE)
ACT(opens_a_directory, SYS_openat, AT_FDCWD, "/etc", WALLS_OPENS_DIRECTORY)
ACT(lists, SYS_getdents64, OTHER, room, sizeof(room))
ACT(reads_a_link, SYS_readlinkat, AT_FDCWD, "/proc/self/exe", room, sizeof(room))
ACT(reads_elsewhere, SYS_read, OTHER, room, 1)
ACT(sends_to_the_kernel, SYS_sendto, KERNEL, NULL, 0, 0, NULL, 0)
ACT(sends_elsewhere, SYS_sendto, OTHER, NULL, 0, 0, NULL, 0)
ACT(receives_elsewhere, SYS_recvmsg, OTHER, NULL, 0)
ACT(gets_memory, SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)

static void
assert_all_end_it(const char *(*close_walls)(void), const Act *acts, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		int status = behind(close_walls, acts[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("case %zu ended with status %#x", i, status);
	}
}

static const Act of_neither[] = {
	creates, opens_to_write, opens_by_another_call, opens_as_of_old, removes, makes_a_socket, connects, binds, forks, clones, executes,
	traces, reads_another_process, takes_anothers_file, ends_its_parent, maps_code, makes_memory_code, changes_its_user,
	takes_capabilities, enters_a_namespace, controls_a_device, copies_a_descriptor, writes_elsewhere, leaves_its_directory,
	opens_by_handle, loads_a_program_into_the_kernel, starts_a_ring};

CASE(anything_else_ends_the_finder)
{
	static const Act its_own[] = {opens_a_file, reads_elsewhere, sends_to_the_kernel, sends_elsewhere, receives_elsewhere, gets_memory};

	assert_all_end_it(close_walls_of_finder, of_neither, LENGTH(of_neither));
	assert_all_end_it(close_walls_of_finder, its_own, LENGTH(its_own));
}

CASE(anything_else_ends_the_watcher)
{
	static const Act its_own[] = {opens_a_directory, lists, reads_a_link, sends_elsewhere, receives_elsewhere};

	assert_all_end_it(close_walls_of_watcher, of_neither, LENGTH(of_neither));
	assert_all_end_it(close_walls_of_watcher, its_own, LENGTH(its_own));
}

/* --------------------------------------------------------------------------------------------------------- what is allowed */

/* Looks into a process as the finder does; its channel is a pipe's or a file's, whatever descriptor 0 is. */
static int
finds(void)
{
	long directory = syscall(SYS_openat, proc, "self/fd", WALLS_OPENS_DIRECTORY);

	if (directory < 0 || syscall(SYS_getdents64, directory, room, sizeof(room)) <= 0)
		return 1;
	if (syscall(SYS_readlinkat, directory, "0", room, sizeof(room)) <= 0)
		return 2;
	return syscall(SYS_close, directory) == 0 ? 0 : 3;
}

static int
watches(void)
{
	long			file = syscall(SYS_openat, AT_FDCWD, "/proc/self/comm", WALLS_OPENS_FILE);
	struct timespec now;

	if (file < 0 || syscall(SYS_read, file, room, sizeof(room)) <= 0)
		return 1;
	if (syscall(SYS_clock_gettime, CLOCK_REALTIME, &now) != 0)
		return 2;
	/* Netlink's sockets are not there, and that is all that is wrong. */
	if (syscall(SYS_sendto, KERNEL, NULL, 0, 0, NULL, 0) != -1 || errno != EBADF)
		return 3;
	return syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1 && errno == EPERM ? 4 : 0;
}

/* Landlock: a file elsewhere is refused; and nothing else of this process is known to refuse it. */
static int
opens_outside(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", WALLS_OPENS_FILE) == -1 && errno == EACCES ? 0 : 1;
}

CASE(the_finder_finds)
{
	assert_int_equal(behind(close_walls_of_finder, finds), 0);
}

CASE(the_watcher_watches)
{
	assert_int_equal(behind(close_walls_of_watcher, watches), 0);
}

CASE(the_watcher_opens_files_below_proc_alone)
{
	if (landlock_version() < 1)
		skip();
	assert_int_equal(behind(close_walls_of_watcher, opens_outside), 0);
}

/* ----------------------------------------------------------------------------------------------------------- capabilities */

/* The status of a child that closes walls and is held by a pipe, so that it can be looked at: a field, as a number. */
static uint64_t
field_behind(const char *(*close_walls)(void), const char *field)
{
	char name[64],
		line[256];
	uint64_t value = UINT64_MAX;
	int		 closed[2],
		held[2];
	pid_t child;
	FILE *status;

	assert_int_equal(pipe(closed), 0);
	assert_int_equal(pipe(held), 0);
	child = fork();
	if (child == 0)
	{
		dup2(held[0], CHANNEL); /* which both may read */
		dup2(closed[1], 1);
		for (int i = 3; i < 20; i++)
			close(i);
		if (close_walls() == NULL)
		{
			close(1);
			syscall(SYS_read, CHANNEL, line, 1);
		}
		leave(0);
	}
	close(closed[1]);
	close(held[0]);
	assert_int_equal(read(closed[0], line, 1), 0);
	snprintf(name, sizeof(name), "/proc/%d/status", child);
	status = fopen(name, "r");
	assert_non_null(status);
	while (fgets(line, sizeof(line), status) != NULL)
		if (strncmp(line, field, strlen(field)) == 0 && line[strlen(field)] == ':')
			value = strtoull(line + strlen(field) + 1, NULL, 16);
	fclose(status);
	close(held[1]);
	close(closed[0]);
	wait_for(child);
	return value;
}

CASE(the_watcher_has_no_capability)
{
	assert_int_equal(field_behind(close_walls_of_watcher, "CapEff"), 0);
	assert_int_equal(field_behind(close_walls_of_watcher, "CapPrm"), 0);
	assert_int_equal(field_behind(close_walls_of_watcher, "NoNewPrivs"), 1);
	assert_int_equal(field_behind(close_walls_of_watcher, "Seccomp"), 2);
}

CASE(the_finder_has_two_at_the_most)
{
	uint64_t two = UINT64_C(1) << CAP_SYS_PTRACE | UINT64_C(1) << CAP_DAC_READ_SEARCH;
	uint64_t has = field_behind(close_walls_of_finder, "CapPrm");

	assert_int_equal(has & ~two, 0);
	assert_int_equal(field_behind(close_walls_of_finder, "CapEff"), has);
	assert_int_equal(field_behind(close_walls_of_finder, "NoNewPrivs"), 1);
	assert_int_equal(field_behind(close_walls_of_finder, "Seccomp"), 2);
	if (geteuid() == 0)
		assert_int_equal(has, two);
}

static int
start(void **state)
{
	(void) state;
	proc = open("/proc", WALLS_OPENS_DIRECTORY);
	return proc >= 0 ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(anything_else_ends_the_finder),
		cmocka_unit_test(anything_else_ends_the_watcher),
		cmocka_unit_test(the_finder_finds),
		cmocka_unit_test(the_watcher_watches),
		cmocka_unit_test(the_watcher_opens_files_below_proc_alone),
		cmocka_unit_test(the_watcher_has_no_capability),
		cmocka_unit_test(the_finder_has_two_at_the_most),
	};

	return cmocka_run_group_tests(cases, start, NULL);
}
