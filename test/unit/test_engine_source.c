/*
 * test_engine_source.c
 *	  The engine over a source that is no file: frames come through a pipe, and between them nothing comes for a while.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine_run.h"

/* One after the other: a frame, or what else there is to say of the source. */
typedef struct Step
{
	SourceResult result;
	uint64_t	 time;		  /* ms: SOURCE_FRAME, SOURCE_TAKEN, SOURCE_QUIET */
	uint16_t	 source_port; /* SOURCE_FRAME, SOURCE_TAKEN */
	unsigned	 flows;		  /* that have left, and been handed on, when this step comes */
	bool		 give_up;	  /* SOURCE_END */
} Step;

/* What goes through the pipe before a frame's bytes. */
typedef struct Head
{
	uint64_t time;
	uint64_t length;
} Head;

typedef struct PipeSource
{
	Source			source;
	const Scan	   *scan;
	const Step	   *steps; /* to an end or a failure */
	unsigned		at;	   /* the first that was not written into the pipe, or told */
	int				pipe[2];
	uint8_t			bytes[100];
	uint64_t		read;
	FailureMessage *failure;
	unsigned		handed; /* frames, with SOURCE_TAKEN */
	unsigned		opens;
	unsigned		closes;
} PipeSource;

static void
open_pipe(Source *source, const uint32_t *files, uint32_t count, uint64_t most, FailureMessage *failure)
{
	PipeSource *self = (PipeSource *) source;

	assert_int_equal(count, 1);
	assert_int_equal(files[0], 0);
	assert_true(most == SOURCE_TO_ITS_END);
	assert_int_equal(pipe2(self->pipe, O_NONBLOCK | O_CLOEXEC), 0);
	self->failure = failure;
	self->opens++;
}

static void
close_pipe(Source *source)
{
	PipeSource *self = (PipeSource *) source;

	close(self->pipe[0]);
	close(self->pipe[1]);
	self->closes++;
}

static void
count_pipe(const Source *source, SourceCounters *counters)
{
	const PipeSource *self = (const PipeSource *) source;

	*counters = (SourceCounters) {
		.bytes_read = self->read,
		.received = COUNT_NOT_KNOWN,
		.dropped_by_kernel = COUNT_NOT_KNOWN,
	};

	/* As an interface's, of whose packets the kernel dropped 7, and has 5 still. */
	if (self->handed > 0)
	{
		counters->received = self->handed + 12;
		counters->dropped_by_kernel = 7;
		counters->left_in_ring = 5;
		counters->longer_than_mtu = 2;
	}
}

static void
write_frame(PipeSource *self, const Step *step)
{
	File frame = {0};
	Head head = {.time = step->time};

	put_udp(&frame, step->source_port, 8);
	head.length = frame.length;
	assert_int_equal(write(self->pipe[1], &head, sizeof(head)), sizeof(head));
	assert_int_equal(write(self->pipe[1], frame.bytes, frame.length), frame.length);
}

/* False if the pipe is empty. */
static bool
read_frame(PipeSource *self, Frame *frame)
{
	Head	head;
	ssize_t got = read(self->pipe[0], &head, sizeof(head));

	if (got < 0)
	{
		assert_int_equal(errno, EAGAIN);
		return false;
	}
	assert_int_equal(got, sizeof(head));
	assert_int_equal(read(self->pipe[0], self->bytes, head.length), head.length);
	self->read += head.length;
	*frame = (Frame) {self->bytes, (uint32_t) head.length, (uint32_t) head.length, ETHERNET, head.time};
	return true;
}

/* As many frames as are wanted, at most three, in memory of the source's own. */
static void
hand_over(PipeSource *self, const Step *step)
{
	File  frame = {0};
	Frame handed;

	put_udp(&frame, step->source_port, 8);
	handed = (Frame) {frame.bytes, (uint32_t) frame.length, (uint32_t) frame.length, ETHERNET, step->time};
	for (int i = 0; i < 3; i++)
	{
		self->handed++;
		self->read += frame.length;
		if (!self->source.take(self->source.taker, &handed))
			return;
	}
}

/* Frames are written into the pipe up to what comes between them, and then read. */
static SourceResult
next_of_pipe(Source *source, Frame *frame)
{
	PipeSource *self = (PipeSource *) source;
	const Step *step = &self->steps[self->at];

	if (read_frame(self, frame))
		return SOURCE_FRAME;
	if (step->result == SOURCE_FRAME)
	{
		while (self->steps[self->at].result == SOURCE_FRAME)
			write_frame(self, &self->steps[self->at++]);
		assert_true(read_frame(self, frame));
		return SOURCE_FRAME;
	}
	assert_int_equal(self->scan->count, step->flows);
	if (step->result != SOURCE_END)
		self->at++;
	source->time = step->time;
	source->give_up = step->give_up;
	if (step->result == SOURCE_TAKEN)
		hand_over(self, step);
	if (step->result == SOURCE_DAMAGED || step->result == SOURCE_LOST || step->result == SOURCE_FAILED)
		*self->failure = (FailureMessage) {.code = FAILURE_READ, .text = "the pipe broke"};
	return step->result;
}

