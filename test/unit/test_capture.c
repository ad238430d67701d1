/*
 * test_capture.c
 *	  pcap files: frames, times and lengths by draft-ietf-opsawg-pcap and METERING.md, section 1; and where damage
 *	  begins.
 *
 * capture_differential.py reads the same kinds of files, and random ones, with the reference model as well.
 */
#include <errno.h>

#include "capture_files.h"

#define HEADER_BYTES 24
#define RECORD_BYTES 16

static const uint32_t magics[] = {PCAP_MICROSECONDS, PCAP_NANOSECONDS, PCAP_KUZNETZOV};

/* Two packets, of 40 bytes of which 60 were on the wire, and of 30. */
static File
two_packets(bool big, uint32_t magic)
{
	File	 file = {.big = big};
	uint32_t fraction = magic == PCAP_NANOSECONDS ? 999999999 : 999999;

	pcap_header(&file, magic, 4, SNAPSHOT, ETHERNET);
	pcap_record(&file, 1700000000, fraction, 40, 60, 0x11, 40);
	pcap_record(&file, 1700000001, 1500, 30, 30, 0x22, 30);
	return file;
}

CASE(both_byte_orders_and_all_magic_numbers)
{
	for (size_t i = 0; i < LENGTH(magics); i++)
		for (int big = 0; big < 2; big++)
		{
			const File	  file = two_packets(big, magics[i]);
			const Reading reading = read_whole(&file, 2);
			uint64_t	  second = magics[i] == PCAP_NANOSECONDS ? UINT64_C(1700000001000) : UINT64_C(1700000001001);

			expect_frame(&reading, 0, UINT64_C(1700000000999), 40, 60, ETHERNET, 0x11);
			expect_frame(&reading, 1, second, 30, 30, ETHERNET, 0x22);
		}
}

CASE(times_are_cut_to_milliseconds_not_rounded)
{
	static const struct
	{
		uint32_t magic;
		uint32_t fraction;
		uint64_t ms;
	} times[] = {
		{PCAP_MICROSECONDS, 0, 0},
		{PCAP_MICROSECONDS, 999, 0},
		{PCAP_MICROSECONDS, 1000, 1},
		{PCAP_MICROSECONDS, 1999, 1},
		{PCAP_MICROSECONDS, 999999, 999},
		{PCAP_NANOSECONDS, 999999, 0},
		{PCAP_NANOSECONDS, 1000000, 1},
		{PCAP_NANOSECONDS, 1999999, 1},
		{PCAP_NANOSECONDS, 999999999, 999},
		{PCAP_KUZNETZOV, 1999, 1},
	};

	for (size_t i = 0; i < LENGTH(times); i++)
	{
		File	file = {0};
		Reading reading;

		pcap_header(&file, times[i].magic, 4, SNAPSHOT, ETHERNET);
		pcap_record(&file, 5, times[i].fraction, 4, 4, 1, 4);
		reading = read_whole(&file, 1);
		expect_frame(&reading, 0, 5000 + times[i].ms, 4, 4, ETHERNET, 1);
	}
}

/* METERING.md, part one, 5; fractions of more than a second go on counting. */
CASE(times_are_unsigned)
{
	File	file = {0};
	Reading reading;

	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, ETHERNET);
	pcap_record(&file, 0x80000000, 0, 4, 4, 1, 4);
	pcap_record(&file, UINT32_MAX, 999999, 4, 4, 1, 4);
	pcap_record(&file, 0, 0, 4, 4, 1, 4);
	pcap_record(&file, 1, UINT32_MAX, 4, 4, 1, 4);
	reading = read_whole(&file, 4);
	expect_frame(&reading, 0, UINT64_C(2147483648000), 4, 4, ETHERNET, 1);
	expect_frame(&reading, 1, UINT64_C(4294967295999), 4, 4, ETHERNET, 1);
	expect_frame(&reading, 2, 0, 4, 4, ETHERNET, 1);
	expect_frame(&reading, 3, 1000 + 4294967, 4, 4, ETHERNET, 1);
}

/* METERING.md, section 1, (i). */
CASE(lengths_stand_the_other_way_round_before_version_2_3)
{
	for (uint16_t minor = 0; minor <= 4; minor++)
		for (int big = 0; big < 2; big++)
		{
			File	file = {.big = big};
			Reading reading;

			pcap_header(&file, PCAP_MICROSECONDS, minor, SNAPSHOT, ETHERNET);
			if (minor < 3)
				pcap_record(&file, 0, 0, 60, 40, 1, 40);
			else
				pcap_record(&file, 0, 0, 40, 60, 1, 40);
			pcap_record(&file, 0, 0, 30, 30, 2, 30);
			reading = read_whole(&file, 2);
			expect_frame(&reading, 0, 0, 40, 60, ETHERNET, 1);
			expect_frame(&reading, 1, 0, 30, 30, ETHERNET, 2);
		}
}

