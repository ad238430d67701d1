/*
 * test_source_interface.c
 *	  The source that is an interface, in the kernel.
 *
 * By root, in a network namespace of the test's own: datagrams are sent over loopback, which gives each packet twice, and frames into
 * `far`, which arrive at `near`.
 */
#include <sys/wait.h>

#include "interface_run.h"

/* Once and not twice; with the time at which it came. */
CASE(loopback_gives_each_packet_once)
{
	MeterRequest   request = request_for("lo");
	uint64_t	   before = now_ms();
	SourceCounters counters;
	Taken		   taken;

	start(&taken, &request, NULL);
	send_to(PORT, 50, 10);
	walk(&taken);
	counters = count(&taken);
	assert_int_equal(taken.frames, 50);
	assert_int_equal(taken.ports[0], 50);
	assert_int_equal(taken.latest.link_type, DLT_EN10MB);
	assert_int_equal(taken.latest.wire_length, UDP_HEADERS + 10);
	assert_int_equal(taken.latest.captured_length, UDP_HEADERS + 10);
	assert_in_range(taken.latest.time, before, now_ms());
	assert_int_equal(taken.progress.packet, 50);
	assert_int_equal(counters.received, 50);
	assert_int_equal(counters.dropped_by_kernel, 0);
	assert_int_equal(counters.left_in_ring, 0);
	assert_int_equal(counters.longer_than_mtu, 0);
	assert_int_equal(counters.bytes_read, 50 * (UDP_HEADERS + 10));
	assert_true(taken.source->kind->is_live && taken.source->kind->applies_filter);
	stop(&taken);
}

/* The time that is told goes on, and no packet that comes later is older. */
CASE(time_goes_on_while_nothing_comes)
{
	MeterRequest request = request_for("lo");
	uint64_t	 begun = now_ms(),
			 first;
	Taken taken;

	start(&taken, &request, NULL);
	walk(&taken);
	first = taken.quiet_time;
	assert_int_equal(taken.frames, 0);
	assert_in_range(first, begun - LONG_ENOUGH, now_ms());
	walk(&taken);
	assert_in_range(taken.quiet_time, first + 1, now_ms());
	first = taken.quiet_time;
	send_to(PORT, 1, 10);
	walk(&taken);
	assert_int_equal(taken.frames, 1);
	assert_in_range(taken.latest.time, first, now_ms());
	stop(&taken);
}

/* While packets wait, because each takes long, what has left is handed on all the same, and who says something is heard. */
CASE(it_tells_and_hears_while_packets_wait)
{
	MeterRequest request = request_for("lo");
	Taken		 taken;

	start(&taken, &request, NULL);
	taken.slow = 2000;
	send_to(PORT, 1000, 10);
	taken.told = INTERFACE_GIVE_UP;
	walk(&taken);
	assert_int_equal(taken.frames, 1000);
	assert_in_range(taken.quiet_frames, 1, 900);
	send_to(PORT, 1000, 10);
	usleep(100000);
	assert_int_equal(write(taken.pipe[1], "", 1), 1);
	walk(&taken);
	assert_int_equal(taken.result, SOURCE_END);
	assert_true(taken.frames < 2000);
	stop(&taken);
}

CASE(nothing_passes_before_it_begins)
{
	MeterRequest request = request_for("lo");
	Taken		 taken;

	open_only(&taken, &request);
	send_to(OTHER_PORT, 20, 10);
	prepare(&taken, NULL);
	send_to(OTHER_PORT, 20, 10);
	begin(&taken);
	send_to(PORT, 3, 10);
	walk(&taken);
	assert_int_equal(taken.ports[1], 0);
	assert_int_equal(taken.frames, 3);
	assert_int_equal(count(&taken).received, 3);
	stop(&taken);
}

/* What does not pass, the kernel does not even count. */
CASE(kernel_runs_the_filter)
{
	MeterRequest request = request_for("lo");
	Taken		 taken;

	start(&taken, &request, "udp dst port 9999");
	assert_true(taken.source->kind->applies_filter);
	send_to(OTHER_PORT, 20, 10);
	send_to(PORT, 3, 10);
	walk(&taken);
	assert_int_equal(taken.frames, 3);
	assert_int_equal(taken.ports[0], 3);
	assert_int_equal(count(&taken).received, 3);
	stop(&taken);
}

