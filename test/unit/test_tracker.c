/*
 * test_tracker.c
 *	  The clock, and when flows leave: METERING.md, sections 6 and 8, and part one, 1.
 *
 * meter_differential.py compares whole runs with the reference model.
 */
#include "tracker_run.h"

/* ---------------------------------------------------------------------------------------------------- idle timeout */

CASE(flow_whose_next_packet_comes_at_the_idle_timeout_is_cut)
{
	Run		*run = run_start(10 * SECOND, NEVER);
	uint64_t second;

	run_send(run, 5000, 1);
	second = run_send(run, 15000, 1);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, BY(second));
	run_finish(run);
	expect_emitted(run, 1, 1, EXPIRATION_IDLE, 1, RECORD_LEFT_AT_END);
	assert_int_equal(run->emitted[1].first, second);
	run_end(run);
}

CASE(flow_whose_next_packet_comes_1_ms_before_the_idle_timeout_goes_on)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run_send(run, 5000, 1);
	run_send(run, 14999, 1);
	run_send(run, 24998, 1);
	assert_int_equal(run->count, 0);
	run_finish(run);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 3, RECORD_LEFT_AT_END);
	run_end(run);
}

CASE(idle_flow_leaves_in_the_scan_at_the_idle_timeout)
{
	Run		*run = run_start(10 * SECOND, NEVER);
	uint64_t scan;

	run_send(run, 5000, 1);
	run_send(run, 14999 - 11, 2);
	run_send(run, 14999, 2);
	assert_int_equal(run->count, 0);
	scan = run_send(run, 15009, 2);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, IN_SCAN(scan));
	run_end(run);
}

CASE(idle_time_counts_from_the_last_packet_of_either_direction)
{
	Run	  *run = run_start(10 * SECOND, NEVER);
	Packet back = packet_of(1);

	back = reversed(&back);
	run_send(run, 1000, 1);
	back.time = 9000;
	run_packet(run, &back);
	run_send(run, 12000, 2);
	assert_int_equal(run->count, 0);
	run_send(run, 18999, 2);
	assert_int_equal(run->count, 0);
	run_send(run, 19010, 2);
	assert_int_equal(run->count, 1);
	assert_int_equal(run->emitted[0].last_seen, 9000);
	run_end(run);
}

CASE(idle_timeout_of_zero_makes_every_packet_a_flow)
{
	Run *run = run_start(0, 1800 * SECOND);

	run_send(run, 5000, 1); /* leaves in its own scan */
	run_send(run, 5000, 1);
	run_send(run, 5001, 1);
	run_send(run, 5005, 2);
	run_finish(run);
	assert_int_equal(run->count, 4);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, IN_SCAN(1));
	expect_emitted(run, 1, 1, EXPIRATION_IDLE, 1, BY(3));
	expect_emitted(run, 2, 1, EXPIRATION_IDLE, 1, RECORD_LEFT_AT_END);
	expect_emitted(run, 3, 2, EXPIRATION_IDLE, 1, RECORD_LEFT_AT_END);
	run_end(run);
}

/* -------------------------------------------------------------------------------------------------- active timeout */

CASE(flow_is_cut_at_the_active_timeout)
{
	Run		*run = run_start(10 * SECOND, 20 * SECOND);
	uint64_t cut;

	run_send(run, 1000, 1);
	run_send(run, 9000, 1);
	run_send(run, 18000, 1);
	run_send(run, 20999, 1);
	assert_int_equal(run->count, 0);
	cut = run_send(run, 21000, 1);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 1, EXPIRATION_ACTIVE, 4, BY(cut));
	assert_int_equal(run->emitted[0].last_seen, 20999);
	run_finish(run);
	expect_emitted(run, 1, 1, EXPIRATION_IDLE, 1, RECORD_LEFT_AT_END);
	assert_int_equal(run->emitted[1].first_seen, 21000);
	run_end(run);
}

/* Only a flow's own next packet finds that it has been active for too long. */
CASE(flow_that_is_too_old_stays_until_its_next_packet)
{
	Run *run = run_start(100 * SECOND, 20 * SECOND);

	run_send(run, 1000, 1);
	run_send(run, 60000, 2);
	run_finish(run);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, RECORD_LEFT_AT_END);
	run_end(run);
}

