/*
 * test_plugin_flow_slicer.c
 *	  The plugin flow_slicer: at which packet a flow ends.
 */
#include "engine/plugins/plugins.h"
#include "plugin_calls.h"

/* Which packets of a flow of `count` end it, as a sum of 2^(number - 1). */
static uint64_t
ends(int64_t limit, unsigned count)
{
	Calls	 calls = calls_create(&flow_slicer_plugin, &limit);
	uint64_t found = 0;

	for (unsigned number = 0; number < count; number++)
	{
		calls_packet(&calls, (NfstreamPacket) {0});
		if (calls.flow.expiration_id == -1)
			found |= UINT64_C(1) << number;
		else
			assert_int_equal(calls.flow.expiration_id, 0);
		calls.flow.expiration_id = 0;
	}
	calls_destroy(&calls);
	return found;
}

CASE(a_flow_ends_with_the_packet_of_the_limit)
{
	assert_int_equal(ends(1, 10), 1);
	assert_int_equal(ends(2, 10), 2);
	assert_int_equal(ends(4, 10), 8);
	assert_int_equal(ends(10, 10), 512);
	assert_int_equal(ends(11, 10), 0);
	assert_int_equal(ends(INT64_MAX, 10), 0);
}

CASE(what_is_written_before_it_stays)
{
	const int64_t limit = 3;
	Calls		  calls = calls_create(&flow_slicer_plugin, &limit);

	calls_packet(&calls, (NfstreamPacket) {0});
	calls.flow.expiration_id = -2;
	calls_packet(&calls, (NfstreamPacket) {0});
	assert_int_equal(calls.flow.expiration_id, -2);
	calls_packet(&calls, (NfstreamPacket) {0});
	assert_int_equal(calls.flow.expiration_id, -1);
	calls_destroy(&calls);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(a_flow_ends_with_the_packet_of_the_limit),
		cmocka_unit_test(what_is_written_before_it_stays),
	};

	return cmocka_run_group_tests_name("plugin flow_slicer", cases, NULL, NULL);
}
