/*
 * tls_stream.c
 *	  The ClientHello in the segments of a TCP connection.
 *
 * A connection that begins with a hello has it from the byte after the SYN on; one that speaks another protocol first (STARTTLS,
 * a proxy), or that was captured from its middle on, at the beginning of a segment that looks like one.  From there on segments
 * are put together by their sequence numbers, in whatever order they come, until the message is complete or shows itself to be
 * another one.
 *
 * A record (RFC 8446, section 5.1) is a type, 22 for the handshake, a version of 2 bytes, a length of 2 bytes, and as much of
 * the handshake's messages.  A message (section 4) is a type, 1 for ClientHello, a length of 3 bytes, and its body, which may
 * take several records.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/plugins/tls_stream.h"

#define RECORD_HANDSHAKE	 22
#define RECORD_VERSION_MAJOR 3
#define RECORD_MOST			 16384 /* bytes of a record without encryption */
#define MESSAGE_CLIENT_HELLO 1
#define MESSAGE_HEADER_BYTES 4

_Static_assert(RECORD_MOST <= PIECES_BYTES_MAX, "a record fits where it is gathered");

typedef enum Found
{
	FOUND_OTHER,
	FOUND_PART,
	FOUND_HELLO
} Found;

/* What the beginning of a message is; `hello` is its body once that is there. */
static Found
look_at_message(Bytes message, Bytes *hello)
{
	uint8_t	 type;
	uint32_t length;

	if (!bytes_get_u8(&message, &type))
		return FOUND_PART;
	if (type != MESSAGE_CLIENT_HELLO)
		return FOUND_OTHER;
	if (!bytes_get_be24(&message, &length))
		return FOUND_PART;
	if (length > PIECES_BYTES_MAX)
		return FOUND_OTHER;
	return bytes_take(&message, length, hello) ? FOUND_HELLO : FOUND_PART;
}

/*
 * What a stream begins with.  The first record's part of the message is looked at where it is; if it takes several records,
 * they are put together in `scratch`.
 */
static Found
look_at_stream(Bytes stream, uint8_t *scratch, Bytes *hello)
{
	size_t gathered = 0;

	for (;;)
	{
		uint8_t type,
			major,
			minor;
		uint16_t length;
		Bytes	 part;
		Found	 found;

		if ((bytes_peek_u8(&stream, &type) && type != RECORD_HANDSHAKE) ||
			(bytes_left(&stream) > 1 && stream.at[1] != RECORD_VERSION_MAJOR))
			return FOUND_OTHER;
		if (!bytes_get_u8(&stream, &type) || !bytes_get_u8(&stream, &major) || !bytes_get_u8(&stream, &minor) ||
			!bytes_get_be16(&stream, &length))
			return FOUND_PART;
		if (length == 0 || length > RECORD_MOST)
			return FOUND_OTHER;
		if (!bytes_take(&stream, length, &part))
			part = stream;

		if (gathered == 0)
			found = look_at_message(part, hello);
		else
		{
			size_t count = bytes_left(&part) < PIECES_BYTES_MAX - gathered ? bytes_left(&part) : PIECES_BYTES_MAX - gathered;

			memcpy(scratch + gathered, part.at, count);
			found = look_at_message((Bytes) {scratch, scratch + gathered + count}, hello);
		}
		if (found != FOUND_PART || bytes_left(&part) < length)
			return found;
		if (gathered == 0)
			memcpy(scratch, part.at, length);
		gathered += length;
		if (gathered >= PIECES_BYTES_MAX)
			return FOUND_OTHER;
	}
}

static void
end_side(TlsSide *side)
{
	if (side->pieces != NULL)
		pieces_clear(side->pieces);
	free(side->pieces);
	*side = (TlsSide) {0};
}

static void
start_side(TlsSide *side, uint32_t start)
{
	if (side->started && side->start == start)
		return;
	end_side(side);
	*side = (TlsSide) {.start = start, .started = true};
}

/* A record of the handshake that begins a ClientHello. */
static bool
looks_like_hello(Bytes payload)
{
	return bytes_left(&payload) >= 6 && payload.at[0] == RECORD_HANDSHAKE && payload.at[1] == RECORD_VERSION_MAJOR &&
		   payload.at[5] == MESSAGE_CLIENT_HELLO;
}

/* Cuts off what comes before the start; false if the segment lies far from it. */
static bool
place_in_stream(const TlsSide *side, uint32_t sequence, Bytes *payload, uint32_t *offset)
{
	uint32_t distance = sequence - side->start;

	*offset = 0;
	if (distance > UINT32_MAX / 2)
		return bytes_skip(payload, 0 - distance);
	*offset = distance;
	return distance < PIECES_BYTES_MAX;
}

bool
tls_stream_segment(TlsStream *stream, unsigned number, const Segment *segment, uint8_t *scratch, Bytes *hello)
{
	TlsSide *side = &stream->sides[number];
	Bytes	 payload = segment->payload;
	uint32_t sequence = segment->sequence + (segment->syn ? 1 : 0),
			 offset = 0;
	bool  is_near;
	Found found;

	if (segment->syn)
		start_side(side, sequence);
	if (bytes_left(&payload) == 0)
		return false;
	is_near = side->started && place_in_stream(side, sequence, &payload, &offset);
	if (!is_near || (offset > 0 && (side->pieces == NULL || side->pieces->length == 0)))
	{
		/* Where the first byte is still to come, it may have been lost. */
		payload = segment->payload;
		if (looks_like_hello(payload))
		{
			start_side(side, sequence);
			is_near = true;
			offset = 0;
		}
	}
	if (!is_near || bytes_left(&payload) == 0)
		return false;

	if (side->pieces == NULL && offset == 0)
		found = look_at_stream(payload, scratch, hello);
	else
		found = FOUND_PART;
	if (found == FOUND_PART)
	{
		if (side->pieces == NULL)
			side->pieces = memory_get(sizeof(*side->pieces));
		if (!pieces_add(side->pieces, offset, payload))
			return false;
		found = look_at_stream(pieces_front(side->pieces), scratch, hello);
		if (found == FOUND_PART && side->pieces->length == PIECES_BYTES_MAX)
			found = FOUND_OTHER;
	}
	if (found == FOUND_OTHER)
		end_side(side);
	return found == FOUND_HELLO;
}

void
tls_stream_clear(TlsStream *stream)
{
	end_side(&stream->sides[0]);
	end_side(&stream->sides[1]);
}