CASE(idle_is_tested_before_active)
{
	Run		*run = run_start(10 * SECOND, 10 * SECOND);
	uint64_t cut;

	run_send(run, 1000, 1);
	cut = run_send(run, 11000, 1);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, BY(cut));
	run_send(run, 20000, 1);
	cut = run_send(run, 21000, 1);
	expect_emitted(run, 1, 1, EXPIRATION_ACTIVE, 2, BY(cut));
	run_end(run);
}

CASE(active_timeout_of_zero_makes_every_packet_a_flow)
{
	Run *run = run_start(10 * SECOND, 0);

	run_send(run, 1000, 1);
	run_send(run, 1000, 1);
	run_send(run, 1001, 1);
	run_finish(run);
	assert_int_equal(run->count, 3);
	expect_emitted(run, 0, 1, EXPIRATION_ACTIVE, 1, BY(2));
	expect_emitted(run, 1, 1, EXPIRATION_ACTIVE, 1, BY(3));
	expect_emitted(run, 2, 1, EXPIRATION_IDLE, 1, RECORD_LEFT_AT_END);
	run_end(run);
}

CASE(both_timeouts_of_zero_are_idle)
{
	Run *run = run_start(0, 0);

	run_send(run, 1, 1);
	run_send(run, 1, 1);
	run_finish(run);
	assert_int_equal(run->count, 2);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, BY(2));
	expect_emitted(run, 1, 1, EXPIRATION_IDLE, 1, RECORD_LEFT_AT_END);
	run_end(run);
}

CASE(longest_timeouts_never_end_a_flow)
{
	Run *run = run_start(NEVER, NEVER);

	run_send(run, 0, 1);
	run_send(run, NEVER - 1, 1);
	run_send(run, NEVER, 1);
	run_send(run, UINT64_MAX, 1);
	assert_int_equal(run->count, 0);
	run_finish(run);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 4, RECORD_LEFT_AT_END);
	run_end(run);
}

/* ----------------------------------------------------------------------------------------------------------- scans */

CASE(scan_needs_10_ms_of_the_clock)
{
	Run		*run = run_start(1 * SECOND, NEVER);
	uint64_t scan;

	run_send(run, 5000, 1);
	run_send(run, 5995, 2); /* scans: nobody is idle */
	run_send(run, 6004, 3); /* flow 1 is idle, but only 9 ms went by */
	assert_int_equal(run->count, 0);
	scan = run_send(run, 6005, 4);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, IN_SCAN(scan));
	run_end(run);
}

/* The latest scan starts at 0, as the clock: packets of a capture's first 9 ms do not scan. */
CASE(first_packet_scans_from_10_ms_on)
{
	Run *run = run_start(0, NEVER);

	run_send(run, 9, 1);
	assert_int_equal(run->count, 0);
	run_send(run, 10, 2);
	assert_int_equal(run->count, 2);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, IN_SCAN(2));
	expect_emitted(run, 1, 2, EXPIRATION_IDLE, 1, IN_SCAN(2));
	run_end(run);
}

CASE(flows_leave_together_in_the_order_of_their_first_packets)
{
	Run		*run = run_start(10 * SECOND, NEVER);
	uint64_t scan;

	run_send(run, 1000, 1);
	run_send(run, 1001, 2);
	run_send(run, 1002, 3);
	run_send(run, 2000, 2);
	run_send(run, 2001, 1); /* the order of the last packets is 3, 2, 1 */
	scan = run_send(run, 50000, 4);
	run_finish(run);
	assert_int_equal(run->count, 4);
	for (unsigned i = 0; i < 3; i++)
		expect_emitted(run, i, i + 1, EXPIRATION_IDLE, i == 2 ? 1 : 2, IN_SCAN(scan));
	run_end(run);
}

/* NFStream stops at the first flow that is not idle: METERING.md, part one, 1. */
CASE(busy_flow_does_not_hold_back_idle_ones)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run_send(run, 1000, 1);
	run_send(run, 1000, 2);
	for (uint64_t time = 2000; time < 11000; time += 1000)
		run_send(run, time, 1);
	assert_int_equal(run->count, 0);
	run_send(run, 11000, 1);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 2, EXPIRATION_IDLE, 1, IN_SCAN(run->place));
	run_end(run);
}

