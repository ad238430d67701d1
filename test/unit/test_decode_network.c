/*
 * test_decode_network.c
 *	  IPv4, IPv6 and the transport layer.
 */
#include "decode_frames.h"

/* Sixteen bytes in front of an IP packet, so that it may be shorter than a frame has to be. */
#define SLL(type) 0, 0, 0, 1, 0, 6, MAC(0xEE), 0, 0, BE16(type)

/* IPv6 extension headers of 8 bytes. */
#define EXTENSION(next)		   next, 0, 1, 4, ZEROS_4
#define FRAGMENT(next, offset) next, 0, BE16(offset), 0, 0, 0, 1

#define HOP_BY_HOP			   0
#define ROUTING				   43
#define FRAGMENT_HEADER		   44
#define ESP					   50
#define AH					   51
#define NO_NEXT_HEADER		   59
#define DESTINATION			   60
#define MOBILITY			   135

CASE(ipv4_addresses)
{
	const uint8_t source[IP_ADDRESS_BYTES] = {10, 0, 0, 1},
				  destination[IP_ADDRESS_BYTES] = {10, 0, 0, 2};
	Packet p = metered(DLT_RAW, FRAME(IPV4_UDP));

	assert_memory_equal(p.source_ip, source, IP_ADDRESS_BYTES);
	assert_memory_equal(p.destination_ip, destination, IP_ADDRESS_BYTES);
}

CASE(ipv4_inside_ipv6_has_no_rest_of_its_addresses)
{
	const uint8_t source[IP_ADDRESS_BYTES] = {10, 0, 0, 1};
	Packet		  p = metered(DLT_RAW, FRAME(IPV6(32, IP_IN_IP), IPV4_UDP));

	assert_memory_equal(p.source_ip, source, IP_ADDRESS_BYTES);
}

CASE(ipv4_options)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4_HEADER(6, 36, 0, UDP), 1, 1, 1, 0, UDP_HEADER(1000, 53), 1, 2, 3, 4));

	assert_udp(&p, 4);
	assert_sizes(&p, 36, 12, 4);
}

CASE(ipv4_header_length_below_5_is_believed)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4_HEADER(4, 32, 0, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));

	assert_ports(&p, 0x0A00, 2); /* the destination address */
	assert_sizes(&p, 32, 16, 8);
}

CASE(ipv4_header_cut_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_LINUX_SLL,
				   FRAME(SLL(TYPE_IPV4), 0x45, 0, 0, 20, 0, 0, 0, 0, 64, UDP, 0, 0, 10, 0, 0, 1, 10, 0, 0));
}

CASE(ipv4_options_cut_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_LINUX_SLL, FRAME(SLL(TYPE_IPV4), IPV4_HEADER(6, 36, 0, UDP), 1, 1, 1));
}

CASE(ipv4_header_alone)
{
	Packet p = metered_cut(60, DLT_LINUX_SLL, FRAME(SLL(TYPE_IPV4), IPV4(44, UDP)));

	assert_int_equal(p.protocol, UDP);
	assert_ports(&p, 0, 0);
	assert_sizes(&p, 44, 24, 16);
}

CASE(ipv4_first_fragment)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4_HEADER(5, 32, 0x2000, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));

	assert_udp(&p, 4);
}

CASE(ipv4_do_not_fragment)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4_HEADER(5, 32, 0x4000, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));

	assert_udp(&p, 4);
}

