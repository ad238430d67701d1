/*
 * decode_ethernet.c
 *	  Ethernet, with an EtherType or with a length and LLC.  IEEE 802.3, clause 3; LLC: IEEE 802.2; SNAP: RFC 1042.
 *
 *	   0            6            12     14
 *	  +------------+------------+------+-------------------------+
 *	  | destination|   source   | type |         payload         |
 *	  +------------+------------+------+-------------------------+
 *	                            |length| LLC |      payload
 *
 *	   0      1      2         3         6      8
 *	  +------+------+---------+---------+------+---
 *	  | DSAP | SSAP | control |   OUI   | type |  payload
 *	  +------+------+---------+---------+------+---
 *	                          (SNAP, only if a SAP is 0xAA)
 *
 * Ethernet's third field is a length up to 1500 and a type above.
 */
#include "engine/decode/decode_layer.h"

#define ETHERNET_LENGTH_MAX 1500

#define SAP_SPANNING_TREE	0x42
#define SAP_SNAP			0xAA

static Next
decode_llc(Decoder *decoder)
{
	Bytes	b = decoder->at;
	uint8_t dsap,
		ssap;

	if (!bytes_get_u8(&b, &dsap) || !bytes_get_u8(&b, &ssap))
		return decode_ignore(decoder, IGNORED_SHORT);

	if (dsap == SAP_SNAP || ssap == SAP_SNAP)
	{
		if (!bytes_skip(&b, 1 + 3) || !bytes_get_be16(&b, &decoder->type))
			return decode_ignore(decoder, IGNORED_SHORT);
		decoder->at = b;
	}
	else if (dsap == SAP_SPANNING_TREE || ssap == SAP_SPANNING_TREE)
		return decode_ignore(decoder, IGNORED_SPANNING_TREE);
	return NEXT_TYPE;
}

Next
decode_ethernet(Decoder *decoder)
{
	Packet	*packet = decoder->packet;
	uint16_t type;

	if (!bytes_copy(&decoder->at, packet->destination_mac, MAC_ADDRESS_BYTES) ||
		!bytes_copy(&decoder->at, packet->source_mac, MAC_ADDRESS_BYTES) ||
		!bytes_get_be16(&decoder->at, &type))
		return decode_ignore(decoder, IGNORED_SHORT);

	if (type > ETHERNET_LENGTH_MAX)
		decoder->type = type;
	else if (type > 0) /* with a length of 0, there is no LLC */
		return decode_llc(decoder);
	return NEXT_TYPE;
}
