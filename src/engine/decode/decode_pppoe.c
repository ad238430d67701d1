/*
 * decode_pppoe.c
 *	  The session stage of PPP over Ethernet.  RFC 2516, section 4.
 *
 *	   0     4      8               16                       32
 *	  +-----+------+---------------+------------------------+
 *	  | ver | type |     code      |       session id       |
 *	  +-----+------+---------------+------------------------+
 *	  |          length            |      PPP protocol      |
 *	  +----------------------------+------------------------+
 *
 * The PPP protocol is not looked at: IP is known by its version, and control protocols do not look like it.
 */
#include "engine/decode/decode_layer.h"

#define PPPOE_BYTES (6 + 2) /* PPPoE's header and the PPP protocol */

Next
decode_pppoe(Decoder *decoder)
{
	if (!bytes_skip(&decoder->at, PPPOE_BYTES))
		return decode_ignore(decoder, IGNORED_SHORT);
	decoder->type = TYPE_IPV4;
	return NEXT_TYPE;
}