/* Packets without a link header, as of all interfaces: the filter counts from where libpcap puts one. */
CASE(kernel_runs_the_filter_on_all_interfaces)
{
	static const char *const filters[] = {"udp dst port 9999", "ip and ip[9] = 17 and udp[2:2] = 9999", "inbound and udp dst port 9999",
										  "ether proto 0x800 and dst portrange 9999-10000"};
	MeterRequest			 request = request_for("any");

	for (size_t i = 0; i < LENGTH(filters); i++)
	{
		Taken taken;

		start(&taken, &request, filters[i]);
		assert_true(taken.source->kind->applies_filter);
		send_to(OTHER_PORT, 20, 10);
		send_to(PORT, 3, 10);
		walk(&taken);
		assert_int_equal(taken.latest.link_type, DLT_LINUX_SLL);
		assert_int_equal(taken.frames, 3);
		assert_int_equal(taken.ports[0], 3);
		assert_int_equal(count(&taken).received, 3);
		assert_int_equal(count(&taken).left_in_ring, 0);
		stop(&taken);
	}
}

/* What only the header of libpcap's has, whoever walks it looks at. */
CASE(filter_that_the_kernel_cannot_run_is_left_to_others)
{
	static const char *const filters[] = {"greater 100", "link[2:2] = 772"};
	MeterRequest			 request = request_for("any");

	for (size_t i = 0; i < LENGTH(filters); i++)
	{
		Taken taken;

		start(&taken, &request, filters[i]);
		assert_false(taken.source->kind->applies_filter);
		send_to(PORT, 3, 10);
		walk(&taken);
		assert_int_equal(taken.frames, 3);
		stop(&taken);
	}
}

/* One that is longer than what the kernel takes, or has room for, too: here it refuses all. */
CASE(filter_that_is_too_long_for_the_kernel_is_left_to_others)
{
	static struct bpf_insn code[4096];
	struct bpf_program	   program = {.bf_insns = code};
	MeterRequest		   request = request_for("lo");

	for (size_t i = 0; i < LENGTH(code); i++)
		code[i] = (struct bpf_insn) BPF_STMT(BPF_LD + BPF_IMM, 0);
	for (program.bf_len = 10; program.bf_len <= 4096; program.bf_len += 4085)
	{
		Taken taken;
		bool  is_short = program.bf_len == 10;

		code[program.bf_len - 1] = (struct bpf_insn) BPF_STMT(BPF_RET + BPF_K, 0);
		open_only(&taken, &request);
		source_interface_prepare(taken.source, &program);
		code[program.bf_len - 1] = code[0];
		begin(&taken);
		assert_int_equal(taken.source->kind->applies_filter, is_short);
		send_to(PORT, 3, 10);
		walk(&taken);
		assert_int_equal(taken.frames, is_short ? 0 : 3);
		stop(&taken);
	}
}

/* Cut in the kernel, so that the ring has room for more. */
CASE(snapshot_length_cuts)
{
	static const char *const interfaces[] = {"lo", "any"};

	for (size_t i = 0; i < LENGTH(interfaces); i++)
	{
		MeterRequest request = request_for(interfaces[i]);
		Taken		 taken;

		request.snapshot_length = 64;
		start(&taken, &request, "udp");
		send_to(PORT, 2, 1000);
		walk(&taken);
		assert_int_equal(taken.frames, 2);
		assert_int_equal(taken.ports[0], 2);
		assert_int_equal(taken.latest.captured_length, 64);
		assert_int_equal(taken.latest.wire_length, UDP_HEADERS + 1000 + (i == 0 ? 0 : 16 - ETH_HLEN));
		stop(&taken);
	}
}

/* A ring that is full: what was received was read, or dropped, or is still there. */
CASE(packets_of_a_full_ring_are_accounted_for)
{
	MeterRequest   request = request_for("lo");
	SourceCounters counters;
	Taken		   taken;

	request.socket_buffer_size = 1;
	start(&taken, &request, NULL);
	send_to(PORT, 5000, 1000);
	counters = count(&taken);
	assert_int_equal(counters.received, 5000);
	assert_true(counters.dropped_by_kernel > 4000);
	assert_int_equal(counters.left_in_ring, 5000 - counters.dropped_by_kernel);
	taken.most = 10;
	walk(&taken);
	assert_int_equal(taken.result, SOURCE_END);
	assert_int_equal(taken.frames, 10);
	assert_int_equal(count(&taken).left_in_ring, counters.left_in_ring - 10);

	/* What comes after the end is not counted. */
	taken.source->kind->close(taken.source);
	send_to(PORT, 100, 1000);
	assert_int_equal(count(&taken).received, 5000);
	stop(&taken);
}

