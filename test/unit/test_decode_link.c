/*
 * test_decode_link.c
 *	  What is below IP: wired link types, tags and labels.
 */
#include "decode_frames.h"

#define VLAN(control, type) BE16(control), BE16(type)
#define MPLS(bottom)		0x12, 0x34, 0x50 | (bottom), 64
#define PPPOE(protocol)		0x11, 0, 0, 7, 0, 34, BE16(protocol)

CASE(empty_frame_is_short)
{
	const uint8_t nothing[1] = {0};

	assert_ignored(IGNORED_SHORT, DLT_EN10MB, nothing, 0);
}

CASE(frame_of_27_bytes_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_RAW, FRAME(IPV4(27, UDP), 0, 1, 0, 2, 0, 7, 0));
}

/* More was on the wire: the snapshot length has cut it off. */
CASE(frame_that_was_cut_is_cut)
{
	Packet p;

	assert_int_equal(decode(true, 28, DLT_RAW, FRAME(IPV4(28, UDP), 0, 1, 0, 2, 0, 8, 0), &p), IGNORED_CUT);
	assert_int_equal(decode(true, 27, DLT_RAW, FRAME(IPV4(28, UDP), 0, 1, 0, 2, 0, 8, 0), &p), IGNORED_SHORT);
	assert_int_equal(decode(true, 1500, DLT_EN10MB, FRAME(ETHERNET(TYPE_IPV6), IPV4_HEADER(6, 40, 0, UDP)), &p),
					 IGNORED_CUT);
	/* A frame that is ignored anyway keeps its own reason. */
	assert_int_equal(decode(true, 1500, DLT_EN10MB, FRAME(ETHERNET(TYPE_ARP), IPV4_UDP), &p), IGNORED_NOT_IP);
}

CASE(frame_of_28_bytes_is_long_enough)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(28, UDP), UDP_HEADER(1, 2)));

	assert_ports(&p, 1, 2);
}

CASE(unknown_link_type_is_ignored)
{
	assert_ignored(IGNORED_LINK_TYPE, DLT_IEEE802, FRAME(ETHERNET(TYPE_IPV4), IPV4_UDP));
}

CASE(short_frame_of_unknown_link_type_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_IEEE802, FRAME(IPV4(20, UDP)));
}

CASE(link_types_are_listed)
{
	const uint32_t expected[] = {DLT_NULL, DLT_EN10MB, DLT_PPP, DLT_RAW, DLT_PPP_SERIAL, DLT_C_HDLC, DLT_IEEE802_11,
								 DLT_LOOP,
								 DLT_LINUX_SLL, DLT_IEEE802_11_RADIO, DLT_PPI, DLT_IPV4, DLT_IPV6, DLT_LINUX_SLL2,
								 101, 14}; /* what files and OpenBSD call DLT_RAW */
	const unsigned count = sizeof(expected) / sizeof(expected[0]);
	uint32_t	   link_type;

	for (unsigned i = 0; i < count; i++)
	{
		bool listed = false;

		assert_true(decode_knows_link_type(expected[i]));
		for (unsigned j = 0; decode_link_type(j, &link_type); j++)
			listed = listed || link_type == expected[i];
		assert_true(listed);
	}
	assert_true(decode_link_type(count - 1, &link_type));
	assert_false(decode_link_type(count, &link_type));
	assert_false(decode_knows_link_type(DLT_IEEE802));
}

CASE(ethernet_with_type)
{
	Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_macs(&p, 0x50, 0xD0);
	assert_int_equal(ip_offset, 14);
	assert_int_equal(p.vlan_id, 0);
	assert_int_equal(p.tunnel, TUNNEL_NONE);
	assert_int_equal(p.size[ACCOUNTING_LINK], 46);
	assert_true(p.time == 1700000000123);
}

CASE(ethernet_wire_length_is_kept_above_65535)
{
	Packet p = metered_cut(70000, DLT_EN10MB, FRAME(ETHERNET(TYPE_IPV4), IPV4_UDP));

	assert_int_equal(p.size[ACCOUNTING_LINK], 70000);
}

