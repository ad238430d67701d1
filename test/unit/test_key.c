/*
 * test_key.c
 *	  Keys: what meets, what stays apart; the host that decides about a shard.
 */
#include "engine/flow/key.h"
#include "packets.h"

static const uint64_t seeds[] = {0, 1, UINT64_C(0x5ca1ab1e0ddba115), UINT64_MAX};

static Flow
flow_of(const Packet *packet)
{
	Flow flow;

	memset(&flow, 0xA5, sizeof(flow));
	flow_start(&flow, packet, 1, 0);
	return flow;
}

static void
expect_one_flow(const Packet *a, const Packet *b)
{
	const Flow flow = flow_of(a);

	assert_true(key_is_of(b, &flow));
	for (size_t i = 0; i < LENGTH(seeds); i++)
		assert_int_equal(key_hash(a, seeds[i]), key_hash(b, seeds[i]));
}

static void
expect_two_flows(const Packet *a, const Packet *b)
{
	const Flow flow = flow_of(a);

	assert_false(key_is_of(b, &flow));
	for (size_t i = 0; i < LENGTH(seeds); i++)
		assert_int_not_equal(key_hash(a, seeds[i]), key_hash(b, seeds[i]));
}

CASE(both_directions_meet)
{
	static const char *const pairs[][2] = {
		{"10.0.0.1", "10.0.0.2"},
		{"0.0.0.0", "255.255.255.255"},
		{"fe80::1", "2001:db8::1"},
		{"::", "::1"},
	};

	for (size_t i = 0; i < LENGTH(pairs); i++)
	{
		const Packet there = packet_between(pairs[i][0], 1000, pairs[i][1], 53),
					 back = reversed(&there);

		expect_one_flow(&there, &back);
		expect_one_flow(&back, &there);
	}
}

CASE(what_is_no_part_of_the_key_does_not_part)
{
	const Packet a = packet_between("10.0.0.1", 1000, "10.0.0.2", 53);
	Packet		 b = a;

	memset(b.source_mac, 7, MAC_ADDRESS_BYTES);
	b.time = 12345;
	b.tcp_flags = TCP_SYN;
	b.size[0] = 1500;
	expect_one_flow(&a, &b);
}

CASE(each_part_of_the_key_parts)
{
	const Packet a = packet_between("10.0.0.1", 1000, "10.0.0.2", 53);
	Packet		 b;

	b = a, b.source_port++, expect_two_flows(&a, &b);
	b = a, b.destination_port++, expect_two_flows(&a, &b);
	b = a, b.source_ip[3]++, expect_two_flows(&a, &b);
	b = a, b.destination_ip[0]++, expect_two_flows(&a, &b);
	b = a, b.protocol = TCP, expect_two_flows(&a, &b);
	b = a, b.vlan_id = 1, expect_two_flows(&a, &b);
	b = a, b.tunnel = TUNNEL_GTP, expect_two_flows(&a, &b);
}

/* The ports belong to the addresses: swapping them alone is another conversation. */
CASE(ports_stay_with_their_addresses)
{
	const Packet a = packet_between("10.0.0.1", 1000, "10.0.0.2", 53),
				 b = packet_between("10.0.0.1", 53, "10.0.0.2", 1000);

	expect_two_flows(&a, &b);
}

/* METERING.md, part one, 19: NFStream takes an IPv4 address and the IPv6 address with the same bytes for one. */
CASE(versions_stay_apart)
{
	const Packet four = packet_between("10.0.0.1", 1000, "10.0.0.2", 53),
				 six = packet_between("a00:1::", 1000, "a00:2::", 53);

	assert_memory_equal(four.source_ip, six.source_ip, IP_ADDRESS_BYTES);
	expect_two_flows(&four, &six);
}

CASE(talking_to_oneself_is_one_flow)
{
	const Packet there = packet_between("127.0.0.1", 1000, "127.0.0.1", 53),
				 back = reversed(&there),
				 same = packet_between("127.0.0.1", 53, "127.0.0.1", 53);

	expect_one_flow(&there, &back);
	expect_one_flow(&same, &same);
	expect_two_flows(&there, &same);
}

