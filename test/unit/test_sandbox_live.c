/*
 * test_sandbox_live.c
 *	  What a meter that captures can do with its packet socket in the sandbox, and what ends it there.
 *
 * Each case runs in a child that enters the sandbox first, with a packet socket on the loopback interface of a network namespace of
 * its own, which takes root, or a kernel that lets users make namespaces.  All is tried in the sandbox of nfstream_meter and in
 * that of the meter with Python in it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "meter/landlock.h"
#include "meter/sandbox.h"
#include "meter/sandbox_python.h"
#include "sandbox_child.h"

/* Where records go, the packet socket of the meter, and one that is open besides. */
#define RECORDS STDIN_FILENO
#define CAPTURE 9
#define OTHER	10

/* How a child ends that could not enter the sandbox. */
#define NOT_ENTERED 100

typedef enum Profile
{
	STRICT,
	PYTHON
} Profile;

/* A packet socket on the loopback interface, under this number. */
static void
open_socket(int descriptor)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int) if_nametoindex("lo"),
	};
	int opened = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	assert_true(opened >= 0);
	assert_int_equal(bind(opened, (const struct sockaddr *) &address, sizeof(address)), 0);
	assert_int_equal(dup2(opened, descriptor), descriptor);
	close(opened);
}

static int
enter_namespace(void **state)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int			 any;

	(void) state;
	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return -1;
	any = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioctl(any, SIOCSIFFLAGS, &loopback), 0);
	close(any);
	open_socket(CAPTURE);
	open_socket(OTHER);
	return 0;
}

static bool
can_be_tried(Profile profile)
{
	return profile == STRICT || landlock_version() >= 1;
}

static const char *
give_up(Profile profile)
{
	const char *const readable[] = {"/usr/lib", NULL};
	const char		 *not_given_up = sandbox_limit(0);

	if (not_given_up != NULL)
		return not_given_up;
	if (profile == STRICT && !sandbox_give_up_files())
		return "files";
	return profile == STRICT ? sandbox_enter(RECORDS, true, CAPTURE, true, false) :
							   sandbox_enter_python(RECORDS, true, CAPTURE, readable);
}

/* What becomes of a child that does something in the sandbox. */
static int
in_sandbox(Profile profile, Act act)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		leave(give_up(profile) != NULL ? NOT_ENTERED : act());
	return wait_for(child);
}

/* ------------------------------------------------------------------------------------------------------- what is forbidden */

static struct sock_filter  all[] = {BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)};
static struct sock_fprog   program = {LENGTH(all), all};
static struct sockaddr_ll  address = {.sll_family = AF_PACKET, .sll_ifindex = 1, .sll_halen = 6};
static struct iovec		   frame = {.iov_base = all, .iov_len = sizeof(all)};
static struct msghdr	   message = {.msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &frame, .msg_iovlen = 1};
static struct mmsghdr	   messages[1];
static struct packet_mreq  promiscuous = {.mr_ifindex = 1, .mr_type = PACKET_MR_PROMISC};
static struct tpacket_req3 ring = {.tp_block_size = 4096, .tp_block_nr = 1, .tp_frame_size = 2048, .tp_frame_nr = 2};
static int				   number = 1;
static socklen_t		   length = sizeof(number);
static struct ifreq		   question = {.ifr_name = "lo"};

/* 0 if the call has come back with EPERM, as the sandbox with Python in it refuses; the strict one ends the child. */
#define FORBIDDEN(name, ...) \
	static int \
	name(void) \
	{ \
		return syscall(__VA_ARGS__) == -1 && errno == EPERM ? 0 : 1; \
	}

