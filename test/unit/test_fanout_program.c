/*
 * test_fanout_program.c
 *	  How the kernel splits an interface's packets among meters: the program, run by libpcap, beside key_host().
 *
 * What the kernel knows of a packet stands in the program as numbers here, made anew for each packet.  The program's result is to
 * be the hash, computed here in C, of the address that key_host() chooses in the packet that decode_frame() makes of the same
 * frame.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cases.h"
#include "engine/decode/decode.h"
#include "engine/source/capture.h"
#include "engine/source/fanout_program.h"
#include "fanout_hash.h"

#define GTP_PORT	2152
#define TZSP_PORT	37008
#define CAPWAP_PORT 5247

/* The least that a frame needs to be decoded, and where damage may be, bytes. */
#define LINK_BYTES	 28
#define DAMAGED_MOST 90

/* A packet as the kernel shows it to the program. */
typedef struct Shown
{
	const uint8_t *bytes;
	uint32_t	   length;
	uint8_t		   packet_type;
	uint16_t	   protocol;
	uint16_t	   hardware_type;
} Shown;

static struct
{
	uint64_t frames;
	uint64_t tunnels[TUNNEL_TZSP + 1];
	uint64_t six;
	uint64_t vlan;
} totals;

/* The program, and where in it what the kernel knows is loaded. */
typedef struct Program
{
	struct bpf_insn code[FANOUT_PROGRAM_MAX];
	uint32_t		loads[16];
	int32_t			known[16];
	unsigned		count;
} Program;

static void
make_program(Program *program, bool decode_tunnels)
{
	struct sock_filter made[FANOUT_PROGRAM_MAX];
	size_t			   length = fanout_program(decode_tunnels, made);

	program->count = 0;
	for (size_t i = 0; i < length; i++)
	{
		program->code[i] = (struct bpf_insn) {made[i].code, made[i].jt, made[i].jf, made[i].k};
		if (made[i].code != (BPF_LD | BPF_ABS | BPF_W))
			continue;
		assert_true(program->count < LENGTH(program->loads));
		program->loads[program->count] = (uint32_t) i;
		program->known[program->count++] = (int32_t) made[i].k - SKF_AD_OFF;
		program->code[i].code = BPF_LD | BPF_IMM;
	}
}

static uint32_t
known_of(const Shown *shown, int32_t what)
{
	switch (what)
	{
		case SKF_AD_PKTTYPE:
			return shown->packet_type;
		case SKF_AD_PROTOCOL:
			return shown->protocol;
		default:
			assert_int_equal(what, SKF_AD_HATYPE);
			return shown->hardware_type;
	}
}

static uint32_t
run(const Shown *shown, bool decode_tunnels)
{
	static Program programs[2];
	Program		  *program = &programs[decode_tunnels];

	if (program->count == 0)
		make_program(program, decode_tunnels);
	for (unsigned i = 0; i < program->count; i++)
		program->code[program->loads[i]].k = known_of(shown, program->known[i]);
	return bpf_filter(program->code, shown->bytes, shown->length, shown->length);
}