CASE(ethernet_version_of_the_header_counts)
{
	Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(TYPE_IPV4), IPV6_UDP));

	assert_udp(&p, 6);
}

CASE(ethernet_arp_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(ETHERNET(TYPE_ARP), IPV4_UDP));
}

CASE(ethernet_type_below_1536_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(ETHERNET(1501), IPV4_UDP));
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(ETHERNET(1535), IPV4_UDP));
}

CASE(ethernet_length_0_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(ETHERNET(0), SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(llc_snap)
{
	Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(40), SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_macs(&p, 0x50, 0xD0);
	assert_int_equal(ip_offset, 22);
}

CASE(llc_snap_of_length_1_and_of_1500)
{
	Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(1), SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	p = metered(DLT_EN10MB, FRAME(ETHERNET(1500), SNAP(TYPE_IPV6), IPV6_UDP));
	assert_udp(&p, 6);
}

CASE(llc_snap_by_one_sap)
{
	Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(40), 0xAA, 0x42, 3, 0, 0, 0, BE16(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	p = metered(DLT_EN10MB, FRAME(ETHERNET(40), 0x42, 0xAA, 3, 0, 0, 0, BE16(TYPE_IPV4), IPV4_UDP));
	assert_udp(&p, 4);
}

CASE(llc_spanning_tree)
{
	assert_ignored(IGNORED_SPANNING_TREE, DLT_EN10MB, FRAME(ETHERNET(38), 0x42, 0x42, 3, IPV4_UDP));
	assert_ignored(IGNORED_SPANNING_TREE, DLT_EN10MB, FRAME(ETHERNET(38), 0x42, 0x00, 3, IPV4_UDP));
	assert_ignored(IGNORED_SPANNING_TREE, DLT_EN10MB, FRAME(ETHERNET(38), 0x00, 0x42, 3, IPV4_UDP));
}

CASE(llc_of_another_kind_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(ETHERNET(32), IPV4_UDP));
}

CASE(vlan)
{
	Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(TYPE_VLAN), VLAN(0xF064, TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_int_equal(p.vlan_id, 100);
	assert_macs(&p, 0x50, 0xD0);
}

CASE(vlan_innermost_of_three_counts)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(ETHERNET(TYPE_VLAN), VLAN(1, TYPE_VLAN), VLAN(2, TYPE_VLAN),
							 VLAN(4095, TYPE_IPV6), IPV6_UDP));

	assert_udp(&p, 6);
	assert_int_equal(p.vlan_id, 4095);
}

CASE(vlan_with_arp_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(ETHERNET(TYPE_VLAN), VLAN(1, TYPE_ARP), IPV4_UDP));
}

/* METERING.md, part one, 27; the innermost tag counts, whatever its type is. */
CASE(vlan_tag_of_every_type)
{
	static const uint16_t types[] = {TYPE_VLAN, 0x88A8, 0x9100, 0x9200};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
	{
		Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(types[i]), VLAN(0x8064, TYPE_IPV4), IPV4_UDP));

		assert_udp(&p, 4);
		assert_int_equal(p.vlan_id, 100);
		for (size_t j = 0; j < sizeof(types) / sizeof(types[0]); j++)
		{
			p = metered(DLT_EN10MB, FRAME(ETHERNET(types[i]), VLAN(1, types[j]), VLAN(2, TYPE_IPV6), IPV6_UDP));
			assert_udp(&p, 6);
			assert_int_equal(p.vlan_id, 2);
		}
	}
}

CASE(vlan_tag_of_another_type_is_not_ip)
{
	static const uint16_t types[] = {0x9300, 0x88E7, 0x88A7, 0x88A9, 0x9101};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(ETHERNET(types[i]), VLAN(1, TYPE_IPV4), IPV4_UDP));
}

CASE(vlan_tag_at_the_end_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_EN10MB,
				   FRAME(ETHERNET(TYPE_VLAN), VLAN(1, TYPE_VLAN), VLAN(2, TYPE_VLAN), VLAN(3, TYPE_VLAN),
						 VLAN(4, TYPE_ARP)));
}