/* METERING.md, part one, 29: the versions that libpcap knows. */
CASE(versions)
{
	static const struct
	{
		uint16_t	major;
		uint16_t	minor;
		const char *failure;
	} versions[] = {
		{2, 0, NULL},
		{2, 4, NULL},
		{543, 0, NULL},
		{2, 5, "it is pcap of version 2.5"},
		{1, 4, "it is pcap of version 1.4"},
		{3, 0, "it is pcap of version 3.0"},
		{0, 0, "it is pcap of version 0.0"},
		{542, 0, "it is pcap of version 542.0"},
		{543, 1, "it is pcap of version 543.1"},
		{65535, 65535, "it is pcap of version 65535.65535"},
		{2, 0x0400, "it is pcap of version 2.1024"},
	};

	for (size_t i = 0; i < LENGTH(versions); i++)
		for (int big = 0; big < 2; big++)
		{
			File	file = {.big = big};
			size_t	end;
			Reading reading;

			pcap_header(&file, PCAP_MICROSECONDS, versions[i].minor, SNAPSHOT, ETHERNET);
			end = file.length;
			file.length = 4;
			put_u16(&file, versions[i].major);
			file.length = end;
			pcap_record(&file, 0, 0, 40, 40, 1, 40);
			reading = read_cut(&file, file.length);
			if (versions[i].failure != NULL)
				expect_no_capture(&reading, FAILURE_VERSION, versions[i].failure);
			else
				assert_int_equal(reading.count, 1);
		}
}

CASE(lengths_of_version_543_0_stand_the_other_way_round)
{
	File	file = {0};
	size_t	end;
	Reading reading;

	pcap_header(&file, PCAP_MICROSECONDS, 0, SNAPSHOT, ETHERNET);
	end = file.length;
	file.length = 4;
	put_u16(&file, 543);
	file.length = end;
	pcap_record(&file, 0, 0, 60, 40, 1, 40);
	reading = read_whole(&file, 1);
	expect_frame(&reading, 0, 0, 40, 60, ETHERNET, 1);
}

/* Of version 2.3 there are files of both kinds; more captured than there was is the mark. */
CASE(lengths_of_version_2_3_are_swapped_where_more_was_captured)
{
	File	file = {0};
	Reading reading;

	pcap_header(&file, PCAP_MICROSECONDS, 3, SNAPSHOT, ETHERNET);
	pcap_record(&file, 0, 0, 60, 40, 1, 40);
	pcap_record(&file, 0, 0, 40, 60, 2, 40);
	reading = read_whole(&file, 2);
	expect_frame(&reading, 0, 0, 40, 60, ETHERNET, 1);
	expect_frame(&reading, 1, 0, 40, 60, ETHERNET, 2);
}

CASE(lengths_of_version_2_4_are_taken_as_they_are)
{
	File	file = {0};
	Reading reading;

	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, ETHERNET);
	pcap_record(&file, 0, 0, 60, 40, 1, 60);
	reading = read_whole(&file, 1);
	expect_frame(&reading, 0, 0, 60, 40, ETHERNET, 1);
}

CASE(frames_are_cut_at_the_snapshot_length)
{
	File	file = {0};
	Reading reading;

	pcap_header(&file, PCAP_MICROSECONDS, 4, 20, ETHERNET);
	pcap_record(&file, 0, 0, 40, 60, 1, 40);
	pcap_record(&file, 0, 0, 20, 60, 2, 20);
	pcap_record(&file, 0, 0, 19, 19, 3, 19);
	reading = read_whole(&file, 3);
	expect_frame(&reading, 0, 0, 20, 60, ETHERNET, 1);
	expect_frame(&reading, 1, 0, 20, 60, ETHERNET, 2);
	expect_frame(&reading, 2, 0, 19, 19, ETHERNET, 3);
}

CASE(snapshot_length_that_means_none_cuts_nothing)
{
	static const uint32_t lengths[] = {0, 0x80000000, UINT32_MAX, 0x7FFFFFFF};

	for (size_t i = 0; i < LENGTH(lengths); i++)
	{
		File	file = {0};
		Reading reading;

		pcap_header(&file, PCAP_MICROSECONDS, 4, lengths[i], ETHERNET);
		pcap_record(&file, 0, 0, 2000, 2000, 1, 2000);
		reading = read_whole(&file, 1);
		expect_frame(&reading, 0, 0, 2000, 2000, ETHERNET, 1);
	}
}