/* METERING.md, section 7. */
CASE(direction_is_the_first_packets)
{
	const Packet there = packet_between("10.0.0.1", 1000, "10.0.0.2", 53),
				 back = reversed(&there);
	const Flow flow = flow_of(&there);

	assert_int_equal(flow_side(&flow, &there), SIDE_SRC2DST);
	assert_int_equal(flow_side(&flow, &back), SIDE_DST2SRC);
}

CASE(direction_with_equal_ports_is_by_address)
{
	const Packet there = packet_between("10.0.0.9", 123, "10.0.0.2", 123),
				 back = reversed(&there);
	const Flow flow = flow_of(&there);

	assert_int_equal(flow_side(&flow, &there), SIDE_SRC2DST);
	assert_int_equal(flow_side(&flow, &back), SIDE_DST2SRC);
}

CASE(direction_with_equal_addresses_is_by_port)
{
	const Packet there = packet_between("127.0.0.1", 1000, "127.0.0.1", 53),
				 back = reversed(&there);
	const Flow flow = flow_of(&there);

	assert_int_equal(flow_side(&flow, &back), SIDE_DST2SRC);
}

CASE(direction_with_equal_endpoints_is_always_forward)
{
	const Packet there = packet_between("127.0.0.1", 53, "127.0.0.1", 53),
				 back = reversed(&there);
	const Flow flow = flow_of(&there);

	assert_int_equal(flow_side(&flow, &back), SIDE_SRC2DST);
}

/*
 * 20,000 keys, few of whose bits differ, into 2^16 places: 2,764 +- 113 come to one that is taken, if places are
 * random.
 */
CASE(hashes_spread)
{
	static uint8_t places[1 << 16];

	for (size_t i = 0; i < LENGTH(seeds); i++)
	{
		unsigned meetings = 0;

		memset(places, 0, sizeof(places));
		for (uint32_t host = 0; host < 20; host++)
			for (uint32_t port = 0; port < 1000; port++)
			{
				Packet packet = packet_between("10.0.0.0", (uint16_t) port, "93.184.216.34", 443);

				packet.source_ip[3] = (uint8_t) host;
				meetings += places[key_hash(&packet, seeds[i]) & 0xFFFF]++ > 0;
			}
		assert_uint_in_range(meetings, 2400, 3100);
	}
}

/* Nobody who does not know the seed knows which keys collide. */
CASE(hashes_depend_on_the_seed)
{
	Random	 numbers = random_start();
	unsigned equal = 0;

	for (int i = 0; i < 10000; i++)
	{
		const Packet packet = random_packet(&numbers, 1000000, 65536);
		uint32_t	 one = key_hash(&packet, random_number(&numbers)),
				 other = key_hash(&packet, random_number(&numbers));

		equal += (one & 0xFFFF) == (other & 0xFFFF);
	}
	assert_true(equal < 5);
}

/* Two keys that collide with one seed do not with another. */
CASE(collisions_do_not_last)
{
	static Packet packets[2000];
	Random		  numbers = random_start();
	unsigned	  found = 0,
			 lasting = 0;

	for (size_t i = 0; i < LENGTH(packets); i++)
	{
		packets[i] = random_packet(&numbers, 1000000, 65536);
		for (size_t j = 0; j < i; j++)
			if ((key_hash(&packets[i], 1) & 0xFFFF) == (key_hash(&packets[j], 1) & 0xFFFF) && found < 100)
			{
				found++;
				lasting += (key_hash(&packets[i], 2) & 0xFFFF) == (key_hash(&packets[j], 2) & 0xFFFF);
			}
	}
	assert_true(found >= 10);
	assert_true(lasting <= 1);
}

