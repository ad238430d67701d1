/*
 * decode_sll.c
 *	  Linux cooked captures, as libpcap makes them of the device "any".  Link types LINUX_SLL and LINUX_SLL2,
 *	  https://www.tcpdump.org/linktypes.html
 *
 * LINUX_SLL:
 *
 *	   0      2          4         6            14         16
 *	  +------+----------+---------+------------+----------+---
 *	  | kind | hardware | address |  address   | protocol |  payload
 *	  |      |   type   | length  | (8 bytes)  |   type   |
 *	  +------+----------+---------+------------+----------+---
 *
 * LINUX_SLL2:
 *
 *	   0          2          4           8          10     11        12           20
 *	  +----------+----------+-----------+----------+------+---------+------------+---
 *	  | protocol | reserved | interface | hardware | kind | address |  address   |  payload
 *	  |   type   |          |           |   type   |      | length  | (8 bytes)  |
 *	  +----------+----------+-----------+----------+------+---------+------------+---
 *
 * The protocol type is an EtherType.  The one address, the sender's, is not kept, as there is no second one.
 */
#include "engine/decode/decode_layer.h"

Next
decode_sll(Decoder *decoder)
{
	if (!bytes_skip(&decoder->at, 2 + 2 + 2 + 8) || !bytes_get_be16(&decoder->at, &decoder->type))
		return decode_ignore(decoder, IGNORED_SHORT);
	return NEXT_TYPE;
}

Next
decode_sll2(Decoder *decoder)
{
	if (!bytes_get_be16(&decoder->at, &decoder->type) || !bytes_skip(&decoder->at, 2 + 4 + 2 + 1 + 1 + 8))
		return decode_ignore(decoder, IGNORED_SHORT);
	return NEXT_TYPE;
}