CASE(vlan_tag_before_one_byte_of_arp_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB,
				   FRAME(ETHERNET(TYPE_VLAN), VLAN(1, TYPE_VLAN), VLAN(2, TYPE_VLAN), VLAN(3, TYPE_ARP), 0, 0));
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB,
				   FRAME(ETHERNET(TYPE_VLAN), VLAN(1, TYPE_VLAN), VLAN(2, TYPE_VLAN), VLAN(3, TYPE_VLAN),
						 VLAN(4, TYPE_ARP), 0));
}

CASE(mpls)
{
	Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(0x8847), MPLS(1), IPV4_UDP));

	assert_udp(&p, 4);
	assert_int_equal(ip_offset, 18);
}

CASE(mpls_stack_with_ipv6)
{
	Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(0x8848), MPLS(0), MPLS(0), MPLS(1), IPV6_UDP));

	assert_udp(&p, 6);
}

CASE(mpls_pseudowire_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB,
				   FRAME(ETHERNET(0x8847), MPLS(1), ZEROS_4, ETHERNET(TYPE_IPV4), IPV4_UDP));
}

CASE(mpls_without_bottom_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_EN10MB, FRAME(ETHERNET(0x8847), MPLS(0), MPLS(0), MPLS(0), MPLS(0)));
}

CASE(mpls_bottom_at_the_end_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_EN10MB, FRAME(ETHERNET(0x8847), MPLS(0), MPLS(0), MPLS(0), MPLS(1)));
}

CASE(pppoe)
{
	Packet p = metered(DLT_EN10MB, FRAME(ETHERNET(0x8864), PPPOE(0x0021), IPV4_UDP));

	assert_udp(&p, 4);
	p = metered(DLT_EN10MB, FRAME(ETHERNET(0x8864), PPPOE(0x0057), IPV6_UDP));
	assert_udp(&p, 6);
	assert_int_equal(ip_offset, 22);
}

CASE(pppoe_link_control_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(ETHERNET(0x8864), PPPOE(0xC021), 9, 1, 0, 8, ZEROS_20));
}

CASE(pppoe_discovery_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(ETHERNET(0x8863), PPPOE(0x0021), IPV4_UDP));
}

CASE(pppoe_cut_short)
{
	assert_ignored(IGNORED_SHORT, DLT_EN10MB,
				   FRAME(ETHERNET(TYPE_VLAN), VLAN(1, TYPE_VLAN), VLAN(2, TYPE_VLAN), VLAN(3, 0x8864), 0x11, 0, 0,
						 7, 0, 34, 0));
}

CASE(vlan_mpls_and_pppoe_in_one_another)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(ETHERNET(TYPE_VLAN), VLAN(7, TYPE_VLAN), VLAN(8, 0x8847), MPLS(1), IPV4_UDP));

	assert_udp(&p, 4);
	assert_int_equal(p.vlan_id, 8);
	p = metered(DLT_EN10MB, FRAME(ETHERNET(TYPE_VLAN), VLAN(9, 0x8864), PPPOE(0x0021), IPV4_UDP));
	assert_udp(&p, 4);
	assert_int_equal(p.vlan_id, 9);
}

static const uint32_t ppp_link_types[] = {DLT_PPP, DLT_PPP_SERIAL};

#define PPP_LINK_TYPES (sizeof(ppp_link_types) / sizeof(ppp_link_types[0]))

/* METERING.md, part one, 28: address and control, and the protocol's first byte, may each be left out. */
CASE(ppp_in_all_its_forms)
{
	for (size_t i = 0; i < PPP_LINK_TYPES; i++)
	{
		Packet p = metered(ppp_link_types[i], FRAME(0xFF, 0x03, 0x00, 0x21, IPV4_UDP));

		assert_udp(&p, 4);
		assert_macs(&p, 0, 0);
		assert_int_equal(ip_offset, 4);
		p = metered(ppp_link_types[i], FRAME(0xFF, 0x03, 0x57, IPV6_UDP));
		assert_udp(&p, 6);
		assert_int_equal(ip_offset, 3);
		p = metered(ppp_link_types[i], FRAME(0x21, IPV4_UDP));
		assert_udp(&p, 4);
		assert_int_equal(ip_offset, 1);
		p = metered(ppp_link_types[i], FRAME(0x00, 0x57, IPV6_UDP));
		assert_udp(&p, 6);
		assert_int_equal(ip_offset, 2);
	}
}

