/*
 * test_plugin_wfeatures.c
 *	  The plugin wfeatures against NFStream's own, and against its formulas, computed bin by bin.
 */
#include <math.h>

#include "engine/plugins/plugins.h"
#include "plugin_calls.h"
#include "wfeatures_expected.h"
#include "wire/bundled.h"

#define NEAR  1e-9
#define START UINT64_C(1600000000000)

static void
take(Calls *calls, const ExpectedPacket *packets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		calls_packet(calls, (NfstreamPacket) {
								.time = START + packets[i].time,
								.direction = packets[i].direction,
								.ip_size = packets[i].ip_size,
								.raw_size = UINT32_MAX,
								.transport_size = UINT32_MAX,
								.payload_size = UINT32_MAX,
							});
	calls_expire(calls);
}

/* The outputs that the flow has are these, in order, and no others. */
static void
expect_values(Calls *calls, const double *values, size_t count)
{
	size_t found = 0;

	for (unsigned output = 0; wfeatures_outputs[output].name != NULL; output++)
	{
		NfstreamValue value;
		double		  expected;

		if (!calls->plugin->output(calls->self, calls->state, output, &value))
			continue;
		assert_true(found < count);
		assert_int_equal(value.kind, NFSTREAM_REAL);
		expected = values[found++];
		if (!(fabs(value.real - expected) <= NEAR * fmax(1, fabs(expected))))
			fail_msg("%s is %.17g, expected %.17g", wfeatures_outputs[output].name, value.real, expected);
		assert_int_equal(signbit(value.real) && value.real == 0, signbit(expected) && expected == 0);
	}
	assert_int_equal(found, count);
}

CASE(values_are_nfstreams)
{
	for (size_t i = 0; i < LENGTH(expected_flows); i++)
	{
		const ExpectedFlow *flow = &expected_flows[i];
		Calls				calls = calls_create(&wfeatures_plugin, (int64_t[]) {flow->active_timeout, flow->levels});

		take(&calls, flow->packets, flow->packet_count);
		expect_values(&calls, flow->values, flow->value_count);
		calls_destroy(&calls);
	}
}

/* One row's features of its n coefficients, and its energy. */
static double
features_of(const double *row, size_t n, double *u, double *sigma, double *s)
{
	double energy = 0,
		   mean = 0,
		   squares = 0;

	*u = *s = 0;
	for (size_t i = 0; i < n; i++)
	{
		energy += row[i] * row[i];
		mean += row[i] / (double) n;
		*u += fabs(row[i]) / (double) n;
	}
	for (size_t i = 0; i < n; i++)
	{
		double q = row[i] * row[i] / (energy + 1e-7);

		squares += (row[i] - mean) * (row[i] - mean);
		*s += q * log(q + 1e-7);
	}
	*sigma = sqrt(squares / (double) n);
	*s = -*s;
	return energy;
}

/* The formulas as they stand, for one list x of 2^levels bins: 4 * (levels + 1) values. */
static void
formulas(const double *x, unsigned levels, double *values)
{
	size_t	n = (size_t) 1 << levels;
	double *a = malloc(n * sizeof(double)),
		   *next = malloc(n * sizeof(double)),
		   *d = malloc(n * sizeof(double)),
		   *energy = malloc((levels + 1) * sizeof(double)),
		   all = 0;

	memcpy(a, x, n * sizeof(double));
	for (unsigned j = 0; j <= levels; j++)
	{
		unsigned k = j == levels ? 0 : levels - j;
		size_t	 s = (size_t) 1 << j;

		for (size_t i = 0; j < levels && i < n; i++)
		{
			next[i] = sqrt(0.5) * (a[i] + a[(i + s) % n]);
			d[i] = sqrt(0.5) * (a[i] - a[(i + s) % n]);
		}
		energy[k] = features_of(j == levels ? a : d, n, &values[levels + 1 + k], &values[2 * (levels + 1) + k],
								&values[3 * (levels + 1) + k]);
		all += energy[k];
		memcpy(a, next, n * sizeof(double));
	}
	for (unsigned k = 0; k <= levels; k++)
		values[k] = energy[k] / (all + 1e-7);
	free(a);
	free(next);
	free(d);
	free(energy);
}

