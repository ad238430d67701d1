/*
 * test_analyser.c
 *	  Made-up analysers in place of the engine's: what is called when, what they see, and that they may end a flow.
 *
 * What a plugin may do to a flow's end is METERING.md's and, tried with it, NFStream 6.6.0's: only -1 ends a flow, after all
 * analysers have seen the packet, which belongs to the flow; another value stays, unless a packet's timeout overwrites it; what is
 * written as the flow leaves only changes the record.
 */
#include "engine/analyse/labels.h"
#include "engine/analyse/splt.h"
#include "engine/analyse/statistics.h"
#include "tracker_run.h"

static bool
always(const MeterRequest *request)
{
	(void) request;
	return true;
}

/* ------------------------------------------------------------------------------------------------- what is called when */

/* One letter for each call, since the test began. */
static char calls[256];

static void
note(char call)
{
	size_t length = strlen(calls);

	assert_true(length < sizeof(calls) - 1);
	calls[length] = call;
}

static bool
note_open(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure)
{
	(void) request;
	(void) analysis;
	(void) failure;
	note('O');
	*own = calls;
	return true;
}

static void
note_close(void *own)
{
	assert_ptr_equal(own, calls);
	note('C');
}

/* Its state is the number of the flow's packets, in three bytes of which the first and the last hold something else. */
static void
note_start(void *own, const Flow *flow, void *state)
{
	const uint8_t zeros[3] = {0};

	assert_ptr_equal(own, calls);
	assert_int_equal(flow_packets(flow), 0);
	assert_memory_equal(state, zeros, sizeof(zeros));
	memcpy(state, "<\0>", 3);
	note('s');
}

static void
note_packet(void *own, const Flow *flow, void *state, const FlowPacket *packet)
{
	(void) own;
	(void) packet;
	assert_int_equal(flow_packets(flow), ((uint8_t *) state)[1]);
	note('p');
}

static void
note_joined(void *own, Flow *flow, void *state, const FlowPacket *packet)
{
	(void) own;
	(void) packet;
	assert_int_equal(flow_packets(flow), ++((uint8_t *) state)[1]);
	note('j');
}

static void
note_leave(void *own, Flow *flow, void *state)
{
	(void) own;
	assert_int_equal(flow_packets(flow), ((uint8_t *) state)[1]);
	note('l');
}

static void
note_free(void *own, void *state)
{
	(void) own;
	assert_true(((char *) state)[0] == '<' && ((char *) state)[2] == '>');
	note('f');
}

static bool
fills_udps(const Column *column)
{
	return column->field == FIELD_UDPS;
}

static void
note_value(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value)
{
	(void) own;
	(void) flow;
	assert_int_equal(column->field, FIELD_UDPS);
	assert_int_equal(((char *) state)[0], '<');
	value->b.bytes = (const uint8_t *) "{}";
	value->b.length = 2;
	note('v');
}

static const Analyser noting = {
	.name = "noting",
	.state_bytes = 3,
	.fills = fills_udps,
	.open = note_open,
	.close = note_close,
	.start = note_start,
	.packet = note_packet,
	.joined = note_joined,
	.leave = note_leave,
	.free = note_free,
	.value = note_value,
};

CASE(what_is_called_in_a_flows_life)
{
	static const Analyser *const table[] = {&statistics_analyser, &noting, &splt_analyser, NULL};
	Run							*run = run_start(10 * SECOND, NEVER);

	memset(calls, 0, sizeof(calls));
	run->analysers = table;
	run->request.statistical_analysis = true;
	run->request.splt_analysis = 5;
	request_add_all_columns(&run->request);
	column_set_add(&run->request.columns, (unsigned) column_of_flow("udps"));
	run_send(run, 1000, 1);
	run_send(run, 2000, 1);
	assert_string_equal(calls, "Ospjpj");
	run_send(run, 20000, 1);
	assert_string_equal(calls, "Ospjpj"
							   "lvfspj");
	run_finish(run);
	assert_string_equal(calls, "Ospjpj"
							   "lvfspj"
							   "lvf");
	run_end(run);
	assert_string_equal(calls, "Ospjpj"
							   "lvfspj"
							   "lvf"
							   "C");
}

CASE(flow_that_is_given_up_is_freed_and_does_not_leave)
{
	static const Analyser *const table[] = {&noting, NULL};
	Run							*run = run_start(10 * SECOND, NEVER);

	memset(calls, 0, sizeof(calls));
	run->analysers = table;
	column_set_add(&run->request.columns, (unsigned) column_of_flow("udps"));
	run_send(run, 1000, 1);
	run_end(run);
	assert_string_equal(calls, "Ospj"
							   "f"
							   "C");
}

