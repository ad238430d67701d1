/*
 * test_engine_files.c
 *	  Several sources: in the order of their times, each by itself, and overlapping.
 */
#include "engine_run.h"

/* By their first packets' times; what has none is read last. */
CASE(sources_are_read_in_the_order_of_their_times)
{
	const File late = two_flows(2000),
			   none = pcap_start(ETHERNET),
			   early = two_flows(1000);
	Scan *scan = scan_of_three(&late, &none, &early);

	run(scan);
	assert_int_equal(scan->overlaps, 1);
	assert_int_equal(scan->orders, 0);

	scan->request.source_order = SOURCE_ORDER_TIME;
	scan->overlaps = 0;
	run(scan);
	assert_int_equal(scan->orders, 1);
	assert_int_equal(scan->order[0], 2);
	assert_int_equal(scan->order[1], 0);
	assert_int_equal(scan->order[2], 1);
	assert_int_equal(scan->opened, 6);
	assert_int_equal(scan->overlaps, 0);
	assert_int_equal(scan->count, 4);
	assert_int_equal(value(scan, 0, "source_file"), 2);
	assert_int_equal(value(scan, 3, "source_file"), 0);
	end(scan);
}

/* A packet without a time does not say when a capture begins, if there is one that has it; equals stay as they are given. */
CASE(time_of_a_source_is_its_first_packets_that_has_one)
{
	const File second = two_flows(1000);
	File	   simple = {0},
		 timeless = pcap_start(ETHERNET);
	Scan *scan;

	pcap_udp(&timeless, 0, 1);
	ng_section(&simple);
	ng_interface(&simple, ETHERNET, SNAPSHOT, -1, 0);
	ng_simple(&simple, 60, 1, 60);
	scan = scan_of_three(&second, &timeless, &second);
	scan->request.source_order = SOURCE_ORDER_TIME;
	run(scan);
	assert_int_equal(scan->order[0], 1);
	assert_int_equal(scan->order[1], 0);
	assert_int_equal(scan->order[2], 2);
	end(scan);

	pcap_udp(&timeless, 1500, 1);
	scan = scan_of_three(&timeless, &second, &simple);
	scan->request.source_order = SOURCE_ORDER_TIME;
	run(scan);
	assert_int_equal(scan->order[0], 2);
	assert_int_equal(scan->order[1], 1);
	assert_int_equal(scan->order[2], 0);
	end(scan);
}

/* What one source gives is what it gives alone, whatever is before it, later or earlier or damaged. */
CASE(sources_apart_are_as_if_alone)
{
	const File first = two_flows(1000),
			   third = two_flows(500);
	File			  second = two_flows(1001);
	const File *const files[] = {&first, &second, &third};
	Scan			 *apart;
	unsigned		  at = 0;

	pcap_udp(&second, 3000, 1);
	pcap_udp(&second, 3001, 9);
	second.length -= 1;
	apart = scan_of_three(&first, &second, &third);
	apart->request.separate_files = true;
	run(apart);
	assert_true(apart->succeeded);
	assert_int_equal(apart->ends, 3);
	assert_int_equal(apart->overlaps, 0);
	assert_int_equal(apart->damages, 1);
	assert_int_equal(apart->damage.file, 1);
	assert_int_equal(counter(apart, COUNTER_PACKETS_OUT_OF_ORDER), 0);
	assert_int_equal(counter(apart, COUNTER_PACKETS_READ), 4 + 5 + 4);
	for (size_t i = 0; i < LENGTH(files); i++)
	{
		Scan *alone = scan_of(files[i], NULL);

		run(alone);
		assert_int_equal(apart->packets[i], counter(alone, COUNTER_PACKETS_READ));
		assert_int_equal(apart->flows[i], at + alone->count);
		for (unsigned j = 0; j < alone->count; j++, at++)
		{
			assert_int_equal(record_number(apart, at).left, record_number(alone, j).left);
			assert_int_equal(record_number(apart, at).first, record_number(alone, j).first);
			assert_int_equal(value(apart, at, "bidirectional_last_seen_ms"), value(alone, j, "bidirectional_last_seen_ms"));
			assert_int_equal(value(apart, at, "bidirectional_packets"), value(alone, j, "bidirectional_packets"));
			assert_int_equal(value(apart, at, "source_file"), i);
		}
		end(alone);
	}
	end(apart);
}

