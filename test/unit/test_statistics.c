/*
 * test_statistics.c
 *	  Least, mean, deviation and greatest of known sequences; packet sizes, intervals and flags by side.
 *
 * Means and deviations are given twice: as the recurrence of METERING.md, section 9, has them in IEEE doubles
 * (computed with the reference model's class Running, where present: ../shared/tools/model.py), to the last bit; and
 * as they really are (computed with Python's fractions and statistics.stdev), with the error that the recurrence may
 * make.
 */
#include <math.h>

#include "cases.h"
#include "engine/analyse/statistics.h"
#include "engine/decode/packet.h"

#define VALUES(...) (const uint64_t[]) {__VA_ARGS__}, LENGTH(((const uint64_t[]) {__VA_ARGS__}))

static const struct Sequence
{
	const char	   *name;
	const uint64_t *values;
	size_t			count;
	double			mean;
	double			deviation;
	double			true_mean;
	double			true_deviation;
	double			error; /* relative */
} sequences[] = {
	{"one value", VALUES(1500),
	 0x1.7700000000000p+10, 0x0p+0, 1500.0, 0.0, 0},
	{"one zero", VALUES(0),
	 0x0p+0, 0x0p+0, 0.0, 0.0, 0},
	{"two values", VALUES(40, 1500),
	 0x1.8100000000000p+9, 0x1.02180ec11b421p+10, 770.0, 1032.3759005323593, 1e-15},
	{"equal values", VALUES(60, 60, 60, 60, 60),
	 0x1.e000000000000p+5, 0x0p+0, 60.0, 0.0, 0},
	{"ascending", VALUES(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
	 0x1.6000000000000p+2, 0x1.838a0bfb49287p+1, 5.5, 3.0276503540974917, 1e-15},
	{"descending", VALUES(10, 9, 8, 7, 6, 5, 4, 3, 2, 1),
	 0x1.6000000000000p+2, 0x1.838a0bfb49287p+1, 5.5, 3.0276503540974917, 1e-15},
	{"packet sizes", VALUES(74, 74, 66, 583, 66, 1514, 1514, 66, 1034, 66, 192, 340, 66, 97, 66),
	 0x1.83dddddddddddp+8, 0x1.091b81c75a04ep+9, 387.8666666666667, 530.2148980321451, 1e-15},
	{"thirds", VALUES(1, 1, 2),
	 0x1.5555555555555p+0, 0x1.279a74590331dp-1, 1.3333333333333333, 0.5773502691896257, 1e-15},
	{"far from zero", VALUES(UINT64_C(1700000000000), UINT64_C(1700000000001), UINT64_C(1700000000003)),
	 0x1.8bcfe56801555p+40, 0x1.870e13637a521p+0, 1700000000001.3333, 1.5275252316519468, 1e-4},
	{"beyond what a double holds",
	 VALUES(UINT64_C(9007199254740993), UINT64_C(9007199254740995), UINT64_C(9007199254740999)),
	 0x1.0000000000002p+53, 0x1.0000000000000p+2, 9007199254740996.0, 3.0550504633038935, 0.5},
	{"greatest number", VALUES(UINT64_MAX, 0),
	 0x1.0000000000000p+63, 0x1.6a09e667f3bcdp+63, 9.223372036854776e+18, 1.3043817825332783e+19, 1e-15},
	{"all 32 bits", VALUES(UINT32_MAX, 0, UINT32_MAX, 1),
	 0x1.ffffffff00000p+30, 0x1.279a745747ca1p+31, 2147483647.75, 2479700523.6402135, 1e-15},
};

static Running
running_of(const struct Sequence *sequence)
{
	Running running = {0};

	for (size_t i = 0; i < sequence->count; i++)
		running_add(&running, sequence->values[i]);
	return running;
}

/* Equal to the last bit. */
static bool
same(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static bool
close_to(double got, double true_value, double error)
{
	return fabs(got - true_value) <= error * fabs(true_value);
}

CASE(means_and_deviations_are_the_models_to_the_last_bit)
{
	for (size_t i = 0; i < LENGTH(sequences); i++)
	{
		const Running running = running_of(&sequences[i]);

		if (!same(running.mean, sequences[i].mean) || !same(running_deviation(&running), sequences[i].deviation))
			fail_msg("%s: mean %a, deviation %a", sequences[i].name, running.mean, running_deviation(&running));
	}
}

CASE(means_and_deviations_are_close_to_the_true_ones)
{
	for (size_t i = 0; i < LENGTH(sequences); i++)
	{
		const Running running = running_of(&sequences[i]);

		if (!close_to(running.mean, sequences[i].true_mean, sequences[i].error) ||
			!close_to(running_deviation(&running), sequences[i].true_deviation, sequences[i].error))
			fail_msg("%s: mean %.17g, deviation %.17g", sequences[i].name, running.mean, running_deviation(&running));
	}
}

CASE(least_and_greatest_are_exact)
{
	for (size_t i = 0; i < LENGTH(sequences); i++)
	{
		const Running running = running_of(&sequences[i]);
		uint64_t	  least = UINT64_MAX,
				 greatest = 0;

		for (size_t j = 0; j < sequences[i].count; j++)
		{
			least = sequences[i].values[j] < least ? sequences[i].values[j] : least;
			greatest = sequences[i].values[j] > greatest ? sequences[i].values[j] : greatest;
		}
		assert_true(running.min == least && running.max == greatest);
		assert_int_equal(running.count, sequences[i].count);
	}
}

CASE(no_value_is_all_zeros)
{
	const Running running = {0};

	assert_true(same(running.mean, 0.0) && same(running_deviation(&running), 0.0));
	assert_int_equal(running.min, 0);
	assert_int_equal(running.max, 0);
}

CASE(sizes_go_to_their_side_and_to_both)
{
	Statistics statistics = {0};

	statistics_add(&statistics, SIDE_SRC2DST, 100, 0, UINT64_MAX, UINT64_MAX);
	statistics_add(&statistics, SIDE_DST2SRC, 300, 0, 5, UINT64_MAX);
	statistics_add(&statistics, SIDE_SRC2DST, 200, 0, 5, 10);

	assert_int_equal(statistics.size[SIDE_BOTH].count, 3);
	assert_int_equal(statistics.size[SIDE_BOTH].min, 100);
	assert_int_equal(statistics.size[SIDE_BOTH].max, 300);
	assert_true(statistics.size[SIDE_BOTH].mean == 200.0);
	assert_int_equal(statistics.size[SIDE_SRC2DST].count, 2);
	assert_int_equal(statistics.size[SIDE_SRC2DST].max, 200);
	assert_true(statistics.size[SIDE_SRC2DST].mean == 150.0);
	assert_int_equal(statistics.size[SIDE_DST2SRC].count, 1);
	assert_int_equal(statistics.size[SIDE_DST2SRC].min, 300);
}

/* One value less than packets: the first of a flow, and the first of a side, come after none. */
CASE(first_packets_have_no_interval)
{
	Statistics statistics = {0};

	statistics_add(&statistics, SIDE_SRC2DST, 1, 0, UINT64_MAX, UINT64_MAX);
	assert_int_equal(statistics.interval[SIDE_BOTH].count, 0);
	assert_int_equal(statistics.interval[SIDE_SRC2DST].count, 0);

	statistics_add(&statistics, SIDE_DST2SRC, 1, 0, 7, UINT64_MAX);
	assert_int_equal(statistics.interval[SIDE_BOTH].count, 1);
	assert_int_equal(statistics.interval[SIDE_BOTH].max, 7);
	assert_int_equal(statistics.interval[SIDE_DST2SRC].count, 0);

	statistics_add(&statistics, SIDE_DST2SRC, 1, 0, 2, 2);
	assert_int_equal(statistics.interval[SIDE_BOTH].count, 2);
	assert_int_equal(statistics.interval[SIDE_BOTH].min, 2);
	assert_int_equal(statistics.interval[SIDE_DST2SRC].count, 1);
	assert_int_equal(statistics.interval[SIDE_DST2SRC].max, 2);
	assert_int_equal(statistics.interval[SIDE_SRC2DST].count, 0);
}

CASE(interval_of_zero_is_a_value)
{
	Statistics statistics = {0};

	statistics_add(&statistics, SIDE_SRC2DST, 1, 0, UINT64_MAX, UINT64_MAX);
	statistics_add(&statistics, SIDE_SRC2DST, 1, 0, 0, 0);
	assert_int_equal(statistics.interval[SIDE_BOTH].count, 1);
	assert_int_equal(statistics.interval[SIDE_SRC2DST].count, 1);
	assert_int_equal(statistics.interval[SIDE_SRC2DST].max, 0);
}

CASE(each_flag_is_counted_on_its_own)
{
	for (unsigned bit = 0; bit < TCP_FLAGS; bit++)
	{
		Statistics statistics = {0};

		statistics_add(&statistics, SIDE_DST2SRC, 1, (uint8_t) (1 << bit), UINT64_MAX, UINT64_MAX);
		for (unsigned other = 0; other < TCP_FLAGS; other++)
		{
			assert_int_equal(statistics.flags[SIDE_DST2SRC][other], other == bit);
			assert_int_equal(statistics.flags[SIDE_SRC2DST][other], 0);
		}
	}
}

CASE(flags_of_one_packet_are_all_counted)
{
	Statistics statistics = {0};

	statistics_add(&statistics, SIDE_SRC2DST, 1, TCP_SYN | TCP_ACK, UINT64_MAX, UINT64_MAX);
	statistics_add(&statistics, SIDE_SRC2DST, 1, 0xFF, 0, 0);
	statistics_add(&statistics, SIDE_SRC2DST, 1, 0, 0, 0);
	for (unsigned bit = 0; bit < TCP_FLAGS; bit++)
		assert_int_equal(statistics.flags[SIDE_SRC2DST][bit], 1 + ((TCP_SYN | TCP_ACK) >> bit & 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means_and_deviations_are_the_models_to_the_last_bit),
		cmocka_unit_test(means_and_deviations_are_close_to_the_true_ones),
		cmocka_unit_test(least_and_greatest_are_exact),
		cmocka_unit_test(no_value_is_all_zeros),
		cmocka_unit_test(sizes_go_to_their_side_and_to_both),
		cmocka_unit_test(first_packets_have_no_interval),
		cmocka_unit_test(interval_of_zero_is_a_value),
		cmocka_unit_test(each_flag_is_counted_on_its_own),
		cmocka_unit_test(flags_of_one_packet_are_all_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