/* DESIGN.md, "Which meter gets a flow": the private one where exactly one is, else the lower. */
CASE(host_is_the_private_one_or_the_lower)
{
	static const struct
	{
		const char *source;
		const char *destination;
		unsigned	host;
	} pairs[] = {
		{"10.1.2.3", "8.8.8.8", 0},
		{"10.255.255.255", "1.1.1.1", 0},
		{"8.8.8.8", "192.168.1.1", 1},
		{"8.8.8.8", "192.169.1.1", 0},
		{"192.167.255.255", "8.8.8.8", 1},
		{"11.0.0.0", "9.255.255.255", 1}, /* neither side of 10/8 */
		{"172.16.0.1", "1.1.1.1", 0},
		{"172.31.255.255", "1.1.1.1", 0},
		{"172.15.255.255", "1.1.1.1", 1},
		{"172.32.0.0", "1.1.1.1", 1},
		{"169.254.0.1", "1.1.1.1", 0},
		{"169.253.255.255", "1.1.1.1", 1},
		{"10.0.0.1", "192.168.0.1", 0}, /* both private */
		{"192.168.0.1", "10.0.0.1", 1},
		{"1.1.1.1", "8.8.8.8", 0}, /* none */
		{"8.8.8.8", "1.1.1.1", 1},
		{"8.8.8.8", "8.8.8.8", 0},
		{"fc00::1", "2001:db8::1", 0},
		{"2001:db8::1", "fdff:ffff::1", 1},
		{"fbff::1", "2001:db8::1", 1},
		{"fe00::1", "2001:db8::1", 1},
		{"fe80::1", "2001:db8::1", 0},
		{"2001:db8::1", "febf::1", 1},
		{"fec0::1", "2001:db8::1", 1},
		{"2001:db8::1", "2001:db8::2", 0},
		{"2001:db8::2", "2001:db8::1", 1},
		{"fe80::2", "fe80::1", 1},
		{"a00::1", "900::1", 1}, /* begins like 10/8, but is IPv6 */
		{"c0a8::1", "900::1", 1},
	};

	for (size_t i = 0; i < LENGTH(pairs); i++)
	{
		const Packet packet = packet_between(pairs[i].source, 1, pairs[i].destination, 2);

		if (key_host(&packet) != pairs[i].host)
			fail_msg("%s, %s", pairs[i].source, pairs[i].destination);
	}
}

CASE(host_is_the_same_both_ways)
{
	Random numbers = random_start();

	for (int i = 0; i < 1000; i++)
	{
		const Packet there = random_packet(&numbers, UINT32_MAX, 65536),
					 back = reversed(&there);

		assert_int_equal(key_address_hash(&there, key_host(&there), 5), key_address_hash(&back, key_host(&back), 5));
	}
}

CASE(address_hashes_are_the_addresses_own)
{
	const Packet a = packet_between("10.0.0.1", 1000, "8.8.8.8", 53),
				 b = packet_between("8.8.8.8", 9, "10.0.0.1", 7);

	assert_true(key_address_hash(&a, 0, 5) == key_address_hash(&b, 1, 5));
	assert_true(key_address_hash(&a, 1, 5) == key_address_hash(&b, 0, 5));
	assert_true(key_address_hash(&a, 0, 5) != key_address_hash(&a, 1, 5));
	assert_true(key_address_hash(&a, 0, 5) != key_address_hash(&a, 0, 6));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_meet),
		cmocka_unit_test(what_is_no_part_of_the_key_does_not_part),
		cmocka_unit_test(each_part_of_the_key_parts),
		cmocka_unit_test(ports_stay_with_their_addresses),
		cmocka_unit_test(versions_stay_apart),
		cmocka_unit_test(talking_to_oneself_is_one_flow),
		cmocka_unit_test(direction_is_the_first_packets),
		cmocka_unit_test(direction_with_equal_ports_is_by_address),
		cmocka_unit_test(direction_with_equal_addresses_is_by_port),
		cmocka_unit_test(direction_with_equal_endpoints_is_always_forward),
		cmocka_unit_test(hashes_spread),
		cmocka_unit_test(hashes_depend_on_the_seed),
		cmocka_unit_test(collisions_do_not_last),
		cmocka_unit_test(host_is_the_private_one_or_the_lower),
		cmocka_unit_test(host_is_the_same_both_ways),
		cmocka_unit_test(address_hashes_are_the_addresses_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