CASE(ppp_without_ip_is_not_ip)
{
	for (size_t i = 0; i < PPP_LINK_TYPES; i++)
	{
		assert_ignored(IGNORED_NOT_IP, ppp_link_types[i], FRAME(0xC0, 0x21, IPV4_UDP));
		assert_ignored(IGNORED_NOT_IP, ppp_link_types[i], FRAME(0xFF, 0x03, 0xC0, 0x21, IPV4_UDP));
		/* 0xFF without a control byte of 0x03 is no address, but a protocol; so is 0x03. */
		assert_ignored(IGNORED_NOT_IP, ppp_link_types[i], FRAME(0xFF, 0x00, 0x00, 0x21, IPV4_UDP));
		assert_ignored(IGNORED_NOT_IP, ppp_link_types[i], FRAME(0x03, 0x00, 0x21, IPV4_UDP));
	}
}

CASE(ppp_with_cisco_address)
{
	for (size_t i = 0; i < PPP_LINK_TYPES; i++)
	{
		Packet p = metered(ppp_link_types[i], FRAME(0x0F, 0, BE16(TYPE_IPV4), IPV4_UDP));

		assert_udp(&p, 4);
		assert_int_equal(ip_offset, 4);
		p = metered(ppp_link_types[i], FRAME(0x8F, 0, BE16(TYPE_IPV6), IPV6_UDP));
		assert_udp(&p, 6);
	}
}

