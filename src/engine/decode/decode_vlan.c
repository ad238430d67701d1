/*
 * decode_vlan.c
 *	  A VLAN tag.  IEEE 802.1Q, clause 9.
 *
 *	   0     3   4            16                             32
 *	  +-----+---+------------+------------------------------+
 *	  | PCP |DEI|  VLAN id   |       type of what follows   |
 *	  +-----+---+------------+------------------------------+
 *
 * The type before a tag says that it is one: 0x8100 a customer's; 0x88A8 a service provider's, outside of the customer's
 * (formerly IEEE 802.1ad), for which 0x9100 and 0x9200 were used before.  All have the same form, and may follow one another
 * in any order; the innermost one's id is kept.
 */
#include "engine/decode/decode_layer.h"

#define VLAN_TAG_BYTES 4
#define VLAN_ID_MASK   0x0FFF

Next
decode_vlan(Decoder *decoder)
{
	uint16_t control;

	/* A tag with nothing captured after it is of no more use than half a tag. */
	if (bytes_left(&decoder->at) <= VLAN_TAG_BYTES ||
		!bytes_get_be16(&decoder->at, &control) || !bytes_get_be16(&decoder->at, &decoder->type))
		return decode_ignore(decoder, IGNORED_SHORT);

	decoder->packet->vlan_id = control & VLAN_ID_MASK;
	return NEXT_TYPE;
}
