/*
 * decode_raw.c
 *	  IP without a link layer: link types RAW, IPV4 and IPV6.  https://www.tcpdump.org/linktypes.html
 *
 *	   0         4
 *	  +---------+---------------------------------------------
 *	  | version |  the rest of the IP packet
 *	  +---------+---------------------------------------------
 */
#include "engine/decode/decode_layer.h"

Next
decode_raw(Decoder *decoder)
{
	decoder->type = TYPE_IPV4;
	return NEXT_TYPE;
}
