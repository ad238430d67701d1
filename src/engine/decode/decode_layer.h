/*
 * decode_layer.h
 *	  What the decoders of the layers share; only the decode files include it.
 *
 * A layer's decoder looks at the bytes from decoder->at on.  It moves `at` past its own header, notes in the decoder and
 * in the packet what it learned, and returns what is to be decoded next.  No decoder calls the loop in decode.c or
 * itself, so that the depth of a frame's nesting costs no stack.
 */
#ifndef ENGINE_DECODE_DECODE_LAYER_H
#define ENGINE_DECODE_DECODE_LAYER_H

#include "engine/decode/bytes.h"
#include "engine/decode/packet.h"
#include "engine/source/frame.h"

typedef enum Next
{
	NEXT_LINK,	  /* at `at` is a frame of decoder->link_type */
	NEXT_TYPE,	  /* at `at` is what decoder->type says */
	NEXT_NETWORK, /* at `at` is an IP header */
	NEXT_NOTHING  /* decoder->verdict holds */
} Next;

typedef struct Decoder
{
	const Frame *frame;
	Packet		*packet;
	bool		 decode_tunnels;
	bool		 innermost; /* the IP packet at `at` is not looked into any further */
	uint16_t	 type;		/* EtherType or PPP protocol; an inner frame without one takes the outer's */
	uint32_t	 link_type;
	Bytes		 at;	  /* up to the end of the captured bytes */
	IgnoreReason verdict; /* on the packet as far as it was decoded; IGNORED_SHORT is IGNORED_CUT where the frame was cut */
} Decoder;

/* Ends decoding: the frame is ignored. */
static inline Next
decode_ignore(Decoder *decoder, IgnoreReason reason)
{
	decoder->verdict = reason;
	return NEXT_NOTHING;
}

/* Link types, by libpcap's DLT numbers; the numbers in files differ for raw IP only. */
enum
{
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_PPP_SERIAL = 50,
	LINK_RAW_FILE = 101,
	LINK_C_HDLC = 104,
	LINK_80211 = 105,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_RADIOTAP = 127,
	LINK_PPI = 192,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276
};

/*
 * What decoder->type can say: EtherTypes (IEEE 802) and PPP protocols (RFC 1661).  The four of IP mean the same here, IP
 * of the version that its header says, and a layer without a type for what it carries sets TYPE_IPV4.
 */
enum
{
	TYPE_NONE = 0,
	TYPE_PPP_IPV4 = 0x0021,
	TYPE_PPP_IPV6 = 0x0057,
	TYPE_IPV4 = 0x0800,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86DD,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_UPSTREAM = 0x8848,
	TYPE_PPPOE_SESSION = 0x8864,
	TYPE_VLAN_SERVICE = 0x88A8,
	TYPE_VLAN_9100 = 0x9100, /* of service tags, before there was a standard */
	TYPE_VLAN_9200 = 0x9200
};

/* Protocol numbers of IP (IANA). */
enum
{
	PROTOCOL_ICMP = 1,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_SCTP = 132
};

/*
 * How many bytes of the frame were on the wire from `at` on, captured or not: the length of an IP packet whose header
 * does not tell it.
 */
static inline uint32_t
decode_wire_left(const Decoder *decoder, const uint8_t *at)
{
	uint32_t before = (uint32_t) (at - decoder->frame->bytes);

	return decoder->frame->wire_length > before ? decoder->frame->wire_length - before : 0;
}

#define IPV4_HEADER_BYTES 20 /* without options */
#define IPV6_HEADER_BYTES 40 /* without extension headers */

/* NEXT_LINK.  At least LINK_BYTES are at `at`. */
#define LINK_BYTES 28

Next decode_ethernet(Decoder *decoder);
Next decode_ppp(Decoder *decoder);
Next decode_cisco_hdlc(Decoder *decoder);
Next decode_sll(Decoder *decoder);
Next decode_sll2(Decoder *decoder);
Next decode_null(Decoder *decoder);
Next decode_raw(Decoder *decoder);
Next decode_80211(Decoder *decoder);
Next decode_radiotap(Decoder *decoder);
Next decode_ppi(Decoder *decoder);

/* NEXT_TYPE. */
Next decode_vlan(Decoder *decoder);
Next decode_mpls(Decoder *decoder);
Next decode_pppoe(Decoder *decoder);

/* NEXT_NETWORK.  At least IPV4_HEADER_BYTES are at `at`, the first of which has the right version. */
Next decode_ipv4(Decoder *decoder);
Next decode_ipv6(Decoder *decoder);

/*
 * The transport layer of the IP packet that was just decoded: sets the packet's protocol, ports, flags and sizes, and
 * looks for a tunnel if that is wanted.
 *
 * `header` reaches from the transport header to the end of the captured bytes, and may be empty.  `length` is how many
 * bytes there should be by the IP header.
 */
Next decode_transport(Decoder *decoder, uint8_t protocol, Bytes header, uint32_t length);

/*
 * Tunnels.  `at` is what follows the outer UDP header.
 *
 * Return what is to be decoded next, with decoder->at on it and packet->tunnel set.  Where this is no such tunnel, or
 * carries no user packet, NEXT_NOTHING with decoder and packet untouched: the outer packet stands.
 */
Next decode_gtp(Decoder *decoder, Bytes at);
Next decode_capwap(Decoder *decoder, Bytes at);
Next decode_tzsp(Decoder *decoder, Bytes at);

/*
 * An 802.11 frame, perhaps in a tunnel.  `swapped`: the two bytes of its frame control are the other way round.
 *
 * Returns NOT_IGNORED with decoder->at past LLC/SNAP, and the type and the addresses set: NEXT_TYPE is to follow.  Or the
 * reason for which the frame cannot be metered, with decoder and packet untouched.
 */
IgnoreReason decode_80211_data(Decoder *decoder, Bytes at, bool swapped);

#endif /* ENGINE_DECODE_DECODE_LAYER_H */
