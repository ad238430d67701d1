/*
 * decode_radiotap.c
 *	  What the radio said of an 802.11 frame.  https://www.radiotap.org
 *
 *	   0           8             16                       32
 *	  +-----------+-------------+------------------------+
 *	  |  version  |     pad     |         length         |   length: of all this, up to the 802.11 frame
 *	  +-----------+-------------+------------------------+
 *	  |                    present                       |   followed by another such word if bit 31 is set
 *	  +--------------------------------------------------+
 *	  |  fields: one for each bit of the first word, ... |
 *	  +--------------------------------------------------+
 *
 * Little-endian.  Fields stand in the order of their bits, aligned to their own size: first TSFT (bit 0, 8 bytes), then
 * the flags (bit 1, 1 byte).  Nothing after the flags is needed.
 */
#include "engine/decode/decode_layer.h"

#define RADIOTAP_TSFT		  0x00000001u
#define RADIOTAP_FLAGS		  0x00000002u
#define RADIOTAP_MORE		  0x80000000u
#define RADIOTAP_TSFT_BYTES	  8 /* also its alignment */

#define RADIOTAP_FLAG_BAD_FCS 0x40

Next
decode_radiotap(Decoder *decoder)
{
	Bytes	 b = decoder->at;
	uint16_t length;
	uint32_t present,
		more;
	size_t	offset; /* of the flags */
	uint8_t flags;

	if (!bytes_skip(&b, 1 + 1) || !bytes_get_le16(&b, &length) || !bytes_get_le32(&b, &present))
		return decode_ignore(decoder, IGNORED_SHORT);
	more = present;
	while (more & RADIOTAP_MORE && bytes_get_le32(&b, &more))
		;

	offset = (size_t) (b.at - decoder->at.at);
	if (present & RADIOTAP_TSFT)
		offset = (offset + RADIOTAP_TSFT_BYTES - 1) / RADIOTAP_TSFT_BYTES * RADIOTAP_TSFT_BYTES +
				 RADIOTAP_TSFT_BYTES;
	b = decoder->at;
	if (present & RADIOTAP_FLAGS && offset < length && bytes_skip(&b, offset) && bytes_get_u8(&b, &flags) &&
		flags & RADIOTAP_FLAG_BAD_FCS)
		return decode_ignore(decoder, IGNORED_BAD_CHECKSUM);

	if (!bytes_skip(&decoder->at, length))
		return decode_ignore(decoder, IGNORED_SHORT);
	return decode_80211(decoder);
}