CASE(frames_that_no_wire_carries_are_counted)
{
	MeterRequest request = request_for("lo");
	Taken		 taken;

	run("ip link set lo mtu 1500");
	start(&taken, &request, NULL);
	run("ip link set lo mtu 65536");
	send_to(PORT, 4, 1500 - 28);
	send_to(PORT, 2, 3000);
	walk(&taken);
	assert_int_equal(taken.frames, 6);
	assert_int_equal(count(&taken).longer_than_mtu, 2);
	stop(&taken);
}

CASE(it_stops_when_it_is_told)
{
	static const InterfaceWord words[] = {INTERFACE_GIVE_UP, INTERFACE_EXPIRE};

	for (size_t i = 0; i < LENGTH(words); i++)
	{
		MeterRequest request = request_for("lo");
		Taken		 taken;

		start(&taken, &request, NULL);
		taken.told = INTERFACE_GO_ON;
		assert_int_equal(write(taken.pipe[1], "", 1), 1);
		walk(&taken);
		assert_int_equal(taken.result, SOURCE_QUIET);
		taken.told = words[i];
		assert_int_equal(write(taken.pipe[1], "", 1), 1);
		walk(&taken);
		assert_int_equal(taken.result, SOURCE_END);
		assert_int_equal(taken.source->give_up, words[i] == INTERFACE_GIVE_UP);
		stop(&taken);
	}
}

/* The card's, or a peer's, tag is where it was in the frame. */
CASE(vlan_tags_are_put_back)
{
	uint8_t		 frame[64] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, 0x08, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1,
							  10, 0, 0, 2, 0, 9, 0x27, 0x0F, 0, 8};
	MeterRequest request;
	Taken		 taken;

	run(add_near);
	request = request_for("near");
	start(&taken, &request, "vlan 7 and udp dst port 9999");
	assert_true(taken.source->kind->applies_filter);
	send_frame(frame, sizeof(frame));
	frame[15] = 8;
	send_frame(frame, sizeof(frame));
	walk(&taken);
	assert_int_equal(taken.frames, 1);
	assert_int_equal(taken.vlans, 1);
	assert_int_equal(taken.ports[0], 1);
	assert_int_equal(taken.latest.captured_length, sizeof(frame));
	assert_int_equal(taken.latest.wire_length, sizeof(frame));
	stop(&taken);
	run("ip link del near");
}

/* What came before it was lost is there. */
CASE(interface_that_is_lost_says_so)
{
	static const struct
	{
		const char *command;
		FailureCode code;
	} losses[] = {
		{"ip link set near down", FAILURE_INTERFACE_DOWN},
		{"ip link del near", FAILURE_INTERFACE_GONE},
	};

	for (size_t i = 0; i < LENGTH(losses); i++)
	{
		MeterRequest request;
		Taken		 taken;

		run(add_near);
		request = request_for("near");
		start(&taken, &request, NULL);
		send_frame(udp_frame, sizeof(udp_frame));
		run(losses[i].command);
		walk(&taken);
		assert_int_equal(taken.result, SOURCE_LOST);
		assert_int_equal(taken.failure.code, losses[i].code);
		assert_int_equal(taken.failure.file, FAILURE_NO_FILE);
		assert_int_equal(taken.ports[0], 1);
		stop(&taken);
		if (losses[i].code == FAILURE_INTERFACE_DOWN)
			run("ip link del near");
	}
}

