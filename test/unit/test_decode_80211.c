/*
 * test_decode_80211.c
 *	  802.11 frames, and what stands in front of them: radiotap and PPI.
 */
#include "decode_frames.h"

/* Addresses 1 to 3 are MAC(0xA1) to MAC(0xA3); `kind` and `flags` are the frame control. */
#define DOT11(kind, flags)		  kind, flags, 0, 0, MAC(0xA1), MAC(0xA2), MAC(0xA3), 0, 0
#define DOT11_DATA				  0x08
#define DOT11_QOS_DATA			  0x88

#define RADIOTAP(length, present) 0, 0, LE16(length), LE32(present)
#define PPI(length, link_type)	  0, 0, LE16(length), LE32(link_type)

CASE(dot11_addresses_in_one_cell)
{
	Packet p = metered(DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x00), SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_macs(&p, 0xA2, 0xA1);
	assert_int_equal(ip_offset, 32);
}

CASE(dot11_addresses_to_the_access_point)
{
	Packet p = metered(DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));

	assert_macs(&p, 0xA2, 0xA3);
}

CASE(dot11_addresses_from_the_access_point)
{
	Packet p = metered(DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x02), SNAP(TYPE_IPV4), IPV4_UDP));

	assert_macs(&p, 0xA3, 0xA1);
}

CASE(dot11_four_addresses)
{
	Packet p = metered(DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x03), MAC(0xA4), SNAP(TYPE_IPV6), IPV6_UDP));

	assert_udp(&p, 6);
	assert_macs(&p, 0xA4, 0xA3);
	assert_int_equal(ip_offset, 38);
}