/* Runs over these steps; the source is left as it was at their end. */
static PipeSource
run_steps(Scan *scan, const SourceKind *kind, const Step *steps)
{
	SourceKind of_pipe = *kind;
	PipeSource self = {.source.kind = &of_pipe, .scan = scan, .steps = steps};

	of_pipe.open = open_pipe;
	of_pipe.next = next_of_pipe;
	of_pipe.count = count_pipe;
	of_pipe.close = close_pipe;
	scan->request.files = 1;
	run_over(scan, &self.source);
	assert_int_equal(self.opens, 1);
	assert_int_equal(self.closes, 1);
	return self;
}

static const SourceKind live = {.is_live = true};

static Scan *
live_scan(void)
{
	Scan *scan = scan_of(NULL, NULL);

	scan->request.idle_timeout = 10 * 1000;
	return scan;
}

/* ------------------------------------------------------------------------------------------------------------- the time */

/* A flow leaves when it has been idle long enough, though no packet says so, and its record is handed on at once. */
CASE(flows_leave_while_nothing_comes)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_FRAME, 1001000, 2},
		{SOURCE_QUIET, 1009999, .flows = 0},
		{SOURCE_QUIET, 1010009, .flows = 0},
		{SOURCE_QUIET, 1010500, .flows = 1},
		{SOURCE_FRAME, 1010600, 2},
		{SOURCE_QUIET, 1020700, .flows = 1},
		{SOURCE_END, .flows = 2},
	};
	Scan	  *scan = live_scan();
	PipeSource source = run_steps(scan, &live, steps);

	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 2);
	assert_int_equal(record_number(scan, 0).left, 2 * 2 + 1);
	assert_int_equal(record_number(scan, 0).first, 1);
	assert_int_equal(value(scan, 0, "bidirectional_last_seen_ms"), 1000000);
	assert_int_equal(record_number(scan, 1).left, 2 * 3 + 1);
	assert_int_equal(value(scan, 1, "bidirectional_packets"), 2);
	assert_int_equal(value(scan, 1, "bidirectional_last_seen_ms"), 1010600);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 3);
	assert_int_equal(counter(scan, COUNTER_BYTES_READ), source.read);
	assert_int_equal(scan->places, 4);
	assert_int_equal(scan->place.packets_read, 3);
	assert_true(scan->place.packets_received == COUNT_NOT_KNOWN);
	assert_int_equal(scan->place.left, 2 * 3 + 1);
	assert_int_equal(scan->place.active_flows, 0);
	end(scan);
}

/* What was told to be the time is the time of packets that come later and say that they are older. */
CASE(quiet_moves_the_clock)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_QUIET, 1005000},
		{SOURCE_FRAME, 1004000, 1},
		{SOURCE_QUIET, 1004000},
		{SOURCE_QUIET, 0},
		{SOURCE_END},
	};
	Scan *scan = live_scan();

	run_steps(scan, &live, steps);
	assert_int_equal(scan->count, 1);
	assert_int_equal(value(scan, 0, "bidirectional_last_seen_ms"), 1005000);
	assert_int_equal(counter(scan, COUNTER_PACKETS_OUT_OF_ORDER), 1);
	end(scan);
}

/* A clock that is set back, by more than a busy machine accounts for, makes no flow wait until it is where it was. */
CASE(clock_may_be_set_back)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 5000000, 1},
		{SOURCE_FRAME, 5001000, 2},
		{SOURCE_QUIET, 1000000},
		{SOURCE_FRAME, 1000500, 2, .flows = 2},
		{SOURCE_QUIET, 1002000, .flows = 2},
		{SOURCE_QUIET, 1010500, .flows = 2},
		{SOURCE_END, .flows = 3},
	};
	Scan *scan = live_scan();

	run_steps(scan, &live, steps);
	assert_int_equal(scan->count, 3);
	assert_int_equal(value(scan, 0, "bidirectional_last_seen_ms"), 5000000);
	assert_int_equal(value(scan, 1, "bidirectional_last_seen_ms"), 5001000);
	assert_int_equal(value(scan, 2, "bidirectional_last_seen_ms"), 1000500);
	assert_int_equal(counter(scan, COUNTER_FLOWS_EXPIRED_EARLY), 2);
	assert_int_equal(counter(scan, COUNTER_PACKETS_OUT_OF_ORDER), 0);
	assert_true(account_adds_up(&scan->account));
	end(scan);

	/* The last flow that is wanted is the last then, too. */
	scan = live_scan();
	scan->request.max_nflows = 1;
	assert_int_equal(run_steps(scan, &live, steps).at, 3);
	assert_int_equal(scan->count, 1);
	assert_int_equal(counter(scan, COUNTER_FLOWS_GIVEN_UP), 1);
	end(scan);
}

