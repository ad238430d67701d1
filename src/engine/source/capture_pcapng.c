/*
 * capture_pcapng.c
 *	  pcapng files.  draft-ietf-opsawg-pcapng.
 *
 *	   0               4               8                            total-4          total
 *	  +---------------+---------------+---------------- - - ---------+---------------+
 *	  |     type      | total length  | body                         | total length  |
 *	  +---------------+---------------+---------------- - - ---------+---------------+
 *
 * A section header says which byte order and which version of the format its section has:
 *
 *	   0               4               8              12      14      16                              24
 *	  +---------------+---------------+---------------+-------+-------+-------------------------------+---
 *	  |     type      | total length  |  byte order   | major | minor |        section length         | options
 *	  +---------------+---------------+---------------+-------+-------+-------------------------------+---
 *
 * Interfaces are numbered from 0 in each section, and each has a link type and a unit of time of its own.  Blocks of other
 * types are passed over, whatever is in them.
 *
 * The draft has a reader pass over a section whose version it does not know; as for libpcap and Wireshark, that is damage here,
 * so that nobody takes a part for the whole.  test/unit/test_capture_pcapng.c and test_capture_damage.c go through the format field by field.
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/source/capture.h"

#define BLOCK_SECTION		   0x0a0d0d0au
#define BLOCK_INTERFACE		   1
#define BLOCK_PACKET		   2 /* obsolete */
#define BLOCK_SIMPLE_PACKET	   3
#define BLOCK_ENHANCED_PACKET  6

#define BLOCK_HEADER_BYTES	   8
#define BLOCK_EMPTY_BYTES	   12
#define BLOCK_SECTION_BYTES	   28
#define SECTION_VERSION_BYTES  16 /* from its start to its version */
#define BLOCK_PACKET_MAX	   (STREAM_WINDOW_MAX / 2)

#define TEXT_BYTES			   64

#define CONTRADICTION		   "is in a block that contradicts itself"
#define TOO_LONG			   "claims to be longer than any packet"

#define OPTION_END			   0
#define OPTION_TIME_RESOLUTION 9
#define OPTION_TIME_OFFSET	   14

typedef struct Block
{
	uint32_t	   type;
	uint32_t	   body_length;
	const uint8_t *body;
} Block;

static unsigned __int128
power(unsigned base, unsigned exponent)
{
	unsigned __int128 result = 1;

	while (exponent-- > 0)
		result *= base;
	return result;
}

/* if_tsresol: a power of 10, or of 2 if the high bit is set.  10^38 is the greatest that fits. */
static unsigned __int128
time_units(uint8_t resolution)
{
	if (resolution & 0x80)
		return power(2, resolution & 0x7f);
	return resolution <= 38 ? power(10, resolution) : 0;
}

/*
 * Looks at a section's header and takes its byte order and version.  Returns FAILURE_CODES if the section can be read,
 * else why it cannot: then `text` (of TEXT_BYTES bytes) says what it is.
 *
 * Version 1.2 was written for a while by mistake, and is 1.0.
 */
static FailureCode
start_section(Capture *capture, char *text)
{
	static const uint8_t little[4] = {0x4d, 0x3c, 0x2b, 0x1a},
						 big[4] = {0x1a, 0x2b, 0x3c, 0x4d};
	const uint8_t *bytes = stream_look(&capture->stream, SECTION_VERSION_BYTES);
	uint16_t	   major,
		minor;

	if (bytes == NULL)
		return FAILURE_CODES; /* the block is cut, as its reader will find */
	if (memcmp(bytes + 8, little, 4) != 0 && memcmp(bytes + 8, big, 4) != 0)
	{
		snprintf(text, TEXT_BYTES, "pcapng of an unknown byte order");
		return FAILURE_CORRUPT;
	}
	capture->swapped = (memcmp(bytes + 8, little, 4) == 0) != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
	capture->interface_count = 0;
	major = capture_u16(capture, bytes + 12);
	minor = capture_u16(capture, bytes + 14);
	snprintf(text, TEXT_BYTES, "pcapng of version %u.%u", major, minor);
	return major == 1 && (minor == 0 || minor == 2) ? FAILURE_CODES : FAILURE_VERSION;
}

