/*
 * test_dns_walk.c
 *	  Which DNS messages would lead nDPI before 4.6 round in a circle, and that no other packet is kept from it.
 */
#include "cases.h"
#include "engine/analyse/dns_walk.h"

#define MOST 65535u

/* A packet to or from a port, in a block of exactly its size: headers, 12 bytes of DNS, and then this byte everywhere. */
static uint8_t *
packet_of(bool is_ip6, bool is_tcp, uint16_t port, uint32_t length, uint8_t filling)
{
	uint8_t *packet = malloc(length);
	uint32_t transport = is_ip6 ? 40 : 20,
			 message = transport + (is_tcp ? 20 : 8);

	assert_non_null(packet);
	memset(packet, 0, message);
	packet[0] = is_ip6 ? 0x60 : 0x45;
	packet[is_ip6 ? 6 : 9] = is_tcp ? 6 : 17;
	packet[transport + 2] = (uint8_t) (port >> 8);
	packet[transport + 3] = (uint8_t) port;
	packet[transport + 12] = 0x50;
	memset(packet + message, filling, length - message);
	memset(packet + message, 0, is_tcp ? 14 : 12);
	packet[message + (is_tcp ? 7 : 5)] = 1; /* one question */
	return packet;
}

static void
expect(bool endless, uint8_t *packet, uint32_t length)
{
	assert_int_equal(dns_walk_is_endless(packet, length), endless);
	free(packet);
}

/* 512 labels of 128 bytes are 65,536. */
CASE(names_that_lead_round)
{
	static const uint16_t ports[] = {53, 5353, 5355};

	for (size_t i = 0; i < LENGTH(ports); i++)
		for (int form = 0; form < 4; form++)
			expect(true, packet_of(form & 1, form >> 1, ports[i], MOST, 0x7f), MOST);
}

CASE(other_packets)
{
	uint8_t *packet;

	expect(false, packet_of(false, false, 54, MOST, 0x3f), MOST);
	expect(false, packet_of(false, false, 53, MOST, 0), MOST);	  /* ends at once */
	expect(false, packet_of(false, false, 53, MOST, 0xff), MOST); /* a pointer */
	expect(false, packet_of(false, false, 53, 60000, 0x3f), 60000);
	expect(false, packet_of(false, false, 53, DNS_WALK_LEAST - 1, 0xbf), DNS_WALK_LEAST - 1);

	/* What comes after the packet's own length is padding. */
	packet = packet_of(false, false, 53, MOST, 0x3f);
	packet[2] = 0x70;
	expect(false, packet, MOST);

	/* Neither UDP nor TCP; no question; another version. */
	packet = packet_of(false, false, 53, MOST, 0x3f);
	packet[9] = 132;
	expect(false, packet, MOST);
	packet = packet_of(false, false, 53, MOST, 0x3f);
	packet[28 + 5] = 0;
	expect(false, packet, MOST);
	packet = packet_of(false, false, 53, MOST, 0x3f);
	packet[0] = 0x55;
	expect(false, packet, MOST);

	/* Long IPv6 packets with extension headers are not looked at, and kept from nDPI. */
	packet = packet_of(true, false, 54, MOST, 0);
	packet[6] = 0;
	expect(true, packet, MOST);
}

/* Whatever stands there, the walk ends, and no byte outside is read. */
CASE(any_bytes)
{
	unsigned seed = 1;

	for (int round = 0; round < 200; round++)
	{
		uint32_t length = DNS_WALK_LEAST + (uint32_t) round % (MOST - DNS_WALK_LEAST + 1);
		uint8_t *packet = packet_of(round & 1, round & 2, 53, length, 0);

		for (uint32_t i = 40 + 20; i < length; i++)
			packet[i] = (uint8_t) ((seed = seed * 1103515245 + 12345) >> 16);
		packet[(round & 1 ? 40 : 20) + (round & 2 ? 20 : 8) + 4 + (round & 2 ? 2 : 0)] = (uint8_t) seed;
		dns_walk_is_endless(packet, length);
		free(packet);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_lead_round),
		cmocka_unit_test(other_packets),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
