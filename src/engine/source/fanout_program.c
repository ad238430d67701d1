/*
 * fanout_program.c
 *	  The program by which the kernel splits an interface's packets among the meters of a scan.
 *
 * Which meter gets a packet is decided by its host, as key_host() has it: the private address where exactly one of the two is
 * private, else the lower of the two.  Its hash is the program's result.  So both directions of a flow, and all flows of a
 * private host, come to one meter.  Of the headers in a packet the program takes the same as decode.c does:
 *
 *	  VLAN tags, MPLS labels, PPPoE, LLC/SNAP ---> IPv4, IPv6, one in the other ---> through UDP, if tunnels are decoded, GTP
 *
 * and stays at the outer IP packet where decoding leads to a whole frame (TZSP, CAPWAP): the ends of such a tunnel are the same for
 * both directions of what it carries.  A later fragment goes with the addresses in its own header, as the first one does.
 *
 * Where a packet begins for the program depends on its direction.  One that arrives begins at the network header, its link
 * header and its outermost VLAN tag taken off, and the kernel tells the type of what is there.  One that leaves begins with its
 * Ethernet header, and its type, its tags and the offset of its network header need not fit together; so there the link header is
 * read as it stands.  Where one leaves by a device that has no Ethernet header, the offsets count from the network header
 * (SKF_NET_OFF).  A load outside of the packet ends the program, with the result 0.
 *
 * Classic BPF has no loops: what may repeat is written out a number of times.
 */
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdint.h>

#include "engine/source/bpf_code.h"
#include "engine/source/fanout_program.h"

/* How often a layer may repeat.  What is nested deeper than this is split by the layer that was reached. */
#define TAGS				4 /* VLAN tags beside the one that the kernel takes off */
#define LABELS				8 /* of MPLS */
#define PACKETS				4 /* IP in IP */
#define EXTENSIONS			3 /* of IPv6, and of GTP */

#define ETHERNET_LENGTH_MAX 1500
#define SAP_SNAP			0xAA
#define GTP_PORT			2152

/* The program's memory. */
enum
{
	PACKET_END,	   /* offset */
	IP_AT,		   /* offset of the IP header that decides */
	VALUE,		   /* for a moment */
	HEADER_LENGTH, /* of IPv4, bytes */
	SOURCE,		   /* IPv4 address, or a word of one of IPv6 */
	DESTINATION,
	SOURCE_IS_PRIVATE,
	DESTINATION_IS_PRIVATE,
	HASH
};

/* Places to jump to; those that stand once, then those that are made as they are needed. */
enum
{
	NO_IP, /* the end: the first meter */
	HOST,  /* IP_AT is set */
	FIRST_NETWORK,
	FIXED_LABELS = FIRST_NETWORK + PACKETS
};

/* ------------------------------------------------------------------------------------------------------------- below IP */

/* X and A are set to where the packet begins, and the type of what is there; the memory to where it ends. */
static void
begin(BpfCode *code)
{
	uint32_t leaves = bpf_label(code),
			 ethernet = bpf_label(code),
			 done = bpf_label(code);

	bpf_emit(code, BPF_LD | BPF_LEN | BPF_W, 0);
	bpf_emit(code, BPF_ST, PACKET_END);
	bpf_load_known(code, SKF_AD_PKTTYPE);
	bpf_go_if(code, BPF_JEQ, PACKET_OUTGOING, leaves);
	bpf_emit(code, BPF_LDX | BPF_IMM, 0);
	bpf_load_known(code, SKF_AD_PROTOCOL);
	bpf_go(code, done);

	bpf_here(code, leaves);
	bpf_load_known(code, SKF_AD_HATYPE);
	bpf_go_if(code, BPF_JEQ, ARPHRD_ETHER, ethernet);
	bpf_go_if(code, BPF_JEQ, ARPHRD_LOOPBACK, ethernet);
	bpf_emit(code, BPF_LD | BPF_LEN | BPF_W, 0);
	bpf_emit(code, BPF_ALU | BPF_ADD | BPF_K, (uint32_t) SKF_NET_OFF);
	bpf_emit(code, BPF_ST, PACKET_END);
	bpf_emit(code, BPF_LDX | BPF_IMM, (uint32_t) SKF_NET_OFF);
	bpf_load_known(code, SKF_AD_PROTOCOL);
	bpf_go(code, done);

	bpf_here(code, ethernet);
	bpf_emit(code, BPF_LDX | BPF_IMM, ETH_HLEN);
	bpf_emit(code, BPF_LD | BPF_ABS | BPF_H, ETH_HLEN - 2);
	bpf_here(code, done);
}

