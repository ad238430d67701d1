/*
 * pcapng.c
 *	  Writes a pcapng: one section, an interface for each link type, and packets.  draft-ietf-opsawg-pcapng.
 *
 *	   0               4               8                            total-4          total
 *	  +---------------+---------------+---------------- - - ---------+---------------+
 *	  |     type      | total length  | body, up to a multiple of 4  | total length  |
 *	  +---------------+---------------+---------------- - - ---------+---------------+
 *
 *	  section header    byte order (4), version 1.0 (2, 2), section length -1: not told (8), options
 *	  interface         link type (2), 0 (2), snapshot length 0: no limit (4), options
 *	  enhanced packet   interface (4), time, high half first (4, 4), captured length (4), length on the wire (4), frame
 *
 * All is written in little-endian order, so that the same packets give the same bytes on any machine.
 */
#include "postgres.h"

#include "pg/functions/pcapng.h"

#define BLOCK_SECTION		   0x0a0d0d0au
#define BLOCK_INTERFACE		   1
#define BLOCK_ENHANCED_PACKET  6

#define BYTE_ORDER_MAGIC	   0x1a2b3c4du

#define OPTION_END			   0
#define OPTION_APPLICATION	   4 /* of a section: who wrote it */
#define OPTION_TIME_RESOLUTION 9 /* of an interface: digits of a second's fraction */
#define NANOSECONDS			   9

#define APPLICATION			   "nfstream_fdw " EXTENSION_VERSION

/* LINKTYPE_RAW is 101 in files; 12 and 14 are what operating systems call it, and other things in some files. */
#define LINK_RAW		 101
#define LINK_RAW_HERE	 12
#define LINK_RAW_OPENBSD 14

static void
put_16(StringInfo buffer, uint16 value)
{
	appendStringInfoCharMacro(buffer, value & 0xff);
	appendStringInfoCharMacro(buffer, value >> 8);
}

static void
put_32(StringInfo buffer, uint32 value)
{
	put_16(buffer, value & 0xffff);
	put_16(buffer, value >> 16);
}

/* Bytes, and zeros up to a multiple of four. */
static void
put_padded(StringInfo buffer, const char *bytes, uint32 length)
{
	appendBinaryStringInfo(buffer, bytes, length);
	while (length++ % 4 != 0)
		appendStringInfoCharMacro(buffer, 0);
}

static void
put_option(StringInfo buffer, uint16 code, const char *value, uint16 length)
{
	put_16(buffer, code);
	put_16(buffer, length);
	put_padded(buffer, value, length);
}

/* Returns where the block starts. */
static int
start_block(StringInfo buffer, uint32 type)
{
	int start = buffer->len;

	put_32(buffer, type);
	put_32(buffer, 0);
	return start;
}

static void
end_block(StringInfo buffer, int start)
{
	int end = buffer->len;

	put_32(buffer, end + 4 - start);
	memcpy(buffer->data + start + 4, buffer->data + end, 4);
}

void
pcapng_start(Pcapng *pcapng, StringInfo buffer)
{
	int start = start_block(buffer, BLOCK_SECTION);

	*pcapng = (Pcapng) {.link_types = palloc(sizeof(uint16)), .room = 1};
	put_32(buffer, BYTE_ORDER_MAGIC);
	put_16(buffer, 1);
	put_16(buffer, 0);
	put_32(buffer, 0xffffffff);
	put_32(buffer, 0xffffffff);
	put_option(buffer, OPTION_APPLICATION, APPLICATION, strlen(APPLICATION));
	put_32(buffer, OPTION_END);
	end_block(buffer, start);
}

/* The number of the interface with this link type, described first if there is none. */
static uint32
interface_of(Pcapng *pcapng, StringInfo buffer, uint16 link_type)
{
	char resolution = NANOSECONDS;
	int	 start;

	if (link_type == LINK_RAW_HERE || link_type == LINK_RAW_OPENBSD)
		link_type = LINK_RAW;
	for (uint32 i = 0; i < pcapng->interfaces; i++)
		if (pcapng->link_types[i] == link_type)
			return i;

	if (pcapng->interfaces == pcapng->room)
	{
		pcapng->room *= 2;
		pcapng->link_types = repalloc(pcapng->link_types, pcapng->room * sizeof(uint16));
	}
	start = start_block(buffer, BLOCK_INTERFACE);
	put_16(buffer, link_type);
	put_16(buffer, 0);
	put_32(buffer, 0);
	put_option(buffer, OPTION_TIME_RESOLUTION, &resolution, 1);
	put_32(buffer, OPTION_END);
	end_block(buffer, start);
	pcapng->link_types[pcapng->interfaces] = link_type;
	return pcapng->interfaces++;
}

void
pcapng_append(Pcapng *pcapng, StringInfo buffer, const PcapngPacket *packet)
{
	uint32 interface = interface_of(pcapng, buffer, packet->link_type);
	int	   start = start_block(buffer, BLOCK_ENHANCED_PACKET);

	put_32(buffer, interface);
	put_32(buffer, packet->time >> 32);
	put_32(buffer, packet->time & 0xffffffff);
	put_32(buffer, packet->captured_length);
	put_32(buffer, packet->wire_length);
	put_padded(buffer, packet->frame, packet->captured_length);
	end_block(buffer, start);
}