/* Adds the interface that a block describes; returns NULL, or what is wrong with the block. */
static const char *
add_interface(Capture *capture, const Block *block)
{
	const uint8_t *at = block->body,
				  *end = block->body + block->body_length;
	CaptureInterface interface = {.units = 1000000};
	bool			 has_resolution = false;

	if (block->body_length < 8)
		return "follows an interface without a description";
	interface.link_type = capture_link_type(capture_u16(capture, at));
	interface.packet_max = capture_packet_max(interface.link_type);
	interface.snapshot_length = capture_snapshot_length(capture_u32(capture, at + 4), interface.packet_max);

	for (at += 8; end - at >= 4;)
	{
		uint16_t code = capture_u16(capture, at),
				 length = capture_u16(capture, at + 2);
		size_t padded = ((size_t) length + 3) & ~(size_t) 3;

		at += 4;
		if (code == OPTION_END)
			break;
		if ((size_t) (end - at) < length)
			return "follows an interface with an option that is longer than its block";
		if (code == OPTION_TIME_RESOLUTION)
		{
			if (has_resolution)
				return "follows an interface with two resolutions of time";
			has_resolution = true;
			if (length >= 1)
				interface.units = time_units(at[0]);
		}
		if (code == OPTION_TIME_OFFSET && length == 8)
		{
			uint64_t first = capture_u32(capture, at),
					 second = capture_u32(capture, at + 4);
			bool big = capture->swapped != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);

			interface.offset = (int64_t) (big ? first << 32 | second : second << 32 | first);
		}
		if ((size_t) (end - at) < padded)
			break;
		at += padded;
	}

	if (capture->interface_count == capture->interface_room)
	{
		capture->interface_room = capture->interface_room * 2 + 4;
		capture->interfaces = memory_resize(capture->interfaces,
											capture->interface_room * sizeof(*capture->interfaces));
	}
	capture->interfaces[capture->interface_count++] = interface;
	return NULL;
}

/* Sets the frame's time; of one in milliseconds what does not fit wraps around. */
static void
set_time(const CaptureInterface *interface, uint64_t stamp, Frame *frame)
{
	uint64_t seconds,
		nanoseconds;

	if (interface->units == 1000000)
	{
		seconds = stamp / 1000000;
		nanoseconds = stamp % 1000000 * 1000;
	}
	else if (interface->units == 1000000000)
	{
		seconds = stamp / 1000000000;
		nanoseconds = stamp % 1000000000;
	}
	else if (interface->units == 0)
		seconds = nanoseconds = 0;
	else
	{
		seconds = (uint64_t) (stamp / interface->units);
		nanoseconds = (uint64_t) (stamp % interface->units * 1000000000 / interface->units);
	}
	frame->time = (seconds + (uint64_t) interface->offset) * 1000 + nanoseconds / 1000000;
	frame->nanoseconds = (uint32_t) (nanoseconds % 1000000);
}

/* Makes a frame of a packet block of any of the three types; returns NULL, or what is wrong with the block. */
static const char *
read_packet(Capture *capture, const Block *block, Frame *frame)
{
	const uint8_t		   *body = block->body;
	const CaptureInterface *interface;
	uint32_t				number = 0,
			 header = block->type == BLOCK_SIMPLE_PACKET ? 4 : 20;
	uint64_t stamp = 0;

	if (block->body_length < header)
		return CONTRADICTION;
	if (block->type == BLOCK_SIMPLE_PACKET)
		frame->wire_length = capture_u32(capture, body);
	else
	{
		number = block->type == BLOCK_PACKET ? capture_u16(capture, body) : capture_u32(capture, body);
		stamp = (uint64_t) capture_u32(capture, body + 4) << 32 | capture_u32(capture, body + 8);
		frame->captured_length = capture_u32(capture, body + 12);
		frame->wire_length = capture_u32(capture, body + 16);
	}
	if (number >= capture->interface_count)
		return CONTRADICTION;
	interface = &capture->interfaces[number];

	if (block->type == BLOCK_SIMPLE_PACKET)
	{
		/* It has no captured length: all of the packet, up to the snapshot length. */
		frame->captured_length = frame->wire_length;
		if (frame->captured_length > interface->snapshot_length)
			frame->captured_length = interface->snapshot_length;
	}
	if (frame->captured_length > block->body_length - header)
		return CONTRADICTION;
	if (frame->captured_length > interface->packet_max)
		return TOO_LONG;

	frame->bytes = body + header;
	frame->link_type = interface->link_type;
	frame->swapped = capture->swapped;
	if (block->type == BLOCK_SIMPLE_PACKET)
		frame->time = frame->nanoseconds = 0;
	else
		set_time(interface, stamp, frame);
	return NULL;
}

