/*
 * capture_files.h
 *	  Captures put together byte by byte, and what reading them gives.
 *
 * The layouts are those of draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.  A file's numbers are written in its
 * own byte order.
 */
#ifndef CAPTURE_FILES_H
#define CAPTURE_FILES_H

#include "engine/source/capture.h"
#include "files.h"

#define PCAP_MICROSECONDS 0xa1b2c3d4u
#define PCAP_NANOSECONDS  0xa1b23c4du
#define PCAP_KUZNETZOV	  0xa1b2cd34u

#define ETHERNET		  1
#define SNAPSHOT		  65535

#define NG_SECTION		  0x0a0d0d0au
#define NG_INTERFACE	  1
#define NG_OLD_PACKET	  2
#define NG_SIMPLE		  3
#define NG_STATISTICS	  5
#define NG_ENHANCED		  6

#define FRAMES_MOST		  16

typedef struct File
{
	bool	 big;			 /* big-endian */
	uint32_t record_padding; /* bytes after a pcap record's four numbers */
	size_t	 length;
	uint8_t	 bytes[4096];
} File;

/* What is left of a frame once the next is read. */
typedef struct SeenFrame
{
	uint64_t time;
	uint32_t captured_length;
	uint32_t wire_length;
	uint32_t link_type;
	uint8_t	 first_byte;
	uint8_t	 last_byte;
} SeenFrame;

typedef struct Reading
{
	bool		   opened;
	CaptureResult  result; /* with which it ended */
	uint64_t	   count;
	SeenFrame	   frames[FRAMES_MOST];
	FailureMessage failure;
} Reading;

/* -------------------------------------------------------------------------------------------------- writing a file */

static inline void
put_bytes(File *file, const void *bytes, size_t length)
{
	assert_true(file->length + length <= sizeof(file->bytes));
	memcpy(file->bytes + file->length, bytes, length);
	file->length += length;
}

/* `length` bytes of this value. */
static inline void
put_fill(File *file, uint8_t value, size_t length)
{
	assert_true(file->length + length <= sizeof(file->bytes));
	memset(file->bytes + file->length, value, length);
	file->length += length;
}

static inline void
put_number(File *file, uint64_t number, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		put_fill(file, (uint8_t) (number >> 8 * (file->big ? bytes - 1 - i : i)), 1);
}

static inline void
put_u16(File *file, uint16_t number)
{
	put_number(file, number, 2);
}

static inline void
put_u32(File *file, uint32_t number)
{
	put_number(file, number, 4);
}

static inline void
pcap_header(File *file, uint32_t magic, uint16_t minor, uint32_t snapshot, uint32_t link_type)
{
	file->record_padding = magic == PCAP_KUZNETZOV ? 8 : 0;
	put_u32(file, magic);
	put_u16(file, 2);
	put_u16(file, minor);
	put_number(file, 0, 8);
	put_u32(file, snapshot);
	put_u32(file, link_type);
}

/* A record whose two lengths are as given, with `present` bytes of this value. */
static inline void
pcap_record(File *file, uint32_t seconds, uint32_t fraction, uint32_t captured, uint32_t wire, uint8_t value,
			size_t present)
{
	put_u32(file, seconds);
	put_u32(file, fraction);
	put_u32(file, captured);
	put_u32(file, wire);
	put_fill(file, 0xEE, file->record_padding);
	put_fill(file, value, present);
}

static inline size_t
padded(size_t length)
{
	return (length + 3) / 4 * 4;
}

/* Starts a block; its total length is written by ng_end. */
static inline size_t
ng_start(File *file, uint32_t type)
{
	size_t start = file->length;

	put_u32(file, type);
	put_u32(file, 0);
	return start;
}

static inline void
ng_end(File *file, size_t start)
{
	uint32_t total = (uint32_t) (file->length + 4 - start);
	size_t	 end;

	put_u32(file, total);
	end = file->length;
	file->length = start + 4;
	put_u32(file, total);
	file->length = end;
}

static inline void
ng_section_of_version(File *file, uint16_t major, uint16_t minor)
{
	size_t start = ng_start(file, NG_SECTION);

	put_u32(file, 0x1a2b3c4d);
	put_u16(file, major);
	put_u16(file, minor);
	put_number(file, UINT64_MAX, 8);
	ng_end(file, start);
}

static inline void
ng_section(File *file)
{
	ng_section_of_version(file, 1, 0);
}

static inline void
ng_option(File *file, uint16_t code, const void *value, uint16_t length)
{
	put_u16(file, code);
	put_u16(file, length);
	put_bytes(file, value, length);
	put_fill(file, 0, padded(length) - length);
}

/* if_tsresol is left out if `resolution` is negative, if_tsoffset if `offset` is 0. */
static inline void
ng_interface(File *file, uint16_t link_type, uint32_t snapshot, int resolution, int64_t offset)
{
	size_t start = ng_start(file, NG_INTERFACE);

	put_u16(file, link_type);
	put_u16(file, 0);
	put_u32(file, snapshot);
	ng_option(file, 2, "eth0", 4);
	if (resolution >= 0)
		ng_option(file, 9, &(uint8_t) {(uint8_t) resolution}, 1);
	if (offset != 0)
	{
		put_u16(file, 14);
		put_u16(file, 8);
		put_number(file, (uint64_t) offset, 8);
	}
	ng_option(file, 0, "", 0);
	ng_end(file, start);
}