CASE(dot11_qos)
{
	Packet p = metered(DLT_IEEE802_11, FRAME(DOT11(DOT11_QOS_DATA, 0x01), 0, 0, SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_int_equal(ip_offset, 34);
}

CASE(dot11_qos_with_ht_control_and_four_addresses)
{
	Packet p = metered(DLT_IEEE802_11,
					   FRAME(DOT11(DOT11_QOS_DATA, 0x83), MAC(0xA4), 0, 0, ZEROS_4, SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_int_equal(ip_offset, 44);
}

CASE(dot11_order_bit_without_qos_adds_nothing)
{
	Packet p = metered(DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x80), SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
}

CASE(dot11_without_data_is_ignored)
{
	assert_ignored(IGNORED_NOT_DATA, DLT_IEEE802_11, FRAME(DOT11(0x48, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));
	assert_ignored(IGNORED_NOT_DATA, DLT_IEEE802_11, FRAME(DOT11(0xC8, 0x01), 0, 0, SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(dot11_management_and_control_are_ignored)
{
	assert_ignored(IGNORED_NOT_DATA, DLT_IEEE802_11, FRAME(DOT11(0x80, 0x00), SNAP(TYPE_IPV4), IPV4_UDP));
	assert_ignored(IGNORED_NOT_DATA, DLT_IEEE802_11, FRAME(DOT11(0xB4, 0x00), SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(dot11_encrypted_is_ignored)
{
	assert_ignored(IGNORED_NOT_DATA, DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x41), SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(dot11_of_another_version_is_ignored)
{
	assert_ignored(IGNORED_NOT_DATA, DLT_IEEE802_11,
				   FRAME(DOT11(DOT11_DATA | 0x01, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(dot11_without_snap_is_ignored)
{
	assert_ignored(IGNORED_NO_LLC, DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x01), 0x42, 0x42, 3, ZEROS_8, IPV4_UDP));
	assert_ignored(IGNORED_NO_LLC, DLT_IEEE802_11,
				   FRAME(DOT11(DOT11_DATA, 0x01), 0xAA, 0xAA, 0, 0, 0, 0, BE16(TYPE_IPV4), IPV4_UDP));
}

CASE(dot11_cut_in_address_4_in_qos_and_in_snap_is_ignored)
{
	assert_ignored(IGNORED_NO_LLC, DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x03), ZEROS_4, 0));
	assert_ignored(IGNORED_NO_LLC, DLT_IEEE802_11, FRAME(DOT11(DOT11_QOS_DATA, 0x83), MAC(0xA4), 0, 0, 0));
	assert_ignored(IGNORED_NO_LLC, DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x00), 0xAA, 0xAA, 3, 0, 0, 0, 8));
}

CASE(dot11_header_alone_is_ignored)
{
	assert_ignored(IGNORED_NO_LLC, DLT_IEEE802_11_RADIO, FRAME(RADIOTAP(8, 0), DOT11(DOT11_DATA, 0x01)));
}

CASE(dot11_with_arp_is_not_ip)
{
	assert_ignored(IGNORED_NOT_IP, DLT_IEEE802_11, FRAME(DOT11(DOT11_DATA, 0x00), SNAP(TYPE_ARP), IPV4_UDP));
}

CASE(radiotap_without_fields)
{
	Packet p = metered(DLT_IEEE802_11_RADIO,
					   FRAME(RADIOTAP(8, 0), DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_macs(&p, 0xA2, 0xA3);
	assert_int_equal(ip_offset, 40);
}

CASE(radiotap_bad_checksum)
{
	assert_ignored(IGNORED_BAD_CHECKSUM, DLT_IEEE802_11_RADIO,
				   FRAME(RADIOTAP(9, 2), 0x40, DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(radiotap_other_flags_do_not_matter)
{
	Packet p = metered(DLT_IEEE802_11_RADIO,
					   FRAME(RADIOTAP(9, 2), 0xBF, DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
}

CASE(radiotap_flags_stand_behind_the_time)
{
	assert_ignored(IGNORED_BAD_CHECKSUM, DLT_IEEE802_11_RADIO,
				   FRAME(RADIOTAP(17, 3), ZEROS_8, 0x40, DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(radiotap_time_is_aligned_behind_two_words)
{
	assert_ignored(IGNORED_BAD_CHECKSUM, DLT_IEEE802_11_RADIO,
				   FRAME(RADIOTAP(25, 0x80000003u), ZEROS_4, ZEROS_4, ZEROS_8, 0x40,
						 DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(radiotap_flags_behind_three_words)
{
	assert_ignored(IGNORED_BAD_CHECKSUM, DLT_IEEE802_11_RADIO,
				   FRAME(RADIOTAP(17, 0x80000002u), LE32(0x80000000u), ZEROS_4, 0x40,
						 DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(radiotap_first_field_is_no_flags_without_their_bit)
{
	Packet p = metered(DLT_IEEE802_11_RADIO,
					   FRAME(RADIOTAP(9, 4), 0x40, DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
}

CASE(radiotap_time_without_flags)
{
	Packet p = metered(DLT_IEEE802_11_RADIO,
					   FRAME(RADIOTAP(17, 1), ZEROS_8, 0x40, DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4),
							 IPV4_UDP));

	assert_udp(&p, 4);
}

CASE(radiotap_flags_at_its_length_do_not_count)
{
	assert_ignored(IGNORED_NOT_DATA, DLT_IEEE802_11_RADIO, FRAME(RADIOTAP(8, 2), DOT11(0x48, 0x01)));
}

CASE(radiotap_flags_behind_its_length_do_not_count)
{
	Packet p = metered(DLT_IEEE802_11_RADIO,
					   FRAME(RADIOTAP(8, 3), DOT11_DATA, 0x01, 0, 0, MAC(0x40), MAC(0xA2), MAC(0xA3), 0, 0,
							 SNAP(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
}

CASE(radiotap_words_up_to_the_end_are_short)
{
	assert_ignored(IGNORED_SHORT, DLT_IEEE802_11_RADIO,
				   FRAME(RADIOTAP(32, 0x80000002u), LE32(0x80000000u), LE32(0x80000000u), LE32(0x80000000u),
						 LE32(0x80000000u), LE32(0x80000000u)));
}

CASE(radiotap_flags_behind_the_end_are_short)
{
	assert_ignored(IGNORED_SHORT, DLT_IEEE802_11_RADIO,
				   FRAME(RADIOTAP(40, 0x80000003u), LE32(0x80000000u), LE32(0x80000000u), LE32(0x80000000u),
						 LE32(0x00000000u), ZEROS_4));
}

CASE(radiotap_longer_than_the_frame_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_IEEE802_11_RADIO,
				   FRAME(RADIOTAP(500, 0), DOT11(DOT11_DATA, 0x01), SNAP(TYPE_IPV4), IPV4_UDP));
}

CASE(radiotap_dot11_header_cut_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_IEEE802_11_RADIO, FRAME(RADIOTAP(8, 0), 8, 0, 0, 0, MAC(1), MAC(2), MAC(3), 0));
}

CASE(ppi_with_dot11)
{
	Packet p = metered(DLT_PPI,
					   FRAME(PPI(12, DLT_IEEE802_11), ZEROS_4, DOT11(DOT11_DATA, 0x02), SNAP(TYPE_IPV4),
							 IPV4_UDP));

	assert_udp(&p, 4);
	assert_macs(&p, 0xA3, 0xA1);
	assert_int_equal(ip_offset, 44);
}

CASE(ppi_with_raw_by_its_numbers_in_files)
{
	Packet p = metered(DLT_PPI, FRAME(PPI(8, 101), IPV4_UDP));

	assert_udp(&p, 4);
	p = metered(DLT_PPI, FRAME(PPI(8, 14), IPV6_UDP));
	assert_udp(&p, 6);
}

CASE(ppi_of_no_length_starts_its_frame_anew)
{
	/* PPI's length 0 and link type 1, Ethernet, are the destination's first bytes. */
	Packet p = metered(DLT_PPI, FRAME(PPI(0, DLT_EN10MB), 0x50, 0x50, 0x50, 0x50, BE16(TYPE_IPV4), IPV4_UDP));

	assert_udp(&p, 4);
	assert_int_equal(ip_offset, 14);
}

CASE(ppi_in_ppi_is_ignored)
{
	assert_ignored(IGNORED_LINK_TYPE, DLT_PPI, FRAME(PPI(8, DLT_PPI), PPI(8, DLT_RAW), IPV4_UDP));
	assert_ignored(IGNORED_LINK_TYPE, DLT_PPI, FRAME(PPI(0, DLT_PPI), IPV4_UDP));
}

CASE(ppi_with_unknown_link_type_is_ignored)
{
	assert_ignored(IGNORED_LINK_TYPE, DLT_PPI, FRAME(PPI(8, DLT_IEEE802), IPV4_UDP));
}

CASE(ppi_longer_than_the_frame_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_PPI, FRAME(PPI(500, DLT_RAW), IPV4_UDP));
}

CASE(ppi_with_a_short_frame_is_short)
{
	assert_ignored(IGNORED_SHORT, DLT_PPI, FRAME(PPI(8, DLT_RAW), IPV4(20, UDP), ZEROS_4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dot11_addresses_in_one_cell),
		cmocka_unit_test(dot11_addresses_to_the_access_point),
		cmocka_unit_test(dot11_addresses_from_the_access_point),
		cmocka_unit_test(dot11_four_addresses),
		cmocka_unit_test(dot11_qos),
		cmocka_unit_test(dot11_qos_with_ht_control_and_four_addresses),
		cmocka_unit_test(dot11_order_bit_without_qos_adds_nothing),
		cmocka_unit_test(dot11_without_data_is_ignored),
		cmocka_unit_test(dot11_management_and_control_are_ignored),
		cmocka_unit_test(dot11_encrypted_is_ignored),
		cmocka_unit_test(dot11_of_another_version_is_ignored),
		cmocka_unit_test(dot11_without_snap_is_ignored),
		cmocka_unit_test(dot11_cut_in_address_4_in_qos_and_in_snap_is_ignored),
		cmocka_unit_test(dot11_header_alone_is_ignored),
		cmocka_unit_test(dot11_with_arp_is_not_ip),
		cmocka_unit_test(radiotap_without_fields),
		cmocka_unit_test(radiotap_bad_checksum),
		cmocka_unit_test(radiotap_other_flags_do_not_matter),
		cmocka_unit_test(radiotap_flags_stand_behind_the_time),
		cmocka_unit_test(radiotap_time_is_aligned_behind_two_words),
		cmocka_unit_test(radiotap_flags_behind_three_words),
		cmocka_unit_test(radiotap_first_field_is_no_flags_without_their_bit),
		cmocka_unit_test(radiotap_time_without_flags),
		cmocka_unit_test(radiotap_flags_at_its_length_do_not_count),
		cmocka_unit_test(radiotap_flags_behind_its_length_do_not_count),
		cmocka_unit_test(radiotap_words_up_to_the_end_are_short),
		cmocka_unit_test(radiotap_flags_behind_the_end_are_short),
		cmocka_unit_test(radiotap_longer_than_the_frame_is_short),
		cmocka_unit_test(radiotap_dot11_header_cut_is_short),
		cmocka_unit_test(ppi_with_dot11),
		cmocka_unit_test(ppi_with_raw_by_its_numbers_in_files),
		cmocka_unit_test(ppi_of_no_length_starts_its_frame_anew),
		cmocka_unit_test(ppi_in_ppi_is_ignored),
		cmocka_unit_test(ppi_with_unknown_link_type_is_ignored),
		cmocka_unit_test(ppi_longer_than_the_frame_is_short),
		cmocka_unit_test(ppi_with_a_short_frame_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
