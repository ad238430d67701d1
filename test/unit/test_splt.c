/*
 * test_splt.c
 *	  Sequences of packet lengths and times: what is kept, up to which length, in how much memory.
 */
#include "cases.h"
#include "engine/analyse/splt.h"

static SpltPacket
packet_number(uint32_t number)
{
	return (SpltPacket) {.interval = UINT64_C(10000000000) + number, .size = 70000 + number, .side = number % 2};
}

static void
expect_packets(const SpltArrays *arrays, uint32_t count)
{
	assert_int_equal(arrays->count, count);
	for (uint32_t i = 0; i < count; i++)
	{
		const SpltPacket expected = packet_number(i);

		assert_int_equal(arrays->packets[i].interval, expected.interval);
		assert_int_equal(arrays->packets[i].size, expected.size);
		assert_int_equal(arrays->packets[i].side, expected.side);
	}
}

/* Limits around the steps in which the memory grows, and the greatest that splt_analysis takes. */
CASE(packets_are_kept_up_to_the_limit)
{
	static const uint32_t limits[] = {1, 2, 7, 8, 9, 10, 16, 17, 255, 65535};

	for (size_t i = 0; i < LENGTH(limits); i++)
	{
		SpltArrays arrays = {0};

		for (uint32_t number = 0; number < limits[i] + 20; number++)
			splt_add(&arrays, limits[i], packet_number(number));
		expect_packets(&arrays, limits[i]);
		splt_free(&arrays);
	}
}

CASE(fewer_packets_than_the_limit_are_as_many_as_came)
{
	SpltArrays arrays = {0};

	for (uint32_t number = 0; number < 10; number++)
	{
		splt_add(&arrays, 65535, packet_number(number));
		expect_packets(&arrays, number + 1);
	}
	splt_free(&arrays);
}

CASE(limit_of_zero_keeps_nothing)
{
	SpltArrays arrays = {0};

	splt_add(&arrays, 0, packet_number(1));
	assert_int_equal(arrays.count, 0);
	assert_null(arrays.packets);
}

/* Most flows are short: memory follows what they use, and never exceeds the limit. */
CASE(memory_follows_use)
{
	SpltArrays arrays = {0};

	for (uint32_t number = 0; number < 1000; number++)
	{
		splt_add(&arrays, 900, packet_number(number));
		assert_true(arrays.room >= arrays.count);
		assert_true(arrays.room <= 900);
		assert_true(arrays.room <= 8 || arrays.room < arrays.count * 2);
	}
	assert_int_equal(arrays.room, 900);
	splt_free(&arrays);
}

CASE(freed_arrays_are_empty_and_usable)
{
	SpltArrays arrays = {0};

	splt_free(&arrays);
	splt_add(&arrays, 5, packet_number(0));
	splt_free(&arrays);
	assert_int_equal(arrays.count, 0);
	assert_null(arrays.packets);
	splt_add(&arrays, 5, packet_number(0));
	expect_packets(&arrays, 1);
	splt_free(&arrays);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_kept_up_to_the_limit),
		cmocka_unit_test(fewer_packets_than_the_limit_are_as_many_as_came),
		cmocka_unit_test(limit_of_zero_keeps_nothing),
		cmocka_unit_test(memory_follows_use),
		cmocka_unit_test(freed_arrays_are_empty_and_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
