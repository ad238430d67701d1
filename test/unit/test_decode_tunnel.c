/*
 * test_decode_tunnel.c
 *	  GTP-U, CAPWAP and TZSP.
 */
#include "decode_frames.h"

#define GTP(flags, type) 0x30 | (flags), type, 0, 32, 0, 0, 0, 9
#define GTP_E			 0x04
#define GTP_S			 0x02
#define GTP_N			 0x01
#define G_PDU			 255

#define CAPWAP_80211	 0x0300 /* T, and WBID 1 */

/* An 802.11 frame within the tunnel: from MAC(0x51), by an access point, to MAC(0xD1). */
#define DOT11(first, second) \
	first, second, 0, 0, MAC(0xAA), MAC(0x51), MAC(0xD1), 0, 0, SNAP(TYPE_IPV4)

/* That the packet is OUTER(port) and no tunnel. */
static void
assert_outer(const Packet *packet, uint16_t port)
{
	assert_int_equal(packet->tunnel, TUNNEL_NONE);
	assert_ports(packet, 4000, port);
	assert_macs(packet, 0x50, 0xD0);
	assert_int_equal(ip_offset, 14);
	assert_sizes(packet, 1000, 980, 972);
}

/* That the packet is IPV4_UDP within INNER or DOT11. */
static void
assert_inner(const Packet *packet, Tunnel tunnel)
{
	assert_int_equal(packet->tunnel, tunnel);
	assert_udp(packet, 4);
	assert_macs(packet, 0x51, 0xD1);
	assert_sizes(packet, 32, 12, 4);
}

CASE(gtp)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	assert_udp(&p, 4);
	assert_int_equal(ip_offset, OUTER_BYTES + 8);
	assert_macs(&p, 0x50, 0xD0);
	assert_sizes(&p, 32, 12, 4);
	assert_int_equal(p.size[ACCOUNTING_LINK], OUTER_BYTES + 8 + 32);
}

CASE(gtp_by_source_port)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(68, UDP), UDP_HEADER(GTP_PORT, 4000), GTP(0, G_PDU), IPV6_UDP));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	assert_udp(&p, 6);
}

CASE(gtp_over_ipv6)
{
	Packet p = metered(DLT_RAW,
					   FRAME(IPV6(56, 60), UDP, 0, 1, 4, ZEROS_4, UDP_HEADER(4000, GTP_PORT), GTP(0, G_PDU),
							 IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	assert_udp(&p, 4);
}

CASE(gtp_over_ppp)
{
	Packet p = metered(DLT_PPP,
					   FRAME(0, 0x21, IPV4(68, UDP), UDP_HEADER(4000, GTP_PORT), GTP(0, G_PDU), IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
}

CASE(gtp_unless_tunnels_are_not_wanted)
{
	const uint8_t bytes[] = {OUTER(GTP_PORT), GTP(0, G_PDU), IPV4_UDP};
	Packet		  p;

	assert_int_equal(decode(false, sizeof(bytes), DLT_EN10MB, bytes, sizeof(bytes), &p), NOT_IGNORED);
	assert_outer(&p, GTP_PORT);
}

CASE(gtp_with_sequence_number)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(GTP_S, G_PDU), 0, 1, 0, 0x85, IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	assert_int_equal(ip_offset, OUTER_BYTES + 12);
}

CASE(gtp_with_n_pdu_number)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(GTP_N, G_PDU), 0, 0, 7, 0x85, IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	assert_int_equal(ip_offset, OUTER_BYTES + 12);
}

CASE(gtp_with_two_extension_headers)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(GTP_PORT), GTP(GTP_E, G_PDU), 0, 0, 0, 0x85, 1, 0, 0, 0x85, 2, 0, 0, 0, 0,
							 0, 0, 0, IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	assert_int_equal(ip_offset, OUTER_BYTES + 24);
}

CASE(gtp_with_e_has_a_header_even_behind_type_0)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(GTP_E, G_PDU), 0, 0, 0, 0, 1, 0, 0, 0, IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	assert_int_equal(ip_offset, OUTER_BYTES + 16);
}

CASE(gtp_extension_header_of_no_length_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(GTP_PORT), GTP(GTP_E, G_PDU), 0, 0, 0, 0x85, 0, 0, 0, 0, IPV4_UDP));

	assert_outer(&p, GTP_PORT);
}

