/*
 * test_plugin_splt.c
 *	  The plugin splt: what its three lists have of a flow, up to which packet, in how much memory.
 */
#include "engine/plugins/plugins.h"
#include "plugin_calls.h"
#include "wire/bundled.h"

static NfstreamPacket
packet_number(unsigned number)
{
	return (NfstreamPacket) {
		.delta_time = number == 0 ? 0 : UINT64_C(10000000000) + number,
		.raw_size = 100000 + number,
		.ip_size = 200000 + number,
		.transport_size = 300000 + number,
		.payload_size = 400000 + number,
		.direction = number % 3 == 2,
	};
}

/* The lists after `count` packets, of this length. */
static void
expect_lists(Calls *calls, unsigned count, size_t length, int64_t first_size)
{
	for (unsigned output = SPLT_DIRECTION; output <= SPLT_PIAT_MS; output++)
	{
		NfstreamValue value = {0};

		assert_true(calls->plugin->output(calls->self, calls->state, output, &value));
		assert_int_equal(value.kind, NFSTREAM_INTEGERS);
		assert_int_equal(value.integers.count, length);
		for (size_t i = 0; i < length; i++)
		{
			NfstreamPacket packet = packet_number((unsigned) i);
			int64_t		   expected[] = {packet.direction, first_size + (int64_t) i, (int64_t) packet.delta_time};

			assert_int_equal(value.integers.items[i], i < count ? expected[output] : -1);
		}
	}
}

CASE(first_packets_are_kept_and_minus_one_follows)
{
	static const int64_t lengths[] = {1, 2, 7, 8, 9, 10, 16, 17, 255, 65535};

	for (size_t i = 0; i < LENGTH(lengths); i++)
	{
		Calls calls = calls_create(&splt_plugin, (int64_t[]) {lengths[i], 0});

		for (unsigned number = 0; number < 20; number++)
		{
			calls_packet(&calls, packet_number(number));
			expect_lists(&calls, number + 1, (size_t) lengths[i], 100000);
		}
		calls_destroy(&calls);
	}
}

CASE(accounting_mode_says_which_size)
{
	for (int64_t mode = 0; mode <= 3; mode++)
	{
		Calls calls = calls_create(&splt_plugin, (int64_t[]) {5, mode});

		for (unsigned number = 0; number < 7; number++)
			calls_packet(&calls, packet_number(number));
		expect_lists(&calls, 7, 5, 100000 * (mode + 1));
		calls_destroy(&calls);
	}
}

CASE(a_list_of_the_greatest_length_is_filled)
{
	Calls calls = calls_create(&splt_plugin, (int64_t[]) {65535, 3});

	for (unsigned number = 0; number < 65540; number++)
		calls_packet(&calls, packet_number(number));
	expect_lists(&calls, 65535, 65535, 400000);
	calls_destroy(&calls);
}

CASE(the_flow_after_a_cut_has_lists_of_its_own)
{
	Calls calls = calls_create(&splt_plugin, (int64_t[]) {3, 0});

	for (unsigned number = 0; number < 3; number++)
		calls_packet(&calls, packet_number(number));
	calls_release(&calls);
	calls_packet(&calls, packet_number(0));
	expect_lists(&calls, 1, 3, 100000);
	calls_destroy(&calls);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(first_packets_are_kept_and_minus_one_follows),
		cmocka_unit_test(accounting_mode_says_which_size),
		cmocka_unit_test(a_list_of_the_greatest_length_is_filled),
		cmocka_unit_test(the_flow_after_a_cut_has_lists_of_its_own),
	};

	return cmocka_run_group_tests_name("plugin splt", cases, NULL, NULL);
}
