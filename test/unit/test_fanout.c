/*
 * test_fanout.c
 *	  A group of packet sockets in the kernel: which of them gets a packet that arrives, or that leaves.
 *
 * By root, in a network namespace of the test's own, with a pair of interfaces: what is sent into `far` arrives at `near`, where the
 * members of the group listen.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cases.h"
#include "engine/decode/decode.h"
#include "engine/source/fanout.h"
#include "fanout_hash.h"

#define MEMBERS	   3
#define HOSTS	   40
#define FRAME_MAX  256
#define GROUP_MOST 0x10000

/* Without IPv6 of its own an interface says nothing by itself. */
static const char *const set_up =
	"echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6 && ip link set lo up && ip link add near type veth peer name far && ip link set near up && ip link set far up";

/* A socket that receives from an interface; protocol 0: one that only sends. */
static int
open_socket(const char *interface, uint16_t protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int) if_nametoindex(interface),
	};
	int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);

	assert_true(descriptor >= 0);
	assert_int_equal(bind(descriptor, (struct sockaddr *) &address, sizeof(address)), 0);
	return descriptor;
}

typedef struct Group
{
	int		 members[MEMBERS];
	uint32_t number;
} Group;

static Group
make_group(const char *interface)
{
	Group group;

	for (int i = 0; i < MEMBERS; i++)
		group.members[i] = open_socket(interface, ETH_P_ALL);
	if (!fanout_make(group.members[0], true, &group.number))
		fail_msg("%s", strerror(errno));
	assert_in_range(group.number, 1, GROUP_MOST);
	for (int i = 1; i < MEMBERS; i++)
		if (!fanout_join(group.members[i], group.number))
			fail_msg("%s", strerror(errno));
	return group;
}

static void
close_group(const Group *group)
{
	for (int i = 0; i < MEMBERS; i++)
		close(group->members[i]);
}

/* How many frames a socket has, and forgets them. */
static int
drain(int descriptor)
{
	uint8_t bytes[2048];
	int		count = 0;

	while (recv(descriptor, bytes, sizeof(bytes), 0) >= 0)
		count++;
	return count;
}

/* The kinds of frames. */
typedef enum Kind
{
	PLAIN,
	TAGGED,
	TAGGED_TWICE,
	KINDS
} Kind;

/* A UDP packet in an Ethernet frame, between host number `host` and a server, either way. */
static uint32_t
make_frame(uint8_t frame[FRAME_MAX], Kind kind, bool six, uint8_t host, bool back)
{
	uint8_t *at = frame;
	uint8_t	 addresses[2][16] = {{0}};

	memset(frame, 0, FRAME_MAX);
	memset(at, 0x02, 12);
	at += 12;
	for (Kind tags = PLAIN; tags < kind; tags++, at += 4)
	{
		at[0] = 0x81;
		at[3] = (uint8_t) (7 + tags);
	}
	at[0] = six ? 0x86 : 0x08;
	at[1] = six ? 0xDD : 0x00;
	at += 2;
	if (six)
	{
		assert_int_equal(inet_pton(AF_INET6, "fd00::1:0", addresses[back]), 1);
		assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", addresses[!back]), 1);
		addresses[back][15] = host;
		at[0] = 0x60;
		at[5] = 12;
		at[6] = IPPROTO_UDP;
		at[7] = 64;
		memcpy(at + 8, addresses, 32);
		at += 40;
	}
	else
	{
		assert_int_equal(inet_pton(AF_INET, "10.1.0.0", addresses[back]), 1);
		assert_int_equal(inet_pton(AF_INET, "192.0.2.1", addresses[!back]), 1);
		addresses[back][3] = host;
		at[0] = 0x45;
		at[3] = 32;
		at[8] = 64;
		at[9] = IPPROTO_UDP;
		memcpy(at + 12, addresses[0], 4);
		memcpy(at + 16, addresses[1], 4);
		at += 20;
	}
	at[1] = back ? 1 : 2;
	at[3] = back ? 2 : 1;
	at[5] = 12;
	return (uint32_t) (at + 12 - frame);
}

/* Which member has got a packet; it is to be one alone. */
static int
find_receiver(const Group *group)
{
	int found = -1;

	for (int i = 0; i < MEMBERS; i++)
		for (int count = drain(group->members[i]); count > 0; count--)
		{
			assert_int_equal(found, -1);
			found = i;
		}
	return found;
}

/* Which member gets this frame, once it was sent. */
static int
receiver(const Group *group, int sender, const uint8_t *frame, uint32_t length)
{
	assert_int_equal(send(sender, frame, length, 0), length);
	return find_receiver(group);
}

/* Which member should get it. */
static int
expected(const uint8_t *bytes, uint32_t length)
{
	Frame  frame = {.bytes = bytes, .captured_length = length, .wire_length = length, .link_type = 1};
	Packet packet;

	assert_int_equal(decode_frame(&frame, true, &packet), NOT_IGNORED);
	return (int) (host_hash(&packet) % MEMBERS);
}