CASE(gtp_extension_header_up_to_the_end_or_behind_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(GTP_E, G_PDU), 0, 0, 0, 0x85, 1, 0, 0, 0));

	assert_outer(&p, GTP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(GTP_E, G_PDU), 0, 0, 0, 0x85, 9, 0, 0, 0));
	assert_outer(&p, GTP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(GTP_E, G_PDU), 0, 0, 0, 0x85));
	assert_outer(&p, GTP_PORT);
}

CASE(gtp_of_another_version_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), 0x48, G_PDU, 0, 32, 0, 0, 0, 9, IPV4_UDP));

	assert_outer(&p, GTP_PORT);
}

CASE(gtp_echo_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, 1), IPV4_UDP));

	assert_outer(&p, GTP_PORT);
}

CASE(gtp_cut_before_the_user_packet_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, G_PDU)));

	assert_outer(&p, GTP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), 0x30, G_PDU, 0, 32));
	assert_outer(&p, GTP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(GTP_S, G_PDU), 0, 1));
	assert_outer(&p, GTP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), 0x30));
	assert_outer(&p, GTP_PORT);
}

CASE(gtp_without_ip_is_ignored)
{
	assert_ignored(IGNORED_TUNNEL_WITHOUT_IP, DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), 0x55, ZEROS_20, ZEROS_20));
}

CASE(gtp_with_its_ip_header_cut_is_ignored)
{
	assert_ignored(IGNORED_TUNNEL_WITHOUT_IP, DLT_EN10MB,
				   FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), 0x45, ZEROS_8, ZEROS_8, 0, 0));
	assert_ignored(IGNORED_TUNNEL_WITHOUT_IP, DLT_EN10MB,
				   FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), 0x60, ZEROS_20, ZEROS_8, ZEROS_8, 0, 0));
}

CASE(gtp_with_a_later_fragment_is_ignored)
{
	assert_ignored(IGNORED_FRAGMENT, DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV4_HEADER(5, 20, 1, UDP)));
	assert_ignored(IGNORED_FRAGMENT, DLT_EN10MB,
				   FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV6(8, 44), UDP, 0, 0, 8, ZEROS_4));
}

CASE(gtp_with_incomplete_ipv6_is_ignored)
{
	assert_ignored(IGNORED_INCOMPLETE_IPV6, DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV6(9, UDP), ZEROS_8));
}

CASE(gtp_with_an_ip_header_alone)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV4(20, UDP)));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV6(0, UDP)));
	assert_int_equal(p.tunnel, TUNNEL_GTP);
}

CASE(gtp_is_the_last_tunnel)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV4(68, UDP), UDP_HEADER(1, GTP_PORT),
							 GTP(0, G_PDU), IPV4_UDP));

	assert_ports(&p, 1, GTP_PORT);
	assert_int_equal(ip_offset, OUTER_BYTES + 8);
	p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV4(52, IP_IN_IP), IPV4_UDP));
	assert_int_equal(p.protocol, IP_IN_IP);
	p = metered(DLT_EN10MB, FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV6(32, IP_IN_IP), IPV4_UDP));
	assert_int_equal(p.protocol, IP_IN_IP);
}

CASE(gtp_has_the_first_say)
{
	Packet p = metered(DLT_RAW,
					   FRAME(IPV4(60, UDP), UDP_HEADER(TZSP_PORT, GTP_PORT), TZSP, 1, INNER(TYPE_IPV4),
							 IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_NONE);
	assert_ports(&p, TZSP_PORT, GTP_PORT);
}

CASE(tunnel_whose_udp_header_is_cut_is_none)
{
	Packet p = metered_cut(200, DLT_EN10MB,
						   FRAME(ETHERNET(TYPE_IPV4), IPV4(100, UDP), BE16(4000), BE16(GTP_PORT), 0, 8, 0));

	assert_int_equal(p.tunnel, TUNNEL_NONE);
	assert_ports(&p, 4000, GTP_PORT);
}

CASE(tunnel_in_a_packet_with_a_wrong_length)
{
	Packet p = metered(DLT_RAW, FRAME(IPV4(24, UDP), UDP_HEADER(4000, GTP_PORT), GTP(0, G_PDU), IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	p = metered(DLT_RAW, FRAME(IPV4(12, UDP), UDP_HEADER(4000, GTP_PORT), GTP(0, G_PDU), IPV4_UDP));
	assert_int_equal(p.tunnel, TUNNEL_GTP);
	assert_ignored(IGNORED_BAD_LENGTH, DLT_RAW, FRAME(IPV4(12, UDP), UDP_HEADER(4000, GTP_PORT), GTP(0, 1), IPV4_UDP));
	assert_ignored(IGNORED_BAD_LENGTH, DLT_RAW,
				   FRAME(IPV4(12, UDP), UDP_HEADER(4000, CAPWAP_PORT), CAPWAP(2, CAPWAP_80211), DOT11(0x80, 0),
						 IPV4_UDP));
}

/* A length of 0 inside a tunnel is what is left of the outer frame. */
CASE(length_of_0_in_a_tunnel)
{
	Packet p = metered_cut(OUTER_BYTES + 8 + 66000, DLT_EN10MB,
						   FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV4(0, TCP), TCP_HEADER(1, 2, 5, 0x10)));

	assert_int_equal(p.tunnel, TUNNEL_GTP);
	assert_ports(&p, 1, 2);
	assert_sizes(&p, 66000, 65980, 65960);
	p = metered_cut(OUTER_BYTES + 8 + 66000, DLT_EN10MB,
					FRAME(OUTER(GTP_PORT), GTP(0, G_PDU), IPV6(0, TCP), TCP_HEADER(1, 2, 5, 0x10)));
	assert_sizes(&p, 66000, 65960, 65940);
}

CASE(capwap_with_ethernet)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, 0), INNER(TYPE_IPV4), IPV4_UDP));

	assert_inner(&p, TUNNEL_CAPWAP);
}