CASE(ipv4_later_fragment_is_ignored)
{
	assert_ignored(IGNORED_FRAGMENT, DLT_RAW,
				   FRAME(IPV4_HEADER(5, 32, 0x2001, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));
	assert_ignored(IGNORED_FRAGMENT, DLT_NULL,
				   FRAME(2, 0, 0, 0, IPV4_HEADER(5, 28, 0x1000, UDP), UDP_HEADER(1000, 53)));
}

CASE(ipv4_total_length_inside_the_header_is_bad)
{
	assert_ignored(IGNORED_BAD_LENGTH, DLT_RAW, FRAME(IPV4(1, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));
	assert_ignored(IGNORED_BAD_LENGTH, DLT_RAW, FRAME(IPV4(19, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));
}

/* METERING.md, part one, 26: all of the frame that was on the wire. */
CASE(ipv4_total_length_0)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(0, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));

	assert_ports(&p, 1000, 53);
	assert_sizes(&p, 32, 12, 4);

	/* More than 16 bits, after a link layer, and with a longer header. */
	p = metered_cut(14 + 80000, DLT_EN10MB, FRAME(ETHERNET(TYPE_IPV4), IPV4(0, TCP), TCP_HEADER(1, 2, 8, 0x10)));
	assert_ports(&p, 1, 2);
	assert_sizes(&p, 80000, 79980, 79948);
	p = metered_cut(UINT32_MAX, DLT_EN10MB,
					FRAME(ETHERNET(TYPE_IPV4), IPV4_HEADER(6, 0, 0, TCP), ZEROS_4, TCP_HEADER(1, 2, 5, 0x10)));
	assert_sizes(&p, UINT32_MAX - 14, UINT32_MAX - 14 - 24, UINT32_MAX - 14 - 44);
}

CASE(ipv4_total_length_0_in_another_packet)
{
	Packet p = metered_cut(90000, DLT_RAW, FRAME(IPV4(0, IP_IN_IP), IPV4(0, TCP), TCP_HEADER(1, 2, 5, 0x10)));

	assert_sizes(&p, 89980, 89960, 89940);
}

/* A frame that was shorter on the wire than it was captured. */
CASE(ipv4_total_length_0_of_no_frame_is_bad)
{
	Packet p;

	assert_int_equal(decode(true, 10, DLT_EN10MB, FRAME(ETHERNET(TYPE_IPV4), IPV4(0, UDP), UDP_HEADER(1, 2)), &p),
					 IGNORED_BAD_LENGTH);
	assert_int_equal(decode(true, 14 + 19, DLT_EN10MB, FRAME(ETHERNET(TYPE_IPV4), IPV4(0, UDP), UDP_HEADER(1, 2)), &p),
					 IGNORED_BAD_LENGTH);
	assert_int_equal(decode(true, 14 + 20, DLT_EN10MB, FRAME(ETHERNET(TYPE_IPV4), IPV4(0, UDP), UDP_HEADER(1, 2)), &p),
					 NOT_IGNORED);
	assert_sizes(&p, 20, 0, 0);
}

CASE(ipv4_total_length_20)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(20, UDP), UDP_HEADER(1000, 53)));

	assert_ports(&p, 0, 0);
	assert_sizes(&p, 20, 0, 0);
}

CASE(ipv4_total_length_beyond_the_capture)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(1500, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));

	assert_ports(&p, 1000, 53);
	assert_sizes(&p, 1500, 1480, 1472);
}

CASE(ipv4_total_length_modulo_65536)
{
	static const uint8_t header[] = {IPV4(4, UDP), UDP_HEADER(1000, 53)};
	static uint8_t		 frame[65536 + 4];
	Packet				 p;

	memcpy(frame, header, sizeof(header));
	p = metered(DLT_RAW, frame, sizeof(frame));
	assert_ports(&p, 1000, 53);
	assert_sizes(&p, 4, 65520, 65512);
	assert_ignored(IGNORED_BAD_LENGTH, DLT_RAW, frame, sizeof(frame) - 1);
}

CASE(ipv4_in_ipv4)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(52, IP_IN_IP), IPV4_UDP));

	assert_udp(&p, 4);
	assert_int_equal(ip_offset, 20);
	assert_int_equal(p.tunnel, TUNNEL_NONE);
}

CASE(ip_in_ip_is_no_tunnel)
{
	const uint8_t bytes[] = {IPV4(72, IPV6_IN_IP), IPV6_UDP};
	Packet		  p;

	assert_int_equal(decode(false, sizeof(bytes), DLT_RAW, bytes, sizeof(bytes), &p), NOT_IGNORED);
	assert_udp(&p, 6);
}

