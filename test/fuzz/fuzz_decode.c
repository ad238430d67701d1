/*
 * fuzz_decode.c
 *	  Decoding, of every link type.
 *
 * The input: a byte that chooses the link type, with tunnels if its high bit is set; a byte for how much longer the frame
 * was on the wire, or how much shorter; the frame.
 */
#include "engine/decode/decode.h"
#include "fuzz.h"

#define OPTION_BYTES 2
#define TUNNELS		 0x80
#define TIME		 UINT64_C(1700000000000)

/* One that is not decoded, after those that are. */
#define LINK_UNKNOWN 147

static uint32_t
choose_link_type(unsigned choice)
{
	unsigned count = 0;
	uint32_t link_type;

	while (decode_link_type(count, &link_type))
		count++;
	return decode_link_type(choice % (count + 1), &link_type) ? link_type : LINK_UNKNOWN;
}

/* Up to 223 bytes longer; then up to 60 bytes shorter; then longer than 16 bits can tell. */
static uint32_t
choose_wire_length(uint32_t captured, uint8_t choice)
{
	if (choice < 0xE0)
		return captured + choice;
	if (choice < 0xF0)
		return captured > (choice & 0x0Fu) * 4 ? captured - (choice & 0x0Fu) * 4 : 0;
	return choice == 0xFF ? UINT32_MAX : captured + (UINT32_C(1) << (16 + (choice & 0x0F)));
}

/* Two packets that decoding has made of one frame: it must set every field. */
static bool
are_same(const Packet *a, const Packet *b)
{
	return memcmp(a->source_ip, b->source_ip, IP_ADDRESS_BYTES) == 0 &&
		   memcmp(a->destination_ip, b->destination_ip, IP_ADDRESS_BYTES) == 0 &&
		   memcmp(a->source_mac, b->source_mac, MAC_ADDRESS_BYTES) == 0 &&
		   memcmp(a->destination_mac, b->destination_mac, MAC_ADDRESS_BYTES) == 0 &&
		   memcmp(a->size, b->size, sizeof(a->size)) == 0 &&
		   a->source_port == b->source_port && a->destination_port == b->destination_port &&
		   a->vlan_id == b->vlan_id && a->protocol == b->protocol && a->ip_version == b->ip_version &&
		   a->tunnel == b->tunnel && a->tcp_flags == b->tcp_flags && a->ip == b->ip &&
		   a->ip_length == b->ip_length && a->time == b->time;
}

static void
expect_sound(const Packet *packet, const Frame *frame, bool decode_tunnels)
{
	static const uint8_t zeros[IP_ADDRESS_BYTES];

	EXPECT(packet->ip_version == 4 || packet->ip_version == 6);
	EXPECT(packet->ip >= frame->bytes);
	EXPECT(packet->ip_length >= (packet->ip_version == 4 ? 20 : 40));
	EXPECT(packet->ip + packet->ip_length == frame->bytes + frame->captured_length);
	EXPECT(packet->ip[0] >> 4 == packet->ip_version);
	if (packet->ip_version == 4)
		EXPECT(memcmp(packet->source_ip + 4, zeros, 12) == 0 && memcmp(packet->destination_ip + 4, zeros, 12) == 0);
	EXPECT(packet->tunnel <= TUNNEL_TZSP && (decode_tunnels || packet->tunnel == TUNNEL_NONE));
	EXPECT(packet->size[ACCOUNTING_LINK] == frame->wire_length);
	EXPECT(packet->size[ACCOUNTING_TRANSPORT] <= packet->size[ACCOUNTING_IP]);
	EXPECT(packet->size[ACCOUNTING_PAYLOAD] <= packet->size[ACCOUNTING_TRANSPORT]);
	EXPECT(packet->time == TIME);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool	 decode_tunnels;
	uint8_t *bytes;
	Frame	 frame;
	Packet	 packet,
		again;
	IgnoreReason reason;

	if (size < OPTION_BYTES)
		return 0;
	decode_tunnels = (data[0] & TUNNELS) != 0;
	bytes = exact_copy(data + OPTION_BYTES, size - OPTION_BYTES);
	frame = (Frame) {
		.bytes = bytes,
		.captured_length = (uint32_t) (size - OPTION_BYTES),
		.wire_length = choose_wire_length((uint32_t) (size - OPTION_BYTES), data[1]),
		.link_type = choose_link_type(data[0] & ~TUNNELS),
		.time = TIME,
	};

	memset(&packet, 0x00, sizeof(packet));
	memset(&again, 0xA5, sizeof(again));
	reason = decode_frame(&frame, decode_tunnels, &packet);
	EXPECT(decode_frame(&frame, decode_tunnels, &again) == reason);
	if (reason == NOT_IGNORED)
	{
		EXPECT(are_same(&packet, &again));
		expect_sound(&packet, &frame, decode_tunnels);
	}
	else
		EXPECT(reason >= 0 && reason < IGNORE_REASONS);
	free(bytes);
	return 0;
}
