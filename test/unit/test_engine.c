/*
 * test_engine.c
 *	  The walk through the sources: the account, damage, filters.
 */
#include "engine_run.h"

/* -------------------------------------------------------------------------------------------------------- the walk */

CASE(source_is_walked_from_its_first_byte_to_its_last)
{
	const File file = two_flows(1000);
	Scan	  *scan = scan_of(&file, NULL);

	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 2);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 4);
	assert_int_equal(counter(scan, COUNTER_PACKETS_METERED), 4);
	assert_int_equal(counter(scan, COUNTER_BYTES_READ), file.length);
	assert_int_equal(counter(scan, COUNTER_FLOWS), 2);
	assert_int_equal(counter(scan, COUNTER_DPI_STARTED), 0);
	assert_int_equal(counter(scan, COUNTER_DISSECTIONS), 0);
	assert_int_equal(scan->damages, 0);
	end(scan);
}

CASE(sources_are_read_as_one)
{
	const File first = two_flows(1000),
			   second = two_flows(1004);
	Scan *scan = scan_of(&first, &second);

	run(scan);
	assert_int_equal(scan->count, 2);
	assert_int_equal(value(scan, 0, "bidirectional_packets"), 4);
	assert_int_equal(value(scan, 0, "source_file"), 0);
	assert_int_equal(counter(scan, COUNTER_BYTES_READ), first.length + second.length);
	end(scan);
}

/* Places go on from source to source, and a flow belongs to the source of its first packet. */
CASE(flow_of_the_second_source)
{
	const File first = two_flows(1000),
			   second = two_flows(2000);
	Scan *scan = scan_of(&first, &second);

	run(scan);
	assert_int_equal(scan->count, 4);
	assert_int_equal(value(scan, 1, "source_file"), 0);
	assert_int_equal(value(scan, 2, "source_file"), 1);
	assert_int_equal(record_number(scan, 2).first, 5);
	end(scan);
}

CASE(older_source_is_out_of_order)
{
	const File first = two_flows(1000),
			   second = two_flows(500);
	Scan *scan = scan_of(&first, &second);

	run(scan);
	assert_int_equal(scan->count, 2);
	assert_int_equal(counter(scan, COUNTER_PACKETS_OUT_OF_ORDER), 4);
	assert_int_equal(value(scan, 0, "bidirectional_last_seen_ms"), 1003000);
	end(scan);
}

CASE(ignored_packets_are_counted_by_their_reason)
{
	File  file = two_flows(1000);
	Scan *scan;

	pcap_record(&file, 1004, 0, 10, 10, 0, 10);
	pcap_record(&file, 1004, 0, 60, 60, 0, 0);
	put_fill(&file, 2, 12), put_bytes(&file, "\x08\x06", 2), put_fill(&file, 0, 46);
	scan = scan_of(&file, NULL);
	run(scan);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 6);
	assert_int_equal(counter(scan, COUNTER_PACKETS_METERED), 4);
	assert_int_equal(counter(scan, COUNTER_IGNORED + IGNORED_SHORT), 1);
	assert_int_equal(counter(scan, COUNTER_IGNORED + IGNORED_NOT_IP), 1);
	end(scan);
}

/* ------------------------------------------------------------------------------------------------------ the damage */

CASE(damage_ends_a_source_but_not_the_scan)
{
	const File whole = two_flows(1000),
			   second = two_flows(2000);
	File  first = whole;
	Scan *scan;

	first.length -= 1;
	scan = scan_of(&first, &second);
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->damages, 1);
	assert_int_equal(scan->damage.file, 0);
	assert_int_equal(scan->damage.packet, 4);
	assert_int_equal(scan->damage.byte, whole.length - 76);
	assert_int_equal(scan->damage.code, FAILURE_CUT);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 7);
	assert_int_equal(scan->count, 4);
	end(scan);
}

CASE(damage_ends_the_scan_if_that_is_asked_for)
{
	const File second = two_flows(2000);
	File	   first = two_flows(1000);
	Scan	  *scan;

	first.length -= 1;
	scan = scan_of(&first, &second);
	scan->request.stop_at_damage = true;
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->damages, 1);
	assert_int_equal(scan->opened, 1);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 3);
	assert_int_equal(scan->count, 2);
	end(scan);
}