CASE(ipv6_in_ipv6)
{
	Packet p = metered(DLT_RAW, FRAME(IPV6(60, DESTINATION), EXTENSION(IPV6_IN_IP), IPV6_UDP));

	assert_udp(&p, 6);
	assert_int_equal(ip_offset, 48);
	assert_sizes(&p, 52, 12, 4);
}

CASE(ip_in_ip_ignores_a_fragment_of_either)
{
	assert_ignored(IGNORED_FRAGMENT, DLT_RAW, FRAME(IPV4_HEADER(5, 52, 1, IP_IN_IP), IPV4_UDP));
	assert_ignored(IGNORED_FRAGMENT, DLT_RAW, FRAME(IPV4(40, IP_IN_IP), IPV4_HEADER(5, 20, 1, UDP)));
}

CASE(ip_in_ip_without_header_length_is_not_looked_into)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4_HEADER(0, 52, 0, IP_IN_IP), IPV4_UDP));

	assert_int_equal(p.protocol, IP_IN_IP);
	assert_int_equal(ip_offset, 0);
}

CASE(ip_in_ip_with_its_inner_header_cut_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_RAW, FRAME(IPV4(39, IP_IN_IP), 0x45, 0, 0, 19, ZEROS_8, ZEROS_4, 0, 0, 0));
	assert_ignored(IGNORED_SHORT, DLT_RAW, FRAME(IPV4_HEADER(15, 39, 0, IP_IN_IP), 0x45, 0, 0, 19, ZEROS_8));
}

CASE(ip_in_ip_of_another_version_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_RAW, FRAME(IPV4(40, IP_IN_IP), 0x55, 0, 0, 19, ZEROS_8, ZEROS_8));
}

CASE(tcp)
{
	Packet p = metered(DLT_RAW,
					   FRAME(IPV4(46, TCP), TCP_HEADER(443, 50000, 6, TCP_SYN | TCP_CWR), 1, 1, 1, 0, 7, 8));

	assert_int_equal(p.protocol, TCP);
	assert_ports(&p, 443, 50000);
	assert_int_equal(p.tcp_flags, 0x82);
	assert_sizes(&p, 46, 26, 2);
}

CASE(tcp_data_offset_is_not_checked)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(40, TCP), TCP_HEADER(443, 50000, 15, TCP_ACK)));

	assert_sizes(&p, 40, 20, 0);
	p = metered(DLT_RAW, FRAME(IPV4(40, TCP), TCP_HEADER(443, 50000, 0, TCP_ACK)));
	assert_sizes(&p, 40, 20, 20);
}

CASE(tcp_too_short_has_neither_ports_nor_flags)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(39, TCP), TCP_HEADER(443, 50000, 5, TCP_ACK)));

	assert_int_equal(p.protocol, TCP);
	assert_ports(&p, 0, 0);
	assert_int_equal(p.tcp_flags, 0);
	assert_sizes(&p, 39, 0, 0);
}

CASE(tcp_cut_behind_one_port)
{
	Packet p = metered_cut(68, DLT_LINUX_SLL, FRAME(SLL(TYPE_IPV4), IPV4(52, TCP), BE16(443), 0x12));

	assert_ports(&p, 443, 0);
	assert_sizes(&p, 52, 32, 12);
}

CASE(tcp_cut_behind_one_byte)
{
	Packet p = metered_cut(68, DLT_LINUX_SLL, FRAME(SLL(TYPE_IPV4), IPV4(52, TCP), 0x12));

	assert_ports(&p, 0, 0);
}

CASE(tcp_cut_before_the_data_offset)
{
	Packet p = metered_cut(60, DLT_RAW, FRAME(IPV4(60, TCP), BE16(443), BE16(50000), ZEROS_8));

	assert_ports(&p, 443, 50000);
	assert_int_equal(p.tcp_flags, 0);
	assert_sizes(&p, 60, 40, 20);
}