CASE(frame_without_a_byte)
{
	File	file = {0};
	Reading reading;

	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, ETHERNET);
	pcap_record(&file, 1, 0, 0, 60, 1, 0);
	pcap_record(&file, 2, 0, 1, 60, 1, 1);
	reading = read_whole(&file, 2);
	expect_frame(&reading, 0, 1000, 0, 60, ETHERNET, 0);
	expect_frame(&reading, 1, 2000, 1, 60, ETHERNET, 1);
}

/* https://www.tcpdump.org/linktypes.html; what stands above 16 bits is the checksum's length. */
CASE(link_types_are_libpcaps)
{
	static const struct
	{
		uint32_t in_file;
		uint32_t link_type;
	} types[] = {
		{0, 0},
		{1, 1},
		{9, 9},
		{12, 12},
		{14, 12},
		{50, 50},
		{101, 12},
		{105, 105},
		{113, 113},
		{127, 127},
		{192, 192},
		{228, 228},
		{276, 276},
		{65535, 65535},
		{0x10000001, 1},
		{0xF4000000 | 101, 12},
		{0xFC000001, 1},
	};

	for (size_t i = 0; i < LENGTH(types); i++)
	{
		File	file = {0};
		Reading reading;

		pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, types[i].in_file);
		pcap_record(&file, 0, 0, 4, 4, 1, 4);
		reading = read_whole(&file, 1);
		expect_frame(&reading, 0, 0, 4, 4, types[i].link_type, 1);
	}
}

/* Ten bits between the link type and what is known of the checksum. */
CASE(reserved_bits_of_the_link_type_are_an_error)
{
	for (unsigned bit = 16; bit < 26; bit++)
	{
		File	file = {0};
		Reading reading;

		pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, UINT32_C(1) << bit | ETHERNET);
		pcap_record(&file, 0, 0, 4, 4, 1, 4);
		reading = read_cut(&file, file.length);
		expect_no_capture(&reading, FAILURE_CORRUPT, "the reserved bits of its link type are set");
	}
}

/* Once the time zone and the accuracy; draft-ietf-opsawg-pcap: readers MUST ignore both. */
CASE(reserved_fields_are_ignored)
{
	File	file = {0};
	size_t	end;
	Reading reading;

	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, ETHERNET);
	end = file.length;
	file.length = 8;
	put_u32(&file, 3600);
	put_u32(&file, UINT32_MAX);
	file.length = end;
	pcap_record(&file, 5, 0, 4, 4, 1, 4);
	reading = read_whole(&file, 1);
	expect_frame(&reading, 0, 5000, 4, 4, ETHERNET, 1);
}

CASE(header_without_packets_is_a_capture)
{
	File file = {0};

	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, ETHERNET);
	read_whole(&file, 0);
}

CASE(longest_packet_that_is_believed)
{
	File	file = {0};
	Reading reading;
	int		descriptor;

	pcap_header(&file, PCAP_MICROSECONDS, 4, 0, ETHERNET);
	pcap_record(&file, 0, 0, 262144, 262144, 0, 0);
	descriptor = file_of(file.bytes, file.length);
	file_extend(descriptor, file.length + 262144);
	reading = read_descriptor(descriptor, file.length + 262144);
	assert_int_equal(reading.result, CAPTURE_END);
	expect_frame(&reading, 0, 0, 262144, 262144, ETHERNET, 0);
}

/* Messages of other kinds may be longer than any frame of a network. */
CASE(longest_message_that_is_believed)
{
	static const uint32_t link_types[] = {189, 220, 231, 249, 266, 279};

	for (size_t i = 0; i < LENGTH(link_types); i++)
		for (uint32_t more = 0; more < 2; more++)
		{
			const uint32_t length = CAPTURE_MESSAGE_MAX + more;
			File		   file = {0};
			Reading		   reading;
			int			   descriptor;

			pcap_header(&file, PCAP_MICROSECONDS, 4, 0, link_types[i]);
			pcap_record(&file, 0, 0, length, length, 0, 0);
			descriptor = file_of(file.bytes, file.length);
			file_extend(descriptor, file.length + length);
			reading = read_descriptor(descriptor, file.length + length);
			if (more == 0)
				expect_frame(&reading, 0, 0, length, length, link_types[i], 0);
			else
				expect_damage(&reading, 0, FAILURE_CORRUPT, HEADER_BYTES, "claims to be longer than any packet");
		}
}

