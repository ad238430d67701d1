/*
 * test_capture_pcapng.c
 *	  pcapng files: blocks, interfaces and units of time by draft-ietf-opsawg-pcapng.
 *
 * capture_differential.py reads the same kinds of files, and random ones, with the reference model as well.
 */
#include "capture_files.h"

#define RAW_IN_FILE 101
#define RAW			12

/* A section with one interface, microseconds. */
static File
section(bool big)
{
	File file = {.big = big};

	ng_section(&file);
	ng_interface(&file, ETHERNET, SNAPSHOT, -1, 0);
	return file;
}

CASE(both_byte_orders)
{
	for (int big = 0; big < 2; big++)
	{
		File	file = section(big);
		Reading reading;

		ng_enhanced(&file, 0, UINT64_C(1700000000999999), 40, 60, 0x11, 40);
		ng_enhanced(&file, 0, UINT64_C(1700000001001999), 30, 30, 0x22, 30);
		reading = read_whole(&file, 2);
		expect_frame(&reading, 0, UINT64_C(1700000000999), 40, 60, ETHERNET, 0x11);
		expect_frame(&reading, 1, UINT64_C(1700000001001), 30, 30, ETHERNET, 0x22);
	}
}

/* By way of whole microseconds, as libpcap does; expected values computed with Python's whole numbers. */
CASE(times_by_resolution)
{
	static const struct
	{
		int		 resolution;
		uint64_t stamp;
		uint64_t ms;
	} times[] = {
		{-1, UINT64_C(1700000000999999), UINT64_C(1700000000999)},
		{6, UINT64_C(1700000000999999), UINT64_C(1700000000999)},
		{9, UINT64_C(1700000000999999999), UINT64_C(1700000000999)},
		{3, UINT64_C(1700000000999), UINT64_C(1700000000999)},
		{0, UINT64_C(1700000000), UINT64_C(1700000000000)},
		{1, UINT64_C(17000000009), UINT64_C(1700000000900)},
		{2, UINT64_C(170000000099), UINT64_C(1700000000990)},
		{4, UINT64_C(17000000009999), UINT64_C(1700000000999)},
		{7, UINT64_C(17000000009999999), UINT64_C(1700000000999)},
		{12, UINT64_MAX, UINT64_C(18446744073)},
		{19, UINT64_MAX, 1844},
		{20, UINT64_MAX, 184},
		{26, UINT64_MAX, 0},
		{38, UINT64_MAX, 0},
		{39, UINT64_MAX, 0},
		{40, UINT64_MAX, 0},
		{127, UINT64_MAX, 0},
		{0x80 | 0, UINT64_C(1700000000), UINT64_C(1700000000000)},
		{0x80 | 1, 3, 1500},
		{0x80 | 10, UINT64_C(1740800001023), UINT64_C(1700000000999)},
		{0x80 | 20, UINT64_C(1782579201048575), UINT64_C(1700000000999)},
		{0x80 | 63, UINT64_MAX, 1999},
		{0x80 | 64, UINT64_MAX, 999},
		{0x80 | 65, UINT64_MAX, 499},
		{0x80 | 127, UINT64_MAX, 0},
		{3, UINT64_MAX, UINT64_MAX},
		{6, UINT64_MAX, UINT64_C(18446744073709551)},
		{9, UINT64_MAX, UINT64_C(18446744073709)},
	};

	for (size_t i = 0; i < LENGTH(times); i++)
		for (int big = 0; big < 2; big++)
		{
			File	file = {.big = big};
			Reading reading;

			ng_section(&file);
			ng_interface(&file, ETHERNET, SNAPSHOT, times[i].resolution, 0);
			ng_enhanced(&file, 0, times[i].stamp, 4, 4, 1, 4);
			reading = read_whole(&file, 1);
			if (reading.frames[0].time != times[i].ms)
				fail_msg("resolution %d: %" PRIu64, times[i].resolution, reading.frames[0].time);
		}
}

CASE(times_with_an_offset)
{
	static const struct
	{
		int64_t	 offset;
		uint64_t ms;
	} times[] = {
		{3600, 3601500},
		{-1, 500},
		{INT64_C(1700000000), INT64_C(1700000001500)},
		{-2, UINT64_MAX - 499}, /* before 1970: wraps around */
		{-3600, UINT64_MAX - 3598499},
	};

	for (size_t i = 0; i < LENGTH(times); i++)
		for (int big = 0; big < 2; big++)
		{
			File	file = {.big = big};
			Reading reading;

			ng_section(&file);
			ng_interface(&file, ETHERNET, SNAPSHOT, 9, times[i].offset);
			ng_enhanced(&file, 0, 1500999999, 4, 4, 1, 4);
			reading = read_whole(&file, 1);
			expect_frame(&reading, 0, times[i].ms, 4, 4, ETHERNET, 1);
		}
}

