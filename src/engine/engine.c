/*
 * engine.c
 *	  The engine: walks the sources, frame by frame, and keeps the account.
 *
 * Together, they are one source: one clock, one table of flows.  Apart, each is metered as if it were alone, and this meter's
 * are those that it is given.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/decode/decode.h"
#include "engine/flow/tracker.h"
#include "engine/look.h"
#include "engine/source/capture.h"
#include "wire/limits.h"

/* Frames from one call that tells how far the engine is to the next. */
#define PLACE_INTERVAL	16384u

/* A source that begins so much before the time that was reached overlaps those before it, ms. */
#define OVERLAP_LEAST	1000u

/* The link type that a filter is compiled for where there is none. */
#define ETHERNET	1

typedef struct Engine
{
	const MeterRequest *request;
	Filter	   *filter;
	Dpi		   *dpi;
	const EngineCallbacks *callbacks;
	Account    *account;
	FailureMessage *failure;
	Tracker		tracker;
	uint32_t   *order;				/* of the sources */
	uint64_t	frames;				/* read, of all sources */
	uint64_t	frames_apart;		/* of these, of sources that have nothing to do with the current one */
	uint64_t	bytes_before;		/* read, of the sources before the current one */
	bool		has_begun;			/* the current source had a packet with a time */
	bool		overlap_told;
} Engine;

typedef enum Walk
{
	WALK_ON,
	WALK_STOP,					/* nothing more is wanted */
	WALK_FAILED					/* failure says why */
} Walk;

/* The current frame's place, as records have it. */
static uint64_t
place_of_frame(const Engine *engine)
{
	return engine->frames - engine->frames_apart;
}

static void
tell_place(Engine *engine, const Capture *capture)
{
	PlaceMessage place = {
		.left = place_of_frame(engine) * 2 + 1,
		.packets_read = engine->frames,
		.bytes_read = engine->bytes_before + stream_file_bytes(&capture->stream),
		.active_flows = engine->tracker.table.count,
	};

	engine->callbacks->place(engine->callbacks->context, &place);
}

/* Whether the filter, if there is one, fits frames of this link type from this capture; if not, the failure says so. */
static bool
fits(Engine *engine, const Capture *capture, uint32_t link_type)
{
	if (engine->filter == NULL || filter_fits(engine->filter, link_type, capture->swapped, engine->failure))
		return true;
	engine->failure->file = capture->file;
	return false;
}

/* The first packet of a source that has a time: it is told which is the first source that overlaps those before it. */
static void
begin(Engine *engine, uint64_t time, uint32_t file)
{
	const OverlapMessage overlap = {.file = file, .begins = time, .reached = engine->tracker.clock};

	engine->has_begun = true;
	if (engine->overlap_told || engine->tracker.clock <= time || engine->tracker.clock - time <= OVERLAP_LEAST)
		return;
	engine->overlap_told = true;
	if (engine->callbacks->overlap != NULL)
		engine->callbacks->overlap(engine->callbacks->context, &overlap);
}

/* The same of a capture in which no frame came to be filtered, as libpcap opens it: its first interface decides. */
static bool
fits_empty(Engine *engine, const Capture *capture)
{
	if (capture->one_link_type)
		return fits(engine, capture, capture->link_type);
	return fits(engine, capture, capture->interface_count > 0 ? capture->interfaces[0].link_type : ETHERNET);
}

/* What becomes of one frame: refused by the filter, ignored, or metered. */
static Walk
walk_frame(Engine *engine, const Capture *capture, const Frame *frame)
{
	uint64_t   *counters = engine->account->counters;
	IgnoreReason reason;
	Packet		packet;

	if (engine->filter != NULL)
	{
		FilterResult result = filter_run(engine->filter, frame, capture->swapped);

		if (result == FILTER_UNFIT)
		{
			fits(engine, capture, frame->link_type);
			return WALK_FAILED;
		}
		if (result == FILTER_REFUSED)
		{
			filter_count_refused(frame, engine->account);
			return WALK_ON;
		}
	}
	reason = decode_frame(frame, engine->request->decode_tunnels, &packet);
	if (reason != NOT_IGNORED)
	{
		counters[COUNTER_IGNORED + reason]++;
		return WALK_ON;
	}
	if (!engine->has_begun && packet.time > 0)
		begin(engine, packet.time, capture->file);
	tracker_packet(&engine->tracker, &packet, place_of_frame(engine), capture->file);
	return engine->tracker.full ? WALK_STOP : WALK_ON;
}

/* The failure is damage to one source: whether the scan goes on is the request's.  To be interrupted is the end, and no damage. */
static Walk
take_damage(Engine *engine)
{
	if (stream_interrupted)
		return WALK_STOP;
	engine->callbacks->damage(engine->callbacks->context, engine->failure);
	return engine->request->stop_at_damage ? WALK_STOP : WALK_ON;
}

