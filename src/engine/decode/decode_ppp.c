/*
 * decode_ppp.c
 *	  PPP (link types 9 and 50) and Cisco's HDLC (104).
 *
 * PPP.  RFC 1661, section 2; address 0xFF and control 0x03 are those of its framing as HDLC, RFC 1662, section 3.1.
 *
 *	   0           8              16                       32
 *	  +-----------+--------------+------------------------+---
 *	  |  address  |   control    |        protocol        |  payload
 *	  +-----------+--------------+------------------------+---
 *
 * Both ends may agree to leave address and control out, and to send a protocol below 256 as one byte (RFC 1661, sections
 * 6.5 and 6.6).  No protocol of two bytes starts with an odd one, so the first byte tells.
 *
 * Cisco's HDLC.  RFC 1547, section 4.3.1.  Address 0x0F is unicast and 0x8F multicast, the protocol an EtherType.
 * Routers send it on PPP lines too, so it is expected there as well.
 *
 *	   0           8              16                       32
 *	  +-----------+--------------+------------------------+---
 *	  |  address  |   control    |        protocol        |  payload
 *	  +-----------+--------------+------------------------+---
 */
#include "engine/decode/decode_layer.h"

#define PPP_ADDRESS		0xFF
#define PPP_CONTROL		0x03
#define PPP_ONE_BYTE	0x01 /* in a protocol's first byte: there is no second */

#define CISCO_UNICAST	0x0F
#define CISCO_MULTICAST 0x8F

static bool
starts_as_cisco(const Decoder *decoder)
{
	uint8_t address;

	return bytes_peek_u8(&decoder->at, &address) && (address == CISCO_UNICAST || address == CISCO_MULTICAST);
}

Next
decode_ppp(Decoder *decoder)
{
	Bytes	framing = decoder->at;
	uint8_t address,
		control,
		protocol;

	if (starts_as_cisco(decoder))
		return decode_cisco_hdlc(decoder);

	if (bytes_get_u8(&framing, &address) && address == PPP_ADDRESS &&
		bytes_get_u8(&framing, &control) && control == PPP_CONTROL)
		decoder->at = framing;

	if (bytes_peek_u8(&decoder->at, &protocol) && protocol & PPP_ONE_BYTE)
	{
		bytes_skip(&decoder->at, 1);
		decoder->type = protocol;
		return NEXT_TYPE;
	}
	if (!bytes_get_be16(&decoder->at, &decoder->type))
		return decode_ignore(decoder, IGNORED_SHORT);
	return NEXT_TYPE;
}

/* As in NFStream: what does not start with one of Cisco's addresses is taken for a protocol alone. */
Next
decode_cisco_hdlc(Decoder *decoder)
{
	if (starts_as_cisco(decoder) && !bytes_skip(&decoder->at, 1 + 1))
		return decode_ignore(decoder, IGNORED_SHORT);
	if (!bytes_get_be16(&decoder->at, &decoder->type))
		return decode_ignore(decoder, IGNORED_SHORT);
	return NEXT_TYPE;
}
