/*
 * test_capture_damage.c
 *	  pcapng files with blocks that contradict themselves: the packets before them come, and the damage is the block's.
 */
#include "capture_files.h"

#define CONTRADICTION "is in a block that contradicts itself"
#define TWO_LENGTHS	  "is in a block with two different lengths"
#define IMPOSSIBLE	  "is in a block of an impossible length"
#define BEHIND_END	  "ends beyond the end of the file"

/* A section with one interface, microseconds. */
static File
section(bool big)
{
	File file = {.big = big};

	ng_section(&file);
	ng_interface(&file, ETHERNET, SNAPSHOT, -1, 0);
	return file;
}

/* A section with one frame; *start is the place of what follows. */
static File
one_frame(size_t *start)
{
	File file = section(false);

	ng_enhanced(&file, 0, 1000000, 8, 8, 0x11, 8);
	*start = file.length;
	return file;
}

/* Reads a file that ends in a block that is damaged, after one frame. */
static void
expect_damaged_block(const File *file, size_t start, FailureCode code, const char *text)
{
	const Reading reading = read_cut(file, file->length);

	expect_damage(&reading, 1, code, start, text);
}

CASE(interfaces_of_the_section_before_are_forgotten)
{
	size_t start;
	File   file = one_frame(&start);

	ng_section(&file);
	start = file.length;
	ng_enhanced(&file, 0, 0, 4, 4, 2, 4);
	expect_damaged_block(&file, start, FAILURE_CORRUPT, CONTRADICTION);
}

CASE(two_different_lengths_are_damage)
{
	size_t start;
	File   file = one_frame(&start);

	ng_enhanced(&file, 0, 0, 4, 4, 2, 4);
	file.bytes[file.length - 4] += 4;
	expect_damaged_block(&file, start, FAILURE_CORRUPT, TWO_LENGTHS);
}

CASE(two_different_lengths_of_a_block_that_is_passed_over_are_damage)
{
	size_t start;
	File   file = one_frame(&start);

	ng_block(&file, NG_STATISTICS, 8);
	file.bytes[file.length - 4] -= 4;
	expect_damaged_block(&file, start, FAILURE_CORRUPT, TWO_LENGTHS);
}

CASE(impossible_lengths_are_damage)
{
	static const uint32_t lengths[] = {0, 4, 8, 11, 13, 14, 15, 33, UINT32_MAX};

	for (size_t i = 0; i < LENGTH(lengths); i++)
	{
		size_t start;
		File   file = one_frame(&start);

		put_u32(&file, NG_ENHANCED);
		put_u32(&file, lengths[i]);
		put_fill(&file, 0, 100);
		expect_damaged_block(&file, start, FAILURE_CORRUPT, IMPOSSIBLE);
	}
}

CASE(more_captured_than_the_block_holds_is_damage)
{
	static const uint32_t lengths[] = {9, 12, 0x7FFFFFFF, 0x80000000, UINT32_MAX};

	for (size_t i = 0; i < LENGTH(lengths); i++)
	{
		size_t start;
		File   file = one_frame(&start);

		ng_enhanced(&file, 0, 0, lengths[i], 1500, 2, 8);
		expect_damaged_block(&file, start, FAILURE_CORRUPT, CONTRADICTION);

		file = one_frame(&start);
		ng_old_packet(&file, 0, 0, lengths[i], 1500, 2, 8);
		expect_damaged_block(&file, start, FAILURE_CORRUPT, CONTRADICTION);
	}
}

CASE(packet_blocks_without_their_numbers_are_damage)
{
	static const struct
	{
		uint32_t type;
		size_t	 least;
	} blocks[] = {{NG_ENHANCED, 20}, {NG_OLD_PACKET, 20}, {NG_SIMPLE, 4}};

	for (size_t i = 0; i < LENGTH(blocks); i++)
		for (size_t present = 0; present < blocks[i].least; present += 4)
		{
			size_t start;
			File   file = one_frame(&start);

			ng_block(&file, blocks[i].type, present);
			expect_damaged_block(&file, start, FAILURE_CORRUPT, CONTRADICTION);
		}
}

CASE(interface_that_was_not_described_is_damage)
{
	static const uint32_t numbers[] = {1, 65535, 65536, UINT32_MAX};

	for (size_t i = 0; i < LENGTH(numbers); i++)
	{
		size_t start;
		File   file = one_frame(&start);

		ng_enhanced(&file, numbers[i], 0, 4, 4, 2, 4);
		expect_damaged_block(&file, start, FAILURE_CORRUPT, CONTRADICTION);
	}
}

CASE(simple_packet_without_an_interface_is_damage)
{
	File	file = {0};
	size_t	start;
	Reading reading;

	ng_section(&file);
	start = file.length;
	ng_simple(&file, 4, 1, 4);
	reading = read_cut(&file, file.length);
	expect_damage(&reading, 0, FAILURE_CORRUPT, start, CONTRADICTION);
}

