/*
 * decode_frames.h
 *	  Frames written down by hand, and what the decoder makes of them: for the test_decode programs.
 *
 * A frame is put together from the macros below and passed as FRAME(...), which stands for two arguments, its bytes and
 * their number.  Lengths are given where a header is written, so that they can be wrong.
 */
#ifndef DECODE_FRAMES_H
#define DECODE_FRAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/dlt.h>

#include "engine/decode/decode.h"

#define CASE(name)	static void name(void **state __attribute__((unused)))

#define FRAME(...)	(const uint8_t[]) {__VA_ARGS__}, sizeof((const uint8_t[]) {__VA_ARGS__})

#define BE16(value) ((value) >> 8 & 0xFF), ((value) & 0xFF)
#define LE16(value) ((value) & 0xFF), ((value) >> 8 & 0xFF)
#define LE32(value) LE16((value) & 0xFFFF), LE16((value) >> 16)
#define ZEROS_4		0, 0, 0, 0
#define ZEROS_8		ZEROS_4, ZEROS_4
#define ZEROS_20	ZEROS_8, ZEROS_8, ZEROS_4

#define TYPE_IPV4	0x0800
#define TYPE_ARP	0x0806
#define TYPE_VLAN	0x8100
#define TYPE_IPV6	0x86DD

#define ICMP		1
#define IP_IN_IP	4
#define TCP			6
#define UDP			17
#define IPV6_IN_IP	41
#define GRE			47
#define ICMPV6		58

/* MAC addresses, each of six equal bytes. */
#define MAC(byte) byte, byte, byte, byte, byte, byte

/* To MAC(0xD0) from MAC(0x50). */
#define ETHERNET(type) MAC(0xD0), MAC(0x50), BE16(type)

/* LLC and SNAP of 8 bytes. */
#define SNAP(type) 0xAA, 0xAA, 0x03, 0, 0, 0, BE16(type)

/* From 10.0.0.1 to 10.0.0.2; `words` of header length, `fragment`: flags and offset. */
#define IPV4_HEADER(words, total_length, fragment, protocol) \
	0x40 | (words), 0, BE16(total_length), 0, 1, BE16(fragment), 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
#define IPV4(total_length, protocol) IPV4_HEADER(5, total_length, 0, protocol)

/* From fd00::1 to fd00::2. */
#define IPV6(payload_length, next_header) \
	0x60, 0, 0, 0, BE16(payload_length), next_header, 64, \
		0xFD, 0, 0, 0, ZEROS_8, 0, 0, 0, 1, 0xFD, 0, 0, 0, ZEROS_8, 0, 0, 0, 2

#define TCP_HEADER(source, destination, words, flags) \
	BE16(source), BE16(destination), ZEROS_8, (words) << 4, flags, 0, 0, ZEROS_4
#define UDP_HEADER(source, destination) BE16(source), BE16(destination), 0, 8, 0, 0

/* A whole packet, 32 bytes: UDP from 1000 to 53 with 4 bytes. */
#define IPV4_UDP IPV4(32, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4

/* A whole packet, 52 bytes: UDP from 1000 to 53 with 4 bytes. */
#define IPV6_UDP	IPV6(12, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4

#define GTP_PORT	2152
#define CAPWAP_PORT 5247
#define TZSP_PORT	37008

/* From port 4000 to `port`, what follows; from MAC(0x50) to MAC(0xD0). */
#define OUTER(port) ETHERNET(TYPE_IPV4), IPV4(1000, UDP), UDP_HEADER(4000, port)
#define OUTER_BYTES (14 + 20 + 8)

/* `words` of header, `bits`: WBID and flags. */
#define CAPWAP(words, bits) 0, (words) << 3, BE16(bits), 0, 1, 0, 0

#define TZSP				1, 0, BE16(1)

/* An Ethernet frame within the tunnel: to MAC(0xD1) from MAC(0x51). */
#define INNER(type) MAC(0xD1), MAC(0x51), BE16(type)

/* Where the packet's IP header is in its frame, as metered() found it. */
static ptrdiff_t ip_offset;

/* Decodes a copy that stands in a block of exactly its size. */
static inline IgnoreReason
decode(bool tunnels, uint32_t wire_length, uint32_t link_type, const uint8_t *bytes, size_t length, Packet *packet)
{
	uint8_t		*copy = malloc(length);
	Frame		 frame = {copy, (uint32_t) length, wire_length, link_type, 1700000000123};
	IgnoreReason reason;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	memset(packet, 0xA5, sizeof(*packet));
	reason = decode_frame(&frame, tunnels, packet);
	if (reason == NOT_IGNORED)
	{
		ip_offset = packet->ip - copy;
		assert_int_equal(packet->ip_length, (ptrdiff_t) length - ip_offset);
	}
	free(copy);
	return reason;
}

/* The packet in a frame that is captured in full. */
static inline Packet
metered(uint32_t link_type, const uint8_t *bytes, size_t length)
{
	Packet packet;

	assert_int_equal(decode(true, (uint32_t) length, link_type, bytes, length, &packet), NOT_IGNORED);
	return packet;
}

/* The packet in a frame of which more was on the wire. */
static inline Packet
metered_cut(uint32_t wire_length, uint32_t link_type, const uint8_t *bytes, size_t length)
{
	Packet packet;

	assert_true(wire_length > length);
	assert_int_equal(decode(true, wire_length, link_type, bytes, length, &packet), NOT_IGNORED);
	return packet;
}

static inline void
assert_ignored(IgnoreReason reason, uint32_t link_type, const uint8_t *bytes, size_t length)
{
	Packet packet;

	assert_int_equal(decode(true, (uint32_t) length, link_type, bytes, length, &packet), reason);
}

static inline void
assert_macs(const Packet *packet, uint8_t source, uint8_t destination)
{
	const uint8_t macs[2][MAC_ADDRESS_BYTES] = {{MAC(source)}, {MAC(destination)}};

	assert_memory_equal(packet->source_mac, macs[0], MAC_ADDRESS_BYTES);
	assert_memory_equal(packet->destination_mac, macs[1], MAC_ADDRESS_BYTES);
}

/* That this is the packet of IPV4_UDP, or of IPV6_UDP. */
static inline void
assert_udp(const Packet *packet, int version)
{
	assert_int_equal(packet->ip_version, version);
	assert_int_equal(packet->protocol, UDP);
	assert_int_equal(packet->source_port, 1000);
	assert_int_equal(packet->destination_port, 53);
	assert_int_equal(packet->size[ACCOUNTING_PAYLOAD], 4);
}

static inline void
assert_sizes(const Packet *packet, uint32_t ip, uint32_t transport, uint32_t payload)
{
	assert_int_equal(packet->size[ACCOUNTING_IP], ip);
	assert_int_equal(packet->size[ACCOUNTING_TRANSPORT], transport);
	assert_int_equal(packet->size[ACCOUNTING_PAYLOAD], payload);
}

static inline void
assert_ports(const Packet *packet, uint16_t source, uint16_t destination)
{
	assert_int_equal(packet->source_port, source);
	assert_int_equal(packet->destination_port, destination);
}

#endif /* DECODE_FRAMES_H */
