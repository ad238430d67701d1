/*
 * test_selection.c
 *	  Flows that a condition sets aside: when that is known, and what is not done for them.
 */
#include "condition_model.h"
#include "tracker_run.h"

#define COLUMN(name) ((unsigned) column_of_flow(name))

/* An analyser that counts what it is called for, and writes over dst_port when a flow leaves. */
static unsigned started,
	seen,
	left,
	freed;

static bool
is_always_wanted(const MeterRequest *request)
{
	(void) request;
	return true;
}

static void
count_start(void *own, const Flow *flow, void *state)
{
	(void) own;
	(void) flow;
	(void) state;
	started++;
}

static void
count_packet(void *own, const Flow *flow, void *state, const FlowPacket *packet)
{
	(void) own;
	(void) flow;
	(void) state;
	(void) packet;
	seen++;
}

static void
count_joined(void *own, Flow *flow, void *state, const FlowPacket *packet)
{
	count_packet(own, flow, state, packet);
}

static void
count_leave(void *own, Flow *flow, void *state)
{
	(void) own;
	(void) state;
	left++;
	flow->rewritten = true;
}

static void
count_free(void *own, void *state)
{
	(void) own;
	(void) state;
	freed++;
}

/* What stands in the record as dst_port is 1000 more. */
static bool
rewrite(void *own, void *state, const Column *column, RecordValue *value)
{
	(void) own;
	(void) state;
	if (column->field != FIELD_PORT || column->side != SIDE_DST2SRC)
		return false;
	value->u += 1000;
	return true;
}

static const Analyser counting = {
	.name = "counting",
	.wanted = is_always_wanted,
	.start = count_start,
	.packet = count_packet,
	.joined = count_joined,
	.leave = count_leave,
	.free = count_free,
	.rewrite = rewrite,
};

static const Analyser *const counting_alone[] = {&counting, NULL};

/* A run on flows from these ports of 10.0.0.1 to port 53 of 10.0.0.2 with a condition. */
static Run *
start_with(const ConditionBuilder *condition)
{
	Run *run = run_start(120 * SECOND, 1800 * SECOND);

	started = seen = left = freed = 0;
	run->analysers = counting_alone;
	run->request.condition = condition->length;
	run->request.condition_bytes = condition->bytes;
	return run;
}

static ConditionBuilder
compares(const char *column, ConditionOperator operation, int64_t number)
{
	ConditionBuilder builder = {.schema = &flow_schema, .resize = realloc};

	condition_put_compare(&builder, COLUMN(column), operation, &(ConditionValue) {.i = number});
	return builder;
}

static void
end_with(Run *run, ConditionBuilder *condition)
{
	run_end(run);
	free(condition->bytes);
}

static void
send_back(Run *run, uint64_t time, unsigned flow)
{
	Packet packet = packet_of(flow),
		   back = reversed(&packet);

	back.time = time;
	run_packet(run, &back);
}

static void
expect_aside(const Run *run, uint64_t metered, uint64_t packets_aside, uint64_t flows_aside)
{
	assert_int_equal(counter(run, COUNTER_PACKETS_METERED), metered);
	assert_int_equal(counter(run, COUNTER_PACKETS_SET_ASIDE), packets_aside);
	assert_int_equal(counter(run, COUNTER_FLOWS_SET_ASIDE), flows_aside);
}

CASE(packets_that_cannot_match_are_not_tracked)
{
	ConditionBuilder condition = compares("src_port", CONDITION_EQUAL, 7);
	Run				*run = start_with(&condition);

	run_send(run, 1000, 7);
	run_send(run, 1001, 8);
	assert_int_equal(run->tracker.table.count, 1);
	send_back(run, 1002, 7);
	send_back(run, 1003, 8);
	assert_int_equal(run->tracker.table.count, 1);
	run_finish(run);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 7, EXPIRATION_IDLE, 2, RECORD_LEFT_AT_END);
	expect_aside(run, 2, 2, 0);
	end_with(run, &condition);
}

/* Who began a flow is its source: the answers of one that began before the capture match by their own source. */
CASE(flow_of_the_wrong_direction_is_tracked_without_analysers)
{
	ConditionBuilder condition = compares("dst_port", CONDITION_EQUAL, 53);
	Run				*run = start_with(&condition);

	send_back(run, 1000, 7);
	run_send(run, 1001, 7);
	assert_int_equal(run->tracker.table.count, 1);
	assert_int_equal(started + seen, 0);
	run_finish(run);
	assert_int_equal(run->count, 0);
	assert_int_equal(started + seen + left + freed, 0);
	expect_aside(run, 0, 2, 1);
	end_with(run, &condition);
}