/* Moves X on by so many bytes; A stays. */
static void
advance_keeping(BpfCode *code, uint32_t bytes)
{
	bpf_emit(code, BPF_ST, VALUE);
	bpf_advance_by(code, bytes);
	bpf_emit(code, BPF_LD | BPF_MEM, VALUE);
}

/* X is at an LLC header: goes on with the type that SNAP has, in A. */
static void
step_over_llc(BpfCode *code)
{
	uint32_t snap = bpf_label(code);

	bpf_load(code, BPF_B, 0);
	bpf_go_if(code, BPF_JEQ, SAP_SNAP, snap);
	bpf_load(code, BPF_B, 1);
	bpf_go_unless(code, BPF_JEQ, SAP_SNAP, NO_IP);
	bpf_here(code, snap);
	bpf_load(code, BPF_H, 6);
	advance_keeping(code, 8);
}

static void
step_over_labels(BpfCode *code, uint32_t mpls)
{
	bpf_here(code, mpls);
	for (int i = 0; i < LABELS; i++)
	{
		bpf_load(code, BPF_B, 2);
		advance_keeping(code, 4);
		bpf_go_if(code, BPF_JSET, 1, FIRST_NETWORK);
	}
	bpf_go(code, NO_IP);
}

/* From the type in A, of what is at X, to the IP header: FIRST_NETWORK. */
static void
step_to_network(BpfCode *code)
{
	static const uint32_t tag_types[] = {ETH_P_8021Q, ETH_P_8021AD, ETH_P_QINQ1, 0x9200};
	uint32_t			  types = bpf_label(code),
			 mpls = bpf_label(code),
			 pppoe = bpf_label(code);

	bpf_go_if(code, BPF_JGT, ETHERNET_LENGTH_MAX, types);
	step_over_llc(code);
	bpf_here(code, types);
	for (int tags = 0; tags <= TAGS; tags++)
	{
		uint32_t tag = tags < TAGS ? bpf_label(code) : NO_IP;

		bpf_go_if(code, BPF_JEQ, ETH_P_IP, FIRST_NETWORK);
		bpf_go_if(code, BPF_JEQ, ETH_P_IPV6, FIRST_NETWORK);
		for (size_t i = 0; i < sizeof(tag_types) / sizeof(tag_types[0]); i++)
			bpf_go_if(code, BPF_JEQ, tag_types[i], tag);
		bpf_go_if(code, BPF_JEQ, ETH_P_MPLS_UC, mpls);
		bpf_go_if(code, BPF_JEQ, ETH_P_MPLS_MC, mpls);
		bpf_go_if(code, BPF_JEQ, ETH_P_PPP_SES, pppoe);
		bpf_go(code, NO_IP);
		if (tags == TAGS)
			break;

		bpf_here(code, tag);
		bpf_load(code, BPF_H, 2);
		advance_keeping(code, 4);
	}
	step_over_labels(code, mpls);
	bpf_here(code, pppoe);
	bpf_advance_by(code, 8);
	bpf_go(code, FIRST_NETWORK);
}

/* -------------------------------------------------------------------------------------------------------------------- IP */

/* Goes to HOST unless so many bytes are there from X on. */
static void
need(BpfCode *code, uint32_t bytes)
{
	bpf_emit(code, BPF_LD | BPF_MEM, PACKET_END);
	bpf_go_unless(code, BPF_JGE | BPF_X, 0, HOST);
	bpf_emit(code, BPF_ALU | BPF_SUB | BPF_X, 0);
	bpf_go_unless(code, BPF_JGE, bytes, HOST);
}

/* X is at GTP's extension headers; goes to `inner` after the last of them, or to HOST if they are not all there. */
static void
step_over_gtp_extensions(BpfCode *code, uint32_t inner)
{
	for (int i = 0; i < EXTENSIONS; i++)
	{
		need(code, 1);
		bpf_load(code, BPF_B, 0);
		bpf_go_if(code, BPF_JEQ, 0, HOST);
		bpf_emit(code, BPF_ALU | BPF_LSH | BPF_K, 2);
		bpf_emit(code, BPF_ALU | BPF_SUB | BPF_K, 1);
		bpf_advance(code); /* to the type of what follows, its last byte */
		need(code, 1);
		bpf_load(code, BPF_B, 0);
		advance_keeping(code, 1);
		bpf_go_if(code, BPF_JEQ, 0, inner);
	}
	bpf_go(code, HOST);
}

