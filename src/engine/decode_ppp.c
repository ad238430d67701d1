/*
 * decode_ppp.c
 *	  PPP (link type 9), PPP on a serial line (50) and Cisco's HDLC (104).
 *
 * PPP without HDLC framing.  RFC 1661, section 2.
 *
 *	   0                          16
 *	  +--------------------------+----------------------------
 *	  |         protocol         |  payload
 *	  +--------------------------+----------------------------
 *
 * Framed as HDLC.  PPP: RFC 1662, section 3.1, address 0xFF.  Cisco's: RFC 1547, section 4.3.1, address 0x0F for
 * unicast and 0x8F for multicast, and an EtherType as protocol.
 *
 *	   0           8              16                       32
 *	  +-----------+--------------+------------------------+---
 *	  |  address  |   control    |        protocol        |  payload
 *	  +-----------+--------------+------------------------+---
 */
#include "engine/decode_layer.h"

#define CISCO_UNICAST	0x0F
#define CISCO_MULTICAST	0x8F

/* Cisco's HDLC, or PPP without HDLC framing: the first byte says which. */
Next
decode_ppp(Decoder *decoder)
{
	uint8_t		address;

	if (!bytes_peek_u8(&decoder->at, &address))
		return decode_ignore(decoder, IGNORED_SHORT);
	if (address == CISCO_UNICAST || address == CISCO_MULTICAST)
		return decode_ppp_serial(decoder);

	if (!bytes_get_be16(&decoder->at, &decoder->type))
		return decode_ignore(decoder, IGNORED_SHORT);
	return NEXT_TYPE;
}

/* Framed as HDLC, whatever its address. */
Next
decode_ppp_serial(Decoder *decoder)
{
	if (!bytes_skip(&decoder->at, 1 + 1) || !bytes_get_be16(&decoder->at, &decoder->type))
		return decode_ignore(decoder, IGNORED_SHORT);
	return NEXT_TYPE;
}
