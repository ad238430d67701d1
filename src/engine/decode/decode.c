/*
 * decode.c
 *	  From a captured frame to its innermost IP packet, layer by layer.
 *
 *	  NEXT_LINK ------> Ethernet, PPP, 802.11 ...
 *	                        |
 *	  NEXT_TYPE ------> VLAN tags, MPLS labels, PPPoE, in any order and number
 *	                        |
 *	  NEXT_NETWORK ---> IPv4, IPv6, one in the other, in any number
 *	                        |
 *	                    TCP, UDP ...: the packet is complete, unless UDP carries a tunnel; then again
 *	                        from NEXT_LINK (TZSP, CAPWAP), NEXT_TYPE (CAPWAP) or NEXT_NETWORK (GTP)
 *
 * The loop ends, because every step that leads back to the same or an earlier layer moves on by at least one byte.  Only
 * PPI may not, so PPI in PPI is refused.
 */
#include "engine/decode/decode.h"
#include "engine/decode/decode_layer.h"

typedef struct LinkType
{
	uint32_t number;
	Next (*decode)(Decoder *decoder);
} LinkType;

/* The most frequent one comes first. */
static const LinkType link_types[] = {
	{LINK_ETHERNET, decode_ethernet},
	{LINK_SLL, decode_sll},
	{LINK_SLL2, decode_sll2},
	{LINK_RAW, decode_raw},
	{LINK_RAW_FILE, decode_raw},
	{LINK_RAW_OPENBSD, decode_raw},
	{LINK_IPV4, decode_raw},
	{LINK_IPV6, decode_raw},
	{LINK_NULL, decode_null},
	{LINK_LOOP, decode_null},
	{LINK_RADIOTAP, decode_radiotap},
	{LINK_80211, decode_80211},
	{LINK_PPI, decode_ppi},
	{LINK_PPP, decode_ppp},
	{LINK_PPP_SERIAL, decode_ppp},
	{LINK_C_HDLC, decode_cisco_hdlc},
};

#define LINK_TYPES (sizeof(link_types) / sizeof(link_types[0]))

static const LinkType *
find_link_type(uint32_t number)
{
	for (size_t i = 0; i < LINK_TYPES; i++)
		if (link_types[i].number == number)
			return &link_types[i];
	return NULL;
}

bool
decode_knows_link_type(uint32_t link_type)
{
	return find_link_type(link_type) != NULL;
}

bool
decode_link_type(unsigned index, uint32_t *link_type)
{
	if (index >= LINK_TYPES)
		return false;
	*link_type = link_types[index].number;
	return true;
}

static Next
decode_link(Decoder *decoder)
{
	const LinkType *link_type;

	if (bytes_left(&decoder->at) < LINK_BYTES)
		return decode_ignore(decoder, IGNORED_SHORT);
	link_type = find_link_type(decoder->link_type);
	if (link_type == NULL)
		return decode_ignore(decoder, IGNORED_LINK_TYPE);
	return link_type->decode(decoder);
}

static Next
decode_type(Decoder *decoder)
{
	switch (decoder->type)
	{
		case TYPE_IPV4:
		case TYPE_IPV6:
		case TYPE_PPP_IPV4:
		case TYPE_PPP_IPV6:
			return NEXT_NETWORK;
		case TYPE_VLAN:
		case TYPE_VLAN_SERVICE:
		case TYPE_VLAN_9100:
		case TYPE_VLAN_9200:
			return decode_vlan(decoder);
		case TYPE_MPLS:
		case TYPE_MPLS_UPSTREAM:
			return decode_mpls(decoder);
		case TYPE_PPPOE_SESSION:
			return decode_pppoe(decoder);
		default:
			return decode_ignore(decoder, IGNORED_NOT_IP);
	}
}

/* The first four bits say which version of IP it is, whatever the layer below has said. */
static Next
decode_network(Decoder *decoder)
{
	uint8_t version;

	if (bytes_left(&decoder->at) < IPV4_HEADER_BYTES || !bytes_peek_u8(&decoder->at, &version))
		return decode_ignore(decoder, IGNORED_SHORT);
	switch (version >> 4)
	{
		case 4:
			return decode_ipv4(decoder);
		case 6:
			return decode_ipv6(decoder);
		default:
			return decode_ignore(decoder, IGNORED_NOT_IP);
	}
}

IgnoreReason
decode_frame(const Frame *frame, bool decode_tunnels, Packet *packet)
{
	Decoder decoder = {
		.frame = frame,
		.packet = packet,
		.decode_tunnels = decode_tunnels,
		.type = TYPE_NONE,
		.link_type = frame->link_type,
		.at = {frame->bytes, frame->bytes + frame->captured_length},
	};
	Next next = NEXT_LINK;

	/* The layers below IP set these only if they know them; IP and the transport layer set all the others. */
	packet->vlan_id = 0;
	packet->tunnel = TUNNEL_NONE;
	memset(packet->source_mac, 0, MAC_ADDRESS_BYTES);
	memset(packet->destination_mac, 0, MAC_ADDRESS_BYTES);
	packet->size[ACCOUNTING_LINK] = frame->wire_length;
	packet->time = frame->time;
	packet->frame = frame;

	for (;;)
	{
		switch (next)
		{
			case NEXT_LINK:
				next = decode_link(&decoder);
				break;
			case NEXT_TYPE:
				next = decode_type(&decoder);
				break;
			case NEXT_NETWORK:
				next = decode_network(&decoder);
				break;
			case NEXT_NOTHING:
				if (decoder.verdict == IGNORED_SHORT && frame->captured_length < frame->wire_length)
					return IGNORED_CUT;
				return decoder.verdict;
		}
	}
}