/* And so does it after 1,000. */
CASE(all_idle_flows_leave_in_one_scan)
{
	Run *run = run_start(10 * SECOND, NEVER);

	for (unsigned flow = 1; flow <= 3000; flow++)
		run_send(run, 1000, flow);
	run_send(run, 11000, 1); /* cut by its own packet */
	assert_int_equal(run->count, 3000);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, BY(3001));
	for (unsigned i = 1; i < 3000; i++)
		expect_emitted(run, i, i + 1, EXPIRATION_IDLE, 1, IN_SCAN(3001));
	run_end(run);
}

CASE(flow_cut_by_its_packet_leaves_before_the_scan)
{
	Run		*run = run_start(10 * SECOND, NEVER);
	uint64_t last;

	run_send(run, 1000, 1);
	run_send(run, 1001, 2);
	last = run_send(run, 30000, 2);
	assert_int_equal(run->count, 2);
	expect_emitted(run, 0, 2, EXPIRATION_IDLE, 1, BY(last));
	expect_emitted(run, 1, 1, EXPIRATION_IDLE, 1, IN_SCAN(last));
	run_end(run);
}

CASE(flow_that_starts_again_is_the_youngest)
{
	Run *run = run_start(100 * SECOND, 5 * SECOND);

	run_send(run, 1000, 1);
	run_send(run, 1001, 2);
	run_send(run, 6000, 1);
	run_finish(run);
	assert_int_equal(run->count, 3);
	expect_emitted(run, 0, 1, EXPIRATION_ACTIVE, 1, BY(3));
	expect_emitted(run, 1, 2, EXPIRATION_IDLE, 1, RECORD_LEFT_AT_END);
	expect_emitted(run, 2, 1, EXPIRATION_IDLE, 1, RECORD_LEFT_AT_END);
	run_end(run);
}

/* ----------------------------------------------------------------------------------------------------------- clock */

CASE(late_packet_takes_the_clocks_time)
{
	Run	  *run = run_start(10 * SECOND, NEVER);
	Packet late = packet_of(2);

	run_send(run, 5000, 1);
	late.time = 1000;
	run_packet(run, &late);
	assert_int_equal(late.time, 5000);
	run_finish(run);
	assert_int_equal(run->emitted[1].first_seen, 5000);
	assert_int_equal(run->emitted[1].last_seen, 5000);
	assert_int_equal(counter(run, COUNTER_PACKETS_OUT_OF_ORDER), 1);
	run_end(run);
}

CASE(packet_of_the_same_time_is_not_late)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run_send(run, 5000, 1);
	run_send(run, 5000, 1);
	run_send(run, 0, 1);
	assert_int_equal(counter(run, COUNTER_PACKETS_OUT_OF_ORDER), 1);
	run_end(run);
}

/* All packets of a second capture that is older than the first have the time that was reached. */
CASE(clock_stands_while_time_runs_backwards)
{
	Run *run = run_start(10 * SECOND, 20 * SECOND);

	run_send(run, 100000, 1);
	for (uint64_t time = 1000; time < 90000; time += 1000)
		run_send(run, time, 1);
	assert_int_equal(run->count, 0);
	run_finish(run);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 90, RECORD_LEFT_AT_END);
	assert_int_equal(run->emitted[0].first_seen, 100000);
	assert_int_equal(run->emitted[0].last_seen, 100000);
	assert_int_equal(counter(run, COUNTER_PACKETS_OUT_OF_ORDER), 89);
	run_end(run);
}

CASE(greatest_time_is_a_time)
{
	Run *run = run_start(10 * SECOND, 20 * SECOND);

	run_send(run, 0, 1);
	run_send(run, UINT64_MAX, 1);
	run_send(run, UINT64_MAX, 1);
	run_send(run, 5, 1);
	run_finish(run);
	assert_int_equal(run->count, 2);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, BY(2));
	expect_emitted(run, 1, 1, EXPIRATION_IDLE, 3, RECORD_LEFT_AT_END);
	assert_true(run->emitted[1].last_seen == INT64_MAX); /* what a bigint holds */
	run_end(run);
}

/* ----------------------------------------------------------------------------------------------------- ticks of a clock */

/* As the scan that follows the latest packet: at its place, at the idle timeout and not 1 ms before it. */
CASE(idle_flow_leaves_with_a_tick)
{
	Run		*run = run_start(10 * SECOND, NEVER);
	uint64_t latest;

	run_send(run, 5000, 1);
	latest = run_send(run, 6000, 2);
	run_tick(run, 14999);
	assert_int_equal(run->count, 0);
	run_tick(run, 15009);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 1, EXPIRATION_IDLE, 1, IN_SCAN(latest));
	assert_int_equal(run->emitted[0].last_seen, 5000);
	run_tick(run, 16019);
	assert_int_equal(run->count, 2);
	expect_emitted(run, 1, 2, EXPIRATION_IDLE, 1, IN_SCAN(latest));
	run_end(run);
}

