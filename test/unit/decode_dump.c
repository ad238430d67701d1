/*
 * decode_dump.c
 *	  Decodes frames from the standard input and prints what came out, one line each: the engine's half of
 *	  decode_differential.py.
 *
 * A frame is, little-endian: captured length, wire length, link type (4 bytes each), time (8 bytes), 1 to decode
 * tunnels (1 byte), the captured bytes.  They are decoded in a block of exactly their size, so that the sanitizer sees every
 * byte too far.
 *
 * A line is the reason to ignore the frame, or the packet's fields in the order of print_packet().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/decode/decode.h"

static const char *const reason_names[IGNORE_REASONS] = {
	[IGNORED_LINK_TYPE] = "LINK_TYPE",
	[IGNORED_CUT] = "CUT",
	[IGNORED_SHORT] = "SHORT",
	[IGNORED_NOT_IP] = "NOT_IP",
	[IGNORED_SPANNING_TREE] = "SPANNING_TREE",
	[IGNORED_BAD_CHECKSUM] = "BAD_CHECKSUM",
	[IGNORED_NOT_DATA] = "NOT_DATA",
	[IGNORED_NO_LLC] = "NO_LLC",
	[IGNORED_BAD_LENGTH] = "BAD_LENGTH",
	[IGNORED_INCOMPLETE_IPV6] = "INCOMPLETE_IPV6",
	[IGNORED_NO_NEXT_HEADER] = "NO_NEXT_HEADER",
	[IGNORED_FRAGMENT] = "FRAGMENT",
	[IGNORED_TUNNEL_WITHOUT_IP] = "TUNNEL_WITHOUT_IP",
};

static void
print_bytes(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%02x", bytes[i]);
	putchar(' ');
}

static void
print_packet(const Packet *p, const Frame *frame)
{
	print_bytes(p->source_ip, IP_ADDRESS_BYTES);
	print_bytes(p->destination_ip, IP_ADDRESS_BYTES);
	print_bytes(p->source_mac, MAC_ADDRESS_BYTES);
	print_bytes(p->destination_mac, MAC_ADDRESS_BYTES);
	printf("%u %u %u %u %u %u %u ", p->source_port, p->destination_port, p->vlan_id, p->protocol, p->ip_version,
		   p->tunnel, p->tcp_flags);
	for (int mode = 0; mode < ACCOUNTING_MODES; mode++)
		printf("%u ", p->size[mode]);
	printf("%td %u %llu\n", p->ip - frame->bytes, p->ip_length, (unsigned long long) p->time);
}

int
main(void)
{
	struct
	{
		uint32_t captured_length,
			wire_length,
			link_type;
		uint8_t time[8];
		uint8_t decode_tunnels;
	} header;

	while (fread(&header, 4 * 3 + 8 + 1, 1, stdin) == 1)
	{
		uint8_t		*bytes = malloc(header.captured_length);
		Frame		 frame = {bytes, header.captured_length, header.wire_length, header.link_type, 0};
		Packet		 packet;
		IgnoreReason reason;

		if (bytes == NULL || fread(bytes, 1, header.captured_length, stdin) != header.captured_length)
			return EXIT_FAILURE;
		memcpy(&frame.time, header.time, sizeof(frame.time));
		memset(&packet, 0xA5, sizeof(packet)); /* a field that is not set must show */

		reason = decode_frame(&frame, header.decode_tunnels != 0, &packet);
		if (reason == NOT_IGNORED)
			print_packet(&packet, &frame);
		else
			puts(reason_names[reason]);
		free(bytes);
	}
	return EXIT_SUCCESS;
}