/* X is at a UDP header, of the packet at IP_AT: if that carries a user packet, it is the one that decides. */
static void
step_into_gtp(BpfCode *code)
{
	uint32_t gtp = bpf_label(code),
			 inner = bpf_label(code);

	need(code, 8 + 8);
	bpf_load(code, BPF_H, 0);
	bpf_go_if(code, BPF_JEQ, GTP_PORT, gtp);
	bpf_load(code, BPF_H, 2);
	bpf_go_unless(code, BPF_JEQ, GTP_PORT, HOST);

	bpf_here(code, gtp);
	bpf_load(code, BPF_H, 8); /* version, flags and type */
	bpf_emit(code, BPF_ST, VALUE);
	bpf_emit(code, BPF_ALU | BPF_AND | BPF_K, 0xE0FF);
	bpf_go_unless(code, BPF_JEQ, 0x20FF, HOST);
	bpf_advance_by(code, 8 + 8);
	bpf_emit(code, BPF_LD | BPF_MEM, VALUE);
	bpf_go_unless(code, BPF_JSET, 0x0700, inner); /* E, S and N: four bytes more */
	bpf_advance_by(code, 4);
	bpf_emit(code, BPF_LD | BPF_MEM, VALUE);
	bpf_go_unless(code, BPF_JSET, 0x0400, inner); /* E: extension headers */
	step_over_gtp_extensions(code, inner);

	bpf_here(code, inner);
	need(code, 1);
	bpf_emit(code, BPF_STX, IP_AT);
	bpf_go(code, HOST);
}

/* A is the protocol of what is at X, after an IP header: if that can be stepped into, goes to where it is. */
static void
step_into(BpfCode *code, uint32_t network, uint32_t udp)
{
	bpf_go_if(code, BPF_JEQ, IPPROTO_IPIP, network);
	bpf_go_if(code, BPF_JEQ, IPPROTO_IPV6, network);
	bpf_go_if(code, BPF_JEQ, IPPROTO_UDP, udp);
}

/* X is at an IPv4 header. */
static void
step_into_ipv4(BpfCode *code, uint32_t network, uint32_t udp)
{
	bpf_load(code, BPF_H, 6);
	bpf_go_if(code, BPF_JSET, 0x1FFF, HOST); /* a later fragment */
	bpf_load(code, BPF_B, 0);
	bpf_emit(code, BPF_ALU | BPF_AND | BPF_K, 0x0F);
	bpf_emit(code, BPF_ALU | BPF_LSH | BPF_K, 2);
	bpf_go_if(code, BPF_JEQ, 0, HOST);
	bpf_emit(code, BPF_ST, HEADER_LENGTH);
	bpf_load(code, BPF_B, 9);
	bpf_emit(code, BPF_ST, VALUE);
	bpf_emit(code, BPF_LD | BPF_MEM, HEADER_LENGTH);
	bpf_advance(code);
	bpf_emit(code, BPF_LD | BPF_MEM, VALUE);
	step_into(code, network, udp);
	bpf_go(code, HOST);
}

/* X is at an IPv6 header. */
static void
step_into_ipv6(BpfCode *code, uint32_t network, uint32_t udp)
{
	bpf_load(code, BPF_B, 6);
	advance_keeping(code, 40);
	step_into(code, network, udp);
	for (int i = 0; i < EXTENSIONS; i++)
	{
		uint32_t general = bpf_label(code),
				 fragment = bpf_label(code),
				 next = bpf_label(code);

		bpf_go_if(code, BPF_JEQ, IPPROTO_HOPOPTS, general);
		bpf_go_if(code, BPF_JEQ, IPPROTO_ROUTING, general);
		bpf_go_if(code, BPF_JEQ, IPPROTO_DSTOPTS, general);
		bpf_go_if(code, BPF_JEQ, IPPROTO_MH, general);
		bpf_go_if(code, BPF_JEQ, IPPROTO_FRAGMENT, fragment);
		bpf_go(code, HOST);

		bpf_here(code, fragment);
		need(code, 2);
		bpf_load(code, BPF_H, 2);
		bpf_go_if(code, BPF_JSET, 0xFFF8, HOST); /* a later one */
		bpf_load(code, BPF_B, 0);
		bpf_emit(code, BPF_ST, VALUE);
		bpf_advance_by(code, 8);
		bpf_go(code, next);

		bpf_here(code, general);
		need(code, 2);
		bpf_load(code, BPF_B, 0);
		bpf_emit(code, BPF_ST, VALUE);
		bpf_load(code, BPF_B, 1);
		bpf_emit(code, BPF_ALU | BPF_ADD | BPF_K, 1);
		bpf_emit(code, BPF_ALU | BPF_LSH | BPF_K, 3);
		bpf_advance(code);

		bpf_here(code, next);
		bpf_emit(code, BPF_LD | BPF_MEM, VALUE);
		step_into(code, network, udp);
	}
	bpf_go(code, HOST);
}

