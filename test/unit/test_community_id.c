/*
 * test_community_id.c
 *	  Community ID, against the specification's reference data, Zeek's, and what Python's hashlib makes of the same bytes.
 */
#include "engine/analyse/community_id.h"
#include "packets.h"

static void
expect(uint8_t protocol, const char *source, unsigned first, const char *destination, unsigned second, const char *id)
{
	Packet packet = packet_between(source, 0, destination, 0);
	bool   has_ports = protocol == 6 || protocol == 17;
	char   text[COMMUNITY_ID_LENGTH + 1];
	Flow   flow;

	packet.protocol = protocol;
	packet.source_port = has_ports ? (uint16_t) first : 0;
	packet.destination_port = has_ports ? (uint16_t) second : 0;
	packet.other_port[0] = has_ports ? 0 : (uint16_t) first;
	packet.other_port[1] = has_ports ? 0 : (uint16_t) second;
	flow_start(&flow, &packet, 1, 0);
	community_id(&flow, text);
	assert_string_equal(text, id);
}

/* Of a flow with ports, in both directions. */
static void
expect_both(uint8_t protocol, const char *source, unsigned first, const char *destination, unsigned second, const char *id)
{
	expect(protocol, source, first, destination, second, id);
	expect(protocol, destination, second, source, first, id);
}

/* https://github.com/corelight/community-id-spec, baseline_deflt.json */
CASE(reference_data_with_ports)
{
	expect_both(6, "128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	expect_both(6, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25,
				"1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
	expect_both(17, "192.168.1.52", 54585, "8.8.8.8", 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
	expect_both(132, "192.168.170.8", 7, "192.168.170.56", 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=");
}

CASE(reference_data_without_ports)
{
	expect_both(46, "10.1.12.1", 0, "10.1.12.2", 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=");
}

/* The code does not count where there is an answer. */
CASE(reference_data_of_icmp)
{
	expect(1, "192.168.0.89", 8, "192.168.0.1", 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
	expect(1, "192.168.0.1", 0, "192.168.0.89", 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
	expect(1, "10.0.0.1", 11, "10.0.0.2", 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM=");
	expect(58, "fe80::200:86ff:fe05:80da", 135, "fe80::260:97ff:fe07:69ea", 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
	expect(58, "fe80::260:97ff:fe07:69ea", 136, "fe80::200:86ff:fe05:80da", 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
	expect(58, "3ffe:501:1800:2345::2", 3, "3ffe:507:0:1:200:86ff:fe05:80da", 0, "1:2ObVBgIn28oZvibYZhZMBgh7WdQ=");
	expect(58, "3ffe:501:410:0:2c0:dfff:fe47:33e", 1, "3ffe:507:0:1:200:86ff:fe05:80da", 4, "1:hLZd0XGWojozrvxqE0dWB1iM6R0=");
	expect(58, "3ffe:507:0:1:200:86ff:fe05:80da", 128, "3ffe:501:0:1001::2", 0, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=");
	expect(58, "fe80::200:86ff:fe05:80da", 133, "ff02::2", 0, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0=");
	expect(58, "fe80::260:97ff:fe07:69ea", 134, "ff02::1", 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00=");
}

/* Zeek's test of its function community_id_v1(). */
CASE(zeeks_data)
{
	expect_both(6, "1.2.3.4", 1122, "5.6.7.8", 3344, "1:wCb3OG7yAFWelaUydu0D+125CLM=");
	expect_both(17, "1.2.3.4", 1122, "5.6.7.8", 3344, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg=");
}

/* One address on both ends: the lesser port comes first, as a number. */
CASE(ports_decide_between_equal_addresses)
{
	expect_both(6, "127.0.0.1", 255, "127.0.0.1", 256, "1:k9dyaUB53fS5TVWqB0UQnRgX9r8=");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reference_data_with_ports),
		cmocka_unit_test(reference_data_without_ports),
		cmocka_unit_test(reference_data_of_icmp),
		cmocka_unit_test(zeeks_data),
		cmocka_unit_test(ports_decide_between_equal_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