CASE(interface_without_a_description_is_damage)
{
	for (size_t present = 0; present < 8; present += 4)
	{
		size_t start;
		File   file = one_frame(&start);

		ng_block(&file, NG_INTERFACE, present);
		expect_damaged_block(&file, start, FAILURE_CORRUPT, "follows an interface without a description");
	}
}

/* METERING.md, part one, 29: the same at a file's start is no capture. */
CASE(section_of_another_version_is_damage)
{
	for (int big = 0; big < 2; big++)
	{
		size_t start;
		File   file = one_frame(&start);

		file.big = big;
		ng_section_of_version(&file, 2, 1);
		ng_interface(&file, ETHERNET, SNAPSHOT, -1, 0);
		ng_enhanced(&file, 0, 1000000, 4, 4, 1, 4);
		expect_damaged_block(&file, start, FAILURE_VERSION, "is in pcapng of version 2.1");
	}
}

CASE(section_in_no_byte_order_is_damage)
{
	static const uint32_t orders[] = {0, 0x1a2b3c4e, 0x2b1a4d3c, UINT32_MAX};

	for (size_t i = 0; i < LENGTH(orders); i++)
	{
		size_t start,
			end;
		File	file = one_frame(&start);
		Reading reading;

		ng_section(&file);
		end = file.length;
		file.length = start + 8;
		put_u32(&file, orders[i]);
		file.length = end;
		expect_damaged_block(&file, start, FAILURE_CORRUPT, "is in pcapng of an unknown byte order");

		/* The same at the file's start. */
		reading = read_descriptor(file_of(file.bytes + start, end - start), end - start);
		expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, "it is pcapng of an unknown byte order");
	}
}

CASE(short_section_header_is_damage)
{
	for (uint32_t total = 12; total < 28; total += 4)
	{
		size_t start;
		File   file = one_frame(&start);

		put_u32(&file, NG_SECTION);
		put_u32(&file, total);
		put_u32(&file, 0x1a2b3c4d);
		put_u16(&file, 1);
		put_u16(&file, 0);
		put_fill(&file, 0xFF, 8);
		expect_damaged_block(&file, start, FAILURE_CORRUPT, IMPOSSIBLE);
	}
}

CASE(simple_packet_longer_than_its_block_is_damage)
{
	static const uint32_t lengths[] = {9, 12, 0x7FFFFFFF, UINT32_MAX};

	for (size_t i = 0; i < LENGTH(lengths); i++)
	{
		size_t start;
		File   file = one_frame(&start);

		ng_simple(&file, lengths[i], 2, 8);
		expect_damaged_block(&file, start, FAILURE_CORRUPT, CONTRADICTION);
	}
}

CASE(packet_longer_than_any_is_damage)
{
	static const uint32_t lengths[] = {262144, 262148};

	for (size_t i = 0; i < LENGTH(lengths); i++)
	{
		size_t start;
		File   file = one_frame(&start),
			 rest = {0};
		uint32_t total = 32 + lengths[i];
		uint64_t size = start + total;
		int		 descriptor;
		Reading	 reading;

		put_u32(&file, NG_ENHANCED);
		put_u32(&file, total);
		put_fill(&file, 0, 12);
		put_u32(&file, lengths[i]);
		put_u32(&file, lengths[i]);
		put_u32(&rest, total);
		descriptor = file_of(file.bytes, file.length);
		file_extend(descriptor, size - 4);
		file_write(descriptor, size - 4, rest.bytes, rest.length);
		reading = read_descriptor(descriptor, size);
		if (lengths[i] == 262144)
			assert_int_equal(reading.count, 2);
		else
			expect_damage(&reading, 1, FAILURE_CORRUPT, start, "claims to be longer than any packet");
	}
}

/* An interface after the first frame, whose options are put by the caller. */
static size_t
start_interface(File *file)
{
	size_t start = ng_start(file, NG_INTERFACE);

	put_u16(file, ETHERNET);
	put_u16(file, 0);
	put_u32(file, SNAPSHOT);
	return start;
}

CASE(two_resolutions_of_time_are_damage)
{
	static const uint8_t resolutions[] = {6, 9};

	for (int second = 0; second < 2; second++)
	{
		size_t start;
		File   file = one_frame(&start);

		start_interface(&file);
		ng_option(&file, 9, resolutions, 1);
		ng_option(&file, 2, "eth1", 4);
		ng_option(&file, 9, resolutions + second, 1);
		ng_option(&file, 0, "", 0);
		ng_end(&file, start);
		expect_damaged_block(&file, start, FAILURE_CORRUPT, "follows an interface with two resolutions of time");
	}
}

