/*
 * decode_transport.c
 *	  Ports, flags and sizes of TCP, UDP, ICMP and ICMPv6; the way into tunnels over UDP.
 *
 * TCP.  RFC 9293, section 3.1.
 *
 *	   0         4           8               16                            32
 *	  +---------+-----------+---------------+-----------------------------+
 *	  |             source port             |      destination port       |
 *	  +---------+-----------+---------------+-----------------------------+
 *	  |                          sequence number                          |
 *	  +---------+-----------+---------------+-----------------------------+
 *	  |                      acknowledgment number                        |
 *	  +---------+-----------+---------------+-----------------------------+
 *	  |  data   |           |    CWR ECE    |                             |
 *	  | offset  | reserved  |  URG ACK PSH  |           window            |
 *	  |         |           |  RST SYN FIN  |                             |
 *	  +---------+-----------+---------------+-----------------------------+
 *	  |              checksum               |       urgent pointer        |
 *	  +-------------------------------------+-----------------------------+
 *
 * UDP.  RFC 768.
 *
 *	   0                                     16                            32
 *	  +-------------------------------------+-----------------------------+
 *	  |             source port             |      destination port       |
 *	  +-------------------------------------+-----------------------------+
 *	  |               length                |          checksum           |
 *	  +-------------------------------------+-----------------------------+
 *
 * ICMP (RFC 792) and ICMPv6 (RFC 4443, section 2.1) have headers of 8 bytes, and no ports; type and code are the first two.
 * SCTP's ports (RFC 9260, section 3.1), where TCP's are, are no part of a flow's key.
 *
 * Sizes are what the IP header says.  Of a header that is not all captured, the missing fields are 0.
 */
#include "engine/decode/decode_layer.h"

#define TCP_HEADER_BYTES  20 /* without options */
#define UDP_HEADER_BYTES  8
#define ICMP_HEADER_BYTES 8

typedef struct TunnelPort
{
	uint16_t port;
	Next (*decode)(Decoder *decoder, Bytes at);
} TunnelPort;

/* In this order: a packet between two of these ports is taken for the tunnel that stands first. */
static const TunnelPort tunnel_ports[] = {
	{2152, decode_gtp},
	{37008, decode_tzsp},
	{5247, decode_capwap},
};

static inline bool
get_ports(Bytes *header, Packet *packet)
{
	return bytes_get_be16(header, &packet->source_port) && bytes_get_be16(header, &packet->destination_port);
}

static uint32_t
payload(uint32_t length, uint32_t header_length)
{
	return length > header_length ? length - header_length : 0;
}

static void
decode_tcp(Bytes header, uint32_t length, Packet *packet)
{
	uint8_t data_offset = TCP_HEADER_BYTES / 4 << 4;

	if (get_ports(&header, packet) && bytes_skip(&header, 4 + 4) && bytes_get_u8(&header, &data_offset))
		bytes_get_u8(&header, &packet->tcp_flags);
	packet->size[ACCOUNTING_TRANSPORT] = length;
	packet->size[ACCOUNTING_PAYLOAD] = payload(length, (data_offset >> 4) * 4);
}

static void
decode_udp(Bytes header, uint32_t length, Packet *packet)
{
	get_ports(&header, packet);
	packet->size[ACCOUNTING_TRANSPORT] = length;
	packet->size[ACCOUNTING_PAYLOAD] = payload(length, UDP_HEADER_BYTES);
}

static void
get_icmp_type(Bytes header, Packet *packet)
{
	uint8_t type,
		code;

	if (!bytes_get_u8(&header, &type) || !bytes_get_u8(&header, &code))
		return;
	packet->other_port[0] = type;
	packet->other_port[1] = code;
}

/* The ports are read again here, as a packet whose length field is too small to hold a UDP header may be a tunnel's. */
static Next
decode_udp_tunnel(Decoder *decoder, Bytes at)
{
	uint16_t source,
		destination;

	if (!bytes_get_be16(&at, &source) || !bytes_get_be16(&at, &destination) || !bytes_skip(&at, 2 + 2))
		return NEXT_NOTHING;
	for (size_t i = 0; i < sizeof(tunnel_ports) / sizeof(tunnel_ports[0]); i++)
		if (tunnel_ports[i].port == source || tunnel_ports[i].port == destination)
			return tunnel_ports[i].decode(decoder, at);
	return NEXT_NOTHING;
}

Next
decode_transport(Decoder *decoder, uint8_t protocol, Bytes header, uint32_t length)
{
	Packet *packet = decoder->packet;

	packet->protocol = protocol;
	packet->source_port = packet->destination_port = 0;
	packet->other_port[0] = packet->other_port[1] = 0;
	packet->tcp_flags = 0;
	packet->size[ACCOUNTING_TRANSPORT] = packet->size[ACCOUNTING_PAYLOAD] = 0;

	switch (protocol)
	{
		case PROTOCOL_TCP:
			if (length >= TCP_HEADER_BYTES)
				decode_tcp(header, length, packet);
			break;
		case PROTOCOL_UDP:
			if (length >= UDP_HEADER_BYTES)
				decode_udp(header, length, packet);
			if (decoder->decode_tunnels && !decoder->innermost)
				return decode_udp_tunnel(decoder, header);
			break;
		case PROTOCOL_ICMP:
		case PROTOCOL_ICMPV6:
			get_icmp_type(header, packet);
			packet->size[ACCOUNTING_TRANSPORT] = length;
			packet->size[ACCOUNTING_PAYLOAD] = payload(length, ICMP_HEADER_BYTES);
			break;
		case PROTOCOL_SCTP:
			if (bytes_get_be16(&header, &packet->other_port[0]))
				bytes_get_be16(&header, &packet->other_port[1]);
			break;
	}
	return NEXT_NOTHING;
}