/* No step after the one with which the last flow that is wanted has left. */
CASE(last_flow_that_is_wanted_leaves_while_nothing_comes)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_FRAME, 1000000, 2},
		{SOURCE_QUIET, 1020000},
		{SOURCE_END},
	};
	Scan	  *scan = live_scan();
	PipeSource source;

	scan->request.max_nflows = 1;
	source = run_steps(scan, &live, steps);
	assert_true(scan->succeeded);
	assert_int_equal(source.at, 3);
	assert_int_equal(scan->count, 1);
	assert_int_equal(counter(scan, COUNTER_FLOWS_GIVEN_UP), 1);
	end(scan);
}

/* ------------------------------------------------------------------------------------------------- what a source may be */

/* Frames need not come one by one; what the kernel has counted of them goes on to whoever looks. */
CASE(source_may_hand_its_frames_over)
{
	static const Step steps[] = {
		{SOURCE_TAKEN, 1000000, 1},
		{SOURCE_TAKEN, 1000100, 2},
		{SOURCE_QUIET, 1000500},
		{SOURCE_END},
	};
	Scan	  *scan = live_scan();
	PipeSource source = run_steps(scan, &live, steps);

	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 2);
	assert_int_equal(value(scan, 0, "bidirectional_packets"), 3);
	assert_int_equal(value(scan, 1, "bidirectional_packets"), 3);
	assert_int_equal(record_number(scan, 1).first, 4);
	assert_int_equal(scan->place.packets_read, 6);
	assert_int_equal(scan->place.packets_received, 6 + 12);
	assert_int_equal(scan->place.dropped_by_kernel, 7);
	assert_int_equal(scan->place.longer_than_mtu, 2);
	assert_int_equal(scan->place.active_flows, 2);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 6);
	assert_int_equal(counter(scan, COUNTER_BYTES_READ), source.read);
	assert_int_equal(counter(scan, COUNTER_PACKETS_RECEIVED), 6 + 12);
	assert_int_equal(counter(scan, COUNTER_DROPPED_BY_KERNEL), 7);
	assert_int_equal(counter(scan, COUNTER_LEFT_IN_RING), 5);
	assert_int_equal(counter(scan, COUNTER_LONGER_THAN_MTU), 2);
	assert_true(account_adds_up(&scan->account));
	end(scan);
}

/* Once the last flow that is wanted has left, no frame is taken any more: the second of the last three ends it. */
CASE(source_hands_over_no_more_than_is_wanted)
{
	static const Step steps[] = {
		{SOURCE_TAKEN, 1000000, 1},
		{SOURCE_TAKEN, 1010000, 1},
		{SOURCE_END},
	};
	Scan *scan = live_scan();

	scan->request.max_nflows = 1;
	assert_int_equal(run_steps(scan, &live, steps).handed, 4);
	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 1);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 4);
	end(scan);
}

/* ---------------------------------------------------------------------------------------------------------------- the end */

/* What an interface has given before it went away is there, and then the reason. */
CASE(flows_of_a_source_that_is_lost_leave)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_FRAME, 1000000, 2},
		{SOURCE_LOST},
	};
	Scan *scan = live_scan();

	run_steps(scan, &live, steps);
	assert_false(scan->succeeded);
	assert_int_equal(scan->failure.code, FAILURE_READ);
	assert_int_equal(scan->count, 2);
	assert_true(record_number(scan, 1).left == RECORD_LEFT_AT_END);
	end(scan);
}

CASE(flows_that_are_active_at_the_end_may_be_given_up)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_FRAME, 1000000, 2},
		{SOURCE_END, .give_up = true},
	};
	Scan *scan = live_scan();

	run_steps(scan, &live, steps);
	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 0);
	assert_int_equal(counter(scan, COUNTER_FLOWS_GIVEN_UP), 2);
	assert_int_equal(counter(scan, COUNTER_PACKETS_GIVEN_UP), 3);
	end(scan);
}