static Walk
walk_capture(Engine *engine, Capture *capture)
{
	CaptureResult result;
	Frame		frame;

	while ((result = capture_next(capture, &frame)) == CAPTURE_FRAME)
	{
		Walk		walk;

		engine->account->counters[COUNTER_PACKETS_READ] = ++engine->frames;
		engine->callbacks->progress->packet = capture->frames;
		engine->callbacks->progress->byte = capture->stream.offset;
		walk = walk_frame(engine, capture, &frame);
		if (walk != WALK_ON)
			return walk;
		if (engine->frames % PLACE_INTERVAL == 0)
			tell_place(engine, capture);
	}
	return result == CAPTURE_DAMAGED ? take_damage(engine) : WALK_ON;
}

/* One source from its first byte to its last.  One that is no capture fails the scan only where it is all there is. */
static Walk
walk_source(Engine *engine, uint32_t file)
{
	Capture		capture;
	uint64_t	size;
	int			descriptor = engine->callbacks->open_source(engine->callbacks->context, file, &size);
	Walk		walk = WALK_FAILED;

	engine->callbacks->progress->file = file;
	engine->callbacks->progress->packet = 0;
	engine->has_begun = false;
	if (!capture_open_watched(&capture, descriptor, size, file, &engine->callbacks->progress->pieces, engine->failure))
	{
		engine->failure->packet = FAILURE_NO_PACKET;
		return engine->request->files == 1 && !stream_interrupted ? WALK_FAILED : take_damage(engine);
	}
	if (!capture.one_link_type || fits_empty(engine, &capture))
		walk = walk_capture(engine, &capture);
	if (walk == WALK_ON && capture.frames == 0 && !fits_empty(engine, &capture))
		walk = WALK_FAILED;
	engine->bytes_before += stream_file_bytes(&capture.stream);
	capture_close(&capture);
	return walk;
}

static Walk
walk_together(Engine *engine)
{
	Walk		walk = WALK_ON;

	tracker_start(&engine->tracker, engine->request, engine->callbacks, engine->account, engine->dpi);
	if (engine->request->shards > 1)
		look_for_busy_hosts(engine->request, engine->filter, engine->callbacks, engine->order, &engine->tracker.shards);
	for (uint32_t i = 0; i < engine->request->files && walk == WALK_ON; i++)
		walk = walk_source(engine, engine->order[i]);
	if (walk != WALK_FAILED)
		tracker_finish(&engine->tracker);
	tracker_end(&engine->tracker);
	return walk;
}

/* Each source that this meter is given, as if there were no other. */
static Walk
walk_apart(Engine *engine)
{
	const EngineCallbacks *callbacks = engine->callbacks;
	Walk		walk = WALK_ON;
	uint32_t	turn;

	while (walk == WALK_ON && (turn = callbacks->take_file(callbacks->context)) < engine->request->files)
	{
		engine->frames_apart = engine->frames;
		tracker_start(&engine->tracker, engine->request, callbacks, engine->account, engine->dpi);
		walk = walk_source(engine, engine->order[turn]);
		if (walk != WALK_FAILED)
		{
			tracker_finish(&engine->tracker);
			callbacks->file_end(callbacks->context, place_of_frame(engine));
		}
		if (engine->tracker.full && walk == WALK_ON)
			walk = WALK_STOP;
		tracker_end(&engine->tracker);
		if (engine->dpi != NULL && !dpi_forget(engine->dpi))
		{
			*engine->failure = (FailureMessage) {
				.code = FAILURE_INTERNAL,
				.file = FAILURE_NO_FILE,
				.text = "nDPI does not start again",
			};
			walk = WALK_FAILED;
		}
	}
	return walk;
}

bool
engine_run(const MeterRequest *request, Filter *filter, Dpi *dpi, const EngineCallbacks *callbacks, Account *account,
		   FailureMessage *failure)
{
	Engine		engine = {
		.request = request, .filter = filter, .dpi = dpi, .callbacks = callbacks, .account = account, .failure = failure,
		.order = memory_get((request->files + 1) * sizeof(uint32_t)),
	};
	Walk		walk;

	memset(account, 0, sizeof(*account));
	for (uint32_t i = 0; i < request->files; i++)
		engine.order[i] = i;
	if (request->source_order == SOURCE_ORDER_TIME && request->files > 1)
	{
		look_for_order(request, callbacks, engine.order);
		if (callbacks->order != NULL)
			callbacks->order(callbacks->context, engine.order, request->files);
	}
	walk = request->separate_files ? walk_apart(&engine) : walk_together(&engine);
	free(engine.order);

	account->counters[COUNTER_BYTES_READ] = engine.bytes_before;
	if (dpi != NULL)
	{
		account->counters[COUNTER_DPI_STARTED] = 1;
		account->counters[COUNTER_DISSECTIONS] = dpi_dissections(dpi);
		account->counters[COUNTER_PACKETS_WITHHELD] = dpi_withheld(dpi);
		account->counters[COUNTER_DISSECTION_TIME] = dpi_dissection_time(dpi);
	}
	return walk != WALK_FAILED;
}