/* All that are idle leave with it, in the order of their first packets. */
CASE(tick_is_a_scan_of_all_flows)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run_send(run, 5000, 1);
	run_send(run, 5001, 2);
	run_send(run, 5002, 3);
	run_send(run, 5003, 1);
	run_send(run, 9000, 4);
	run_tick(run, 18000);
	assert_int_equal(run->count, 3);
	for (unsigned i = 0; i < 3; i++)
		expect_emitted(run, i, i + 1, EXPIRATION_IDLE, i == 0 ? 2 : 1, IN_SCAN(5));
	run_end(run);
}

/* A tick moves the clock like a packet: what comes after it with an earlier time is late.  It moves nothing back. */
CASE(tick_moves_the_clock_and_never_back)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run_send(run, 5000, 1);
	run_tick(run, 7000);
	run_send(run, 6000, 1);
	assert_int_equal(counter(run, COUNTER_PACKETS_OUT_OF_ORDER), 1);
	run_tick(run, 1000);
	run_send(run, 7000, 2);
	assert_int_equal(counter(run, COUNTER_PACKETS_OUT_OF_ORDER), 1);
	run_finish(run);
	assert_int_equal(run->emitted[0].last_seen, 7000);
	run_end(run);
}

CASE(tick_beyond_all_times_is_the_latest)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run_send(run, 5000, 1);
	run_tick(run, UINT64_MAX);
	assert_int_equal(run->count, 1);
	run_send(run, 5000, 2);
	run_finish(run);
	assert_int_equal(run->emitted[1].first_seen, INT64_MAX);
	run_end(run);
}

CASE(tick_emits_no_more_than_is_wanted)
{
	Run *run = run_start(10 * SECOND, NEVER);

	run->request.max_nflows = 1;
	run_send(run, 5000, 1);
	run_send(run, 5000, 2);
	run_tick(run, 20000);
	run_tick(run, 40000);
	assert_int_equal(run->count, 1);
	assert_true(run->tracker.full);
	run_end(run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow_whose_next_packet_comes_at_the_idle_timeout_is_cut),
		cmocka_unit_test(flow_whose_next_packet_comes_1_ms_before_the_idle_timeout_goes_on),
		cmocka_unit_test(idle_flow_leaves_in_the_scan_at_the_idle_timeout),
		cmocka_unit_test(idle_time_counts_from_the_last_packet_of_either_direction),
		cmocka_unit_test(idle_timeout_of_zero_makes_every_packet_a_flow),
		cmocka_unit_test(flow_is_cut_at_the_active_timeout),
		cmocka_unit_test(flow_that_is_too_old_stays_until_its_next_packet),
		cmocka_unit_test(idle_is_tested_before_active),
		cmocka_unit_test(active_timeout_of_zero_makes_every_packet_a_flow),
		cmocka_unit_test(both_timeouts_of_zero_are_idle),
		cmocka_unit_test(longest_timeouts_never_end_a_flow),
		cmocka_unit_test(scan_needs_10_ms_of_the_clock),
		cmocka_unit_test(first_packet_scans_from_10_ms_on),
		cmocka_unit_test(flows_leave_together_in_the_order_of_their_first_packets),
		cmocka_unit_test(busy_flow_does_not_hold_back_idle_ones),
		cmocka_unit_test(all_idle_flows_leave_in_one_scan),
		cmocka_unit_test(flow_cut_by_its_packet_leaves_before_the_scan),
		cmocka_unit_test(flow_that_starts_again_is_the_youngest),
		cmocka_unit_test(late_packet_takes_the_clocks_time),
		cmocka_unit_test(packet_of_the_same_time_is_not_late),
		cmocka_unit_test(clock_stands_while_time_runs_backwards),
		cmocka_unit_test(greatest_time_is_a_time),
		cmocka_unit_test(idle_flow_leaves_with_a_tick),
		cmocka_unit_test(tick_is_a_scan_of_all_flows),
		cmocka_unit_test(tick_moves_the_clock_and_never_back),
		cmocka_unit_test(tick_beyond_all_times_is_the_latest),
		cmocka_unit_test(tick_emits_no_more_than_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
