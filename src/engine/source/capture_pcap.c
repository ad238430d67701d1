/*
 * capture_pcap.c
 *	  pcap files.  draft-ietf-opsawg-pcap.
 *
 *	   0               4       6       8              12              16              20              24
 *	  +---------------+-------+-------+---------------+---------------+---------------+---------------+
 *	  |     magic     | major | minor |            reserved           |  snap length  |   link type   |
 *	  +---------------+-------+-------+---------------+---------------+---------------+---------------+
 *
 *	   0               4               8              12              16
 *	  +---------------+---------------+---------------+---------------+------------ - -
 *	  |    seconds    |  micro- or ns | captured bytes| bytes on wire | packet
 *	  +---------------+---------------+---------------+---------------+------------ - -
 *
 * Versions 2.0 to 2.4 were written, and 543.0 by the tcpdump of DG/UX.  Before version 2.3 and in 543.0 the two lengths stand
 * the other way round, in some files of version 2.3 as well.  Seconds are unsigned here.
 *
 * test/unit/test_capture.c goes through the format field by field.
 */
#include <stdio.h>

#include "engine/source/capture.h"

#define FILE_HEADER_BYTES 24

/*
 * The bits of the number of the link type; the others describe a frame's checksum, which is left in place, as libpcap
 * leaves it.
 */
#define LINK_TYPE	  0x0000ffffu
#define LINK_RESERVED 0x03ff0000u

#define MAJOR		  2
#define MINOR_MAX	  4
#define MAJOR_DG_UX	  543
#define MINOR_DG_UX	  0

static CaptureResult
next_pcap(Capture *capture, Frame *frame)
{
	Stream		  *stream = &capture->stream;
	const uint8_t *header;
	uint32_t	   captured,
		wire,
		units;

	stream_take(stream, capture->pending);
	capture->pending = 0;

	header = stream_look(stream, capture->record_header);
	if (header == NULL)
	{
		if (stream_left(stream) == 0 && stream->error == 0)
			return CAPTURE_END;
		return capture_damaged(capture, FAILURE_CUT, "ends inside a packet's header");
	}
	captured = capture_u32(capture, header + 8);
	wire = capture_u32(capture, header + 12);
	if (capture->lengths_swapped || (capture->lengths_may_swap && captured > wire))
	{
		uint32_t swap = captured;

		captured = wire;
		wire = swap;
	}
	if (captured > capture->packet_max)
		return capture_damaged(capture, FAILURE_CORRUPT, "claims to be longer than any packet");

	units = capture_u32(capture, header + 4);
	frame->time = (uint64_t) capture_u32(capture, header) * 1000 + units / capture->units_per_ms;
	frame->nanoseconds = units % capture->units_per_ms * capture->ns_per_unit;
	header = stream_look(stream, capture->record_header + captured);
	if (header == NULL)
		return capture_damaged(capture, FAILURE_CUT, "ends beyond the end of the file");

	frame->bytes = header + capture->record_header;
	frame->captured_length = captured < capture->snapshot_length ? captured : capture->snapshot_length;
	frame->wire_length = wire;
	frame->link_type = capture->link_type;
	frame->swapped = capture->swapped;
	capture->pending = capture->record_header + captured;
	capture->frames++;
	return CAPTURE_FRAME;
}

bool
capture_open_pcap(Capture *capture)
{
	const uint8_t *header = stream_look(&capture->stream, FILE_HEADER_BYTES);
	uint16_t	   major,
		minor;
	uint32_t link;
	char	 version[64];

	if (header == NULL)
	{
		capture_damaged(capture, FAILURE_NOT_A_CAPTURE, "it ends inside its file header");
		return false;
	}
	major = capture_u16(capture, header + 4);
	minor = capture_u16(capture, header + 6);
	if (!(major == MAJOR && minor <= MINOR_MAX) && !(major == MAJOR_DG_UX && minor == MINOR_DG_UX))
	{
		snprintf(version, sizeof(version), "it is pcap of version %u.%u", major, minor);
		capture_damaged(capture, FAILURE_VERSION, version);
		return false;
	}
	capture->lengths_swapped = minor < 3;
	capture->lengths_may_swap = minor == 3;
	link = capture_u32(capture, header + 20);
	if (link & LINK_RESERVED)
	{
		capture_damaged(capture, FAILURE_CORRUPT, "the reserved bits of its link type are set");
		return false;
	}
	capture->link_type = capture_link_type(link & LINK_TYPE);
	capture->packet_max = capture_packet_max(capture->link_type);
	capture->snapshot_length = capture_snapshot_length(capture_u32(capture, header + 16), capture->packet_max);
	capture->one_link_type = true;
	capture->next = next_pcap;
	stream_take(&capture->stream, FILE_HEADER_BYTES);
	return true;
}
