/*
 * decode_gtp.c
 *	  GTP-U: user packets carried over UDP port 2152.  3GPP TS 29.281, section 5.
 *
 *	   0     3 4 5 6 7 8              16                               32
 *	  +-----+-+-+-+-+-+---------------+-------------------------------+
 *	  | ver |P|0|E|S|N| message type  |            length             |
 *	  +-----+-+-+-+-+-+---------------+-------------------------------+
 *	  |                 tunnel endpoint identifier                    |
 *	  +-------------------------------+---------------+---------------+
 *	  |        sequence number        | N-PDU number  |   next type   |   only if E, S or N is set
 *	  +-------------------------------+---------------+---------------+
 *
 * If E is set, extension headers follow up to one whose next type is 0:
 *
 *	  +---------------+-----------------------------------------------+
 *	  | length / 4    |  contents                                     |
 *	  +---------------+-------------------------------+---------------+
 *	  |  contents                                     |   next type   |
 *	  +-----------------------------------------------+---------------+
 *
 * Only G-PDUs (message type 255) carry a user packet, always IP.
 */
#include "engine/decode/decode_layer.h"

#define GTP_VERSION		   1
#define GTP_G_PDU		   255
#define GTP_FLAGS_OPTIONAL 0x07 /* E, S, N */
#define GTP_FLAG_EXTENSION 0x04

/*
 * The user packet is the innermost one: it is not searched for a tunnel of its own.  If it is not IP, the frame is
 * ignored.
 */
Next
decode_gtp(Decoder *decoder, Bytes at)
{
	uint8_t flags,
		type,
		version;

	if (!bytes_get_u8(&at, &flags) || flags >> 5 != GTP_VERSION || !bytes_get_u8(&at, &type) || type != GTP_G_PDU)
		return NEXT_NOTHING;
	if (!bytes_skip(&at, 2 + 4))
		return NEXT_NOTHING;
	if (flags & GTP_FLAGS_OPTIONAL && !bytes_skip(&at, 2 + 1 + 1))
		return NEXT_NOTHING;

	if (flags & GTP_FLAG_EXTENSION)
	{
		uint8_t words,
			next;

		/* As in NFStream: E promises a header, even after a next type of 0.  With a length of 0 the loop would never end. */
		do
		{
			if (!bytes_get_u8(&at, &words) || words == 0 ||
				!bytes_skip(&at, words * 4u - 2) || !bytes_get_u8(&at, &next))
				return NEXT_NOTHING;
		} while (next != 0);
	}

	if (!bytes_peek_u8(&at, &version))
		return NEXT_NOTHING;
	version >>= 4;
	if (!(version == 4 && bytes_left(&at) >= IPV4_HEADER_BYTES) &&
		!(version == 6 && bytes_left(&at) >= IPV6_HEADER_BYTES))
		return decode_ignore(decoder, IGNORED_TUNNEL_WITHOUT_IP);

	decoder->packet->tunnel = TUNNEL_GTP;
	decoder->innermost = true;
	decoder->at = at;
	return NEXT_NETWORK;
}
