/*
 * capture.h
 *	  A capture file: its frames, one after the other.
 *
 * Known by its first bytes: pcap (both byte orders, micro- and nanoseconds, also with the longer record header of some old
 * systems) and pcapng, as they are or compressed with gzip or zstd.  A frame's time is cut down to milliseconds, never rounded up.
 */
#ifndef ENGINE_SOURCE_CAPTURE_H
#define ENGINE_SOURCE_CAPTURE_H

#include "engine/source/frame.h"
#include "engine/source/stream.h"
#include "wire/message.h"

/* The most that is believed of a packet, bytes: libpcap's own limit. */
#define CAPTURE_SNAPSHOT_MAX 262144u

/* The same for messages that are not frames of a network: capture_packet_max. */
#define CAPTURE_MESSAGE_MAX (16u << 20)

typedef enum CaptureResult
{
	CAPTURE_FRAME,
	CAPTURE_END,
	CAPTURE_DAMAGED /* no more frames: failure says why */
} CaptureResult;

/* What a pcapng section says of one interface. */
typedef struct CaptureInterface
{
	uint32_t		  link_type;
	uint32_t		  packet_max; /* see capture_packet_max */
	uint32_t		  snapshot_length;
	int64_t			  offset; /* seconds that are added to each time */
	unsigned __int128 units;  /* per second; 0: more than any time has */
} CaptureInterface;

typedef struct Capture Capture;

struct Capture
{
	Stream	 stream;
	uint32_t file;	  /* index of the source, for failures */
	uint64_t frames;  /* read so far */
	size_t	 pending; /* bytes of the last frame, taken when the next is asked for */
	CaptureResult (*next)(Capture *capture, Frame *frame);
	FailureMessage *failure;

	bool swapped; /* the file's byte order is not this machine's */

	/* pcap */
	bool	 lengths_swapped;  /* captured and wire length stand the other way round */
	bool	 lengths_may_swap; /* so they do wherever the captured length is the longer */
	bool	 one_link_type;	   /* it is a pcap: all frames have this one */
	uint32_t link_type;
	uint32_t packet_max; /* see capture_packet_max */
	uint32_t snapshot_length;
	uint32_t units_per_ms;
	uint32_t ns_per_unit;
	uint32_t record_header; /* bytes */

	/* pcapng */
	CaptureInterface *interfaces;
	uint32_t		  interface_count;
	uint32_t		  interface_room;
};

/*
 * Starts on the capture in this descriptor, of which at most `size` bytes are read; the descriptor is the capture's from now
 * on, whatever the result.  `failure` must live as long as the capture.
 *
 * Returns false with `failure` filled if it is no capture.
 */
bool capture_open(Capture *capture, int descriptor, uint64_t size, uint32_t file, FailureMessage *failure);

/* The same, counting what is read in `pieces` while there is no frame to show. */
bool capture_open_watched(Capture *capture, int descriptor, uint64_t size, uint32_t file, volatile uint64_t *pieces,
						  FailureMessage *failure);
void capture_close(Capture *capture);

/* The next frame, whose bytes are valid until the next call. */
static inline CaptureResult
capture_next(Capture *capture, Frame *frame)
{
	return capture->next(capture, frame);
}

/* For the readers of the formats: reads the header after the magic number, and says whether it could. */
bool capture_open_pcap(Capture *capture);
bool capture_open_pcapng(Capture *capture);

/* For the readers: the capture is damaged at the stream's place; `text` says how. */
CaptureResult capture_damaged(Capture *capture, FailureCode code, const char *text);

/* The link type as libpcap numbers it, from the number that files have. */
uint32_t capture_link_type(uint32_t in_file);

/*
 * The most that is believed of a packet of this link type (libpcap's number), bytes.  Most have libpcap's and Wireshark's
 * common limit; for messages over D-Bus, USB and the like theirs are higher, and here CAPTURE_MESSAGE_MAX.
 */
uint32_t capture_packet_max(uint32_t link_type);

/* A snapshot length from a file; `packet_max` if the file has 0, or a number that can be none. */
uint32_t capture_snapshot_length(uint32_t in_file, uint32_t packet_max);

/* Numbers in the file's byte order. */
static inline uint16_t
capture_u16(const Capture *capture, const uint8_t *bytes)
{
	uint16_t value;

	__builtin_memcpy(&value, bytes, sizeof(value));
	return capture->swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t
capture_u32(const Capture *capture, const uint8_t *bytes)
{
	uint32_t value;

	__builtin_memcpy(&value, bytes, sizeof(value));
	return capture->swapped ? __builtin_bswap32(value) : value;
}

#endif /* ENGINE_SOURCE_CAPTURE_H */
