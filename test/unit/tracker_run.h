/*
 * tracker_run.h
 *	  A tracker that is fed packet by packet, and keeps what it emits.
 *
 * A flow is known by its source port; all go from 10.0.0.1 to port 53 of 10.0.0.2.
 */
#ifndef TRACKER_RUN_H
#define TRACKER_RUN_H

#include "engine/analyse/analysers.h"
#include "engine/flow/tracker.h"
#include "flow_records.h"
#include "packets.h"

#define EMITTED_MOST 4096

#define SECOND		 UINT64_C(1000)
#define NEVER		 (UINT64_C(18446744073709551) * 1000)

/* Where a record's flow left: by the work of the packet at this place, or in the scan after it. */
#define BY(place)	   ((place) * 2)
#define IN_SCAN(place) ((place) * 2 + 1)

typedef struct Emitted
{
	uint64_t left;
	uint64_t first;
	unsigned flow; /* source port */
	int64_t	 expiration;
	uint64_t packets;
	uint64_t bytes;
	uint64_t first_seen;
	uint64_t last_seen;
} Emitted;

typedef struct Run
{
	MeterRequest		   request;
	const Analyser *const *analysers;
	Analysis			   analysis;
	Account				   account;
	Tracker				   tracker;
	uint64_t			   place; /* of the latest packet */
	uint8_t				  *room;
	unsigned			   count;
	Emitted				   emitted[EMITTED_MOST];
} Run;

static inline uint64_t
number_of(const Record *record, const char *name)
{
	int i = column_of_flow(name);

	assert_true(i >= 0);
	return record->values[i].u;
}

static inline uint8_t *
run_room(void *context, size_t bytes)
{
	Run *run = context;

	assert_null(run->room);
	return run->room = malloc(bytes);
}

static inline void
run_written(void *context, size_t bytes)
{
	Run			  *run = context;
	const uint8_t *cursor = run->room;
	const char	  *wrong;
	Record		   record;

	assert_true(run->count < EMITTED_MOST);
	wrong = read_flow(&cursor, run->room + bytes, &run->request.columns, run->request.splt_analysis, &record);
	if (wrong != NULL)
		fail_msg("%s", wrong);
	run->emitted[run->count++] = (Emitted) {
		.left = record.left,
		.first = record.first,
		.flow = (unsigned) number_of(&record, "src_port"),
		.expiration = record.values[column_of_flow("expiration_id")].i,
		.packets = number_of(&record, "bidirectional_packets"),
		.bytes = number_of(&record, "bidirectional_bytes"),
		.first_seen = number_of(&record, "bidirectional_first_seen_ms"),
		.last_seen = number_of(&record, "bidirectional_last_seen_ms"),
	};
	free(run->room);
	run->room = NULL;
}

/* Timeouts in ms.  Other options, and other analysers, are set in what this returns, before the first packet. */
static inline Run *
run_start(uint64_t idle_timeout, uint64_t active_timeout)
{
	Run *run = calloc(1, sizeof(*run));

	assert_non_null(run);
	request_defaults(&run->request);
	run->request.n_dissections = 0;
	run->request.idle_timeout = idle_timeout;
	run->request.active_timeout = active_timeout;
	request_add_all_columns(&run->request);
	run->analysers = analysers;
	return run;
}

static inline void
run_packet(Run *run, Packet *packet)
{
	if (run->place == 0)
	{
		const RecordSink sink = {run, run_room, run_written};
		FailureMessage	 failure;

		assert_true(analysis_open(&run->analysis, run->analysers, &run->request, &failure));
		tracker_start(&run->tracker, &run->request, 12345, &run->analysis, sink, &run->account);
	}
	tracker_packet(&run->tracker, packet, ++run->place, 0);
}

static inline Packet
packet_of(unsigned flow)
{
	return packet_between("10.0.0.1", (uint16_t) flow, "10.0.0.2", 53);
}

/* Sends a packet of a flow; returns its place. */
static inline uint64_t
run_send(Run *run, uint64_t time, unsigned flow)
{
	Packet packet = packet_of(flow);

	packet.time = time;
	run_packet(run, &packet);
	return run->place;
}

/* It is `now`, and nothing came. */
static inline void
run_tick(Run *run, uint64_t now)
{
	tracker_tick(&run->tracker, now, run->place);
}

/* The source is over. */
static inline void
run_finish(Run *run)
{
	tracker_finish(&run->tracker);
}

static inline void
run_end(Run *run)
{
	tracker_end(&run->tracker);
	analysis_close(&run->analysis);
	free(run->room);
	free(run);
}

static inline void
expect_emitted(const Run *run, unsigned number, unsigned flow, int64_t expiration, uint64_t packets, uint64_t left)
{
	const Emitted *emitted = &run->emitted[number];

	assert_true(number < run->count);
	assert_int_equal(emitted->flow, flow);
	assert_int_equal(emitted->expiration, expiration);
	assert_int_equal(emitted->packets, packets);
	assert_int_equal(emitted->left, left);
}

static inline uint64_t
counter(const Run *run, Counter which)
{
	return run->account.counters[which];
}

#endif /* TRACKER_RUN_H */