static inline void
ng_enhanced(File *file, uint32_t interface, uint64_t stamp, uint32_t captured, uint32_t wire, uint8_t value,
			size_t present)
{
	size_t start = ng_start(file, NG_ENHANCED);

	put_u32(file, interface);
	put_u32(file, (uint32_t) (stamp >> 32));
	put_u32(file, (uint32_t) stamp);
	put_u32(file, captured);
	put_u32(file, wire);
	put_fill(file, value, present);
	put_fill(file, 0, padded(present) - present);
	ng_end(file, start);
}

/* The obsolete packet block: a 16-bit interface, and a count of dropped packets. */
static inline void
ng_old_packet(File *file, uint16_t interface, uint64_t stamp, uint32_t captured, uint32_t wire, uint8_t value,
			  size_t present)
{
	size_t start = ng_start(file, NG_OLD_PACKET);

	put_u16(file, interface);
	put_u16(file, 7);
	put_u32(file, (uint32_t) (stamp >> 32));
	put_u32(file, (uint32_t) stamp);
	put_u32(file, captured);
	put_u32(file, wire);
	put_fill(file, value, present);
	put_fill(file, 0, padded(present) - present);
	ng_end(file, start);
}

static inline void
ng_simple(File *file, uint32_t wire, uint8_t value, size_t present)
{
	size_t start = ng_start(file, NG_SIMPLE);

	put_u32(file, wire);
	put_fill(file, value, present);
	put_fill(file, 0, padded(present) - present);
	ng_end(file, start);
}

/* A block of another type with `present` bytes in it. */
static inline void
ng_block(File *file, uint32_t type, size_t present)
{
	size_t start = ng_start(file, type);

	put_fill(file, 0xDD, present);
	ng_end(file, start);
}

/* -------------------------------------------------------------------------------------------------- reading a file */

static inline Reading
read_descriptor(int descriptor, uint64_t size)
{
	Reading reading = {0};
	Capture capture;
	Frame	frame;

	memset(&reading.failure, 0xA5, sizeof(reading.failure));
	reading.opened = capture_open(&capture, descriptor, size, 3, &reading.failure);
	if (!reading.opened)
		return reading;
	while ((reading.result = capture_next(&capture, &frame)) == CAPTURE_FRAME)
	{
		if (reading.count < FRAMES_MOST)
			reading.frames[reading.count] = (SeenFrame) {
				.time = frame.time,
				.captured_length = frame.captured_length,
				.wire_length = frame.wire_length,
				.link_type = frame.link_type,
				.first_byte = frame.captured_length > 0 ? frame.bytes[0] : 0,
				.last_byte = frame.captured_length > 0 ? frame.bytes[frame.captured_length - 1] : 0,
			};
		reading.count++;
	}
	capture_close(&capture);
	return reading;
}

/* Reads the first `length` bytes of a file, as if it were no longer. */
static inline Reading
read_cut(const File *file, size_t length)
{
	return read_descriptor(file_of(file->bytes, length), length);
}

/* Reads a file that is whole, and has `count` frames. */
static inline Reading
read_whole(const File *file, uint64_t count)
{
	Reading reading = read_cut(file, file->length);

	assert_true(reading.opened);
	assert_int_equal(reading.result, CAPTURE_END);
	assert_int_equal(reading.count, count);
	return reading;
}

static inline void
expect_frame(const Reading *reading, unsigned number, uint64_t time, uint32_t captured, uint32_t wire,
			 uint32_t link_type, uint8_t value)
{
	const SeenFrame *frame = &reading->frames[number];

	assert_true(number < reading->count);
	assert_int_equal(frame->time, time);
	assert_int_equal(frame->captured_length, captured);
	assert_int_equal(frame->wire_length, wire);
	assert_int_equal(frame->link_type, link_type);
	assert_int_equal(frame->first_byte, value);
	assert_int_equal(frame->last_byte, value);
}

/* That `count` frames were read, and then there was damage of this kind at this byte. */
static inline void
expect_damage(const Reading *reading, uint64_t count, FailureCode code, uint64_t byte, const char *text)
{
	assert_true(reading->opened);
	assert_int_equal(reading->count, count);
	assert_int_equal(reading->result, CAPTURE_DAMAGED);
	assert_string_equal(reading->failure.text, text);
	assert_int_equal(reading->failure.code, code);
	assert_int_equal(reading->failure.file, 3);
	assert_int_equal(reading->failure.byte, byte);
	assert_int_equal(reading->failure.packet, count + 1);
}

/* That this is no capture. */
static inline void
expect_no_capture(const Reading *reading, FailureCode code, const char *text)
{
	assert_false(reading->opened);
	assert_string_equal(reading->failure.text, text);
	assert_int_equal(reading->failure.code, code);
	assert_int_equal(reading->failure.file, 3);
	assert_int_equal(reading->failure.byte, 0);
	assert_int_equal(reading->failure.packet, 1);
}

#endif /* CAPTURE_FILES_H */
