/*
 * decode_ipv4.c
 *	  IPv4.  RFC 791, section 3.1.
 *
 *	   0         4        8               16    19                32
 *	  +---------+--------+---------------+-----------------------+
 *	  | version |  IHL   |    service    |     total length      |
 *	  +---------+--------+---------------+-----+-----------------+
 *	  |         identification           |flags| fragment offset |
 *	  +------------------+---------------+-----+-----------------+
 *	  |   time to live   |   protocol    |    header checksum    |
 *	  +------------------+---------------+-----------------------+
 *	  |                      source address                      |
 *	  +----------------------------------------------------------+
 *	  |                   destination address                    |
 *	  +----------------------------------------------------------+
 *	  |  options, up to IHL * 4 bytes ...                        |
 *	  +----------------------------------------------------------+
 *
 * A total length of 0 stands for a segment that the network card was still to cut up (TSO, BIG TCP): all that is left of
 * the frame.
 *
 * Only the first fragment has a transport header, so later ones are ignored.  The checksum is not looked at: on the
 * sending machine it is often captured before the network card has filled it in.
 */
#include "engine/decode/decode_layer.h"

#define IPV4_ADDRESS_BYTES		  4
#define IPV4_FRAGMENT_OFFSET_MASK 0x1FFF

Next
decode_ipv4(Decoder *decoder)
{
	Packet *packet = decoder->packet;
	Bytes	ip = decoder->at,
		  b = ip,
		  transport = ip;
	uint8_t version_ihl,
		protocol;
	uint16_t length_field,
		fragment;
	uint32_t header_length,
		total_length,
		transport_length;

	if (!bytes_get_u8(&b, &version_ihl) || !bytes_skip(&b, 1) || !bytes_get_be16(&b, &length_field) ||
		!bytes_skip(&b, 2) || !bytes_get_be16(&b, &fragment) ||
		!bytes_skip(&b, 1) || !bytes_get_u8(&b, &protocol) || !bytes_skip(&b, 2) ||
		!bytes_copy(&b, packet->source_ip, IPV4_ADDRESS_BYTES) ||
		!bytes_copy(&b, packet->destination_ip, IPV4_ADDRESS_BYTES))
		return decode_ignore(decoder, IGNORED_SHORT);
	if (fragment & IPV4_FRAGMENT_OFFSET_MASK)
		return decode_ignore(decoder, IGNORED_FRAGMENT);

	header_length = (version_ihl & 0x0F) * 4;
	if (!bytes_skip(&transport, header_length))
		return decode_ignore(decoder, IGNORED_SHORT);

	/* With a header of length 0 the packet would hold itself, without end. */
	if ((protocol == PROTOCOL_IPV4 || protocol == PROTOCOL_IPV6) && header_length > 0 && !decoder->innermost)
	{
		decoder->at = transport;
		return NEXT_NETWORK;
	}

	/*
	 * A total length that ends inside the header is wrong, unless enough is captured for it to be the length modulo
	 * 65,536.  (One that ends after the captured bytes is what a snapshot length makes.)  A tunnel is decoded
	 * nevertheless.
	 */
	total_length = length_field > 0 ? length_field : decode_wire_left(decoder, ip.at);
	decoder->verdict = NOT_IGNORED;
	transport_length = total_length - header_length;
	if (total_length < header_length)
	{
		transport_length = (uint16_t) transport_length;
		if (bytes_left(&ip) < total_length + 65536u)
			decoder->verdict = IGNORED_BAD_LENGTH;
	}

	memset(packet->source_ip + IPV4_ADDRESS_BYTES, 0, IP_ADDRESS_BYTES - IPV4_ADDRESS_BYTES);
	memset(packet->destination_ip + IPV4_ADDRESS_BYTES, 0, IP_ADDRESS_BYTES - IPV4_ADDRESS_BYTES);
	packet->ip_version = 4;
	packet->ip = ip.at;
	packet->ip_length = (uint32_t) bytes_left(&ip);
	packet->size[ACCOUNTING_IP] = total_length;
	return decode_transport(decoder, protocol, transport, transport_length);
}
