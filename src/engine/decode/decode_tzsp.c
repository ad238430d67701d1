/*
 * decode_tzsp.c
 *	  TZSP, the TaZmen Sniffer Protocol: captured frames carried over UDP port 37008.  No standard;
 *	  https://en.wikipedia.org/wiki/TZSP has the format.
 *
 *	   0           8             16                       32
 *	  +-----------+-------------+------------------------+
 *	  |  version  |    type     |     encapsulation      |
 *	  +-----------+-------------+------------------------+
 *
 * Tags follow, up to the tag "end", which the frame follows.  Padding and end are a byte, the others:
 *
 *	  +-----------+-------------+-------------------------
 *	  |    tag    |   length    |  length bytes
 *	  +-----------+-------------+-------------------------
 */
#include "engine/decode/decode_layer.h"

#define TZSP_VERSION	 1
#define TZSP_RECEIVED	 0 /* type: a captured frame */
#define TZSP_ETHERNET	 1 /* encapsulation */

#define TZSP_TAG_PADDING 0
#define TZSP_TAG_END	 1

Next
decode_tzsp(Decoder *decoder, Bytes at)
{
	uint8_t version,
		type,
		tag,
		length;
	uint16_t encapsulation;

	if (!bytes_get_u8(&at, &version) || version != TZSP_VERSION ||
		!bytes_get_u8(&at, &type) || type != TZSP_RECEIVED ||
		!bytes_get_be16(&at, &encapsulation) || encapsulation != TZSP_ETHERNET)
		return NEXT_NOTHING;

	do
	{
		if (!bytes_get_u8(&at, &tag))
			return NEXT_NOTHING;
		if (tag != TZSP_TAG_PADDING && tag != TZSP_TAG_END &&
			(!bytes_get_u8(&at, &length) || !bytes_skip(&at, length)))
			return NEXT_NOTHING;
	} while (tag != TZSP_TAG_END);

	decoder->packet->tunnel = TUNNEL_TZSP;
	decoder->link_type = LINK_ETHERNET;
	decoder->at = at;
	return NEXT_LINK;
}