CASE(tcp_cut_before_the_flags)
{
	Packet p = metered_cut(60, DLT_RAW, FRAME(IPV4(60, TCP), BE16(443), BE16(50000), ZEROS_8, 0x80));

	assert_int_equal(p.tcp_flags, 0);
	assert_sizes(&p, 60, 40, 8);
}

CASE(udp_too_short_has_no_ports)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(27, UDP), UDP_HEADER(1000, 53)));

	assert_ports(&p, 0, 0);
	assert_sizes(&p, 27, 0, 0);
}

CASE(udp_has_no_flags)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(40, UDP), UDP_HEADER(1000, 53), ZEROS_4, 0x50, 0xFF, 0, 0, ZEROS_4));

	assert_int_equal(p.tcp_flags, 0);
	assert_sizes(&p, 40, 20, 12);
}

CASE(icmp)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(30, ICMP), 8, 0, 1, 2, 3, 4, 5, 6, 7, 8));

	assert_int_equal(p.protocol, ICMP);
	assert_ports(&p, 0, 0);
	assert_sizes(&p, 30, 10, 2);
}

CASE(icmp_shorter_than_its_header)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(24, ICMP), 8, 0, 1, 2, ZEROS_4));

	assert_sizes(&p, 24, 4, 0);
}

CASE(icmpv6_over_either_version)
{
	Packet p = metered(DLT_RAW, FRAME(IPV6(10, ICMPV6), 128, 0, 1, 2, 3, 4, 5, 6, 7, 8));

	assert_sizes(&p, 50, 10, 2);
	p = metered(DLT_RAW, FRAME(IPV4(30, ICMPV6), 128, 0, 1, 2, 3, 4, 5, 6, 7, 8));
	assert_int_equal(p.protocol, ICMPV6);
	assert_sizes(&p, 30, 10, 2);
}

CASE(another_protocol_has_no_sizes_above_ip)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(40, GRE), 0, 0, BE16(TYPE_IPV4), ZEROS_8, ZEROS_8));

	assert_int_equal(p.protocol, GRE);
	assert_ports(&p, 0, 0);
	assert_sizes(&p, 40, 0, 0);
}

CASE(ipv6_addresses)
{
	const uint8_t source[IP_ADDRESS_BYTES] = {0xFD, [15] = 1},
				  destination[IP_ADDRESS_BYTES] = {0xFD, [15] = 2};
	Packet p = metered(DLT_RAW, FRAME(IPV6_UDP));

	assert_udp(&p, 6);
	assert_memory_equal(p.source_ip, source, IP_ADDRESS_BYTES);
	assert_memory_equal(p.destination_ip, destination, IP_ADDRESS_BYTES);
	assert_sizes(&p, 52, 12, 4);
}

CASE(ipv6_header_cut_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_RAW,
				   FRAME(0x60, 0, 0, 0, 0, 0, UDP, 64, ZEROS_8, ZEROS_8, ZEROS_8, ZEROS_4, 0, 0, 0));
}