CASE(capwap_with_80211)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, CAPWAP_80211), DOT11(0x08, 0x01), IPV4_UDP));

	assert_inner(&p, TUNNEL_CAPWAP);
	assert_int_equal(ip_offset, OUTER_BYTES + 8 + 32);
}

CASE(capwap_with_80211_swapped)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, CAPWAP_80211), DOT11(0x01, 0x08), IPV4_UDP));

	assert_inner(&p, TUNNEL_CAPWAP);
}

CASE(capwap_with_wireless_information_over_ipv6)
{
	Packet p = metered(DLT_RAW,
					   FRAME(IPV6(88, UDP), UDP_HEADER(CAPWAP_PORT, 4000), CAPWAP(4, CAPWAP_80211 | 0x20),
							 ZEROS_8, DOT11(0x08, 0x01), IPV4_UDP));

	assert_inner(&p, TUNNEL_CAPWAP);
}

CASE(capwap_first_fragment)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, 0x0080), INNER(TYPE_IPV4), IPV4_UDP));

	assert_inner(&p, TUNNEL_CAPWAP);
}

CASE(capwap_later_fragment_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(CAPWAP_PORT), 0, 0x10, 0x00, 0x80, 0, 1, 0, 8, INNER(TYPE_IPV4), IPV4_UDP));

	assert_outer(&p, CAPWAP_PORT);
}

CASE(capwap_fragment_offset_counts_in_fragments_only)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(CAPWAP_PORT), 0, 0x10, 0x00, 0x00, 0, 1, 0, 8, INNER(TYPE_IPV4), IPV4_UDP));

	assert_inner(&p, TUNNEL_CAPWAP);
}

CASE(capwap_reserved_flags_do_not_matter)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(CAPWAP_PORT), 0, 0x10, 0x00, 0x07, 0, 1, 0, 8, INNER(TYPE_IPV4),
										 IPV4_UDP));

	assert_inner(&p, TUNNEL_CAPWAP);
}

CASE(capwap_keep_alive_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, 0x0008), INNER(TYPE_IPV4), IPV4_UDP));

	assert_outer(&p, CAPWAP_PORT);
}

CASE(capwap_encrypted_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(CAPWAP_PORT), 1, 0x10, 0, 0, 0, 1, 0, 0, INNER(TYPE_IPV4), IPV4_UDP));

	assert_outer(&p, CAPWAP_PORT);
}

CASE(capwap_with_another_wireless_kind_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, 0x0700), DOT11(0x08, 0x01), IPV4_UDP));

	assert_outer(&p, CAPWAP_PORT);
}

CASE(capwap_with_80211_management_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, CAPWAP_80211), DOT11(0x80, 0x00), IPV4_UDP));

	assert_outer(&p, CAPWAP_PORT);
}

CASE(capwap_header_cut_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(CAPWAP_PORT), 0, 0x10, 0, 0, 0, 1, 0));

	assert_outer(&p, CAPWAP_PORT);
}

CASE(capwap_control_port_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(5246), CAPWAP(2, 0), INNER(TYPE_IPV4), IPV4_UDP));

	assert_outer(&p, 5246);
}

