/*
 * decode_mpls.c
 *	  A stack of MPLS labels.  RFC 3032, section 2.1.
 *
 *	   0                              20    23  24           32
 *	  +------------------------------+-----+---+------------+
 *	  |            label             | TC  | S |    TTL     |
 *	  +------------------------------+-----+---+------------+
 *
 * S marks the bottom of the stack.  No field says what follows it: it is taken for IP.
 */
#include "engine/decode/decode_layer.h"

#define MPLS_BOTTOM 0x01

Next
decode_mpls(Decoder *decoder)
{
	uint8_t bottom;

	do
	{
		if (!bytes_skip(&decoder->at, 2) || !bytes_get_u8(&decoder->at, &bottom) || !bytes_skip(&decoder->at, 1))
			return decode_ignore(decoder, IGNORED_SHORT);
	} while (!(bottom & MPLS_BOTTOM));

	decoder->type = TYPE_IPV4;
	return NEXT_TYPE;
}
