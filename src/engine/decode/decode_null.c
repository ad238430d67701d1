/*
 * decode_null.c
 *	  The BSD loopback, link types NULL and LOOP.  https://www.tcpdump.org/linktypes.html
 *
 *	   0                                                     32
 *	  +-----------------------------------------------------+---
 *	  |                   address family                    |  payload
 *	  +-----------------------------------------------------+---
 *
 * The family's byte order is that of the machine that captured (NULL) or the network's (LOOP), and IPv6's number
 * differs from system to system.  It is not looked at: the payload says by itself which IP it is.
 */
#include "engine/decode/decode_layer.h"

Next
decode_null(Decoder *decoder)
{
	if (!bytes_skip(&decoder->at, 4))
		return decode_ignore(decoder, IGNORED_SHORT);
	decoder->type = TYPE_IPV4;
	return NEXT_TYPE;
}