/* ------------------------------------------------------------------------------------------------- which are opened */

static bool
fail_to_open(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure)
{
	(void) request;
	(void) own;
	assert_int_equal(analysis->count, 1); /* the one that stands before it */
	*failure = (FailureMessage) {.code = FAILURE_INTERNAL, .text = "no table"};
	return false;
}

CASE(one_that_does_not_open_closes_the_others)
{
	static const Analyser		 failing = {.name = "failing", .wanted = always, .open = fail_to_open};
	static const Analyser *const table[] = {&noting, &failing, NULL};
	MeterRequest				 request = {0};
	FailureMessage				 failure = {0};
	Analysis					 analysis;

	memset(calls, 0, sizeof(calls));
	column_set_add(&request.columns, (unsigned) column_of_flow("udps"));
	assert_false(analysis_open(&analysis, table, &request, &failure));
	assert_string_equal(calls, "OC");
	assert_string_equal(failure.text, "no table");
}

/* What a flow takes, as a column of each kind is asked for: nothing for what nobody asks for. */
CASE(only_what_is_asked_for_is_opened_and_takes_memory)
{
	static const struct
	{
		const char *column;
		size_t		bytes;
	} cases[] = {
		{"src_ip", 0},
		{"bidirectional_packets", 0},
		{"community_id", 0},
		{"splt_ps", sizeof(SpltArrays)},
		{"dst2src_stddev_ps", sizeof(Statistics)},
		{"application_name", 32}, /* nDPI's state, texts or first packet, and the label */
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		MeterRequest   request;
		FailureMessage failure;
		Analysis	   analysis;

		request_defaults(&request);
		column_set_add(&request.columns, (unsigned) column_of_flow(cases[i].column));
		assert_true(analysis_open(&analysis, analysers, &request, &failure));
		assert_int_equal(analysis.state_bytes, cases[i].bytes);
		analysis_close(&analysis);
	}
	assert_true(sizeof(Flow) <= 160);
}

/* ------------------------------------------------------------------------------------------------- columns, read at any moment */

typedef struct Reading
{
	ColumnReader packets;
	ColumnReader max_ps;
	ColumnReader intervals;
	ColumnReader last_seen;
	unsigned	 read;
} Reading;

static Reading reading;

static ColumnReader
reader_of(Analysis *analysis, const char *name)
{
	return analysis_reader(analysis, &flow_schema.columns[column_of_flow(name)]);
}

static bool
open_reading(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure)
{
	(void) request;
	(void) failure;
	reading = (Reading) {
		.packets = reader_of(analysis, "bidirectional_packets"),
		.max_ps = reader_of(analysis, "src2dst_max_ps"),
		.intervals = reader_of(analysis, "splt_piat_ms"),
		.last_seen = reader_of(analysis, "bidirectional_last_seen_ms"),
	};
	*own = &reading;
	return true;
}

/* Sizes 100, 101, 102 ... at 1000, 1100, 1200 ms. */
static void
read_columns(void *own, Flow *flow, void *state, const FlowPacket *packet)
{
	Reading	   *r = own;
	RecordValue value;

	(void) state;
	r->read++;
	assert_int_equal(packet->size, 99 + r->read);
	assert_int_equal(packet->side, SIDE_SRC2DST);
	assert_int_equal(packet->since_flow, r->read == 1 ? UINT64_MAX : 100);
	assert_int_equal(packet->since_side, packet->since_flow);
	column_read(&r->packets, flow, &value);
	assert_int_equal(value.u, r->read);
	column_read(&r->max_ps, flow, &value);
	assert_int_equal(value.u, packet->size);
	column_read(&r->last_seen, flow, &value);
	assert_int_equal(value.u, packet->packet->time);
	column_read(&r->intervals, flow, &value);
	assert_int_equal(value.a.count, 3);
	assert_int_equal(value.a.present, r->read < 3 ? r->read : 3);
	for (uint32_t i = 0; i < value.a.present; i++)
		assert_int_equal(record_element(&value, i), i == 0 ? 0 : 100);
}

CASE(columns_are_as_of_the_packet_that_joined)
{
	static const Analyser		 reader = {.name = "reader", .wanted = always, .open = open_reading, .joined = read_columns};
	static const Analyser *const table[] = {&splt_analyser, &statistics_analyser, &reader, NULL};
	Run							*run = run_start(10 * SECOND, NEVER);

	run->analysers = table;
	run->request.statistical_analysis = true;
	run->request.splt_analysis = 3;
	request_add_all_columns(&run->request);
	for (unsigned i = 0; i < 5; i++)
	{
		Packet packet = packet_of(1);

		packet.time = 1000 + 100 * i;
		packet.size[ACCOUNTING_LINK] = 100 + i;
		run_packet(run, &packet);
	}
	assert_int_equal(reading.read, 5);
	run_end(run);
}

