/*
 * test_tracker_bounds.c
 *	  What bounds a meter: max_active_flows, max_nflows, its shard; and the order of its records.
 */
#include "tracker_run.h"

/* ---------------------------------------------------------------------------------------------------------- bounds */

CASE(oldest_flow_makes_room_at_the_bound)
{
	Run *run = run_start(100 * SECOND, NEVER);

	run->request.max_active_flows = 2;
	run_send(run, 1000, 1);
	run_send(run, 1001, 2);
	run_send(run, 1002, 1); /* the oldest by creation, though not idle for longest */
	assert_int_equal(run->count, 0);
	run_send(run, 1003, 3);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 2, BY(4));
	run_send(run, 1004, 2);
	assert_int_equal(run->count, 1);
	run_finish(run);
	assert_int_equal(run->count, 3);
	assert_int_equal(counter(run, COUNTER_FLOWS_EXPIRED_EARLY), 1);
	assert_int_equal(counter(run, COUNTER_FLOWS), 3);
	run_end(run);
}

/* The flow that a packet cuts makes the room that it needs itself. */
CASE(flow_that_starts_again_needs_no_room)
{
	Run *run = run_start(100 * SECOND, 5 * SECOND);

	run->request.max_active_flows = 2;
	run_send(run, 1000, 1);
	run_send(run, 1001, 2);
	run_send(run, 6001, 2);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 2, EXPIRATION_ACTIVE, 1, BY(3));
	assert_int_equal(counter(run, COUNTER_FLOWS_EXPIRED_EARLY), 0);
	run_end(run);
}

CASE(one_active_flow)
{
	Run *run = run_start(100 * SECOND, NEVER);

	run->request.max_active_flows = 1;
	for (unsigned flow = 1; flow <= 50; flow++)
	{
		run_send(run, 1000, flow);
		assert_int_equal(run->tracker.table.count, 1);
	}
	assert_int_equal(run->count, 49);
	assert_int_equal(counter(run, COUNTER_FLOWS_EXPIRED_EARLY), 49);
	run_end(run);
}

/* What is given up was metered, and is in no row. */
static void
expect_nothing_lost(const Run *run)
{
	uint64_t packets = 0;

	for (unsigned i = 0; i < run->count; i++)
		packets += run->emitted[i].packets;
	assert_int_equal(counter(run, COUNTER_FLOWS), run->count);
	assert_int_equal(counter(run, COUNTER_PACKETS_METERED), packets + counter(run, COUNTER_PACKETS_GIVEN_UP));
}

CASE(packet_that_ends_the_last_flow_is_given_up)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run->request.max_nflows = 1;
	run_send(run, 1000, 1);
	run_send(run, 1000, 2);
	run_send(run, 1000, 2);
	run_send(run, 11000, 1); /* cuts flow 1, and would have scanned for flow 2 */
	assert_true(run->tracker.full);
	run_finish(run);
	assert_int_equal(run->count, 1);
	assert_int_equal(counter(run, COUNTER_FLOWS_GIVEN_UP), 1);
	assert_int_equal(counter(run, COUNTER_PACKETS_GIVEN_UP), 3);
	expect_nothing_lost(run);
	run_end(run);
}

CASE(scan_stops_at_the_last_flow)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run->request.max_nflows = 2;
	for (unsigned flow = 1; flow <= 4; flow++)
		run_send(run, 1000, flow);
	run_send(run, 11000, 5);
	assert_true(run->tracker.full);
	run_finish(run);
	assert_int_equal(run->count, 2);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, IN_SCAN(5));
	expect_emitted(run, 1, 2, EXPIRATION_IDLE, 1, IN_SCAN(5));
	assert_int_equal(counter(run, COUNTER_FLOWS_GIVEN_UP), 3);
	assert_int_equal(counter(run, COUNTER_PACKETS_GIVEN_UP), 3);
	expect_nothing_lost(run);
	run_end(run);
}

CASE(end_stops_at_the_last_flow)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run->request.max_nflows = 3;
	for (unsigned flow = 1; flow <= 4; flow++)
		run_send(run, 1000, flow);
	assert_false(run->tracker.full);
	run_finish(run);
	assert_int_equal(run->count, 3);
	assert_int_equal(counter(run, COUNTER_FLOWS_GIVEN_UP), 1);
	expect_nothing_lost(run);
	run_end(run);
}

CASE(as_many_flows_as_there_are_give_nothing_up)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run->request.max_nflows = 4;
	for (unsigned flow = 1; flow <= 4; flow++)
		run_send(run, 1000, flow);
	run_finish(run);
	assert_int_equal(run->count, 4);
	assert_int_equal(counter(run, COUNTER_FLOWS_GIVEN_UP), 0);
	expect_nothing_lost(run);
	run_end(run);
}

/* ---------------------------------------------------------------------------------------------------------- shards */

/* A packet of a flow whose host is in this shard, or in the other, of two. */
static Packet
packet_in_shard(bool own, uint64_t time)
{
	Shards shards;

	shard_start(&shards, 2, 0);
	for (uint8_t host = 0;; host++)
	{
		Packet packet = packet_between("10.0.0.0", 1, "8.8.8.8", 53);

		packet.source_ip[3] = host;
		packet.source_port = host;
		packet.time = time;
		if (shard_is_own(&shards, &packet) == own)
			return packet;
	}
}