CASE(capwap_header_longer_than_the_frame)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(CAPWAP_PORT), CAPWAP(31, CAPWAP_80211), DOT11(0x08, 0x01), IPV4_UDP));

	assert_outer(&p, CAPWAP_PORT);
	assert_ignored(IGNORED_SHORT, DLT_EN10MB, FRAME(OUTER(CAPWAP_PORT), CAPWAP(31, 0), INNER(TYPE_IPV4), IPV4_UDP));
}

CASE(capwap_with_arp_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, 0), INNER(TYPE_ARP), IPV4_UDP));
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB,
				   FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, CAPWAP_80211), 8, 1, 0, 0, MAC(1), MAC(2), MAC(3), 0, 0,
						 SNAP(TYPE_ARP), IPV4_UDP));
}

CASE(capwap_with_gtp)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, CAPWAP_80211), DOT11(0x08, 0x01), IPV4(68, UDP),
							 UDP_HEADER(4000, GTP_PORT), GTP(0, G_PDU), IPV4_UDP));

	assert_inner(&p, TUNNEL_GTP);
}

CASE(tzsp)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP, 1, INNER(TYPE_IPV4), IPV4_UDP));

	assert_inner(&p, TUNNEL_TZSP);
	assert_int_equal(ip_offset, OUTER_BYTES + 5 + 14);
}

CASE(tzsp_inside_is_ethernet_whatever_is_outside)
{
	Packet p = metered(DLT_RAW,
					   FRAME(IPV6(59, UDP), UDP_HEADER(TZSP_PORT, 4000), TZSP, 1, INNER(TYPE_IPV4), IPV4_UDP));

	assert_inner(&p, TUNNEL_TZSP);
}

CASE(tzsp_with_tags_and_padding)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(OUTER(TZSP_PORT), TZSP, 0, 10, 1, 0xC5, 0, 41, 2, 1, 1, 60, 0, 1,
							 INNER(TYPE_IPV4), IPV4_UDP));

	assert_inner(&p, TUNNEL_TZSP);
}

CASE(tzsp_without_end_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP, 0, 10, 1, 0xC5, 0));

	assert_outer(&p, TZSP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP, 10, 200, INNER(TYPE_IPV4), IPV4_UDP));
	assert_outer(&p, TZSP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP, 10));
	assert_outer(&p, TZSP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP));
	assert_outer(&p, TZSP_PORT);
}

CASE(tzsp_of_another_version_type_or_encapsulation_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), 2, 0, 0, 1, 1, INNER(TYPE_IPV4), IPV4_UDP));

	assert_outer(&p, TZSP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), 1, 4, 0, 1, 1, INNER(TYPE_IPV4), IPV4_UDP));
	assert_outer(&p, TZSP_PORT);
	p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), 1, 0, 0, 18, 1, INNER(TYPE_IPV4), IPV4_UDP));
	assert_outer(&p, TZSP_PORT);
}

CASE(tzsp_header_cut_is_no_tunnel)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), 1, 0, 0));

	assert_outer(&p, TZSP_PORT);
}

CASE(tzsp_with_a_short_frame_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP, 1, INNER(TYPE_ARP), ZEROS_8, ZEROS_4, 0));
	assert_ignored(IGNORED_SHORT, DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP, 1));
}

CASE(tzsp_with_spanning_tree_is_ignored)
{
	assert_ignored(IGNORED_SPANNING_TREE, DLT_EN10MB,
				   FRAME(OUTER(TZSP_PORT), TZSP, 1, INNER(38), 0x42, 0x42, 3, ZEROS_20));
}

CASE(tzsp_keeps_the_outer_vlan_unless_there_is_an_inner_one)
{
	Packet p = metered(DLT_EN10MB,
					   FRAME(ETHERNET(TYPE_VLAN), BE16(5), BE16(TYPE_IPV4), IPV4(79, UDP),
							 UDP_HEADER(4000, TZSP_PORT), TZSP, 1, INNER(TYPE_IPV4), IPV4_UDP));

	assert_inner(&p, TUNNEL_TZSP);
	assert_int_equal(p.vlan_id, 5);
	p = metered(DLT_EN10MB, FRAME(ETHERNET(TYPE_VLAN), BE16(5), BE16(TYPE_IPV4), IPV4(83, UDP),
								  UDP_HEADER(4000, TZSP_PORT), TZSP, 1, INNER(TYPE_VLAN), BE16(6), BE16(TYPE_IPV4),
								  IPV4_UDP));
	assert_inner(&p, TUNNEL_TZSP);
	assert_int_equal(p.vlan_id, 6);
}