/* What the members get of the traffic of all hosts that is sent into an interface. */
static void
expect_split(const char *into)
{
	const Group group = make_group("near");
	int			sender = open_socket(into, 0),
		counts[MEMBERS] = {0};
	uint8_t frame[FRAME_MAX];

	for (int i = 0; i < MEMBERS; i++)
		drain(group.members[i]);
	for (uint8_t host = 0; host < HOSTS; host++)
		for (Kind kind = PLAIN; kind < KINDS; kind++)
			for (int which = 0; which < 4; which++)
			{
				uint32_t length = make_frame(frame, kind, which & 1, host, which & 2);
				int		 member = receiver(&group, sender, frame, length);

				if (member != expected(frame, length))
					fail_msg("into %s, host %d, %d tags, IPv%d, %s: %d and not %d", into, host, kind, which & 1 ? 6 : 4,
							 which & 2 ? "back" : "there", member, expected(frame, length));
				counts[member]++;
			}
	for (int i = 0; i < MEMBERS; i++)
		assert_true(counts[i] > HOSTS * KINDS * 4 / MEMBERS / 2);
	close(sender);
	close_group(&group);
}

CASE(what_arrives_is_split_by_host)
{
	expect_split("far");
}

CASE(what_leaves_is_split_by_host)
{
	expect_split("near");
}

/* A device without a link header, of which this process is the other end. */
CASE(devices_without_a_link_header_are_split_by_host)
{
	struct ifreq device = {.ifr_name = "tun", .ifr_flags = IFF_TUN | IFF_NO_PI};
	int			 other_end = open("/dev/net/tun", O_RDWR);
	Group		 group;

	assert_true(other_end >= 0);
	assert_int_equal(ioctl(other_end, TUNSETIFF, &device), 0);
	assert_int_equal(system("ip link set tun up"), 0);
	group = make_group("tun");
	for (uint8_t host = 0; host < HOSTS; host++)
		for (int which = 0; which < 4; which++)
		{
			uint8_t			   frame[FRAME_MAX];
			uint32_t		   length = make_frame(frame, PLAIN, which & 1, host, which & 2);
			int				   sender = socket(AF_PACKET, SOCK_DGRAM, 0);
			struct sockaddr_ll address = {
				.sll_family = AF_PACKET,
				.sll_protocol = htons(which & 1 ? ETH_P_IPV6 : ETH_P_IP),
				.sll_ifindex = (int) if_nametoindex("tun"),
			};

			assert_int_equal(write(other_end, frame + ETH_HLEN, length - ETH_HLEN), length - ETH_HLEN);
			assert_int_equal(find_receiver(&group), expected(frame, length));
			assert_int_equal(sendto(sender, frame + ETH_HLEN, length - ETH_HLEN, 0, (struct sockaddr *) &address, sizeof(address)),
							 length - ETH_HLEN);
			assert_int_equal(find_receiver(&group), expected(frame, length));
			close(sender);
		}
	close_group(&group);
	close(other_end);
}

CASE(groups_do_not_share_a_number)
{
	const Group one = make_group("near"),
				other = make_group("near");

	assert_int_not_equal(one.number, other.number);
	close_group(&one);
	close_group(&other);
}

/* Both of two scans of an interface see all of it. */
CASE(groups_do_not_share_packets)
{
	const Group one = make_group("near"),
				other = make_group("near");
	int		 sender = open_socket("far", 0);
	uint8_t	 frame[FRAME_MAX];
	uint32_t length = make_frame(frame, PLAIN, false, 1, false);

	assert_int_equal(receiver(&one, sender, frame, length), expected(frame, length));
	for (int i = 0; i < MEMBERS; i++)
		assert_int_equal(drain(other.members[i]), i == expected(frame, length));
	close(sender);
	close_group(&one);
	close_group(&other);
}

CASE(who_listens_elsewhere_does_not_join)
{
	const Group group = make_group("near");
	int			near = open_socket("near", ETH_P_ALL),
		far = open_socket("far", ETH_P_ALL);

	assert_false(fanout_join(far, group.number));
	assert_int_equal(errno, EINVAL);
	assert_true(fanout_join(near, group.number));
	close(near);
	close(far);
	close_group(&group);
}

static int
enter_namespace(void **state)
{
	(void) state;
	if (unshare(CLONE_NEWNET) != 0)
	{
		print_message("# root makes network namespaces\n");
		return -1;
	}
	return system(set_up);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_arrives_is_split_by_host),
		cmocka_unit_test(what_leaves_is_split_by_host),
		cmocka_unit_test(devices_without_a_link_header_are_split_by_host),
		cmocka_unit_test(groups_do_not_share_a_number),
		cmocka_unit_test(groups_do_not_share_packets),
		cmocka_unit_test(who_listens_elsewhere_does_not_join),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