CASE(option_longer_than_its_block_is_damage)
{
	static const uint16_t codes[] = {1, 2, 9, 14, 2988, 65535};
	static const uint16_t lengths[] = {5, 8, 60000, 65535};

	for (size_t i = 0; i < LENGTH(codes); i++)
		for (size_t j = 0; j < LENGTH(lengths); j++)
		{
			size_t start;
			File   file = one_frame(&start);

			start_interface(&file);
			put_u16(&file, codes[i]);
			put_u16(&file, lengths[j]);
			put_fill(&file, 3, 4);
			ng_end(&file, start);
			expect_damaged_block(&file, start, FAILURE_CORRUPT,
								 "follows an interface with an option that is longer than its block");
		}
}

/* A block of 40 MB that is passed over, longer than what can be looked at at once; then a frame. */
static int
file_with_a_huge_block(uint32_t type, uint32_t total, uint32_t total_behind, size_t *start, uint64_t *size)
{
	File file = one_frame(start),
		 rest = {0};
	int descriptor;

	put_u32(&file, type);
	put_u32(&file, total);
	descriptor = file_of(file.bytes, file.length);
	put_u32(&rest, total_behind);
	ng_enhanced(&rest, 0, 2000000, 4, 4, 0x33, 4);
	file_extend(descriptor, *start + total - 4);
	file_write(descriptor, *start + total - 4, rest.bytes, rest.length);
	*size = *start + total - 4 + rest.length;
	return descriptor;
}

#define HUGE (40u << 20)

CASE(huge_block_is_passed_over)
{
	size_t		  start;
	uint64_t	  size;
	int			  descriptor = file_with_a_huge_block(0xBAD, HUGE, HUGE, &start, &size);
	const Reading reading = read_descriptor(descriptor, size);

	assert_int_equal(reading.result, CAPTURE_END);
	assert_int_equal(reading.count, 2);
	expect_frame(&reading, 1, 2000, 4, 4, ETHERNET, 0x33);
}

CASE(huge_block_with_two_different_lengths_is_damage)
{
	size_t		  start;
	uint64_t	  size;
	int			  descriptor = file_with_a_huge_block(0xBAD, HUGE, HUGE - 4, &start, &size);
	const Reading reading = read_descriptor(descriptor, size);

	expect_damage(&reading, 1, FAILURE_CORRUPT, start, TWO_LENGTHS);
}

CASE(huge_block_that_is_cut_is_damage)
{
	size_t		  start;
	uint64_t	  size;
	int			  descriptor = file_with_a_huge_block(0xBAD, HUGE, HUGE, &start, &size);
	const Reading reading = read_descriptor(descriptor, start + HUGE - 1);

	expect_damage(&reading, 1, FAILURE_CUT, start, BEHIND_END);
}

CASE(huge_block_of_a_packet_is_damage)
{
	static const uint32_t types[] = {NG_ENHANCED, NG_OLD_PACKET, NG_SIMPLE, NG_INTERFACE};

	for (size_t i = 0; i < LENGTH(types); i++)
	{
		size_t		  start;
		uint64_t	  size;
		int			  descriptor = file_with_a_huge_block(types[i], HUGE, HUGE, &start, &size);
		const Reading reading = read_descriptor(descriptor, size);

		expect_damage(&reading, 1, FAILURE_CORRUPT, start, "claims to be longer than any packet");
	}
}

CASE(huge_length_is_not_believed)
{
	size_t start;
	File   file = one_frame(&start);

	put_u32(&file, 0xBAD);
	put_u32(&file, UINT32_MAX - 3);
	put_fill(&file, 0, 100);
	expect_damaged_block(&file, start, FAILURE_CUT, BEHIND_END);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_of_the_section_before_are_forgotten),
		cmocka_unit_test(two_different_lengths_are_damage),
		cmocka_unit_test(two_different_lengths_of_a_block_that_is_passed_over_are_damage),
		cmocka_unit_test(impossible_lengths_are_damage),
		cmocka_unit_test(more_captured_than_the_block_holds_is_damage),
		cmocka_unit_test(packet_blocks_without_their_numbers_are_damage),
		cmocka_unit_test(interface_that_was_not_described_is_damage),
		cmocka_unit_test(simple_packet_without_an_interface_is_damage),
		cmocka_unit_test(interface_without_a_description_is_damage),
		cmocka_unit_test(section_of_another_version_is_damage),
		cmocka_unit_test(section_in_no_byte_order_is_damage),
		cmocka_unit_test(short_section_header_is_damage),
		cmocka_unit_test(simple_packet_longer_than_its_block_is_damage),
		cmocka_unit_test(packet_longer_than_any_is_damage),
		cmocka_unit_test(two_resolutions_of_time_are_damage),
		cmocka_unit_test(option_longer_than_its_block_is_damage),
		cmocka_unit_test(huge_block_is_passed_over),
		cmocka_unit_test(huge_block_with_two_different_lengths_is_damage),
		cmocka_unit_test(huge_block_that_is_cut_is_damage),
		cmocka_unit_test(huge_block_of_a_packet_is_damage),
		cmocka_unit_test(huge_length_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