/* sending */
FORBIDDEN(writes, SYS_write, CAPTURE, all, sizeof(all))
FORBIDDEN(writes_with_a_long_number, SYS_write, CAPTURE | INT64_C(1) << 32, all, sizeof(all))
FORBIDDEN(writes_several, SYS_writev, CAPTURE, &frame, 1)
FORBIDDEN(writes_at_a_place, SYS_pwrite64, CAPTURE, all, sizeof(all), 0)
FORBIDDEN(sends, SYS_sendto, CAPTURE, all, sizeof(all), 0, &address, sizeof(address))
FORBIDDEN(sends_a_ring, SYS_sendto, CAPTURE, NULL, 0, 0, NULL, 0)
FORBIDDEN(sends_a_message, SYS_sendmsg, CAPTURE, &message, 0)
FORBIDDEN(sends_messages, SYS_sendmmsg, CAPTURE, messages, 1, 0)
FORBIDDEN(sends_a_file, SYS_sendfile, CAPTURE, 0, NULL, 1)
FORBIDDEN(splices, SYS_splice, 0, NULL, CAPTURE, NULL, 1, 0)
FORBIDDEN(makes_a_ring_to_send, SYS_setsockopt, CAPTURE, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring))
FORBIDDEN(goes_past_the_queue, SYS_setsockopt, CAPTURE, SOL_PACKET, PACKET_QDISC_BYPASS, &number, sizeof(number))
FORBIDDEN(starts_a_ring, SYS_io_uring_setup, 1, NULL)
/* another interface, other packets */
FORBIDDEN(binds, SYS_bind, CAPTURE, &address, sizeof(address))
FORBIDDEN(binds_to_a_device, SYS_setsockopt, CAPTURE, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3)
FORBIDDEN(connects, SYS_connect, CAPTURE, &address, sizeof(address))
FORBIDDEN(makes_a_socket, SYS_socket, AF_PACKET, SOCK_RAW, 0)
FORBIDDEN(listens_to_all, SYS_setsockopt, CAPTURE, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous))
FORBIDDEN(joins_a_group, SYS_setsockopt, CAPTURE, SOL_PACKET, PACKET_FANOUT, &number, sizeof(number))
FORBIDDEN(shares_out, SYS_setsockopt, CAPTURE, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof(program))
FORBIDDEN(makes_a_ring, SYS_setsockopt, CAPTURE, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring))
FORBIDDEN(hears_itself, SYS_setsockopt, CAPTURE, SOL_PACKET, PACKET_IGNORE_OUTGOING, &number, sizeof(number))
FORBIDDEN(detaches_the_filter, SYS_setsockopt, CAPTURE, SOL_SOCKET, SO_DETACH_FILTER, &number, sizeof(number))
FORBIDDEN(attaches_a_program_of_the_kernel, SYS_setsockopt, CAPTURE, SOL_SOCKET, SO_ATTACH_BPF, &number, sizeof(number))
FORBIDDEN(enlarges_its_buffer, SYS_setsockopt, CAPTURE, SOL_SOCKET, SO_RCVBUFFORCE, &number, sizeof(number))
FORBIDDEN(sets_the_version, SYS_setsockopt, CAPTURE, SOL_PACKET, PACKET_VERSION, &number, sizeof(number))
FORBIDDEN(turns_the_interface_off, SYS_ioctl, CAPTURE, SIOCSIFFLAGS, &question)
FORBIDDEN(asks_for_an_address, SYS_ioctl, CAPTURE, SIOCGIFADDR, &question)
FORBIDDEN(takes_another_name, SYS_ioctl, CAPTURE, SIOCSIFNAME, &question)
FORBIDDEN(duplicates, SYS_dup, CAPTURE)
FORBIDDEN(duplicates_to_its_output, SYS_dup3, CAPTURE, STDOUT_FILENO, 0)
FORBIDDEN(receives, SYS_recvfrom, CAPTURE, &number, sizeof(number), 0, NULL, NULL)
FORBIDDEN(receives_a_message, SYS_recvmsg, CAPTURE, &message, MSG_DONTWAIT)
/* what is let through for the packet socket alone */
FORBIDDEN(filters_another, SYS_setsockopt, OTHER, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program))
FORBIDDEN(locks_another, SYS_setsockopt, OTHER, SOL_SOCKET, SO_LOCK_FILTER, &number, sizeof(number))
FORBIDDEN(counts_of_another, SYS_getsockopt, OTHER, SOL_PACKET, PACKET_STATISTICS, &number, &length)
FORBIDDEN(names_another, SYS_getsockname, OTHER, &address, &length)
FORBIDDEN(asks_another, SYS_ioctl, OTHER, SIOCGIFFLAGS, &question)
FORBIDDEN(asks_for_its_type, SYS_getsockopt, CAPTURE, SOL_SOCKET, SO_TYPE, &number, &length)
FORBIDDEN(asks_for_its_filter, SYS_getsockopt, CAPTURE, SOL_SOCKET, SO_GET_FILTER, NULL, &length)

CASE(it_can_neither_send_nor_listen_elsewhere)
{
	static const Act acts[] = {
		writes, writes_with_a_long_number, writes_several, writes_at_a_place, sends, sends_a_ring, sends_a_message, sends_messages,
		sends_a_file, splices, makes_a_ring_to_send, goes_past_the_queue, starts_a_ring, binds, binds_to_a_device, connects,
		makes_a_socket, listens_to_all, joins_a_group, shares_out, makes_a_ring, hears_itself, detaches_the_filter,
		attaches_a_program_of_the_kernel, enlarges_its_buffer, sets_the_version, turns_the_interface_off, asks_for_an_address,
		takes_another_name, duplicates, duplicates_to_its_output, receives, receives_a_message, filters_another, locks_another,
		counts_of_another, names_another, asks_another, asks_for_its_type, asks_for_its_filter};

	for (Profile profile = STRICT; profile <= PYTHON && can_be_tried(profile); profile++)
		for (size_t i = 0; i < LENGTH(acts); i++)
		{
			int status = in_sandbox(profile, acts[i]);

			if (profile == STRICT ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS : status != 0)
				fail_msg("profile %d, act %zu: status %#x", (int) profile, i, (unsigned) status);
		}
}