CASE(flow_that_may_match_is_set_aside_when_it_leaves)
{
	ConditionBuilder condition = compares("bidirectional_packets", CONDITION_GREATER, 1);
	Run				*run = start_with(&condition);

	run_send(run, 1000, 7);
	run_send(run, 1001, 8);
	send_back(run, 1002, 8);
	assert_int_equal(run->tracker.table.count, 2);
	run_finish(run);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 8, EXPIRATION_IDLE, 2, RECORD_LEFT_AT_END);
	assert_int_equal(started, 2);
	assert_int_equal(left, 2);
	assert_int_equal(freed, 2);
	expect_aside(run, 2, 1, 1);
	end_with(run, &condition);
}

/* A range of times is known at the first packet, which is not the clock's at its start. */
CASE(flow_that_began_too_late_is_known_at_its_start)
{
	ConditionBuilder condition = compares("bidirectional_first_seen_ms", CONDITION_LESS, 1001);
	Run				*run = start_with(&condition);

	run_send(run, 1000, 7);
	run_send(run, 1001, 8);
	run_send(run, 1002, 7);
	assert_int_equal(started, 1);
	run_finish(run);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 7, EXPIRATION_IDLE, 2, RECORD_LEFT_AT_END);
	end_with(run, &condition);
}

CASE(flows_that_count_are_all_tracked)
{
	ConditionBuilder condition = compares("src_port", CONDITION_EQUAL, 9);
	Run				*run = start_with(&condition);

	/* Marks are not what this run reads: none leaves before the flows are given up. */
	run->request.counts_aside = true;
	run_send(run, 1000, 7);
	run_send(run, 1001, 8);
	assert_int_equal(run->tracker.table.count, 2);
	assert_int_equal(started, 0);
	end_with(run, &condition);
}

/* What a plugin writes is what counts, and only when the flow leaves. */
CASE(with_plugins_nothing_is_known_before_a_flow_leaves)
{
	ConditionBuilder before = compares("dst_port", CONDITION_EQUAL, 53),
					 after = compares("dst_port", CONDITION_EQUAL, 1053);
	Run *run = start_with(&before);

	run->request.plugins = 1;
	run_send(run, 1000, 7);
	assert_int_equal(started, 1);
	run_finish(run);
	assert_int_equal(run->count, 0);
	assert_int_equal(left, 1);
	end_with(run, &before);

	run = start_with(&after);
	run->request.plugins = 1;
	run_send(run, 1000, 7);
	run_finish(run);
	assert_int_equal(run->count, 1);
	end_with(run, &after);
}

/* Other packets move the clock: flows leave at the same moments as without a condition. */
CASE(packets_set_aside_move_the_clock)
{
	ConditionBuilder condition = compares("src_port", CONDITION_EQUAL, 7);
	Run				*run = start_with(&condition);

	run_send(run, 1000, 7);
	run_send(run, 1000 + 121 * SECOND, 8);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 7, EXPIRATION_IDLE, 1, IN_SCAN(2));
	end_with(run, &condition);
}

CASE(nothing_labelled_is_set_aside_before_its_label_is_known)
{
	ConditionBuilder condition = {.schema = &flow_schema, .resize = realloc};
	Run				*run;

	condition_put_or(&condition, 2);
	condition_put_compare(&condition, COLUMN("protocol_name"), CONDITION_EQUAL, &(ConditionValue) {.text = {BYTES('t', 'c', 'p')}});
	condition_put_compare(&condition, COLUMN("application_name"), CONDITION_EQUAL, &(ConditionValue) {.text = {BYTES('D', 'N', 'S')}});
	run = start_with(&condition);
	run_send(run, 1000, 7);
	assert_int_equal(started, 1);
	run_finish(run);
	assert_int_equal(run->count, 0);
	end_with(run, &condition);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_that_cannot_match_are_not_tracked),
		cmocka_unit_test(flow_of_the_wrong_direction_is_tracked_without_analysers),
		cmocka_unit_test(flow_that_may_match_is_set_aside_when_it_leaves),
		cmocka_unit_test(flow_that_began_too_late_is_known_at_its_start),
		cmocka_unit_test(flows_that_count_are_all_tracked),
		cmocka_unit_test(with_plugins_nothing_is_known_before_a_flow_leaves),
		cmocka_unit_test(packets_set_aside_move_the_clock),
		cmocka_unit_test(nothing_labelled_is_set_aside_before_its_label_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