CASE(longer_packet_is_damage)
{
	File	file = two_packets(false, PCAP_MICROSECONDS);
	size_t	start = file.length;
	Reading reading;

	pcap_record(&file, 0, 0, 262145, 262145, 1, 1000);
	reading = read_cut(&file, file.length);
	expect_damage(&reading, 2, FAILURE_CORRUPT, start, "claims to be longer than any packet");
}

/* By the length that counts: in an old file the second. */
CASE(longer_packet_of_an_old_file_is_damage)
{
	File	file = {0};
	Reading reading;

	pcap_header(&file, PCAP_MICROSECONDS, 2, SNAPSHOT, ETHERNET);
	pcap_record(&file, 0, 0, 300000, 40, 1, 40);
	pcap_record(&file, 0, 0, 40, 300000, 1, 40);
	reading = read_cut(&file, file.length);
	expect_damage(&reading, 1, FAILURE_CORRUPT, HEADER_BYTES + RECORD_BYTES + 40,
				  "claims to be longer than any packet");
	expect_frame(&reading, 0, 0, 40, 300000, ETHERNET, 1);
}

/* What a file of two packets gives that ends after `length` bytes. */
static void
expect_cut(const File *file, size_t length, size_t record)
{
	const Reading reading = read_cut(file, length);
	size_t		  first = HEADER_BYTES + record + 40;

	if (length == 0)
		expect_no_capture(&reading, FAILURE_EMPTY, "it is empty");
	else if (length < 4)
		expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, "it has fewer than 4 bytes");
	else if (length < HEADER_BYTES)
		expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, "it ends inside its file header");
	else if (length == HEADER_BYTES || length == first || length == file->length)
	{
		assert_int_equal(reading.result, CAPTURE_END);
		assert_int_equal(reading.count, length == HEADER_BYTES ? 0 : (length == first ? 1 : 2));
	}
	else if (length < HEADER_BYTES + record)
		expect_damage(&reading, 0, FAILURE_CUT, HEADER_BYTES, "ends inside a packet's header");
	else if (length < first)
		expect_damage(&reading, 0, FAILURE_CUT, HEADER_BYTES, "ends beyond the end of the file");
	else if (length < first + record)
		expect_damage(&reading, 1, FAILURE_CUT, first, "ends inside a packet's header");
	else
		expect_damage(&reading, 1, FAILURE_CUT, first, "ends beyond the end of the file");
}

CASE(capture_cut_at_every_byte)
{
	for (size_t i = 0; i < LENGTH(magics); i++)
	{
		const File file = two_packets(false, magics[i]);

		for (size_t length = 0; length <= file.length; length++)
			expect_cut(&file, length, RECORD_BYTES + file.record_padding);
	}
}

CASE(other_first_bytes_are_no_capture)
{
	static const uint32_t others[] = {0, 0xa1b2c3d5, 0x04030201, UINT32_MAX, 0xa1b2cd35, 0x0a0d0d0b};

	for (size_t i = 0; i < LENGTH(others); i++)
	{
		File	file = {0};
		Reading reading;

		pcap_header(&file, others[i], 4, SNAPSHOT, ETHERNET);
		reading = read_cut(&file, file.length);
		expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, "its first bytes are neither pcap's nor pcapng's");
	}
}

/* A magic number of any kind with each of its bits turned over. */
CASE(damaged_magic_numbers_are_no_capture)
{
	for (size_t i = 0; i < LENGTH(magics); i++)
		for (unsigned bit = 0; bit < 32; bit++)
		{
			File	file = two_packets(false, magics[i]);
			Reading reading;

			file.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
			reading = read_cut(&file, file.length);
			expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, "its first bytes are neither pcap's nor pcapng's");
		}
}

CASE(descriptor_that_cannot_be_read_says_so)
{
	const Reading reading = read_descriptor(open("/", O_RDONLY | O_DIRECTORY), 1000);

	expect_no_capture(&reading, FAILURE_READ, strerror(EISDIR));
}

CASE(read_error_keeps_the_packets_before_it)
{
	const File	  file = two_packets(false, PCAP_MICROSECONDS);
	const Reading reading = read_descriptor(file_that_breaks_behind(file.bytes, file.length), 100000);

	expect_damage(&reading, 2, FAILURE_READ, file.length, strerror(EIO));
}

/* A file that lost bytes after its size was taken. */
CASE(shrunk_file_is_damage)
{
	const File	  file = two_packets(false, PCAP_MICROSECONDS);
	const Reading reading = read_descriptor(file_of(file.bytes, file.length - 5), file.length);

	expect_damage(&reading, 1, FAILURE_CUT, HEADER_BYTES + RECORD_BYTES + 40, "ends beyond the end of the file");
}