/* What the strict sandbox lets through with the packet socket as the first argument and 0 as the others. */
static const int let_through[] = {
	SYS_close, SYS_getsockname, SYS_restart_syscall, SYS_brk, SYS_munmap, SYS_mmap, SYS_mprotect, SYS_mremap, SYS_madvise,
	SYS_futex, SYS_sysinfo, SYS_clock_gettime, SYS_gettimeofday, SYS_getrandom, SYS_rt_sigprocmask, SYS_ppoll,
#ifdef SYS_poll
	SYS_poll, SYS_time,
#endif
	SYS_exit, SYS_exit_group, SYS_rt_sigreturn};

/* Numbers of calls, and of those that the kernel's own probes make, about which it asks no filter (Linux 6.14). */
#define CALLS_MAX 512
#ifdef __x86_64__
#define IS_OF_PROBES(call) ((call) == 335 || (call) == 336)
#else
#define IS_OF_PROBES(call) false
#endif

CASE(every_other_call_ends_it)
{
	for (int call = 0; call < CALLS_MAX; call++)
	{
		bool  passes = IS_OF_PROBES(call);
		int	  status;
		pid_t child;

		for (size_t i = 0; i < LENGTH(let_through); i++)
			passes |= let_through[i] == call;
		if (passes)
			continue;
		child = fork();
		assert_true(child >= 0);
		if (child == 0)
		{
			if (give_up(STRICT) == NULL)
				syscall(call, CAPTURE, 0, 0, 0, 0, 0);
			leave(NOT_ENTERED);
		}
		status = wait_for(child);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("call %d: status %#x", call, (unsigned) status);
	}
}

/* --------------------------------------------------------------------------------------------------------- what is allowed */

/* Waits, asks, and attaches a filter; once that is locked nobody exchanges it, and no lock is opened. */
static int
captures(void)
{
	struct pollfd		 ready = {.fd = CAPTURE, .events = POLLIN};
	struct timespec		 no_time = {0};
	struct tpacket_stats counted;
	struct sockaddr_ll	 own;
	socklen_t			 own_length = sizeof(own),
			  counted_length = sizeof(counted),
			  error_length = sizeof(int);
	int error = -1,
		off = 0;

	if (syscall(SYS_ppoll, &ready, 1, &no_time, NULL, 0) < 0)
		return 1;
#ifdef SYS_poll
	if (syscall(SYS_poll, &ready, 1, 0) < 0)
		return 2;
#endif
	if (syscall(SYS_getsockopt, CAPTURE, SOL_PACKET, PACKET_STATISTICS, &counted, &counted_length) != 0)
		return 3;
	if (syscall(SYS_getsockopt, CAPTURE, SOL_SOCKET, SO_ERROR, &error, &error_length) != 0 || error != 0)
		return 4;
	if (syscall(SYS_getsockname, CAPTURE, &own, &own_length) != 0 || own.sll_ifindex <= 0)
		return 5;
	if (syscall(SYS_ioctl, CAPTURE, SIOCGIFFLAGS, &question) != 0 || !(question.ifr_flags & IFF_UP))
		return 6;
	for (int i = 0; i < 2; i++)
		if (syscall(SYS_setsockopt, CAPTURE, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
			return 7;
	if (syscall(SYS_setsockopt, CAPTURE, SOL_SOCKET, SO_LOCK_FILTER, &number, sizeof(number)) != 0)
		return 8;
	if (syscall(SYS_setsockopt, CAPTURE, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != -1 || errno != EPERM)
		return 9;
	if (syscall(SYS_setsockopt, CAPTURE, SOL_SOCKET, SO_LOCK_FILTER, &off, sizeof(off)) != -1 || errno != EPERM)
		return 10;
	return 0;
}

CASE(what_capturing_takes_is_allowed)
{
	for (Profile profile = STRICT; profile <= PYTHON && can_be_tried(profile); profile++)
	{
		/* The lock is the socket's, and stays when the child has ended. */
		open_socket(CAPTURE);
		assert_int_equal(in_sandbox(profile, captures), 0);
	}
	open_socket(CAPTURE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_can_neither_send_nor_listen_elsewhere),
		cmocka_unit_test(every_other_call_ends_it),
		cmocka_unit_test(what_capturing_takes_is_allowed),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