CASE(ipv6_incomplete_though_captured_in_full_is_ignored)
{
	assert_ignored(IGNORED_INCOMPLETE_IPV6, DLT_RAW, FRAME(IPV6(13, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));
}

CASE(ipv6_cut_by_the_snapshot_length)
{
	Packet p = metered_cut(53, DLT_RAW, FRAME(IPV6(13, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));

	assert_ports(&p, 1000, 53);
	assert_sizes(&p, 53, 13, 5);
}

CASE(ipv6_with_padding)
{
	Packet p = metered(DLT_RAW, FRAME(IPV6(12, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4, ZEROS_8));

	assert_udp(&p, 6);
	assert_sizes(&p, 52, 12, 4);
}

/* METERING.md, part one, 26: before TCP, UDP and hop-by-hop options a payload length of 0 is all of the frame. */
CASE(ipv6_payload_length_0)
{
	Packet p = metered_cut(14 + 40 + 80000, DLT_EN10MB,
						   FRAME(ETHERNET(TYPE_IPV6), IPV6(0, TCP), TCP_HEADER(1, 2, 5, 0x10)));

	assert_ports(&p, 1, 2);
	assert_sizes(&p, 80040, 80000, 79980);
	p = metered(DLT_RAW, FRAME(IPV6(0, UDP), UDP_HEADER(1000, 53), 1, 2, 3, 4));
	assert_ports(&p, 1000, 53);
	assert_sizes(&p, 52, 12, 4);
	p = metered_cut(UINT32_MAX, DLT_RAW, FRAME(IPV6(0, UDP), UDP_HEADER(1000, 53)));
	assert_sizes(&p, UINT32_MAX, UINT32_MAX - 40, UINT32_MAX - 48);
}

/* RFC 2675: the hop-by-hop option 0xC2 has the length, which is not looked at. */
CASE(ipv6_jumbogram)
{
	Packet p = metered_cut(40 + 70008, DLT_RAW,
						   FRAME(IPV6(0, HOP_BY_HOP), UDP, 0, 0xC2, 4, 0, 1, 0x11, 0x78, UDP_HEADER(1000, 53)));

	assert_ports(&p, 1000, 53);
	assert_sizes(&p, 70048, 70000, 69992);
	p = metered_cut(40 + 70008, DLT_RAW,
					FRAME(IPV6(0, HOP_BY_HOP), TCP, 0, 1, 4, 0, 0, 0, 0, TCP_HEADER(1, 2, 5, 0x02)));
	assert_ports(&p, 1, 2);
	assert_sizes(&p, 70048, 70000, 69980);
}

CASE(ipv6_payload_length_0_before_another_header_is_none)
{
	static const uint8_t headers[] = {ICMPV6, GRE, DESTINATION, ROUTING, IP_IN_IP};
	Packet				 p = metered_cut(1000, DLT_RAW, FRAME(IPV6(0, ICMPV6), ZEROS_20));

	assert_sizes(&p, 40, 0, 0);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
	{
		Packet packet;

		if (decode(true, 1000, DLT_RAW, FRAME(IPV6(0, headers[i]), UDP, 0, 1, 4, ZEROS_4), &packet) == NOT_IGNORED)
			assert_sizes(&packet, 40, 0, 0);
	}
}

CASE(ipv6_payload_length_0_of_no_frame)
{
	Packet p;

	assert_int_equal(decode(true, 10, DLT_EN10MB, FRAME(ETHERNET(TYPE_IPV6), IPV6(0, UDP), UDP_HEADER(1, 2)), &p),
					 NOT_IGNORED);
	assert_ports(&p, 0, 0);
	assert_sizes(&p, 40, 0, 0);
}

CASE(ipv6_size_is_not_cut_to_16_bits)
{
	Packet p = metered_cut(65575, DLT_RAW, FRAME(IPV6(65535, UDP), UDP_HEADER(1000, 53)));

	assert_sizes(&p, 65575, 65535, 65527);
}

CASE(ipv6_all_extension_headers_are_walked)
{
	Packet p = metered(DLT_RAW,
					   FRAME(IPV6(60, HOP_BY_HOP), EXTENSION(ROUTING), EXTENSION(FRAGMENT_HEADER),
							 FRAGMENT(DESTINATION, 1), EXTENSION(MOBILITY), EXTENSION(UDP),
							 UDP_HEADER(1000, 53), 1, 2, 3, 4, ZEROS_8));

	assert_ports(&p, 1000, 53);
	assert_int_equal(p.protocol, UDP);
	assert_sizes(&p, 100, 20, 12);
}

CASE(ipv6_extension_header_of_24_bytes)
{
	Packet p = metered(DLT_RAW,
					   FRAME(IPV6(36, DESTINATION), UDP, 2, 0, 0, ZEROS_20, UDP_HEADER(1000, 53), 1, 2, 3, 4));

	assert_udp(&p, 6);
}

CASE(ipv6_authentication_and_encryption_are_protocols)
{
	Packet p = metered(DLT_RAW, FRAME(IPV6(32, AH), UDP, 4, 0, 0, ZEROS_20, UDP_HEADER(1000, 53)));

	assert_int_equal(p.protocol, AH);
	assert_sizes(&p, 72, 0, 0);
	p = metered(DLT_RAW, FRAME(IPV6(20, ESP), ZEROS_20));
	assert_int_equal(p.protocol, ESP);
}

CASE(ipv6_later_fragment_is_ignored)
{
	assert_ignored(IGNORED_FRAGMENT, DLT_RAW,
				   FRAME(IPV6(20, FRAGMENT_HEADER), FRAGMENT(UDP, 8), UDP_HEADER(1000, 53), 1, 2, 3, 4));
}

CASE(ipv6_no_next_header_is_ignored)
{
	assert_ignored(IGNORED_NO_NEXT_HEADER, DLT_RAW, FRAME(IPV6(8, NO_NEXT_HEADER), ZEROS_8));
	assert_ignored(IGNORED_NO_NEXT_HEADER, DLT_RAW, FRAME(IPV6(10, HOP_BY_HOP), EXTENSION(NO_NEXT_HEADER), 0, 0));
}

CASE(ipv6_no_next_header_without_padding_is_a_protocol)
{
	Packet p = metered(DLT_RAW, FRAME(IPV6(0, NO_NEXT_HEADER)));

	assert_int_equal(p.protocol, NO_NEXT_HEADER);
	assert_sizes(&p, 40, 0, 0);
	p = metered(DLT_RAW, FRAME(IPV6(9, DESTINATION), EXTENSION(NO_NEXT_HEADER), 0));
	assert_int_equal(p.protocol, NO_NEXT_HEADER);
}

CASE(ipv6_extension_header_of_one_captured_byte_is_a_protocol)
{
	Packet p = metered_cut(60, DLT_RAW, FRAME(IPV6(20, DESTINATION), UDP));

	assert_int_equal(p.protocol, DESTINATION);
}

CASE(ipv6_fragment_header_at_the_end_counts_five_bytes)
{
	Packet p = metered(DLT_RAW, FRAME(IPV6(8, FRAGMENT_HEADER), FRAGMENT(UDP, 0)));

	assert_int_equal(p.protocol, UDP);
	assert_ignored(IGNORED_NO_NEXT_HEADER, DLT_RAW, FRAME(IPV6(8, FRAGMENT_HEADER), FRAGMENT(NO_NEXT_HEADER, 0)));
	assert_ignored(IGNORED_SHORT, DLT_RAW, FRAME(IPV6(8, FRAGMENT_HEADER), FRAGMENT(DESTINATION, 0)));
}

/* Whether the rest was captured or not: the lengths contradict each other. */
CASE(ipv6_extension_header_beyond_the_payload_is_bad)
{
	Packet p;

	assert_ignored(IGNORED_BAD_LENGTH, DLT_RAW, FRAME(IPV6(7, DESTINATION), EXTENSION(UDP), UDP_HEADER(1000, 53)));
	assert_int_equal(decode(true, 1500, DLT_RAW, FRAME(IPV6(7, DESTINATION), EXTENSION(UDP), UDP_HEADER(1000, 53)), &p),
					 IGNORED_BAD_LENGTH);
}

CASE(ipv6_extension_header_beyond_the_capture_is_short)
{
	Packet		  p;
	const uint8_t bytes[] = {IPV6(28, DESTINATION), UDP, 1, 1, 12, ZEROS_8, 0, 0, 0};

	assert_int_equal(decode(true, 68, DLT_RAW, bytes, sizeof(bytes), &p), IGNORED_CUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_addresses),
		cmocka_unit_test(ipv4_inside_ipv6_has_no_rest_of_its_addresses),
		cmocka_unit_test(ipv4_options),
		cmocka_unit_test(ipv4_header_length_below_5_is_believed),
		cmocka_unit_test(ipv4_header_cut_is_short),
		cmocka_unit_test(ipv4_options_cut_is_short),
		cmocka_unit_test(ipv4_header_alone),
		cmocka_unit_test(ipv4_first_fragment),
		cmocka_unit_test(ipv4_do_not_fragment),
		cmocka_unit_test(ipv4_later_fragment_is_ignored),
		cmocka_unit_test(ipv4_total_length_inside_the_header_is_bad),
		cmocka_unit_test(ipv4_total_length_0),
		cmocka_unit_test(ipv4_total_length_0_in_another_packet),
		cmocka_unit_test(ipv4_total_length_0_of_no_frame_is_bad),
		cmocka_unit_test(ipv4_total_length_20),
		cmocka_unit_test(ipv4_total_length_beyond_the_capture),
		cmocka_unit_test(ipv4_total_length_modulo_65536),
		cmocka_unit_test(ipv4_in_ipv4),
		cmocka_unit_test(ip_in_ip_is_no_tunnel),
		cmocka_unit_test(ipv6_in_ipv6),
		cmocka_unit_test(ip_in_ip_ignores_a_fragment_of_either),
		cmocka_unit_test(ip_in_ip_without_header_length_is_not_looked_into),
		cmocka_unit_test(ip_in_ip_with_its_inner_header_cut_is_short),
		cmocka_unit_test(ip_in_ip_of_another_version_is_not_ip),
		cmocka_unit_test(tcp),
		cmocka_unit_test(tcp_data_offset_is_not_checked),
		cmocka_unit_test(tcp_too_short_has_neither_ports_nor_flags),
		cmocka_unit_test(tcp_cut_behind_one_port),
		cmocka_unit_test(tcp_cut_behind_one_byte),
		cmocka_unit_test(tcp_cut_before_the_data_offset),
		cmocka_unit_test(tcp_cut_before_the_flags),
		cmocka_unit_test(udp_too_short_has_no_ports),
		cmocka_unit_test(udp_has_no_flags),
		cmocka_unit_test(icmp),
		cmocka_unit_test(icmp_shorter_than_its_header),
		cmocka_unit_test(icmpv6_over_either_version),
		cmocka_unit_test(another_protocol_has_no_sizes_above_ip),
		cmocka_unit_test(ipv6_addresses),
		cmocka_unit_test(ipv6_header_cut_is_short),
		cmocka_unit_test(ipv6_incomplete_though_captured_in_full_is_ignored),
		cmocka_unit_test(ipv6_cut_by_the_snapshot_length),
		cmocka_unit_test(ipv6_with_padding),
		cmocka_unit_test(ipv6_size_is_not_cut_to_16_bits),
		cmocka_unit_test(ipv6_payload_length_0),
		cmocka_unit_test(ipv6_jumbogram),
		cmocka_unit_test(ipv6_payload_length_0_before_another_header_is_none),
		cmocka_unit_test(ipv6_payload_length_0_of_no_frame),
		cmocka_unit_test(ipv6_all_extension_headers_are_walked),
		cmocka_unit_test(ipv6_extension_header_of_24_bytes),
		cmocka_unit_test(ipv6_authentication_and_encryption_are_protocols),
		cmocka_unit_test(ipv6_later_fragment_is_ignored),
		cmocka_unit_test(ipv6_no_next_header_is_ignored),
		cmocka_unit_test(ipv6_no_next_header_without_padding_is_a_protocol),
		cmocka_unit_test(ipv6_extension_header_of_one_captured_byte_is_a_protocol),
		cmocka_unit_test(ipv6_fragment_header_at_the_end_counts_five_bytes),
		cmocka_unit_test(ipv6_extension_header_beyond_the_payload_is_bad),
		cmocka_unit_test(ipv6_extension_header_beyond_the_capture_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