CASE(cisco_hdlc)
{
	Packet p = metered(DLT_C_HDLC, FRAME(0x0F, 0, BE16(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	p = metered(DLT_C_HDLC, FRAME(0x8F, 0, BE16(TYPE_IPV6), IPV6_UDP));
	assert_udp(&p, 6);
	assert_int_equal(ip_offset, 4);
}

/* PPP's framing is none of Cisco's; as NFStream, two bytes without an address are a protocol. */
CASE(cisco_hdlc_is_not_ppp)
{
	Packet p = metered(DLT_C_HDLC, FRAME(BE16(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_ignored(IGNORED_NOT_IP, DLT_C_HDLC, FRAME(0xFF, 0x03, 0x00, 0x21, IPV4_UDP));
	assert_ignored(IGNORED_NOT_IP, DLT_C_HDLC, FRAME(0x21, IPV4_UDP));
}

CASE(cisco_hdlc_keepalive_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_C_HDLC, FRAME(0x8F, 0, 0x80, 0x35, ZEROS_8, ZEROS_8, ZEROS_8));
}

CASE(linux_sll)
{
	Packet p = metered(DLT_LINUX_SLL, FRAME(0, 0, 0, 1, 0, 6, MAC(0xEE), 0, 0, BE16(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_macs(&p, 0, 0);
	assert_int_equal(ip_offset, 16);
}

CASE(linux_sll2)
{
	Packet p = metered(DLT_LINUX_SLL2,
					   FRAME(BE16(TYPE_IPV6), 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, MAC(0xEE), 0, 0, IPV6_UDP));

	assert_udp(&p, 6);
	assert_macs(&p, 0, 0);
	assert_int_equal(ip_offset, 20);
}

CASE(null_in_either_byte_order)
{
	Packet p = metered(DLT_NULL, FRAME(2, 0, 0, 0, IPV4_UDP));

	assert_udp(&p, 4);
	p = metered(DLT_NULL, FRAME(0, 0, 0, 2, IPV4_UDP));
	assert_udp(&p, 4);
	p = metered(DLT_NULL, FRAME(30, 0, 0, 0, IPV6_UDP));
	assert_udp(&p, 6);
	assert_int_equal(ip_offset, 4);
}

CASE(null_of_another_family_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_NULL, FRAME(7, 0, 0, 0, ZEROS_20, ZEROS_20));
}

CASE(loop)
{
	Packet p = metered(DLT_LOOP, FRAME(0, 0, 0, 24, IPV6_UDP));

	assert_udp(&p, 6);
	assert_macs(&p, 0, 0);
}

CASE(raw_of_either_version)
{
	const uint32_t link_types[] = {DLT_RAW, 101, 14, DLT_IPV4, DLT_IPV6};

	for (size_t i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++)
	{
		Packet p = metered(link_types[i], FRAME(IPV4_UDP));

		assert_udp(&p, 4);
		p = metered(link_types[i], FRAME(IPV6_UDP));
		assert_udp(&p, 6);
		assert_int_equal(ip_offset, 0);
	}
}

CASE(raw_of_another_version_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_RAW, FRAME(0x55, ZEROS_20, ZEROS_8));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_frame_is_short),
		cmocka_unit_test(frame_of_27_bytes_is_short),
		cmocka_unit_test(frame_that_was_cut_is_cut),
		cmocka_unit_test(frame_of_28_bytes_is_long_enough),
		cmocka_unit_test(unknown_link_type_is_ignored),
		cmocka_unit_test(short_frame_of_unknown_link_type_is_short),
		cmocka_unit_test(link_types_are_listed),
		cmocka_unit_test(ethernet_with_type),
		cmocka_unit_test(ethernet_wire_length_is_kept_above_65535),
		cmocka_unit_test(ethernet_version_of_the_header_counts),
		cmocka_unit_test(ethernet_arp_is_not_ip),
		cmocka_unit_test(ethernet_type_below_1536_is_not_ip),
		cmocka_unit_test(ethernet_length_0_is_not_ip),
		cmocka_unit_test(llc_snap),
		cmocka_unit_test(llc_snap_of_length_1_and_of_1500),
		cmocka_unit_test(llc_snap_by_one_sap),
		cmocka_unit_test(llc_spanning_tree),
		cmocka_unit_test(llc_of_another_kind_is_not_ip),
		cmocka_unit_test(vlan),
		cmocka_unit_test(vlan_innermost_of_three_counts),
		cmocka_unit_test(vlan_with_arp_is_not_ip),
		cmocka_unit_test(vlan_tag_of_every_type),
		cmocka_unit_test(vlan_tag_of_another_type_is_not_ip),
		cmocka_unit_test(vlan_tag_at_the_end_is_short),
		cmocka_unit_test(vlan_tag_before_one_byte_of_arp_is_not_ip),
		cmocka_unit_test(mpls),
		cmocka_unit_test(mpls_stack_with_ipv6),
		cmocka_unit_test(mpls_pseudowire_is_not_ip),
		cmocka_unit_test(mpls_without_bottom_is_short),
		cmocka_unit_test(mpls_bottom_at_the_end_is_short),
		cmocka_unit_test(pppoe),
		cmocka_unit_test(pppoe_link_control_is_not_ip),
		cmocka_unit_test(pppoe_discovery_is_not_ip),
		cmocka_unit_test(pppoe_cut_short),
		cmocka_unit_test(vlan_mpls_and_pppoe_in_one_another),
		cmocka_unit_test(ppp_without_ip_is_not_ip),
		cmocka_unit_test(ppp_with_cisco_address),
		cmocka_unit_test(ppp_in_all_its_forms),
		cmocka_unit_test(cisco_hdlc),
		cmocka_unit_test(cisco_hdlc_is_not_ppp),
		cmocka_unit_test(cisco_hdlc_keepalive_is_not_ip),
		cmocka_unit_test(linux_sll),
		cmocka_unit_test(linux_sll2),
		cmocka_unit_test(null_in_either_byte_order),
		cmocka_unit_test(null_of_another_family_is_not_ip),
		cmocka_unit_test(loop),
		cmocka_unit_test(raw_of_either_version),
		cmocka_unit_test(raw_of_another_version_is_not_ip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
