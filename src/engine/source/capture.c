/*
 * capture.c
 *	  What format a capture has, and where its reading went wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source/capture.h"
#include "engine/source/foreign.h"

#define PCAP_MICROSECONDS 0xa1b2c3d4u
#define PCAP_NANOSECONDS  0xa1b23c4du
#define PCAP_KUZNETZOV	  0xa1b2cd34u
#define PCAPNG_SECTION	  0x0a0d0d0au

static bool
is_pcap(uint32_t magic)
{
	return magic == PCAP_MICROSECONDS || magic == PCAP_NANOSECONDS || magic == PCAP_KUZNETZOV;
}

/* The file is no capture: says what it is, if that can be told. */
static void
refuse_foreign(Capture *capture)
{
	Stream		  *stream = &capture->stream;
	const char	  *text = "its first bytes are neither pcap's nor pcapng's";
	const uint8_t *bytes = stream_look_at_most(stream, FOREIGN_BYTES);
	ForeignFormat  format = foreign_format(bytes, stream_seen(stream), &text);

	capture_damaged(capture, FAILURE_NOT_A_CAPTURE, text);
	if (stream->error == 0 && stream_damage(stream) == NULL)
		capture->failure->foreign = format;
}

static bool
read_first_header(Capture *capture)
{
	const uint8_t *bytes;
	uint32_t	   magic;

	stream_decompress(&capture->stream);
	bytes = stream_look(&capture->stream, 4);
	if (bytes == NULL)
	{
		if (capture->stream.error == 0 && stream_left(&capture->stream) == 0)
			capture_damaged(capture, FAILURE_EMPTY, "it is empty");
		else
			capture_damaged(capture, FAILURE_NOT_A_CAPTURE, "it has fewer than 4 bytes");
		return false;
	}
	memcpy(&magic, bytes, sizeof(magic));
	capture->swapped = is_pcap(__builtin_bswap32(magic));
	if (capture->swapped)
		magic = __builtin_bswap32(magic);

	if (magic == PCAPNG_SECTION)
		return capture_open_pcapng(capture);
	if (is_pcap(magic))
	{
		capture->units_per_ms = magic == PCAP_NANOSECONDS ? 1000000 : 1000;
		capture->ns_per_unit = 1000000 / capture->units_per_ms;
		capture->record_header = magic == PCAP_KUZNETZOV ? 24 : 16;
		return capture_open_pcap(capture);
	}
	refuse_foreign(capture);
	return false;
}

bool
capture_open(Capture *capture, int descriptor, uint64_t size, uint32_t file, FailureMessage *failure)
{
	return capture_open_watched(capture, descriptor, size, file, NULL, failure);
}

bool
capture_open_watched(Capture *capture, int descriptor, uint64_t size, uint32_t file, volatile uint64_t *pieces,
					 FailureMessage *failure)
{
	*capture = (Capture) {.file = file, .failure = failure};
	stream_open(&capture->stream, descriptor, size);
	capture->stream.pieces = pieces;
	if (read_first_header(capture))
		return true;
	capture_close(capture);
	return false;
}

void
capture_close(Capture *capture)
{
	stream_close(&capture->stream);
	free(capture->interfaces);
	capture->interfaces = NULL;
}

CaptureResult
capture_damaged(Capture *capture, FailureCode code, const char *text)
{
	FailureMessage *failure = capture->failure;
	const char	   *damage = stream_damage(&capture->stream),
			   *prefix = "";

	if (capture->stream.error != 0)
	{
		code = FAILURE_READ;
		text = strerror(capture->stream.error);
	}
	else if (damage != NULL)
	{
		/* Where a packet should have been, the text goes on after its number. */
		if (code == FAILURE_CUT)
		{
			code = FAILURE_CORRUPT;
			prefix = "is in ";
		}
		text = damage;
	}
	memset(failure, 0, sizeof(*failure));
	failure->code = code;
	failure->file = capture->file;
	failure->foreign = damage != NULL ? FOREIGN_BAD_STREAM : FOREIGN_UNKNOWN;
	failure->byte = capture->stream.offset;
	failure->packet = capture->frames + 1;
	snprintf(failure->text, sizeof(failure->text), "%s%s", prefix, text);
	return CAPTURE_DAMAGED;
}

/*
 * The numbers in files are libpcap's own but for a few that differ between systems.
 * https://www.tcpdump.org/linktypes.html: LINKTYPE_RAW; 14 is what some BSDs wrote for it.
 */
uint32_t
capture_link_type(uint32_t in_file)
{
	return in_file == 101 || in_file == 14 ? 12 : in_file;
}

/* https://www.tcpdump.org/linktypes.html; libpcap's max_snaplen_for_dlt() has the same list. */
uint32_t
capture_packet_max(uint32_t link_type)
{
	switch (link_type)
	{
		case 189: /* USB_LINUX */
		case 220: /* USB_LINUX_MMAPPED */
		case 231: /* DBUS */
		case 249: /* USBPCAP */
		case 266: /* USB_DARWIN */
		case 279: /* EBHSCR */
			return CAPTURE_MESSAGE_MAX;
		default:
			return CAPTURE_SNAPSHOT_MAX;
	}
}

uint32_t
capture_snapshot_length(uint32_t in_file, uint32_t packet_max)
{
	return in_file == 0 || in_file > INT32_MAX ? packet_max : in_file;
}