CASE(tzsp_frame_without_a_type_takes_the_outer_one)
{
	Packet p = metered(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP, 1, INNER(32), IPV4_UDP));

	assert_inner(&p, TUNNEL_TZSP);
	p = metered(DLT_NULL, FRAME(2, 0, 0, 0, IPV4(79, UDP), UDP_HEADER(4000, TZSP_PORT), TZSP, 1, INNER(0), IPV4_UDP));
	assert_inner(&p, TUNNEL_TZSP);
	assert_ignored(IGNORED_NOT_IP, DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP, 1, INNER(1501), IPV4_UDP));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gtp),
		cmocka_unit_test(gtp_by_source_port),
		cmocka_unit_test(gtp_over_ipv6),
		cmocka_unit_test(gtp_over_ppp),
		cmocka_unit_test(gtp_unless_tunnels_are_not_wanted),
		cmocka_unit_test(gtp_with_sequence_number),
		cmocka_unit_test(gtp_with_n_pdu_number),
		cmocka_unit_test(gtp_with_two_extension_headers),
		cmocka_unit_test(gtp_with_e_has_a_header_even_behind_type_0),
		cmocka_unit_test(gtp_extension_header_of_no_length_is_no_tunnel),
		cmocka_unit_test(gtp_extension_header_up_to_the_end_or_behind_is_no_tunnel),
		cmocka_unit_test(gtp_of_another_version_is_no_tunnel),
		cmocka_unit_test(gtp_echo_is_no_tunnel),
		cmocka_unit_test(gtp_cut_before_the_user_packet_is_no_tunnel),
		cmocka_unit_test(gtp_without_ip_is_ignored),
		cmocka_unit_test(gtp_with_its_ip_header_cut_is_ignored),
		cmocka_unit_test(gtp_with_a_later_fragment_is_ignored),
		cmocka_unit_test(gtp_with_incomplete_ipv6_is_ignored),
		cmocka_unit_test(gtp_with_an_ip_header_alone),
		cmocka_unit_test(gtp_is_the_last_tunnel),
		cmocka_unit_test(gtp_has_the_first_say),
		cmocka_unit_test(tunnel_whose_udp_header_is_cut_is_none),
		cmocka_unit_test(tunnel_in_a_packet_with_a_wrong_length),
		cmocka_unit_test(length_of_0_in_a_tunnel),
		cmocka_unit_test(capwap_with_ethernet),
		cmocka_unit_test(capwap_with_80211),
		cmocka_unit_test(capwap_with_80211_swapped),
		cmocka_unit_test(capwap_with_wireless_information_over_ipv6),
		cmocka_unit_test(capwap_first_fragment),
		cmocka_unit_test(capwap_later_fragment_is_no_tunnel),
		cmocka_unit_test(capwap_fragment_offset_counts_in_fragments_only),
		cmocka_unit_test(capwap_reserved_flags_do_not_matter),
		cmocka_unit_test(capwap_keep_alive_is_no_tunnel),
		cmocka_unit_test(capwap_encrypted_is_no_tunnel),
		cmocka_unit_test(capwap_with_another_wireless_kind_is_no_tunnel),
		cmocka_unit_test(capwap_with_80211_management_is_no_tunnel),
		cmocka_unit_test(capwap_header_cut_is_no_tunnel),
		cmocka_unit_test(capwap_control_port_is_no_tunnel),
		cmocka_unit_test(capwap_header_longer_than_the_frame),
		cmocka_unit_test(capwap_with_arp_is_not_ip),
		cmocka_unit_test(capwap_with_gtp),
		cmocka_unit_test(tzsp),
		cmocka_unit_test(tzsp_inside_is_ethernet_whatever_is_outside),
		cmocka_unit_test(tzsp_with_tags_and_padding),
		cmocka_unit_test(tzsp_without_end_is_no_tunnel),
		cmocka_unit_test(tzsp_of_another_version_type_or_encapsulation_is_no_tunnel),
		cmocka_unit_test(tzsp_header_cut_is_no_tunnel),
		cmocka_unit_test(tzsp_with_a_short_frame_is_short),
		cmocka_unit_test(tzsp_with_spanning_tree_is_ignored),
		cmocka_unit_test(tzsp_keeps_the_outer_vlan_unless_there_is_an_inner_one),
		cmocka_unit_test(tzsp_frame_without_a_type_takes_the_outer_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