/* From the outermost IP header, at FIRST_NETWORK, to HOST. */
static void
step_to_host(BpfCode *code, bool decode_tunnels)
{
	for (uint32_t i = 0; i < PACKETS; i++)
	{
		uint32_t ipv4 = bpf_label(code),
				 ipv6 = bpf_label(code),
				 udp = decode_tunnels ? bpf_label(code) : HOST,
				 network = i + 1 < PACKETS ? FIRST_NETWORK + i + 1 : HOST;

		bpf_here(code, FIRST_NETWORK + i);
		bpf_emit(code, BPF_STX, IP_AT);
		bpf_load(code, BPF_B, 0);
		bpf_emit(code, BPF_ALU | BPF_RSH | BPF_K, 4);
		bpf_go_if(code, BPF_JEQ, 4, ipv4);
		bpf_go_if(code, BPF_JEQ, 6, ipv6);
		bpf_go(code, NO_IP);
		bpf_here(code, ipv4);
		step_into_ipv4(code, network, udp);
		bpf_here(code, ipv6);
		step_into_ipv6(code, network, udp);
		if (decode_tunnels)
		{
			bpf_here(code, udp);
			step_into_gtp(code);
		}
	}
}

/* --------------------------------------------------------------------------------------------------------------- the host */

typedef struct Network
{
	uint32_t mask;
	uint32_t network;
} Network;

/* Those of key.c: RFC 1918 and RFC 3927; RFC 4193 and RFC 4291's link-local addresses, by their first four bytes. */
static const Network private_ipv4[] = {
	{0xFF000000, 0x0A000000}, {0xFFF00000, 0xAC100000}, {0xFFFF0000, 0xC0A80000}, {0xFFFF0000, 0xA9FE0000}};
static const Network private_ipv6[] = {{0xFE000000, 0xFC000000}, {0xFFC00000, 0xFE800000}};

/* Notes whether an address whose first four bytes are kept is in one of the networks, as 1 or 0. */
static void
note_whether_private(BpfCode *code, uint32_t address, const Network *networks, size_t count, uint32_t result)
{
	uint32_t done = bpf_label(code);

	bpf_emit(code, BPF_LDX | BPF_IMM, 1);
	for (size_t i = 0; i < count; i++)
	{
		bpf_emit(code, BPF_LD | BPF_MEM, address);
		bpf_emit(code, BPF_ALU | BPF_AND | BPF_K, networks[i].mask);
		bpf_go_if(code, BPF_JEQ, networks[i].network, done);
	}
	bpf_emit(code, BPF_LDX | BPF_IMM, 0);
	bpf_here(code, done);
	bpf_emit(code, BPF_STX, result);
}

/* Goes to one of the two if exactly one of the addresses is private. */
static void
choose_private(BpfCode *code, const Network *networks, size_t count, uint32_t source, uint32_t destination)
{
	uint32_t same = bpf_label(code);

	note_whether_private(code, SOURCE, networks, count, SOURCE_IS_PRIVATE);
	note_whether_private(code, DESTINATION, networks, count, DESTINATION_IS_PRIVATE);
	bpf_emit(code, BPF_LD | BPF_MEM, SOURCE_IS_PRIVATE);
	bpf_emit(code, BPF_LDX | BPF_MEM, DESTINATION_IS_PRIVATE);
	bpf_go_if(code, BPF_JEQ | BPF_X, 0, same);
	bpf_go_if(code, BPF_JEQ, 1, source);
	bpf_go(code, destination);
	bpf_here(code, same);
}

/* SOURCE and DESTINATION become the words at these offsets in the IP header; X is there. */
static void
take_words(BpfCode *code, uint32_t source, uint32_t destination)
{
	bpf_emit(code, BPF_LDX | BPF_MEM, IP_AT);
	bpf_load(code, BPF_W, source);
	bpf_emit(code, BPF_ST, SOURCE);
	bpf_load(code, BPF_W, destination);
	bpf_emit(code, BPF_ST, DESTINATION);
}

/* Goes to one of the two if the words differ: to that of the lower one. */
static void
choose_lower(BpfCode *code, uint32_t source, uint32_t destination)
{
	uint32_t same = bpf_label(code);

	bpf_emit(code, BPF_LD | BPF_MEM, SOURCE);
	bpf_emit(code, BPF_LDX | BPF_MEM, DESTINATION);
	bpf_go_if(code, BPF_JGT | BPF_X, 0, destination);
	bpf_go_if(code, BPF_JEQ | BPF_X, 0, same);
	bpf_go(code, source);
	bpf_here(code, same);
}