static bool
is_packet(uint32_t type)
{
	return type == BLOCK_PACKET || type == BLOCK_SIMPLE_PACKET || type == BLOCK_ENHANCED_PACKET;
}

/* Passes over a block that is not looked at as a whole; false, with the failure filled, if it is damaged. */
static bool
pass_over(Capture *capture, uint32_t total)
{
	Stream		  *stream = &capture->stream;
	uint64_t	   start = stream->offset;
	const uint8_t *bytes = NULL;

	if (stream_skip(stream, total - 4))
		bytes = stream_look(stream, 4);
	if (bytes != NULL && capture_u32(capture, bytes) == total)
	{
		stream_take(stream, 4);
		return true;
	}
	if (bytes == NULL)
		capture_damaged(capture, FAILURE_CUT, "ends beyond the end of the file");
	else
		capture_damaged(capture, FAILURE_CORRUPT, "is in a block with two different lengths");
	capture->failure->byte = start;
	return false;
}

static CaptureResult
next_pcapng(Capture *capture, Frame *frame)
{
	Stream *stream = &capture->stream;

	for (;;)
	{
		const uint8_t *bytes;
		const char	  *wrong;
		char		   what[TEXT_BYTES];
		FailureCode	   code;
		Block		   block;
		uint32_t	   total;

		stream_take(stream, capture->pending);
		capture->pending = 0;

		bytes = stream_look(stream, BLOCK_EMPTY_BYTES);
		if (bytes == NULL)
		{
			if (stream_left(stream) == 0 && stream->error == 0)
				return CAPTURE_END;
			return capture_damaged(capture, FAILURE_CUT, "ends inside a block's header");
		}
		block.type = capture_u32(capture, bytes);
		if (block.type == BLOCK_SECTION && (code = start_section(capture, what)) != FAILURE_CODES)
		{
			char text[TEXT_BYTES + 16];

			snprintf(text, sizeof(text), "is in %s", what);
			return capture_damaged(capture, code, text);
		}
		total = capture_u32(capture, bytes + 4);
		if (total < (block.type == BLOCK_SECTION ? BLOCK_SECTION_BYTES : BLOCK_EMPTY_BYTES) || total % 4 != 0)
			return capture_damaged(capture, FAILURE_CORRUPT, "is in a block of an impossible length");
		if (total > stream_left(stream))
			return capture_damaged(capture, FAILURE_CUT, "ends beyond the end of the file");

		if (total > BLOCK_PACKET_MAX)
		{
			/* Too long to be looked at as a whole, which nobody needs of a block that is passed over. */
			if (is_packet(block.type) || block.type == BLOCK_INTERFACE)
				return capture_damaged(capture, FAILURE_CORRUPT, TOO_LONG);
			if (!pass_over(capture, total))
				return CAPTURE_DAMAGED;
			continue;
		}

		bytes = stream_look(stream, total);
		if (bytes == NULL)
			return capture_damaged(capture, FAILURE_CUT, "ends beyond the end of the file");
		if (capture_u32(capture, bytes + total - 4) != total)
			return capture_damaged(capture, FAILURE_CORRUPT, "is in a block with two different lengths");
		block.body = bytes + BLOCK_HEADER_BYTES;
		block.body_length = total - BLOCK_EMPTY_BYTES;

		if (block.type == BLOCK_INTERFACE && (wrong = add_interface(capture, &block)) != NULL)
			return capture_damaged(capture, FAILURE_CORRUPT, wrong);
		if (is_packet(block.type))
		{
			if ((wrong = read_packet(capture, &block, frame)) != NULL)
				return capture_damaged(capture, FAILURE_CORRUPT, wrong);
			capture->pending = total;
			capture->frames++;
			return CAPTURE_FRAME;
		}
		capture->pending = total;
	}
}

bool
capture_open_pcapng(Capture *capture)
{
	char what[TEXT_BYTES],
		text[TEXT_BYTES + 16];
	FailureCode code;

	capture->next = next_pcapng;
	code = start_section(capture, what);
	if (code == FAILURE_CODES)
		return true;
	snprintf(text, sizeof(text), "it is %s", what);
	capture_damaged(capture, code == FAILURE_VERSION ? FAILURE_VERSION : FAILURE_NOT_A_CAPTURE, text);
	return false;
}