/* Random flows, sparse and dense, of every number of levels that can be computed bin by bin. */
CASE(values_are_those_of_the_formulas)
{
	Random numbers = random_start();

	for (unsigned round = 0; round < 120; round++)
	{
		unsigned levels = 1 + round % 12;
		int64_t	 timeout = 1 + random_below(&numbers, 3000);
		size_t	 bins = (size_t) 1 << levels,
			   count = 1 + random_below(&numbers, round % 2 ? 4 : 3000);
		uint64_t window = (uint64_t) timeout * 1000;
		double	*x = calloc(2 * bins, sizeof(double)),
			   *values = calloc(8 * (levels + 1), sizeof(double));
		ExpectedPacket *packets = calloc(count, sizeof(*packets));
		Calls			calls = calls_create(&wfeatures_plugin, (int64_t[]) {timeout, levels});

		for (size_t i = 0; i < count; i++)
		{
			packets[i] = (ExpectedPacket) {
				.time = window * i / count,
				.direction = (uint8_t) random_below(&numbers, 2),
				.ip_size = random_below(&numbers, round % 5 == 0 ? UINT32_MAX : 1501),
			};
			if (i > 0)
				x[packets[i].direction * bins + packets[i].time * bins / window] += packets[i].ip_size;
		}
		take(&calls, packets, count);
		for (int direction = 0; direction < 2; direction++)
			formulas(x + direction * bins, levels, values + direction * 4 * (levels + 1));
		/* Rounding makes the deviation of the equal coefficients of row 0 a little more than none. */
		for (int direction = 0; direction < 2; direction++)
		{
			double *deviation = &values[direction * 4 * (levels + 1) + 2 * (levels + 1)];

			assert_true(*deviation <= 1e-12 * fmax(1, values[direction * 4 * (levels + 1) + levels + 1]));
			*deviation = 0;
		}
		expect_values(&calls, values, 8 * (levels + 1));
		calls_destroy(&calls);
		free(x);
		free(values);
		free(packets);
	}
}

CASE(packets_after_the_window_are_not_counted)
{
	static const ExpectedPacket within[] = {{0, 0, 60}, {500, 0, 100}, {999, 1, 40}},
								longer[] = {{0, 0, 60}, {500, 0, 100}, {999, 1, 40}, {1000, 0, 7}, {1001, 1, 7}, {1000000, 0, 7}};
	Calls  calls = calls_create(&wfeatures_plugin, (int64_t[]) {1, 3});
	double values[32];

	take(&calls, within, LENGTH(within));
	for (unsigned output = 0, found = 0; output < WFEATURES_OUTPUTS; output++)
	{
		NfstreamValue value;

		if (calls.plugin->output(calls.self, calls.state, output, &value))
			values[found++] = value.real;
	}
	calls_release(&calls);
	take(&calls, longer, LENGTH(longer));
	expect_values(&calls, values, LENGTH(values));
	calls_destroy(&calls);
}

/* The greatest of everything: a list of 2^20 bins takes the memory and the time of two of them. */
CASE(greatest_parameters_cost_no_more_than_the_packets)
{
	int64_t		   timeout = wfeatures_parameters[WFEATURES_ACTIVE_TIMEOUT].max;
	ExpectedPacket packets[] = {{0, 0, 60}, {1, 0, 1000}, {(uint64_t) timeout * 1000 - 1, 0, 1000}};
	Calls		   calls = calls_create(&wfeatures_plugin, (int64_t[]) {timeout, WFEATURES_LEVELS_MAX});
	NfstreamValue  value;
	double		   n = 1 << WFEATURES_LEVELS_MAX;

	take(&calls, packets, LENGTH(packets));
	/* Bins 0 and n - 1 hold 1000 each: the mean of the approximations is 2000 / sqrt(n), and of the finest details 4 of n are not 0. */
	assert_true(calls.plugin->output(calls.self, calls.state, WFEATURES_ROWS, &value));
	assert_float_equal(value.real, 2000 / sqrt(n), NEAR);
	assert_true(calls.plugin->output(calls.self, calls.state, WFEATURES_ROWS + WFEATURES_LEVELS_MAX, &value));
	assert_float_equal(value.real, (1000 + 0 + 1000) * sqrt(0.5) / n, NEAR);
	calls_destroy(&calls);
}

CASE(nothing_is_left_before_the_flow_is_over)
{
	Calls		  calls = calls_create(&wfeatures_plugin, (int64_t[]) {1800, 4});
	NfstreamValue value;

	calls_packet(&calls, (NfstreamPacket) {.time = START});
	for (unsigned output = 0; output < WFEATURES_OUTPUTS; output++)
		assert_false(calls.plugin->output(calls.self, calls.state, output, &value));
	calls_destroy(&calls);
}

/* What a table's columns are declared by is what a flow has. */
CASE(outputs_are_those_of_the_levels)
{
	for (int64_t levels = 1; levels <= WFEATURES_LEVELS_MAX; levels++)
	{
		NfstreamValue arguments[2] = {{.integer = 1800}, {.integer = levels}},
					  value;
		Calls calls = calls_create(&wfeatures_plugin, (int64_t[]) {1800, levels});

		take(&calls, (ExpectedPacket[]) {{0, 0, 60}}, 1);
		for (unsigned output = 0; output < WFEATURES_OUTPUTS; output++)
			assert_int_equal(wfeatures_leaves(arguments, output),
							 calls.plugin->output(calls.self, calls.state, output, &value));
		calls_destroy(&calls);
	}
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(values_are_nfstreams),
		cmocka_unit_test(values_are_those_of_the_formulas),
		cmocka_unit_test(packets_after_the_window_are_not_counted),
		cmocka_unit_test(greatest_parameters_cost_no_more_than_the_packets),
		cmocka_unit_test(nothing_is_left_before_the_flow_is_over),
		cmocka_unit_test(outputs_are_those_of_the_levels),
	};

	return cmocka_run_group_tests_name("plugin wfeatures", cases, NULL, NULL);
}