/* A label that nDPI has not decided yet, of a packet that it was not told of yet. */
CASE(labels_are_read_before_they_are_decided)
{
	static const Analyser *const table[] = {&labels_analyser, NULL};
	static const uint8_t		 syn[40] = {0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
											0x80, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff};
	MeterRequest				 request;
	FailureMessage				 failure;
	Analysis					 analysis;
	Packet						 packet = packet_of(1);
	FlowPacket					 joining = {.packet = &packet};
	Account						 account = {0};
	RecordValue					 value;
	ColumnReader				 name,
		server,
		guessed;
	Flow *flow;

	request_defaults(&request);
	request_add_all_columns(&request);
	assert_true(analysis_open(&analysis, table, &request, &failure));
	name = reader_of(&analysis, "application_name");
	server = reader_of(&analysis, "requested_server_name");
	guessed = reader_of(&analysis, "application_is_guessed");
	flow = calloc(1, sizeof(*flow) + analysis.state_bytes);
	packet.ip = syn;
	packet.ip_length = sizeof(syn);
	packet.time = 1000;
	flow_start(flow, &packet, 1, 0);
	analysis_start(&analysis, flow);
	analysis_packet(&analysis, flow, &joining);
	direction_add(&flow->direction[SIDE_SRC2DST], 1000, 40);
	analysis_joined(&analysis, flow, &joining);
	analysis_count(&analysis, &account);
	assert_int_equal(account.counters[COUNTER_DISSECTIONS], 0);

	column_read(&name, flow, &value);
	assert_int_equal(value.b.length, strlen("Unknown"));
	assert_memory_equal(value.b.bytes, "Unknown", value.b.length);
	column_read(&server, flow, &value);
	assert_int_equal(value.b.length, 0);
	column_read(&guessed, flow, &value);
	assert_int_equal(value.u, 0);
	account = (Account) {0};
	analysis_count(&analysis, &account);
	assert_int_equal(account.counters[COUNTER_DISSECTIONS], 1);

	analysis_leave(&analysis, flow);
	column_read(&name, flow, &value); /* guessed by its port, 80 */
	assert_memory_equal(value.b.bytes, "HTTP", value.b.length);
	column_read(&guessed, flow, &value);
	assert_int_equal(value.u, 1);
	analysis_free(&analysis, flow);
	free(flow);
	analysis_close(&analysis);
}

/* ------------------------------------------------------------------------------------------------- who ends a flow */

/* Ends a flow with its packet of this number, as NFStream's FlowSlicer. */
static unsigned slice;

/* What is written into expiration as a packet joins, but for 0; and as a flow leaves, but for 0. */
static int32_t	write_joined;
static int32_t	write_leaving;
static unsigned seen_after;

static void
slicer_joined(void *own, Flow *flow, void *state, const FlowPacket *packet)
{
	(void) own;
	(void) state;
	(void) packet;
	if (flow_packets(flow) == slice)
		flow->expiration = EXPIRATION_PLUGIN;
	else if (write_joined != 0)
		flow->expiration = write_joined;
}

static void
slicer_leave(void *own, Flow *flow, void *state)
{
	(void) own;
	(void) state;
	if (write_leaving != 0)
		flow->expiration = write_leaving;
}

static void
see(void *own, Flow *flow, void *state, const FlowPacket *packet)
{
	(void) own;
	(void) flow;
	(void) state;
	(void) packet;
	seen_after++;
}

static const Analyser		 slicer = {.name = "slicer", .wanted = always, .joined = slicer_joined, .leave = slicer_leave};
static const Analyser		 seeing = {.name = "seeing", .wanted = always, .joined = see};
static const Analyser *const slicers[] = {&slicer, &seeing, NULL};

static Run *
slicer_start(unsigned limit, int32_t joined, int32_t leaving, uint64_t idle_timeout, uint64_t active_timeout)
{
	Run *run = run_start(idle_timeout, active_timeout);

	slice = limit;
	write_joined = joined;
	write_leaving = leaving;
	seen_after = 0;
	run->analysers = slicers;
	return run;
}

