/*
 * test_plugin_host.c
 *	  Made-up plugins behind the header: what is called when and with what, what they may write, and how they end.
 *
 * What is expected is NFStream 6.6.0's behaviour, of which it was tried, with plugins that do the same, that: the first packet calls
 * on_init alone; only -1 ends a flow, after all plugins; 0 and 1 of a cut overwrite what plugins set; what they write over counters
 * is gone with the next packet, over addresses it stays, and shows in packets; what on_expire writes is in the row.
 */
#include "noting_plugins.h"

CASE(hooks_are_called_in_order)
{
	Run	  *run = run_plugins(2, 10 * SECOND, NEVER);
	Packet back;

	run_send(run, 1000, 5);
	expect_notes("create b 7 true\n"
				 "init a #1 of 5: 1 packets, 100 bytes, expiration 0\n"
				 "  time 1000 +0, direction 0, 100/90/70/60, 5 -> 53\n"
				 "init b #1 of 5: 1 packets, 100 bytes, expiration 0\n"
				 "  time 1000 +0, direction 0, 100/90/70/60, 5 -> 53\n");
	back = packet_of(5);
	back = reversed(&back);
	back.time = 1007;
	run_packet(run, &back);
	expect_notes("update a #2 of 5: 2 packets, 200 bytes, expiration 0\n"
				 "  time 1007 +7, direction 1, 100/90/70/60, 53 -> 5\n"
				 "update b #2 of 5: 2 packets, 200 bytes, expiration 0\n"
				 "  time 1007 +7, direction 1, 100/90/70/60, 53 -> 5\n");

	/* Earlier than the clock: at the clock's time. */
	run_send(run, 900, 6);
	expect_notes("init a #1 of 6: 1 packets, 100 bytes, expiration 0\n"
				 "  time 1007 +0, direction 0, 100/90/70/60, 6 -> 53\n"
				 "init b #1 of 6: 1 packets, 100 bytes, expiration 0\n"
				 "  time 1007 +0, direction 0, 100/90/70/60, 6 -> 53\n");

	/* Idle: the old flow is over before the new one begins. */
	run_send(run, 11007, 5);
	expect_notes("expire a #3 of 5: 2 packets, 200 bytes, expiration 0\n"
				 "expire b #3 of 5: 2 packets, 200 bytes, expiration 0\n"
				 "init a #1 of 5: 1 packets, 100 bytes, expiration 0\n"
				 "  time 11007 +0, direction 0, 100/90/70/60, 5 -> 53\n"
				 "init b #1 of 5: 1 packets, 100 bytes, expiration 0\n"
				 "  time 11007 +0, direction 0, 100/90/70/60, 5 -> 53\n"
				 "expire a #2 of 6: 1 packets, 100 bytes, expiration 0\n"
				 "expire b #2 of 6: 1 packets, 100 bytes, expiration 0\n");
	run_finish(run);
	expect_notes("expire a #2 of 5: 1 packets, 100 bytes, expiration 0\n"
				 "expire b #2 of 5: 1 packets, 100 bytes, expiration 0\n");
	assert_int_equal(released, 6);
	end_plugins(run);
}

/* ------------------------------------------------------------------------------------------------------------- expiration_id */

static int32_t to_set;
static int64_t at_packets;

static void
set_now(NfstreamFlow *flow)
{
	flow->expiration_id = to_set;
}

static void
set_with_packet(NfstreamFlow *flow, const NfstreamPacket *packet)
{
	(void) packet;
	if (integer_of(flow, "bidirectional_packets") == at_packets)
		flow->expiration_id = to_set;
}

CASE(minus_one_ends_a_flow_with_its_packet)
{
	Run *run = run_plugins(2, 10 * SECOND, NEVER);

	at_packets = 1;
	to_set = -1;
	noting[0].on_init = set_with_packet;
	run_send(run, 1000, 5);
	assert_non_null(strstr(log_text, "init b #1 of 5: 1 packets, 100 bytes, expiration -1\n")); /* all plugins see it */
	assert_non_null(strstr(log_text, "expire b #2 of 5: 1 packets, 100 bytes, expiration -1\n"));
	expect_emitted(run, 0, 5, -1, 1, BY(1));

	at_packets = 2;
	noting[0].on_init = NULL;
	noting[0].on_update = set_with_packet;
	run_send(run, 1001, 5);
	run_send(run, 1002, 5);
	expect_emitted(run, 1, 5, -1, 2, BY(3));
	run_send(run, 1003, 5);
	run_finish(run);
	expect_emitted(run, 2, 5, 0, 1, RECORD_LEFT_AT_END);
	end_plugins(run);
}

static void
set_zero(NfstreamFlow *flow, const NfstreamPacket *packet)
{
	(void) packet;
	flow->expiration_id = 0;
}

