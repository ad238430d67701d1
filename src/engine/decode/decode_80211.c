/*
 * decode_80211.c
 *	  Wireless LAN: data frames that carry LLC/SNAP.  IEEE 802.11-2020, section 9.3.2.1; LLC/SNAP: RFC 1042.
 *
 *	   0         2          4           10          16          22          24
 *	  +---------+----------+-----------+-----------+-----------+-----------+-----------+---------+-----------+---
 *	  |  frame  | duration | address 1 | address 2 | address 3 | sequence  | address 4 |   QoS   |    HT     |  LLC
 *	  | control |          |           |           |           |  control  | (6 bytes) | control |  control  |
 *	  +---------+----------+-----------+-----------+-----------+-----------+-----------+---------+-----------+---
 *	                                                                        if ToDS     if QoS    if QoS
 *	                                                                        and FromDS            and +HTC
 *
 * The frame control's two bytes, bit 7 first:
 *
 *	   7          3       1          7       6           5      4       3       2          1         0
 *	  +----------+-------+---------+-------+-----------+------+-------+-------+----------+---------+------+
 *	  | subtype  | type  | version | +HTC  | protected | more | power | retry |   more   | FromDS  | ToDS |
 *	  |          |       |         |       |           | data | mgmt  |       | fragments|         |      |
 *	  +----------+-------+---------+-------+-----------+------+-------+-------+----------+---------+------+
 *
 *	  ToDS  FromDS   destination  source
 *	   0      0       address 1   address 2
 *	   1      0       address 3   address 2
 *	   0      1       address 1   address 3
 *	   1      1       address 3   address 4
 */
#include "engine/decode/decode_layer.h"

#define DOT11_HEADER_BYTES 24 /* without the optional fields */

/* First byte of the frame control. */
#define DOT11_KIND_MASK		  0x0F /* type and version */
#define DOT11_KIND_DATA		  0x08
#define DOT11_SUBTYPE_NO_DATA 0x40
#define DOT11_SUBTYPE_QOS	  0x80

/* Second byte. */
#define DOT11_DS_MASK	0x03
#define DOT11_PROTECTED 0x40
#define DOT11_HTC		0x80

#define LLC_SNAP		"\xAA\xAA\x03"
#define LLC_SNAP_BYTES	3

typedef struct Addresses
{
	uint8_t destination; /* which of the four, from 0 */
	uint8_t source;
} Addresses;

/* By ToDS and FromDS. */
static const Addresses addresses_by_ds[] = {{0, 1}, {2, 1}, {0, 2}, {2, 3}};

IgnoreReason
decode_80211_data(Decoder *decoder, Bytes at, bool swapped)
{
	uint8_t control[2],
		kind,
		flags,
		ds,
		address[4][MAC_ADDRESS_BYTES],
		llc[LLC_SNAP_BYTES];
	uint16_t type;

	if (bytes_left(&at) < DOT11_HEADER_BYTES ||
		!bytes_copy(&at, control, 2) || !bytes_skip(&at, 2) ||
		!bytes_copy(&at, address, 3 * MAC_ADDRESS_BYTES) || !bytes_skip(&at, 2))
		return IGNORED_SHORT;

	kind = control[swapped ? 1 : 0];
	flags = control[swapped ? 0 : 1];
	if ((kind & DOT11_KIND_MASK) != DOT11_KIND_DATA || kind & DOT11_SUBTYPE_NO_DATA || flags & DOT11_PROTECTED)
		return IGNORED_NOT_DATA;

	ds = flags & DOT11_DS_MASK;
	if (ds == DOT11_DS_MASK && !bytes_copy(&at, address[3], MAC_ADDRESS_BYTES))
		return IGNORED_NO_LLC;
	if (kind & DOT11_SUBTYPE_QOS && !bytes_skip(&at, flags & DOT11_HTC ? 2 + 4 : 2))
		return IGNORED_NO_LLC;
	if (!bytes_copy(&at, llc, LLC_SNAP_BYTES) || memcmp(llc, LLC_SNAP, LLC_SNAP_BYTES) != 0 ||
		!bytes_skip(&at, 3) || !bytes_get_be16(&at, &type))
		return IGNORED_NO_LLC;

	memcpy(decoder->packet->destination_mac, address[addresses_by_ds[ds].destination], MAC_ADDRESS_BYTES);
	memcpy(decoder->packet->source_mac, address[addresses_by_ds[ds].source], MAC_ADDRESS_BYTES);
	decoder->type = type;
	decoder->at = at;
	return NOT_IGNORED;
}

Next
decode_80211(Decoder *decoder)
{
	IgnoreReason reason = decode_80211_data(decoder, decoder->at, false);

	return reason == NOT_IGNORED ? NEXT_TYPE : decode_ignore(decoder, reason);
}