/* Where max_nflows is the end: of an interface only, and if that was asked for. */
CASE(flows_that_are_active_may_leave_after_the_last_that_is_wanted)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_FRAME, 1005000, 2},
		{SOURCE_FRAME, 1006000, 3},
		{SOURCE_QUIET, 1010000},
		{SOURCE_END},
	};

	for (int asked = 0; asked <= 1; asked++)
	{
		Scan *scan = live_scan();

		scan->request.max_nflows = 1;
		scan->request.expire_on_end = (uint8_t) asked;
		scan->request.interface = (RequestText) {"lo", 2};
		run_steps(scan, &live, steps);
		assert_true(scan->succeeded);
		assert_int_equal(scan->count, asked ? 3 : 1);
		assert_int_equal(counter(scan, COUNTER_FLOWS_GIVEN_UP), asked ? 0 : 2);
		end(scan);
	}
}

/* Its meters have different packets, so each meters all that it gets. */
CASE(packets_of_an_interface_are_shared_out_by_the_kernel)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_FRAME, 1000000, 2},
		{SOURCE_END},
	};

	for (uint32_t shard = 0; shard < 2; shard++)
	{
		Scan *scan = live_scan();

		scan->request.interface = (RequestText) {"lo", 2};
		scan->request.shards = 2;
		scan->request.shard = shard;
		run_steps(scan, &live, steps);
		assert_int_equal(scan->count, 2);
		assert_int_equal(counter(scan, COUNTER_PACKETS_OF_OTHER_SHARDS), 0);
		end(scan);
	}
}

/* ------------------------------------------------------------------------------------------------------------ its walking */

/* It cannot be read twice, so the meters of a scan do not look at it first: each has what it gets.  Nor is it a file among others. */
CASE(live_source_is_not_looked_at)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_END},
	};
	Scan *scan = live_scan();

	scan->request.shards = 2;
	scan->request.separate_files = true;
	run_steps(scan, &live, steps);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 1);
	assert_int_equal(scan->ends, 0);
	end(scan);
}

/* The filter is run once: by the engine, or by a source that has done it already. */
CASE(filter_is_the_engines_or_the_sources)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_FRAME, 1000000, 2},
		{SOURCE_END},
	};
	static const SourceKind filters = {.applies_filter = true};
	Scan				   *scan = live_scan();

	scan->filter = "src port 1";
	run_steps(scan, &live, steps);
	assert_int_equal(counter(scan, COUNTER_PACKETS_FILTERED), 1);
	assert_int_equal(counter(scan, COUNTER_PACKETS_METERED), 1);
	run_steps(scan, &filters, steps);
	assert_int_equal(counter(scan, COUNTER_PACKETS_FILTERED), 0);
	assert_int_equal(counter(scan, COUNTER_PACKETS_METERED), 2);
	end(scan);
}

CASE(source_that_fails_fails_the_scan)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_FAILED},
	};
	Scan *scan = live_scan();

	run_steps(scan, &live, steps);
	assert_false(scan->succeeded);
	assert_int_equal(scan->failure.code, FAILURE_READ);
	assert_string_equal(scan->failure.text, "the pipe broke");
	assert_int_equal(scan->count, 0);
	end(scan);
}

CASE(damage_is_told_and_the_source_goes_on)
{
	static const Step steps[] = {
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_DAMAGED},
		{SOURCE_FRAME, 1000000, 1},
		{SOURCE_END},
	};
	Scan *scan = live_scan();

	run_steps(scan, &live, steps);
	assert_true(scan->succeeded);
	assert_int_equal(scan->damages, 1);
	assert_int_equal(counter(scan, COUNTER_PACKETS_METERED), 2);

	scan->request.stop_at_damage = true;
	run_steps(scan, &live, steps);
	assert_true(scan->succeeded);
	assert_int_equal(counter(scan, COUNTER_PACKETS_METERED), 1);
	end(scan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_leave_while_nothing_comes),
		cmocka_unit_test(quiet_moves_the_clock),
		cmocka_unit_test(clock_may_be_set_back),
		cmocka_unit_test(last_flow_that_is_wanted_leaves_while_nothing_comes),
		cmocka_unit_test(source_may_hand_its_frames_over),
		cmocka_unit_test(source_hands_over_no_more_than_is_wanted),
		cmocka_unit_test(flows_of_a_source_that_is_lost_leave),
		cmocka_unit_test(flows_that_are_active_at_the_end_may_be_given_up),
		cmocka_unit_test(flows_that_are_active_may_leave_after_the_last_that_is_wanted),
		cmocka_unit_test(packets_of_an_interface_are_shared_out_by_the_kernel),
		cmocka_unit_test(live_source_is_not_looked_at),
		cmocka_unit_test(filter_is_the_engines_or_the_sources),
		cmocka_unit_test(source_that_fails_fails_the_scan),
		cmocka_unit_test(damage_is_told_and_the_source_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