/* Another name does not stop it. */
/* Before it begins nobody waits for the interface, and it is asked. */
CASE(interface_that_is_lost_before_it_begins_says_so)
{
	static const struct
	{
		const char *command;
		FailureCode code;
	} losses[] = {
		{"ip link set near down", FAILURE_INTERFACE_DOWN},
		{"ip link set near down && ip link set near up", FAILURE_INTERFACE_DOWN},
		{"ip link del near", FAILURE_INTERFACE_GONE},
		{"ip link del near && ip link add near type veth peer name far && ip link set near up", FAILURE_INTERFACE_GONE},
	};

	for (size_t i = 0; i < LENGTH(losses); i++)
	{
		MeterRequest   request = request_for("near");
		FailureMessage failure = {.code = FAILURE_INTERNAL};
		Source		  *source;

		run(add_near);
		source = source_interface_open(&request, &failure);
		assert_non_null(source);
		assert_false(source_interface_is_lost(source, &failure));
		assert_int_equal(failure.code, FAILURE_INTERNAL);
		run(losses[i].command);
		assert_true(source_interface_is_lost(source, &failure));
		assert_int_equal(failure.code, losses[i].code);
		source_interface_end(source);
		if (if_nametoindex("near") != 0)
			run("ip link del near");
	}
}

CASE(interface_may_be_renamed)
{
	MeterRequest request;
	Taken		 taken;

	run(add_near);
	request = request_for("near");
	start(&taken, &request, NULL);
	run("ip link set near name other");
	send_frame(udp_frame, sizeof(udp_frame));
	walk(&taken);
	assert_int_equal(taken.result, SOURCE_QUIET);
	assert_int_equal(taken.ports[0], 1);
	stop(&taken);
	run("ip link del other");
}

static void
expect_failure(const MeterRequest *request, FailureCode code, const char *text)
{
	FailureMessage failure;

	assert_null(source_interface_open(request, &failure));
	assert_int_equal(failure.code, code);
	assert_int_equal(failure.file, FAILURE_NO_FILE);
	assert_string_equal(failure.text, text);
}

CASE(interface_that_cannot_be_opened_says_why)
{
	MeterRequest request = request_for("nobody");

	expect_failure(&request, FAILURE_INTERFACE_UNKNOWN, "");
	request = request_for("usbmon0");
	expect_failure(&request, FAILURE_INTERFACE_UNKNOWN, "");
	run("ip link set lo down");
	request = request_for("lo");
	expect_failure(&request, FAILURE_INTERFACE_DOWN, "");
	run("ip link set lo up");
	request.meter_memory = UINT64_C(256) << 20;
	request.socket_buffer_size = (128 << 20) + 1;
	expect_failure(&request, FAILURE_INTERFACE_OPEN, "socket_buffer_size is more than half of meter_memory");
}

CASE(who_has_no_right_is_told)
{
	pid_t child = fork();
	int	  status;

	if (child == 0)
	{
		MeterRequest   request = request_for("lo");
		FailureMessage failure = {0};

		_exit(setuid(65534) == 0 && source_interface_open(&request, &failure) == NULL && failure.code == FAILURE_INTERFACE_RIGHTS ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_gives_each_packet_once),
		cmocka_unit_test(time_goes_on_while_nothing_comes),
		cmocka_unit_test(it_tells_and_hears_while_packets_wait),
		cmocka_unit_test(nothing_passes_before_it_begins),
		cmocka_unit_test(kernel_runs_the_filter),
		cmocka_unit_test(kernel_runs_the_filter_on_all_interfaces),
		cmocka_unit_test(filter_that_the_kernel_cannot_run_is_left_to_others),
		cmocka_unit_test(filter_that_is_too_long_for_the_kernel_is_left_to_others),
		cmocka_unit_test(snapshot_length_cuts),
		cmocka_unit_test(packets_of_a_full_ring_are_accounted_for),
		cmocka_unit_test(frames_that_no_wire_carries_are_counted),
		cmocka_unit_test(it_stops_when_it_is_told),
		cmocka_unit_test(vlan_tags_are_put_back),
		cmocka_unit_test(interface_that_is_lost_says_so),
		cmocka_unit_test(interface_that_is_lost_before_it_begins_says_so),
		cmocka_unit_test(interface_may_be_renamed),
		cmocka_unit_test(interface_that_cannot_be_opened_says_why),
		cmocka_unit_test(who_has_no_right_is_told),
	};

	if (unshare(CLONE_NEWNET) != 0)
	{
		perror("a network namespace of its own, which takes root");
		return EXIT_FAILURE;
	}
	run(set_up);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
