/*
 * decode_capwap.c
 *	  CAPWAP data: frames between access points and their controller, over UDP port 5247.  RFC 5415, section 4.3.
 *
 *	   0         4        8         13        18       23  24        29     32
 *	  +---------+--------+---------+---------+--------+---+---------+------+
 *	  | version |  type  |  HLEN   |   RID   |  WBID  | T |F L W M K|      |
 *	  +---------+--------+---------+----+----+--------+---+---------+------+
 *	  |          fragment id            |     fragment offset       |      |
 *	  +---------------------------------+---------------------------+------+
 *	  |  radio's address, wireless information, up to HLEN * 4 bytes ...   |
 *	  +--------------------------------------------------------------------+
 *
 * A type other than 0 is encrypted.  T: the frame that follows is a wireless one, of the kind that WBID says, else it
 * is an 802.3 one.  F: this is a fragment.  K: a keep-alive, without a frame.
 */
#include "engine/decode/decode_layer.h"

#define CAPWAP_TYPE_MASK  0x0F
#define CAPWAP_TYPE_PLAIN 0

/* The two bytes of WBID and flags. */
#define CAPWAP_WBID(bits) ((bits) >> 9 & 0x1F)
#define CAPWAP_WBID_80211 1
#define CAPWAP_T		  0x0100
#define CAPWAP_F		  0x0080
#define CAPWAP_K		  0x0008

/*
 * Where a wireless frame carries no data the outer packet is metered: one between access point and controller.
 */
Next
decode_capwap(Decoder *decoder, Bytes at)
{
	Bytes	inner = at;
	uint8_t type,
		hlen;
	uint16_t bits,
		fragment_offset;

	if (!bytes_get_u8(&at, &type) || (type & CAPWAP_TYPE_MASK) != CAPWAP_TYPE_PLAIN ||
		!bytes_get_u8(&at, &hlen) || !bytes_get_be16(&at, &bits) ||
		!bytes_skip(&at, 2) || !bytes_get_be16(&at, &fragment_offset))
		return NEXT_NOTHING;
	if (bits & CAPWAP_K || (bits & CAPWAP_F && fragment_offset >> 3 != 0) ||
		(bits & CAPWAP_T && CAPWAP_WBID(bits) != CAPWAP_WBID_80211))
		return NEXT_NOTHING;

	if (!bytes_skip(&inner, (hlen >> 3) * 4))
		inner.at = inner.end; /* a header that is longer than the frame: nothing follows */

	if (!(bits & CAPWAP_T))
	{
		decoder->packet->tunnel = TUNNEL_CAPWAP;
		decoder->link_type = LINK_ETHERNET;
		decoder->at = inner;
		return NEXT_LINK;
	}

	/* Cisco's access points swap the two bytes of the frame control. */
	if (decode_80211_data(decoder, inner, false) != NOT_IGNORED &&
		decode_80211_data(decoder, inner, true) != NOT_IGNORED)
		return NEXT_NOTHING;
	decoder->packet->tunnel = TUNNEL_CAPWAP;
	return NEXT_TYPE;
}