CASE(a_later_plugin_has_the_last_word)
{
	Run *run = run_plugins(2, 10 * SECOND, NEVER);

	at_packets = 1;
	to_set = -1;
	noting[0].on_init = set_with_packet;
	noting[1].on_init = set_zero;
	run_send(run, 1000, 5);
	run_send(run, 1001, 5);
	run_finish(run);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 5, 0, 2, RECORD_LEFT_AT_END);
	end_plugins(run);
}

CASE(other_values_stay_unless_a_timeout_cuts)
{
	Run *run = run_plugins(1, 10 * SECOND, 20 * SECOND);

	at_packets = 1;
	to_set = -2;
	noting[0].on_init = set_with_packet;
	run_send(run, 1000, 5); /* leaves in a scan */
	run_send(run, 1000, 6); /* is cut by active_timeout */
	run_send(run, 9000, 6);
	run_send(run, 17000, 6);
	run_send(run, 17000, 5);
	run_send(run, 21000, 6);
	run_finish(run);
	expect_emitted(run, 0, 5, -2, 1, IN_SCAN(4));
	expect_emitted(run, 1, 6, 1, 3, BY(6));
	expect_emitted(run, 2, 5, -2, 1, RECORD_LEFT_AT_END);
	expect_emitted(run, 3, 6, -2, 1, RECORD_LEFT_AT_END);
	end_plugins(run);
}

/* NFStream takes the cut for -1's, and the packet that caused it is in no row: here none is lost. */
CASE(no_packet_is_lost_where_on_expire_sets_minus_one)
{
	Run		*run = run_plugins(1, 0, NEVER);
	uint64_t packets = 0;

	to_set = -1;
	noting[0].on_expire = set_now;
	for (unsigned i = 0; i < 28; i++)
		run_send(run, 1000 + i, 5);
	run_finish(run);
	for (unsigned i = 0; i < run->count; i++)
	{
		assert_int_equal(run->emitted[i].expiration, -1);
		packets += run->emitted[i].packets;
	}
	assert_int_equal(run->count, 28);
	assert_int_equal(packets, 28);
	end_plugins(run);
}

/* -------------------------------------------------------------------------------------------------------------------- writes */

static void
overwrite(NfstreamFlow *flow, const NfstreamPacket *packet)
{
	(void) packet;
	assert_true(write_text(flow, "src_ip", "192.0.2.1"));
	assert_true(write_text(flow, "src_mac", "02:00:00:00:00:0A"));
	assert_true(write_integer(flow, "vlan_id", 77));
	assert_true(write_integer(flow, "bidirectional_packets", 1000));
	assert_true(write_integer(flow, "bidirectional_first_seen_ms", 5));
	assert_true(write_integer(flow, "dst2src_first_seen_ms", 5));
	assert_int_equal(integer_of(flow, "bidirectional_packets"), 1000);
	assert_string_equal(text_of(flow, "src_ip"), "192.0.2.1");
	assert_string_equal(text_of(flow, "src_mac"), "02:00:00:00:00:0a");

	/* What no flow has, or what is of another type. */
	assert_int_equal(host->attribute("nonsense"), NFSTREAM_NO_ATTRIBUTE);
	assert_false(write_integer(flow, "id", 3));
	assert_false(write_integer(flow, "nonsense", 3));
	assert_false(write_integer(flow, "src_ip", 3));
	assert_false(write_text(flow, "src_ip", "not an address"));
	assert_false(write_text(flow, "src_mac", "02:00:00:00:00"));
	assert_false(write_text(flow, "src_mac", "02:00:00:00:00:0g"));
	assert_false(write_text(flow, "bidirectional_packets", "3"));
	assert_false(write_integer(flow, "protocol", 256));
	assert_false(write_integer(flow, "src_port", -1));
	assert_false(write_integer(flow, "expiration_id", INT64_C(1) << 40));
	assert_false(write_integer(flow, "application_name", 3));
}

static void
look(NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const uint8_t written[4] = {192, 0, 2, 1};

	assert_int_equal(integer_of(flow, "bidirectional_packets"), 2);
	assert_int_equal(integer_of(flow, "vlan_id"), 77);
	assert_int_equal(integer_of(flow, "bidirectional_first_seen_ms"), 5);
	assert_int_equal(integer_of(flow, "dst2src_first_seen_ms"), 1001);
	assert_int_equal(packet->direction, 1);
	assert_memory_equal(packet->dst_ip, written, sizeof(written));
	assert_int_equal(packet->dst_mac[5], 10);
}

static void
overwrite_last(NfstreamFlow *flow)
{
	assert_int_equal(integer_of(flow, "bidirectional_packets"), 2);
	assert_int_equal(integer_of(flow, "vlan_id"), 77);
	assert_true(write_integer(flow, "bidirectional_packets", 4711));
	assert_true(write_integer(flow, "bidirectional_bytes", 4712));
	assert_true(write_integer(flow, "bidirectional_bytes", 4713));
}