/* A ^= A >> bits, then A *= factor. */
static void
shift_and_multiply(BpfCode *code, uint32_t bits, uint32_t factor)
{
	bpf_emit(code, BPF_MISC | BPF_TAX, 0);
	bpf_emit(code, BPF_ALU | BPF_RSH | BPF_K, bits);
	bpf_emit(code, BPF_ALU | BPF_XOR | BPF_X, 0);
	bpf_emit(code, BPF_ALU | BPF_MUL | BPF_K, factor);
}

/* Mixes A into HASH, X being undefined after it: each bit of A moves about half of those of HASH. */
static void
mix(BpfCode *code)
{
	bpf_emit(code, BPF_LDX | BPF_MEM, HASH);
	bpf_emit(code, BPF_ALU | BPF_XOR | BPF_X, 0);
	shift_and_multiply(code, 16, 0x7FEB352D);
	shift_and_multiply(code, 15, 0x846CA68B);
	shift_and_multiply(code, 16, 1);
	bpf_emit(code, BPF_ST, HASH);
}

static void
choose_ipv4(BpfCode *code)
{
	uint32_t source = bpf_label(code),
			 destination = bpf_label(code),
			 done = bpf_label(code);

	take_words(code, 12, 16);
	choose_private(code, private_ipv4, sizeof(private_ipv4) / sizeof(private_ipv4[0]), source, destination);
	choose_lower(code, source, destination);
	bpf_here(code, source);
	bpf_emit(code, BPF_LD | BPF_MEM, SOURCE);
	bpf_go(code, done);
	bpf_here(code, destination);
	bpf_emit(code, BPF_LD | BPF_MEM, DESTINATION);
	bpf_here(code, done);
	mix(code);
	bpf_emit(code, BPF_RET | BPF_A, 0);
}

static void
choose_ipv6(BpfCode *code)
{
	uint32_t source = bpf_label(code),
			 destination = bpf_label(code),
			 done = bpf_label(code);

	take_words(code, 8, 24);
	choose_private(code, private_ipv6, sizeof(private_ipv6) / sizeof(private_ipv6[0]), source, destination);
	for (uint32_t at = 0; at < 16; at += 4)
	{
		take_words(code, 8 + at, 24 + at);
		choose_lower(code, source, destination);
	}
	bpf_here(code, source);
	bpf_emit(code, BPF_LD | BPF_IMM, 8);
	bpf_go(code, done);
	bpf_here(code, destination);
	bpf_emit(code, BPF_LD | BPF_IMM, 24);
	bpf_here(code, done);
	bpf_emit(code, BPF_LDX | BPF_MEM, IP_AT);
	bpf_advance(code);
	bpf_emit(code, BPF_STX, IP_AT);
	for (uint32_t at = 0; at < 16; at += 4)
	{
		bpf_emit(code, BPF_LDX | BPF_MEM, IP_AT);
		bpf_load(code, BPF_W, at);
		mix(code);
	}
	bpf_emit(code, BPF_RET | BPF_A, 0);
}

size_t
fanout_program(bool decode_tunnels, struct sock_filter program[FANOUT_PROGRAM_MAX])
{
	BpfCode	 code;
	uint32_t ipv4,
		ipv6;

	bpf_start(&code, program, FANOUT_PROGRAM_MAX, FIXED_LABELS);
	ipv4 = bpf_label(&code);
	ipv6 = bpf_label(&code);
	bpf_emit(&code, BPF_LD | BPF_IMM, 0);
	bpf_emit(&code, BPF_ST, HASH);
	begin(&code);
	step_to_network(&code);
	step_to_host(&code, decode_tunnels);

	bpf_here(&code, HOST);
	bpf_emit(&code, BPF_LDX | BPF_MEM, IP_AT);
	bpf_load(&code, BPF_B, 0);
	bpf_emit(&code, BPF_ALU | BPF_RSH | BPF_K, 4);
	bpf_go_if(&code, BPF_JEQ, 4, ipv4);
	bpf_go_if(&code, BPF_JEQ, 6, ipv6);
	bpf_go(&code, NO_IP);
	bpf_here(&code, ipv4);
	choose_ipv4(&code);
	bpf_here(&code, ipv6);
	choose_ipv6(&code);

	/* At the end: the kernel's check takes what is in memory before a return for all that there is after it. */
	bpf_here(&code, NO_IP);
	bpf_emit(&code, BPF_RET | BPF_K, 0);
	return bpf_end(&code);
}