static uint32_t
number_at(const uint8_t *bytes, unsigned count)
{
	uint32_t number = 0;

	for (unsigned i = 0; i < count; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* As __netif_receive_skb() in the kernel has it: the link header is off, and so is a tag after it. */
static Shown
arriving(const Frame *frame)
{
	Shown	 shown = {.packet_type = PACKET_HOST, .hardware_type = ARPHRD_ETHER};
	uint32_t at = ETH_HLEN;

	shown.protocol = (uint16_t) number_at(frame->bytes + ETH_HLEN - 2, 2);
	if ((shown.protocol == ETH_P_8021Q || shown.protocol == ETH_P_8021AD) && frame->captured_length >= ETH_HLEN + 4)
	{
		shown.protocol = (uint16_t) number_at(frame->bytes + ETH_HLEN + 2, 2);
		at += 4;
	}
	if (shown.protocol < ETH_P_802_3_MIN)
		shown.protocol = ETH_P_802_2;
	shown.bytes = frame->bytes + at;
	shown.length = frame->captured_length - at;
	return shown;
}

/* As dev_queue_xmit_nit() has it. */
static Shown
leaving(const Frame *frame)
{
	return (Shown) {
		.bytes = frame->bytes,
		.length = frame->captured_length,
		.packet_type = PACKET_OUTGOING,
		.protocol = 0xFFFF, /* it means nothing */
		.hardware_type = ARPHRD_ETHER,
	};
}

/* Of a device without a link header. */
static Shown
without_link(const Frame *frame)
{
	return (Shown) {
		.bytes = frame->bytes,
		.length = frame->captured_length,
		.packet_type = PACKET_HOST,
		.protocol = frame->bytes[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP,
		.hardware_type = ARPHRD_NONE,
	};
}

static Shown
cooked(const Frame *frame)
{
	return (Shown) {
		.bytes = frame->bytes + 16,
		.length = frame->captured_length - 16,
		.packet_type = PACKET_OTHERHOST,
		.protocol = (uint16_t) number_at(frame->bytes + 14, 2),
		.hardware_type = ARPHRD_PPP,
	};
}

static bool
has_port(const Packet *packet, uint16_t one, uint16_t other)
{
	return packet->source_port == one || packet->source_port == other || packet->destination_port == one ||
		   packet->destination_port == other;
}

/* What the program should make of it; false if the frame is not metered at all, or only for what is in its tunnel, and may go anywhere. */
static bool
expected(const Frame *frame, bool decode_tunnels, uint32_t *hash)
{
	Packet packet;

	if (decode_frame(frame, decode_tunnels, &packet) != NOT_IGNORED)
		return false;
	totals.frames++;
	totals.tunnels[packet.tunnel]++;
	totals.six += packet.ip_version == 6;
	totals.vlan += packet.vlan_id != 0;
	if (packet.tunnel != TUNNEL_NONE)
	{
		Packet outer;

		/* Whole frames in a tunnel go with its ends, whatever they carry. */
		if (decode_frame(frame, false, &outer) != NOT_IGNORED)
			return false;
		if (packet.tunnel != TUNNEL_GTP || (has_port(&outer, TZSP_PORT, CAPWAP_PORT) && !has_port(&outer, GTP_PORT, GTP_PORT)))
			packet = outer;
	}
	*hash = host_hash(&packet);
	return true;
}

static void
expect(const Frame *frame, const Shown *shown, bool decode_tunnels)
{
	uint32_t hash,
		result;

	if (!expected(frame, decode_tunnels, &hash))
		return;
	result = run(shown, decode_tunnels);
	if (result == hash)
		return;
	for (uint32_t i = 0; i < frame->captured_length && i < 100; i++)
		print_error("%02x", frame->bytes[i]);
	fail_msg(": packet type %u, tunnels %d: %08x and not %08x", shown->packet_type, decode_tunnels, result, hash);
}

static void
expect_host(const Frame *frame)
{
	Shown shown;

	for (int tunnels = 0; tunnels <= 1; tunnels++)
		switch (frame->link_type)
		{
			case DLT_EN10MB:
				shown = arriving(frame);
				expect(frame, &shown, tunnels);
				shown = leaving(frame);
				expect(frame, &shown, tunnels);
				break;
			case DLT_LINUX_SLL:
				shown = cooked(frame);
				expect(frame, &shown, tunnels);
				break;
			case DLT_RAW:
				shown = without_link(frame);
				expect(frame, &shown, tunnels);
				break;
		}
}

/* -------------------------------------------------------------------------------------------------------------- captures */

/* The same frame with some of its bytes changed, among the first, and perhaps with an end before its own. */
static void
expect_host_of_damaged(const Frame *frame, Random *numbers)
{
	uint8_t *bytes = malloc(frame->captured_length);
	uint32_t most = frame->captured_length < DAMAGED_MOST ? frame->captured_length : DAMAGED_MOST;
	Frame	 damaged = *frame;

	memcpy(bytes, frame->bytes, frame->captured_length);
	damaged.bytes = bytes;
	for (uint32_t count = 1 + random_below(numbers, 3); count > 0; count--)
		bytes[ETH_HLEN - 2 + random_below(numbers, most - (ETH_HLEN - 2))] ^= (uint8_t) (1u << random_below(numbers, 8));
	if (random_below(numbers, 8) == 0)
		damaged.captured_length = LINK_BYTES + random_below(numbers, frame->captured_length - LINK_BYTES + 1);
	damaged.wire_length = damaged.captured_length;
	expect_host(&damaged);
	free(bytes);
}

/* A frame that is cut is none that the kernel has. */
static void
read_capture(const char *path, Random *numbers)
{
	struct stat	   status;
	int			   descriptor = open(path, O_RDONLY);
	FailureMessage failure;
	Capture		   capture;
	Frame		   frame;

	assert_true(descriptor >= 0 && fstat(descriptor, &status) == 0);
	if (!S_ISREG(status.st_mode) || !capture_open(&capture, descriptor, (uint64_t) status.st_size, 0, &failure))
		return;
	while (capture_next(&capture, &frame) == CAPTURE_FRAME)
		if (frame.captured_length >= frame.wire_length && frame.captured_length >= LINK_BYTES)
		{
			expect_host(&frame);
			expect_host_of_damaged(&frame, numbers);
		}
	capture_close(&capture);
}

static void
read_captures(const char *directory, Random *numbers)
{
	DIR			  *entries = opendir(directory);
	struct dirent *entry;

	if (entries == NULL)
		return;
	while ((entry = readdir(entries)) != NULL)
	{
		char		path[PATH_MAX];
		const char *suffix = strrchr(entry->d_name, '.');

		if (suffix == NULL || (strcmp(suffix, ".pcap") != 0 && strcmp(suffix, ".pcapng") != 0 && strcmp(suffix, ".cap") != 0))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		read_capture(path, numbers);
	}
	closedir(entries);
}

CASE(captures_are_split_by_host)
{
	const char *own = getenv("NFSTREAM_TEST_PCAPS");
	char		shared[PATH_MAX];
	Random		numbers = random_start();

	if (own == NULL)
		own = "test/pcaps";
	memset(&totals, 0, sizeof(totals));
	read_captures(own, &numbers);
	assert_true(totals.frames > 100);
	snprintf(shared, sizeof(shared), "%s/../../../shared/data/pcaps", own);
	read_captures(shared, &numbers);
	print_message("# %" PRIu64 " frames as each meter would see them: %" PRIu64 " of IPv6, %" PRIu64 " with a VLAN, %" PRIu64 " in GTP, %" PRIu64 " in CAPWAP, %" PRIu64 " in TZSP\n",
				  totals.frames, totals.six, totals.vlan, totals.tunnels[TUNNEL_GTP], totals.tunnels[TUNNEL_CAPWAP],
				  totals.tunnels[TUNNEL_TZSP]);
}

/* -------------------------------------------------------------------------------------------------------- made by hand */

/* An IPv4 packet of 64 bytes, with this in its field of flags and fragment offset. */
static Shown
ipv4(uint8_t bytes[64], const char *source, const char *destination, uint16_t fragment, uint8_t protocol)
{
	memset(bytes, 0, 64);
	bytes[0] = 0x45;
	bytes[3] = 64;
	bytes[6] = (uint8_t) (fragment >> 8);
	bytes[7] = (uint8_t) fragment;
	bytes[9] = protocol;
	assert_int_equal(inet_pton(AF_INET, source, bytes + 12), 1);
	assert_int_equal(inet_pton(AF_INET, destination, bytes + 16), 1);
	return (Shown) {.bytes = bytes, .length = 64, .protocol = ETH_P_IP, .hardware_type = ARPHRD_ETHER};
}

/* The same for IPv6, with a fragment header. */
static Shown
ipv6_fragment(uint8_t bytes[64], const char *source, const char *destination, uint16_t fragment, uint8_t protocol)
{
	memset(bytes, 0, 64);
	bytes[0] = 0x60;
	bytes[5] = 24;
	bytes[6] = IPPROTO_FRAGMENT;
	assert_int_equal(inet_pton(AF_INET6, source, bytes + 8), 1);
	assert_int_equal(inet_pton(AF_INET6, destination, bytes + 24), 1);
	bytes[40] = protocol;
	bytes[42] = (uint8_t) (fragment >> 8);
	bytes[43] = (uint8_t) fragment;
	return (Shown) {.bytes = bytes, .length = 64, .protocol = ETH_P_IPV6, .hardware_type = ARPHRD_ETHER};
}

CASE(fragments_go_where_the_first_one_goes)
{
	uint8_t first[64],
		later[64];

	for (int tunnels = 0; tunnels <= 1; tunnels++)
	{
		Shown a = ipv4(first, "192.0.2.9", "10.0.0.1", 0x2000, IPPROTO_UDP),
			  b = ipv4(later, "192.0.2.9", "10.0.0.1", 0x0001, IPPROTO_UDP);

		/* What looks like a tunnel's or an inner packet's header is none in a later fragment. */
		later[20] = GTP_PORT >> 8;
		later[21] = (uint8_t) GTP_PORT;
		assert_int_equal(run(&a, tunnels), run(&b, tunnels));
		b = ipv4(later, "192.0.2.9", "10.0.0.1", 0x0001, IPPROTO_IPIP);
		later[20] = 0x45;
		assert_int_equal(run(&a, tunnels), run(&b, tunnels));
		assert_int_not_equal(run(&a, tunnels), 0);

		a = ipv6_fragment(first, "2001:db8::9", "fd00::1", 1, IPPROTO_UDP);
		b = ipv6_fragment(later, "2001:db8::9", "fd00::1", 8, IPPROTO_IPV6);
		later[48] = 0x60;
		assert_int_equal(run(&a, tunnels), run(&b, tunnels));
		assert_int_not_equal(run(&a, tunnels), 0);
	}
}

CASE(no_ip_goes_to_the_first)
{
	uint8_t bytes[64];
	Shown	shown = ipv4(bytes, "192.0.2.9", "10.0.0.1", 0, IPPROTO_UDP);

	shown.protocol = ETH_P_ARP;
	assert_int_equal(run(&shown, false), 0);
	shown.protocol = ETH_P_IP;
	bytes[0] = 0x55;
	assert_int_equal(run(&shown, false), 0);
}

/* Whatever comes, it ends, and reads nothing outside of the packet: the sanitizer would see it. */
CASE(anything_may_come)
{
	static const uint16_t types[] = {ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_MPLS_UC, ETH_P_PPP_SES, ETH_P_802_2, 0xFFFF};
	Random				  numbers = random_start();

	for (int i = 0; i < 200000; i++)
	{
		uint32_t length = random_below(&numbers, 100);
		uint8_t *bytes = malloc(length + 1);
		Shown	 shown = {
			   .bytes = bytes,
			   .length = length,
			   .packet_type = random_below(&numbers, 3) == 0 ? PACKET_OUTGOING : PACKET_HOST,
			   .protocol = types[random_below(&numbers, LENGTH(types))],
			   .hardware_type = random_below(&numbers, 3) == 0 ? ARPHRD_NONE : ARPHRD_ETHER,
		   };

		for (uint32_t j = 0; j < length; j++)
			bytes[j] = (uint8_t) random_number(&numbers);
		if (length > 0)
			bytes[0] = random_below(&numbers, 2) == 0 ? 0x45 : 0x60;
		run(&shown, random_below(&numbers, 2) == 0);
		free(bytes);
	}
}

/* Neighbours in a network, 1,000 for each meter: 5 standard deviations and more. */
CASE(each_meter_gets_its_share_of_the_hosts)
{
	static const uint32_t counts[] = {2, 3, 4, 7, 8, 16};

	for (size_t i = 0; i < LENGTH(counts); i++)
	{
		uint32_t packets[16] = {0};

		for (uint32_t host = 0; host < 1000 * counts[i]; host++)
		{
			uint8_t bytes[64];
			Shown	shown = ipv4(bytes, "10.1.0.0", "192.0.2.1", 0, IPPROTO_UDP);

			bytes[14] = (uint8_t) (host >> 8);
			bytes[15] = (uint8_t) host;
			packets[run(&shown, false) % counts[i]]++;
		}
		for (uint32_t j = 0; j < counts[i]; j++)
			assert_uint_in_range(packets[j], 800, 1200);
	}
}

CASE(the_kernel_takes_it)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	for (int tunnels = 0; tunnels <= 1; tunnels++)
	{
		struct sock_filter program[FANOUT_PROGRAM_MAX];
		struct sock_fprog  whole = {.filter = program};

		whole.len = (unsigned short) fanout_program(tunnels, program);
		assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof(whole)), 0);
	}
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_are_split_by_host),
		cmocka_unit_test(fragments_go_where_the_first_one_goes),
		cmocka_unit_test(no_ip_goes_to_the_first),
		cmocka_unit_test(anything_may_come),
		cmocka_unit_test(each_meter_gets_its_share_of_the_hosts),
		cmocka_unit_test(the_kernel_takes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