CASE(what_is_written_over_stays_or_comes_back)
{
	Run	  *run = run_plugins(1, 10 * SECOND, NEVER);
	Packet back = packet_of(5);

	noting[0].on_init = overwrite;
	noting[0].on_update = look;
	noting[0].on_expire = overwrite_last;
	run_send(run, 1000, 5);
	back = reversed(&back);
	back.time = 1001;
	run_packet(run, &back); /* by its key, which nobody changes */
	run_finish(run);
	assert_int_equal(run->count, 1);
	expect_emitted(run, 0, 5, 0, 4711, RECORD_LEFT_AT_END);
	assert_int_equal(run->emitted[0].bytes, 4713);
	assert_int_equal(run->emitted[0].first_seen, 5);
	assert_int_equal(run->emitted[0].last_seen, 1001);
	end_plugins(run);
}

/* ---------------------------------------------------------------------------------------------------- reads, values, failures */

static void
read_what_is_off(NfstreamFlow *flow, const NfstreamPacket *packet)
{
	NfstreamValue value;

	(void) packet;
	assert_int_equal(host->read(flow, host->attribute("application_name"), &value), NFSTREAM_READ_OFF);
	assert_int_equal(host->read(flow, host->attribute("splt_ps"), &value), NFSTREAM_READ_OFF);
	assert_int_equal(host->read(flow, host->attribute("community_id"), &value), NFSTREAM_READ_NOT_ASKED);
	assert_int_equal(host->attribute("udps"), NFSTREAM_NO_ATTRIBUTE);
	assert_true(host->udps(flow, "calls", &value));
	assert_int_equal(value.integer, orders.count == 2 ? 100 + packet->direction : 1); /* b's, which is not called yet */
	assert_false(host->udps(flow, "nonsense", &value));
	host->print("hello", 5);
}

CASE(what_is_not_computed_cannot_be_read)
{
	Run *run = run_plugins(2, 10 * SECOND, NEVER);

	noting[0].on_init = read_what_is_off;
	run_send(run, 1000, 5);
	assert_string_equal(printed, "hello");
	end_plugins(run);
	run = run_plugins(1, 10 * SECOND, NEVER);
	noting[0].on_init = read_what_is_off;
	run_send(run, 1000, 5);
	end_plugins(run);
}

CASE(what_plugins_say_they_read_is_computed)
{
	static const char *const reads[] = {"community_id", "bidirectional_mean_ps", "nonsense", NULL};
	Run						*run;

	plugin_a.reads = reads;
	run = run_plugins(1, 10 * SECOND, NEVER);
	assert_true(column_set_has(&run->request.reads, (unsigned) column_of_flow("community_id")));
	assert_true(column_set_has(&run->request.reads, (unsigned) column_of_flow("bidirectional_mean_ps")));
	assert_false(column_set_has(&run->request.columns, (unsigned) column_of_flow("community_id")));
	plugin_a.reads = NULL;
	run_send(run, 1000, 5);
	end_plugins(run);
}

static void
fail_now(NfstreamFlow *flow, const NfstreamPacket *packet)
{
	(void) flow;
	(void) packet;
	(host->fail)("It has seen enough.");
}

CASE(a_failure_names_plugin_hook_and_flow)
{
	Run *run = run_plugins(2, 10 * SECOND, NEVER);

	noting[1].on_update = fail_now;
	run_send(run, 1000, 5);
	log_text[0] = '\0';
	if (setjmp(failed) == 0)
	{
		run_send(run, 1001, 5);
		fail_msg("it went on");
	}
	assert_non_null(strstr(log_text, "failed: plugin \"b\" failed in on_update of flow 10.0.0.1:5 -> 10.0.0.2:53, protocol 17: It has seen enough.\n"
									 "cleaned 2\n"));
	run_finish(run);
	end_plugins(run);
}

CASE(flows_that_are_given_up_are_released)
{
	Run *run = run_plugins(1, 10 * SECOND, NEVER);

	run->request.max_nflows = 1;
	at_packets = 1;
	to_set = -1;
	run_send(run, 1000, 5);
	run_send(run, 1000, 6);
	noting[0].on_init = set_with_packet;
	run_send(run, 1000, 7);
	log_text[0] = '\0';
	run_finish(run);
	expect_notes("");
	assert_int_equal(run->count, 1);
	assert_int_equal(released, 3);
	end_plugins(run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hooks_are_called_in_order),
		cmocka_unit_test(minus_one_ends_a_flow_with_its_packet),
		cmocka_unit_test(a_later_plugin_has_the_last_word),
		cmocka_unit_test(other_values_stay_unless_a_timeout_cuts),
		cmocka_unit_test(no_packet_is_lost_where_on_expire_sets_minus_one),
		cmocka_unit_test(what_is_written_over_stays_or_comes_back),
		cmocka_unit_test(what_is_not_computed_cannot_be_read),
		cmocka_unit_test(what_plugins_say_they_read_is_computed),
		cmocka_unit_test(a_failure_names_plugin_hook_and_flow),
		cmocka_unit_test(flows_that_are_given_up_are_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