/* Options of another length than theirs, or after the end of options. */
CASE(options_that_are_not_understood_are_passed_over)
{
	const uint8_t nano = 9;
	File		  file = {0};
	size_t		  start;
	Reading		  reading;

	ng_section(&file);
	start = ng_start(&file, NG_INTERFACE);
	put_u16(&file, ETHERNET);
	put_u16(&file, 0);
	put_u32(&file, SNAPSHOT);
	ng_option(&file, 9, "", 0);			 /* no byte of resolution */
	ng_option(&file, 14, "\1\2\3\4", 4); /* half an offset */
	ng_option(&file, 2988, "custom", 6);
	ng_option(&file, 1, "a comment", 9);
	ng_option(&file, 0, "", 0);
	ng_option(&file, 9, &nano, 1);
	ng_end(&file, start);
	ng_enhanced(&file, 0, 5000000, 4, 4, 1, 4);
	reading = read_whole(&file, 1);
	expect_frame(&reading, 0, 5000, 4, 4, ETHERNET, 1);
}

CASE(simple_packets_have_no_time)
{
	File	file = {0};
	Reading reading;

	ng_section(&file);
	ng_interface(&file, ETHERNET, 20, -1, 1000);
	ng_simple(&file, 15, 1, 15);
	ng_simple(&file, 60, 2, 20); /* cut at the snapshot length */
	ng_simple(&file, 60, 3, 24);
	ng_simple(&file, 8, 4, 16); /* the block is longer */
	ng_simple(&file, 0, 5, 0);
	reading = read_whole(&file, 5);
	expect_frame(&reading, 0, 0, 15, 15, ETHERNET, 1);
	expect_frame(&reading, 1, 0, 20, 60, ETHERNET, 2);
	expect_frame(&reading, 2, 0, 20, 60, ETHERNET, 3);
	expect_frame(&reading, 3, 0, 8, 8, ETHERNET, 4);
	expect_frame(&reading, 4, 0, 0, 0, ETHERNET, 0);
}

CASE(old_packet_blocks)
{
	for (int big = 0; big < 2; big++)
	{
		File	file = section(big);
		Reading reading;

		ng_interface(&file, RAW_IN_FILE, SNAPSHOT, 3, 0);
		ng_old_packet(&file, 0, 1234567, 13, 60, 1, 13);
		ng_old_packet(&file, 1, 1234, 14, 14, 2, 14);
		reading = read_whole(&file, 2);
		expect_frame(&reading, 0, 1234, 13, 60, ETHERNET, 1);
		expect_frame(&reading, 1, 1234, 14, 14, RAW, 2);
	}
}

/* METERING.md, part one, 9: NFStream loses the packets of the second. */
CASE(interfaces_have_their_own_link_type_and_time)
{
	File	file = section(false);
	Reading reading;

	ng_enhanced(&file, 0, 5000000, 4, 4, 1, 4);
	ng_interface(&file, RAW_IN_FILE, 100, 9, 10);
	ng_enhanced(&file, 1, 5000000, 4, 4, 2, 4);
	ng_enhanced(&file, 0, 6000000, 4, 4, 3, 4);
	ng_interface(&file, 276, 0, 3, 0);
	ng_enhanced(&file, 2, 7, 4, 4, 4, 4);
	reading = read_whole(&file, 4);
	expect_frame(&reading, 0, 5000, 4, 4, ETHERNET, 1);
	expect_frame(&reading, 1, 10005, 4, 4, RAW, 2);
	expect_frame(&reading, 2, 6000, 4, 4, ETHERNET, 3);
	expect_frame(&reading, 3, 7, 4, 4, 276, 4);
}

CASE(many_interfaces)
{
	File	file = {0};
	Reading reading;

	ng_section(&file);
	for (uint16_t i = 0; i < 60; i++)
		ng_interface(&file, i, SNAPSHOT, -1, i + 1);
	ng_enhanced(&file, 59, 0, 4, 4, 1, 4);
	ng_enhanced(&file, 3, 0, 4, 4, 2, 4);
	ng_enhanced(&file, 60, 0, 4, 4, 3, 4);
	reading = read_cut(&file, file.length);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.result, CAPTURE_DAMAGED);
	expect_frame(&reading, 0, 60000, 4, 4, 59, 1);
	expect_frame(&reading, 1, 4000, 4, 4, 3, 2);
}

/* A new section may have another byte order, and has interfaces of its own. */
CASE(section_changes)
{
	for (int big = 0; big < 2; big++)
	{
		File	file = section(big);
		Reading reading;

		ng_enhanced(&file, 0, 1000000, 4, 4, 1, 4);
		file.big = !file.big;
		ng_section(&file);
		ng_interface(&file, RAW_IN_FILE, SNAPSHOT, 3, 0);
		ng_enhanced(&file, 0, 2000, 4, 4, 2, 4);
		file.big = !file.big;
		ng_section(&file);
		ng_interface(&file, ETHERNET, SNAPSHOT, 9, 0);
		ng_enhanced(&file, 0, 3000000000, 4, 4, 3, 4);
		reading = read_whole(&file, 3);
		expect_frame(&reading, 0, 1000, 4, 4, ETHERNET, 1);
		expect_frame(&reading, 1, 2000, 4, 4, RAW, 2);
		expect_frame(&reading, 2, 3000, 4, 4, ETHERNET, 3);
	}
}