static void
assert_times(const FileTimesMessage *times, uint32_t file, uint64_t packets, uint64_t first, uint64_t last, bool is_damaged)
{
	assert_int_equal(times->file, file);
	assert_int_equal(times->packets, packets);
	assert_int_equal(times->first, first);
	assert_int_equal(times->last, last);
	assert_int_equal(times->first_nanoseconds, 0);
	assert_int_equal(times->last_nanoseconds, 0);
	assert_int_equal(times->is_damaged, is_damaged);
}

/* Whatever their order, and whatever becomes of the packets; of a source without any nothing is told where sources are read as one. */
CASE(times_of_sources_are_told_at_their_ends)
{
	const File none = pcap_start(ETHERNET);
	File	   first = two_flows(1000),
		 cut = two_flows(3000);
	Scan *scan;

	pcap_udp(&first, 500, 1);
	cut.length -= 1;
	scan = scan_of_three(&first, &none, &cut);
	scan->filter = "tcp";
	for (int apart = 0; apart < 2; apart++)
	{
		scan->request.separate_files = apart;
		run(scan);
		assert_int_equal(scan->times_told, 2);
		assert_times(&scan->times[0], 0, 5, 500000, 1003000, false);
		assert_times(&scan->times[1], 2, 3, 3000000, 3002000, true);
	}
	end(scan);
}

/* Of one that is not read to its end nothing is known. */
CASE(times_of_a_source_that_is_left_are_not_told)
{
	const File first = two_flows(1000),
			   second = two_flows(2000);
	File  cut = two_flows(3000);
	Scan *scan = scan_of_three(&first, &second, &second);

	scan->request.max_nflows = 1;
	scan->request.idle_timeout = 900000;
	run(scan);
	assert_int_equal(scan->count, 1);
	assert_int_equal(scan->times_told, 1);
	assert_times(&scan->times[0], 0, 4, 1000000, 1003000, false);
	end(scan);

	cut.length -= 1;
	scan = scan_of_three(&first, &cut, &second);
	scan->request.stop_at_damage = true;
	run(scan);
	assert_int_equal(scan->times_told, 1);
	end(scan);
}

/* An analyser that learns from flows, and counts how often it forgets. */
typedef struct Learner
{
	unsigned forgotten;
	unsigned fails_at; /* the number of the time that fails, from 1; 0: none does */
} Learner;

static Learner learner;

static bool
learner_fills(const Column *column)
{
	(void) column;
	return false;
}

static bool
learner_is_wanted(const MeterRequest *request)
{
	(void) request;
	return true;
}

static bool
learner_forgets(void *own, FailureMessage *failure)
{
	(void) own;
	*failure = (FailureMessage) {.code = FAILURE_INTERNAL, .text = "it cannot forget"};
	return ++learner.forgotten != learner.fails_at;
}

static void
run_learner(Scan *scan, unsigned fails_at)
{
	static const Analyser row = {
		.name = "learner",
		.fills = learner_fills,
		.wanted = learner_is_wanted,
		.forget = learner_forgets,
	};
	static const Analyser *const table[] = {&row, NULL};

	learner = (Learner) {.fails_at = fails_at};
	scan->analysers = table;
	scan->request.columns = (ColumnSet) {0};
	run(scan);
}

/* Before each file but the first, and not after the last. */
CASE(what_was_learned_of_files_apart_is_forgotten)
{
	const File file = two_flows(1000);
	Scan	  *scan = scan_of_three(&file, &file, &file);

	run_learner(scan, 0);
	assert_true(scan->succeeded);
	assert_int_equal(learner.forgotten, 0);

	scan->request.separate_files = true;
	run_learner(scan, 0);
	assert_true(scan->succeeded);
	assert_int_equal(scan->ends, 3);
	assert_int_equal(learner.forgotten, 2);

	run_learner(scan, 2);
	assert_false(scan->succeeded);
	assert_string_equal(scan->failure.text, "it cannot forget");
	assert_int_equal(scan->ends, 2);
	end(scan);
}

/* What ends a scan ends it within a source and at its end. */
CASE(sources_apart_end_with_the_last_flow_or_at_damage)
{
	const File second = two_flows(1000),
			   third = two_flows(1000);
	File  first = two_flows(1000);
	Scan *scan = scan_of_three(&first, &second, &third);

	scan->request.separate_files = true;
	for (unsigned most = 1; most <= 6; most++)
	{
		scan->request.max_nflows = most;
		run(scan);
		assert_int_equal(scan->count, most);
		assert_int_equal(scan->taken, (most + 1) / 2);
	}
	end(scan);

	first.length -= 1;
	scan = scan_of_three(&first, &second, &third);
	scan->request.separate_files = true;
	scan->request.stop_at_damage = true;
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->taken, 1);
	assert_int_equal(scan->ends, 1);
	assert_int_equal(scan->count, 2);
	end(scan);
}