/* The packet belongs to the flow that ends; the next of its key starts another.  Analysers after it have seen it too. */
CASE(flow_ends_with_the_packet_that_an_analyser_says)
{
	Run *run = slicer_start(2, 0, 0, 100 * SECOND, NEVER);

	for (unsigned i = 0; i < 5; i++)
		run_send(run, 1000 + i, 1);
	assert_int_equal(run->count, 2);
	run_finish(run);
	assert_int_equal(seen_after, 5);
	assert_int_equal(run->count, 3);
	expect_emitted(run, 0, 1, -1, 2, BY(2));
	expect_emitted(run, 1, 1, -1, 2, BY(4));
	expect_emitted(run, 2, 1, 0, 1, RECORD_LEFT_AT_END);
	run_end(run);
}

/* A limit of one ends a flow with its first packet, among them one that ended another by its timeout: two leave at one place. */
CASE(flow_of_one_packet)
{
	Run *run = slicer_start(0, 0, 0, 10 * SECOND, NEVER);

	run_send(run, 1000, 1);
	slice = 1;
	run_send(run, 20000, 1);
	run_send(run, 20001, 2);
	assert_int_equal(run->count, 3);
	expect_emitted(run, 0, 1, 0, 1, BY(2));
	expect_emitted(run, 1, 1, -1, 1, BY(2));
	expect_emitted(run, 2, 2, -1, 1, BY(3));
	assert_int_equal(run->emitted[0].first, 1);
	assert_int_equal(run->emitted[1].first, 2);
	assert_int_equal(run->tracker.table.count, 0);
	assert_int_equal(counter(run, COUNTER_FLOWS), 3);
	run_end(run);
}

CASE(flow_that_ends_counts_for_max_nflows)
{
	Run *run = slicer_start(1, 0, 0, 10 * SECOND, NEVER);

	run->request.max_nflows = 2;
	for (unsigned i = 1; i <= 4; i++)
		if (!run->tracker.full)
			run_send(run, 1000, i);
	assert_int_equal(run->place, 2);
	assert_int_equal(run->count, 2);
	run_end(run);
}

/* Any other value does not end the flow, and stays: at an idle scan, at the end; but a timeout that a packet finds overwrites it. */
CASE(other_values_stay_in_the_record)
{
	static const int32_t values[] = {-2, 5, INT32_MIN, INT32_MAX};

	for (size_t i = 0; i < LENGTH(values); i++)
	{
		Run *run = slicer_start(0, values[i], 0, 10 * SECOND, 15 * SECOND);

		run_send(run, 1000, 1);
		run_send(run, 12000, 2); /* scans: 1 leaves */
		run_send(run, 20000, 2);
		run_send(run, 28000, 2); /* active for long: a new one */
		run_send(run, 50000, 2); /* idle: a new one */
		run_finish(run);
		assert_int_equal(run->count, 4);
		expect_emitted(run, 0, 1, values[i], 1, IN_SCAN(2));
		expect_emitted(run, 1, 2, 1, 2, BY(4));
		expect_emitted(run, 2, 2, 0, 1, BY(5));
		expect_emitted(run, 3, 2, values[i], 1, RECORD_LEFT_AT_END);
		run_end(run);
	}
}

/* Also -1: the packet that found the timeout is not lost, it starts the next flow. */
CASE(what_is_written_as_a_flow_leaves_changes_its_record_alone)
{
	static const int32_t values[] = {-1, -2, 7};

	for (size_t i = 0; i < LENGTH(values); i++)
	{
		Run *run = slicer_start(0, 0, values[i], 10 * SECOND, NEVER);

		run_send(run, 1000, 1);
		run_send(run, 20000, 1);
		run_finish(run);
		assert_int_equal(run->count, 2);
		expect_emitted(run, 0, 1, values[i], 1, BY(2));
		expect_emitted(run, 1, 1, values[i], 1, RECORD_LEFT_AT_END);
		run_end(run);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_called_in_a_flows_life),
		cmocka_unit_test(flow_that_is_given_up_is_freed_and_does_not_leave),
		cmocka_unit_test(one_that_does_not_open_closes_the_others),
		cmocka_unit_test(only_what_is_asked_for_is_opened_and_takes_memory),
		cmocka_unit_test(columns_are_as_of_the_packet_that_joined),
		cmocka_unit_test(labels_are_read_before_they_are_decided),
		cmocka_unit_test(flow_ends_with_the_packet_that_an_analyser_says),
		cmocka_unit_test(flow_of_one_packet),
		cmocka_unit_test(flow_that_ends_counts_for_max_nflows),
		cmocka_unit_test(other_values_stay_in_the_record),
		cmocka_unit_test(what_is_written_as_a_flow_leaves_changes_its_record_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