/* The same, cut between two packets: the rest is missing all the same. */
CASE(file_that_shrunk_by_a_whole_packet_is_damage)
{
	const File	  file = two_packets(false, PCAP_MICROSECONDS);
	const Reading reading = read_descriptor(file_of(file.bytes, HEADER_BYTES + RECORD_BYTES + 40), file.length);

	expect_damage(&reading, 1, FAILURE_CUT, HEADER_BYTES + RECORD_BYTES + 40, "ends inside a packet's header");
}

CASE(bytes_behind_the_given_size_are_not_read)
{
	const File	  file = two_packets(false, PCAP_MICROSECONDS);
	const Reading reading = read_descriptor(file_of(file.bytes, file.length), HEADER_BYTES + RECORD_BYTES + 40);

	assert_int_equal(reading.result, CAPTURE_END);
	assert_int_equal(reading.count, 1);
}

/* More packets than the stream holds at once. */
CASE(frames_of_a_long_capture)
{
	enum
	{
		PACKETS = 50000,
		BYTES = RECORD_BYTES + 100
	};
	uint8_t		  *bytes = malloc((size_t) PACKETS * BYTES);
	File		   file = {0};
	Capture		   capture;
	Frame		   frame;
	FailureMessage failure;
	int			   descriptor;

	assert_non_null(bytes);
	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, ETHERNET);
	descriptor = file_of(file.bytes, file.length);
	for (uint32_t i = 0; i < PACKETS; i++)
	{
		file.length = 0;
		pcap_record(&file, i, 0, 100, 100, (uint8_t) i, 100);
		memcpy(bytes + (size_t) i * BYTES, file.bytes, BYTES);
	}
	file_write(descriptor, HEADER_BYTES, bytes, (size_t) PACKETS * BYTES);
	free(bytes);

	assert_true(capture_open(&capture, descriptor, HEADER_BYTES + (uint64_t) PACKETS * BYTES, 0, &failure));
	for (uint32_t i = 0; i < PACKETS; i++)
	{
		assert_int_equal(capture_next(&capture, &frame), CAPTURE_FRAME);
		assert_int_equal(frame.time, i * UINT64_C(1000));
		assert_int_equal(frame.bytes[0], (uint8_t) i);
		assert_int_equal(frame.bytes[99], (uint8_t) i);
		assert_int_equal(capture.frames, i + 1);
	}
	assert_int_equal(capture_next(&capture, &frame), CAPTURE_END);
	assert_int_equal(capture_next(&capture, &frame), CAPTURE_END);
	capture_close(&capture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_byte_orders_and_all_magic_numbers),
		cmocka_unit_test(times_are_cut_to_milliseconds_not_rounded),
		cmocka_unit_test(times_are_unsigned),
		cmocka_unit_test(lengths_stand_the_other_way_round_before_version_2_3),
		cmocka_unit_test(versions),
		cmocka_unit_test(lengths_of_version_543_0_stand_the_other_way_round),
		cmocka_unit_test(lengths_of_version_2_3_are_swapped_where_more_was_captured),
		cmocka_unit_test(lengths_of_version_2_4_are_taken_as_they_are),
		cmocka_unit_test(frames_are_cut_at_the_snapshot_length),
		cmocka_unit_test(snapshot_length_that_means_none_cuts_nothing),
		cmocka_unit_test(frame_without_a_byte),
		cmocka_unit_test(link_types_are_libpcaps),
		cmocka_unit_test(reserved_bits_of_the_link_type_are_an_error),
		cmocka_unit_test(reserved_fields_are_ignored),
		cmocka_unit_test(header_without_packets_is_a_capture),
		cmocka_unit_test(longest_packet_that_is_believed),
		cmocka_unit_test(longest_message_that_is_believed),
		cmocka_unit_test(longer_packet_is_damage),
		cmocka_unit_test(longer_packet_of_an_old_file_is_damage),
		cmocka_unit_test(capture_cut_at_every_byte),
		cmocka_unit_test(other_first_bytes_are_no_capture),
		cmocka_unit_test(damaged_magic_numbers_are_no_capture),
		cmocka_unit_test(descriptor_that_cannot_be_read_says_so),
		cmocka_unit_test(read_error_keeps_the_packets_before_it),
		cmocka_unit_test(shrunk_file_is_damage),
		cmocka_unit_test(file_that_shrunk_by_a_whole_packet_is_damage),
		cmocka_unit_test(bytes_behind_the_given_size_are_not_read),
		cmocka_unit_test(frames_of_a_long_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