/* A scan of three captures of four seconds each that begin at these seconds, and what it says of overlaps. */
static void
expect_overlap(const uint32_t begins[3], unsigned overlaps, uint32_t file, uint64_t reached)
{
	const File files[] = {two_flows(begins[0]), two_flows(begins[1]), two_flows(begins[2])};
	Scan	  *scan = scan_of_three(&files[0], &files[1], &files[2]);

	run(scan);
	assert_int_equal(scan->overlaps, overlaps);
	if (overlaps > 0)
	{
		assert_int_equal(scan->overlap.file, file);
		assert_int_equal(scan->overlap.begins, begins[file] * 1000);
		assert_int_equal(scan->overlap.reached, reached * 1000);
	}
	end(scan);
}

/* It is told of the first source that begins more than a second before the time that was reached, and of no other. */
CASE(overlap_is_told_once)
{
	expect_overlap((const uint32_t[]) {1000, 1010, 1020}, 0, 0, 0);
	expect_overlap((const uint32_t[]) {1000, 1002, 1005}, 0, 0, 0);
	expect_overlap((const uint32_t[]) {1000, 1001, 1005}, 1, 1, 1003);
	expect_overlap((const uint32_t[]) {1000, 500, 600}, 1, 1, 1003);
	expect_overlap((const uint32_t[]) {1000, 2000, 1500}, 1, 2, 2003);
}

/* What begins is the first packet that is metered and has a time: not one that is filtered or ignored. */
CASE(overlap_is_that_of_metered_packets)
{
	const File first = two_flows(1000);
	File	   second = pcap_start(ETHERNET);
	Scan	  *scan;

	pcap_udp(&second, 500, 7);
	pcap_record(&second, 500, 0, 10, 10, 0, 10);
	pcap_udp(&second, 0, 1);
	pcap_udp(&second, 1100, 1);
	pcap_udp(&second, 500, 1);
	scan = scan_of(&first, &second);
	scan->filter = "not src port 7";
	run(scan);
	assert_int_equal(scan->overlaps, 0);
	assert_int_equal(counter(scan, COUNTER_PACKETS_OUT_OF_ORDER), 2);
	end(scan);
}

/* -------------------------------------------------------------------------------------------------- what analysers learn */

static unsigned forgotten;
static bool		may_forget;

static bool
always(const MeterRequest *request)
{
	(void) request;
	return true;
}

static bool
forget(void *own, FailureMessage *failure)
{
	(void) own;
	forgotten++;
	if (!may_forget)
		*failure = (FailureMessage) {.code = FAILURE_INTERNAL, .text = "cannot forget"};
	return may_forget;
}

static void
count(const void *own, Account *account)
{
	(void) own;
	account->counters[COUNTER_DISSECTIONS] += forgotten;
}

static const Analyser learning = {.name = "learning", .wanted = always, .forget = forget, .count = count};

/* Between files that are metered apart, not before the first, nor after the last; nor in a source of several files. */
CASE(analysers_forget_between_files_apart)
{
	static const Analyser *const table[] = {&learning, NULL};
	const File					 file = two_flows(1000);
	Scan						*scan = scan_of_three(&file, &file, &file);

	scan->analysers = table;
	forgotten = 0;
	may_forget = true;
	run(scan);
	assert_int_equal(forgotten, 0);
	scan->request.separate_files = true;
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 6);
	assert_int_equal(forgotten, 2);
	assert_int_equal(counter(scan, COUNTER_DISSECTIONS), 2);

	may_forget = false;
	run(scan);
	assert_false(scan->succeeded);
	assert_string_equal(scan->failure.text, "cannot forget");
	assert_int_equal(scan->count, 2);
	end(scan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_are_read_in_the_order_of_their_times),
		cmocka_unit_test(time_of_a_source_is_its_first_packets_that_has_one),
		cmocka_unit_test(sources_apart_are_as_if_alone),
		cmocka_unit_test(times_of_sources_are_told_at_their_ends),
		cmocka_unit_test(times_of_a_source_that_is_left_are_not_told),
		cmocka_unit_test(what_was_learned_of_files_apart_is_forgotten),
		cmocka_unit_test(sources_apart_end_with_the_last_flow_or_at_damage),
		cmocka_unit_test(overlap_is_told_once),
		cmocka_unit_test(overlap_is_that_of_metered_packets),
		cmocka_unit_test(analysers_forget_between_files_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
