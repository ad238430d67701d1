/*
 * decode_ipv6.c
 *	  IPv6 and its extension headers.  RFC 8200, sections 3 and 4.
 *
 *	   0         4               12       16              24              32
 *	  +---------+---------------+--------+---------------+---------------+
 *	  | version | traffic class |               flow label               |
 *	  +---------+---------------+--------+---------------+---------------+
 *	  |         payload length           |  next header  |   hop limit   |
 *	  +----------------------------------+---------------+---------------+
 *	  |                    source address, 16 bytes                      |
 *	  +------------------------------------------------------------------+
 *	  |                  destination address, 16 bytes                   |
 *	  +------------------------------------------------------------------+
 *
 * A payload length of 0 before TCP, UDP or a hop-by-hop header stands for a jumbogram (RFC 2675, section 3) or a segment
 * that the network card was still to cut up (BIG TCP): all that is left of the frame.
 *
 * Extension headers, each of which names the next:
 *
 *	   0                8               16                       29     32
 *	  +----------------+---------------+------------------------------------+
 *	  |  next header   |    length     |  length + 1 times 8 bytes in all   |   in general
 *	  +----------------+---------------+-------------------------+------+---+
 *	  |  next header   |   reserved    |     fragment offset     |      | M |   fragment, with 4 bytes more
 *	  +----------------+---------------+-------------------------+------+---+
 *
 * Only the first fragment has a transport header, so later ones are ignored.
 */
#include "engine/decode/decode_layer.h"

#define IPV6_ADDRESS_BYTES		  16
#define IPV6_FRAGMENT_BYTES		  8u
#define IPV6_FRAGMENT_OFFSET_MASK 0xFFF8

/* Next headers that are no transport protocol: IANA's list of extension headers, but for AH and ESP. */
enum
{
	EXTENSION_HOP_BY_HOP = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_FRAGMENT = 44,
	EXTENSION_NO_NEXT_HEADER = 59,
	EXTENSION_DESTINATION = 60,
	EXTENSION_MOBILITY = 135
};

static bool
is_extension(uint8_t next)
{
	return next == EXTENSION_HOP_BY_HOP || next == EXTENSION_ROUTING || next == EXTENSION_FRAGMENT ||
		   next == EXTENSION_NO_NEXT_HEADER || next == EXTENSION_DESTINATION || next == EXTENSION_MOBILITY;
}

/*
 * Steps over the extension headers.
 *
 * `b` reaches from the first of them to the end of the captured bytes, `next` is its kind, `left` the payload length;
 * all three are moved on to the transport header.
 *
 * The walk is NFStream's, so that the same packets make the same flows: it goes on while more than one byte is captured
 * after the latest header; the number that stands there in the end is the protocol, even if it is "no next header"; and a
 * fragment header takes only 5 bytes off that count.
 */
static IgnoreReason
skip_extensions(Bytes *b, uint8_t *next, uint32_t *left)
{
	size_t captured = bytes_left(b);

	while (captured > 1 && is_extension(*next))
	{
		Bytes	header = *b;
		uint8_t following,
			length;
		uint16_t fragment;
		uint32_t size;

		if (*next == EXTENSION_NO_NEXT_HEADER)
			return IGNORED_NO_NEXT_HEADER;
		if (!bytes_get_u8(&header, &following) || !bytes_get_u8(&header, &length))
			return IGNORED_SHORT;
		size = *next == EXTENSION_FRAGMENT ? IPV6_FRAGMENT_BYTES : (length + 1u) * 8;
		if (*left < size)
			return IGNORED_BAD_LENGTH;
		if (!bytes_skip(b, size))
			return IGNORED_SHORT;
		if (*next == EXTENSION_FRAGMENT && bytes_get_be16(&header, &fragment) && fragment & IPV6_FRAGMENT_OFFSET_MASK)
			return IGNORED_FRAGMENT;
		captured -= *next == EXTENSION_FRAGMENT ? 5 : size;
		*left -= size;
		*next = following;
	}
	return NOT_IGNORED;
}

/* Whether a payload length of 0 before this header means that the length is elsewhere, and not that there is no payload. */
static bool
may_be_without_length(uint8_t next)
{
	return next == EXTENSION_HOP_BY_HOP || next == PROTOCOL_TCP || next == PROTOCOL_UDP;
}

Next
decode_ipv6(Decoder *decoder)
{
	Packet *packet = decoder->packet;
	Bytes	ip = decoder->at,
		  b = ip;
	uint16_t length_field;
	uint8_t	 next_header;
	uint32_t payload_length,
		left;
	IgnoreReason reason;

	if (!bytes_skip(&b, 4) || !bytes_get_be16(&b, &length_field) || !bytes_get_u8(&b, &next_header) ||
		!bytes_skip(&b, 1) ||
		!bytes_copy(&b, packet->source_ip, IPV6_ADDRESS_BYTES) ||
		!bytes_copy(&b, packet->destination_ip, IPV6_ADDRESS_BYTES))
		return decode_ignore(decoder, IGNORED_SHORT);

	payload_length = length_field;
	if (length_field == 0 && may_be_without_length(next_header))
		payload_length = decode_wire_left(decoder, b.at);

	/* It is not the packet's fault that a snapshot length has cut it off. */
	if (bytes_left(&b) < payload_length && decoder->frame->captured_length >= decoder->frame->wire_length)
		return decode_ignore(decoder, IGNORED_INCOMPLETE_IPV6);

	left = payload_length;
	reason = skip_extensions(&b, &next_header, &left);
	if (reason != NOT_IGNORED)
		return decode_ignore(decoder, reason);

	if ((next_header == PROTOCOL_IPV4 || next_header == PROTOCOL_IPV6) && !decoder->innermost)
	{
		decoder->at = b;
		return NEXT_NETWORK;
	}

	decoder->verdict = NOT_IGNORED;
	packet->ip_version = 6;
	packet->ip = ip.at;
	packet->ip_length = (uint32_t) bytes_left(&ip);
	packet->size[ACCOUNTING_IP] = IPV6_HEADER_BYTES + payload_length;
	return decode_transport(decoder, next_header, b, left);
}