CASE(packets_of_other_shards_move_the_clock)
{
	Run	  *run = run_start(10 * SECOND, NEVER);
	Packet own = packet_in_shard(true, 1000),
		   other = packet_in_shard(false, 5000),
		   late = packet_in_shard(true, 2000);

	run->request.shards = 2;
	run_packet(run, &own);
	run_packet(run, &other);
	run_packet(run, &late);
	assert_int_equal(late.time, 5000);
	assert_int_equal(counter(run, COUNTER_PACKETS_METERED), 2);
	assert_int_equal(counter(run, COUNTER_PACKETS_OF_OTHER_SHARDS), 1);
	assert_int_equal(counter(run, COUNTER_PACKETS_OUT_OF_ORDER), 1);
	run_finish(run);
	assert_int_equal(run->count, 1);
	assert_int_equal(run->emitted[0].last_seen, 5000);
	run_end(run);
}

CASE(packets_of_other_shards_scan)
{
	Run	  *run = run_start(10 * SECOND, NEVER);
	Packet own = packet_in_shard(true, 1000),
		   other = packet_in_shard(false, 11000);

	run->request.shards = 2;
	run_packet(run, &own);
	run_packet(run, &other);
	assert_int_equal(run->count, 1);
	assert_int_equal(run->emitted[0].left, IN_SCAN(2));
	run_end(run);
}

CASE(late_packets_of_other_shards_are_their_meters)
{
	Run	  *run = run_start(10 * SECOND, NEVER);
	Packet own = packet_in_shard(true, 1000),
		   other = packet_in_shard(false, 500);

	run->request.shards = 2;
	run_packet(run, &own);
	run_packet(run, &other);
	assert_int_equal(counter(run, COUNTER_PACKETS_OUT_OF_ORDER), 0);
	run_end(run);
}

/* --------------------------------------------------------------------------------------------------------- records */

CASE(sizes_are_those_of_the_accounting_mode)
{
	static const uint64_t bytes[] = {100, 90, 70, 60};

	for (uint32_t mode = 0; mode < ACCOUNTING_MODES; mode++)
	{
		Run *run = run_start(10 * SECOND, NEVER);

		run->request.accounting_mode = mode;
		run_send(run, 1000, 1);
		run_send(run, 1000, 1);
		run_finish(run);
		assert_int_equal(run->emitted[0].bytes, 2 * bytes[mode]);
		run_end(run);
	}
}

/* Places of records, as the leader merges by them, over random packets with all that makes flows leave. */
CASE(records_come_in_ascending_order)
{
	Random	 numbers = random_start();
	unsigned at_end = 0,
			 in_scans = 0,
			 by_packets = 0;

	for (int round = 0; round < 20; round++)
	{
		Run		*run = run_start(500, 2000);
		uint64_t time = 1000;

		run->request.max_active_flows = 20;
		for (int i = 0; i < 2000; i++)
		{
			time += random_below(&numbers, 20);
			run_send(run, time - random_below(&numbers, 5), random_below(&numbers, 30));
		}
		run_finish(run);
		for (unsigned i = 1; i < run->count; i++)
		{
			const Emitted *before = &run->emitted[i - 1],
						  *emitted = &run->emitted[i];

			assert_true(before->left < emitted->left ||
						(before->left == emitted->left && before->first < emitted->first));
			at_end += emitted->left == RECORD_LEFT_AT_END;
			in_scans += emitted->left != RECORD_LEFT_AT_END && emitted->left % 2 == 1;
			by_packets += emitted->left % 2 == 0;
		}
		expect_nothing_lost(run);
		run_end(run);
	}
	assert_true(at_end > 20 && in_scans > 20 && by_packets > 20);
}

/* The memory of a meter is that of its busiest moment: 40 flows, 4,000 in all. */
CASE(memory_of_flows_that_left_is_used_again)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run->request.statistical_analysis = true;
	request_add_all_columns(&run->request);
	for (unsigned round = 0; round < 100; round++)
		for (unsigned flow = 1; flow <= 40; flow++)
			run_send(run, round * 20 * SECOND, flow);
	run_finish(run);
	assert_int_equal(run->count, 4000);
	assert_int_equal(run->tracker.table.flows.next, 41);
	run_end(run);
}

CASE(meter_that_ends_early_frees_its_flows)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run->request.statistical_analysis = true;
	run->request.splt_analysis = 100;
	request_add_all_columns(&run->request);
	for (unsigned flow = 1; flow <= 100; flow++)
		run_send(run, 1000, flow % 40);
	assert_int_equal(run->count, 0);
	run_end(run); /* the sanitizer says what is left */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oldest_flow_makes_room_at_the_bound),
		cmocka_unit_test(flow_that_starts_again_needs_no_room),
		cmocka_unit_test(one_active_flow),
		cmocka_unit_test(packet_that_ends_the_last_flow_is_given_up),
		cmocka_unit_test(scan_stops_at_the_last_flow),
		cmocka_unit_test(end_stops_at_the_last_flow),
		cmocka_unit_test(as_many_flows_as_there_are_give_nothing_up),
		cmocka_unit_test(packets_of_other_shards_move_the_clock),
		cmocka_unit_test(packets_of_other_shards_scan),
		cmocka_unit_test(late_packets_of_other_shards_are_their_meters),
		cmocka_unit_test(sizes_are_those_of_the_accounting_mode),
		cmocka_unit_test(records_come_in_ascending_order),
		cmocka_unit_test(memory_of_flows_that_left_is_used_again),
		cmocka_unit_test(meter_that_ends_early_frees_its_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
