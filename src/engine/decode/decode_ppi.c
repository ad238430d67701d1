/*
 * decode_ppi.c
 *	  Per-packet information, before a frame of any other link type.  PPI header format 1.0.10, CACE Technologies.
 *
 *	   0           8             16                       32
 *	  +-----------+-------------+------------------------+
 *	  |  version  |    flags    |         length         |   length: of all this, up to the frame
 *	  +-----------+-------------+------------------------+
 *	  |                    link type                     |
 *	  +--------------------------------------------------+
 *	  |  fields, which are not needed ...                |
 *	  +--------------------------------------------------+
 *
 * Little-endian.
 */
#include "engine/decode/decode_layer.h"

Next
decode_ppi(Decoder *decoder)
{
	Bytes	 b = decoder->at;
	uint16_t length;

	if (!bytes_skip(&b, 1 + 1) || !bytes_get_le16(&b, &length) || !bytes_get_le32(&b, &decoder->link_type))
		return decode_ignore(decoder, IGNORED_SHORT);

	/* With a length of 0, PPI in PPI would never end. */
	if (decoder->link_type == LINK_PPI)
		return decode_ignore(decoder, IGNORED_LINK_TYPE);

	if (!bytes_skip(&decoder->at, length))
		return decode_ignore(decoder, IGNORED_SHORT);
	return NEXT_LINK;
}