/* METERING.md, part one, 29: 1.2 was written by mistake, and is 1.0. */
CASE(versions)
{
	static const struct
	{
		uint16_t	major;
		uint16_t	minor;
		const char *failure;
	} versions[] = {
		{1, 0, NULL},
		{1, 2, NULL},
		{1, 1, "it is pcapng of version 1.1"},
		{1, 3, "it is pcapng of version 1.3"},
		{0, 0, "it is pcapng of version 0.0"},
		{2, 0, "it is pcapng of version 2.0"},
		{256, 0, "it is pcapng of version 256.0"},
		{65535, 65535, "it is pcapng of version 65535.65535"},
	};

	for (size_t i = 0; i < LENGTH(versions); i++)
		for (int big = 0; big < 2; big++)
		{
			File	file = {.big = big};
			Reading reading;

			ng_section_of_version(&file, versions[i].major, versions[i].minor);
			ng_interface(&file, ETHERNET, SNAPSHOT, -1, 0);
			ng_enhanced(&file, 0, 1000000, 4, 4, 1, 4);
			reading = read_cut(&file, file.length);
			if (versions[i].failure != NULL)
				expect_no_capture(&reading, FAILURE_VERSION, versions[i].failure);
			else
				expect_frame(&reading, 0, 1000, 4, 4, ETHERNET, 1);
		}
}

CASE(other_blocks_are_passed_over)
{
	static const uint32_t types[] = {0, 4, NG_STATISTICS, 7, 10, 0xBAD, 0x40000BAD, 0x80000001, UINT32_MAX};
	File				  file = section(false);
	Reading				  reading;

	for (size_t i = 0; i < LENGTH(types); i++)
		ng_block(&file, types[i], i * 4);
	ng_enhanced(&file, 0, 1000000, 4, 4, 1, 4);
	ng_block(&file, NG_STATISTICS, 20);
	reading = read_whole(&file, 1);
	expect_frame(&reading, 0, 1000, 4, 4, ETHERNET, 1);
}

/* Unlike in a pcap file: METERING.md, section 1, (i). */
CASE(frames_longer_than_the_snapshot_length_are_kept)
{
	File	file = {0};
	Reading reading;

	ng_section(&file);
	ng_interface(&file, ETHERNET, 20, -1, 0);
	ng_enhanced(&file, 0, 0, 40, 60, 1, 40);
	reading = read_whole(&file, 1);
	expect_frame(&reading, 0, 0, 40, 60, ETHERNET, 1);
}

CASE(capture_cut_at_every_byte)
{
	File   file = {.big = true};
	size_t ends[8] = {0}, /* of the blocks; a frame is in the third and in the last two */
		blocks = 0;

	ng_section(&file), ends[++blocks] = file.length;
	ng_interface(&file, ETHERNET, SNAPSHOT, 9, 5), ends[++blocks] = file.length;
	ng_enhanced(&file, 0, 1000000000, 13, 13, 1, 13), ends[++blocks] = file.length;
	ng_block(&file, NG_STATISTICS, 12), ends[++blocks] = file.length;
	ng_simple(&file, 9, 2, 9), ends[++blocks] = file.length;
	ng_old_packet(&file, 0, 1000000000, 5, 5, 3, 5), ends[++blocks] = file.length;

	for (size_t length = 4; length <= file.length; length++)
	{
		const Reading reading = read_cut(&file, length);
		size_t		  whole = 0,
			   frames;

		while (whole < blocks && ends[whole + 1] <= length)
			whole++;
		frames = whole < 3 ? 0 : (whole < 5 ? 1 : whole - 3);
		if (ends[whole] == length)
		{
			assert_int_equal(reading.result, CAPTURE_END);
			assert_int_equal(reading.count, frames);
		}
		else
			expect_damage(&reading, frames, FAILURE_CUT, ends[whole],
						  length - ends[whole] < 12 ? "ends inside a block's header" :
													  "ends beyond the end of the file");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_byte_orders),
		cmocka_unit_test(times_by_resolution),
		cmocka_unit_test(times_with_an_offset),
		cmocka_unit_test(options_that_are_not_understood_are_passed_over),
		cmocka_unit_test(versions),
		cmocka_unit_test(simple_packets_have_no_time),
		cmocka_unit_test(old_packet_blocks),
		cmocka_unit_test(interfaces_have_their_own_link_type_and_time),
		cmocka_unit_test(many_interfaces),
		cmocka_unit_test(section_changes),
		cmocka_unit_test(other_blocks_are_passed_over),
		cmocka_unit_test(frames_longer_than_the_snapshot_length_are_kept),
		cmocka_unit_test(capture_cut_at_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