CASE(source_that_is_no_capture_fails_the_scan)
{
	const File empty = {0};
	Scan	  *scan = scan_of(&empty, NULL);

	run(scan);
	assert_false(scan->succeeded);
	assert_int_equal(scan->failure.code, FAILURE_EMPTY);
	assert_int_equal(scan->failure.file, 0);
	assert_int_equal(scan->damages, 0);
	end(scan);
}

CASE(one_source_among_several_that_is_no_capture_is_damaged)
{
	const File empty = {0},
			   second = two_flows(1000);
	Scan *scan = scan_of(&empty, &second);

	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->damages, 1);
	assert_int_equal(scan->damage.code, FAILURE_EMPTY);
	assert_int_equal(scan->damage.file, 0);
	assert_int_equal(scan->damage.packet, FAILURE_NO_PACKET);
	assert_int_equal(scan->count, 2);
	assert_int_equal(value(scan, 0, "source_file"), 1);

	scan->request.stop_at_damage = true;
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->opened, 1);
	assert_int_equal(scan->count, 0);
	end(scan);
}

/* ----------------------------------------------------------------------------------------------------- the filters */

CASE(filtered_packets_are_counted_and_do_not_move_the_clock)
{
	File  file = two_flows(1000);
	Scan *scan;

	pcap_udp(&file, 5000, 3);
	pcap_udp(&file, 1004, 1);
	scan = scan_of(&file, NULL);
	scan->filter = "src port 1";
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 1);
	assert_int_equal(value(scan, 0, "bidirectional_packets"), 3);
	assert_int_equal(counter(scan, COUNTER_PACKETS_FILTERED), 3);
	assert_int_equal(counter(scan, COUNTER_PACKETS_OUT_OF_ORDER), 0);
	end(scan);
}

static void
expect_filter_failure(const File *file, const char *filter)
{
	Scan *scan = scan_of(file, NULL);

	scan->filter = filter;
	run(scan);
	assert_false(scan->succeeded);
	assert_int_equal(scan->failure.code, FAILURE_FILTER);
	assert_int_equal(scan->count, 0);
	end(scan);
}

/* Whatever is in the capture: nothing, packets, or packets that are not decoded. */
CASE(filter_that_does_not_compile_fails_the_scan)
{
	const File some = two_flows(1000),
			   none = pcap_start(ETHERNET);
	File unknown = pcap_start(147),
		 section = {0},
		 empty_section = {0};

	pcap_udp(&unknown, 1000, 1);
	ng_section(&section);
	ng_interface(&section, ETHERNET, SNAPSHOT, -1, 0);
	empty_section = section;
	ng_simple(&section, 20, 1, 20);
	expect_filter_failure(&some, "this is no filter");
	expect_filter_failure(&none, "this is no filter");
	expect_filter_failure(&unknown, "this is no filter");
	expect_filter_failure(&section, "this is no filter");
	expect_filter_failure(&empty_section, "this is no filter");
}

CASE(filter_that_does_not_fit_the_link_type_fails_the_scan)
{
	const File none = pcap_start(101);
	File	   section = {0};

	ng_section(&section);
	ng_interface(&section, 101, SNAPSHOT, -1, 0);
	ng_simple(&section, 20, 1, 20);
	expect_filter_failure(&none, "ether host 1:2:3:4:5:6");
	expect_filter_failure(&section, "ether host 1:2:3:4:5:6");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_is_walked_from_its_first_byte_to_its_last),
		cmocka_unit_test(sources_are_read_as_one),
		cmocka_unit_test(flow_of_the_second_source),
		cmocka_unit_test(older_source_is_out_of_order),
		cmocka_unit_test(ignored_packets_are_counted_by_their_reason),
		cmocka_unit_test(damage_ends_a_source_but_not_the_scan),
		cmocka_unit_test(damage_ends_the_scan_if_that_is_asked_for),
		cmocka_unit_test(source_that_is_no_capture_fails_the_scan),
		cmocka_unit_test(one_source_among_several_that_is_no_capture_is_damaged),
		cmocka_unit_test(filtered_packets_are_counted_and_do_not_move_the_clock),
		cmocka_unit_test(filter_that_does_not_compile_fails_the_scan),
		cmocka_unit_test(filter_that_does_not_fit_the_link_type_fails_the_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
