/*
 * engine.c
 *	  The engine: walks the source, frame by frame, and keeps the account.
 *
 * Its files are read as one: one clock, one table of flows.  Or each is metered apart, as if it were alone; then this
 * meter gets some of them, one at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/decode/decode.h"
#include "engine/engine.h"
#include "engine/flow/tracker.h"
#include "engine/look.h"
#include "engine/source/source.h"
#include "wire/limits.h"

/* Frames between two calls that tell how far the engine is. */
#define PLACE_INTERVAL 16384u

/* A file that begins more than this before the time that was reached, in ms, overlaps those before it. */
#define OVERLAP_LEAST 1000u

/* Where nothing comes and it is this much earlier than the time that was reached, in ms, somebody has set back the clock. */
#define SET_BACK_LEAST 1000u

typedef enum Walk
{
	WALK_ON,
	WALK_STOP,	/* nothing more is wanted */
	WALK_LOST,	/* the same, and failure says why */
	WALK_FAILED /* failure says why, and what was walked counts for nothing */
} Walk;

typedef struct Engine
{
	const MeterRequest	  *request;
	Source				  *source;
	Filter				  *filter; /* that the engine runs; NULL: none, or the source does */
	Analysis			  *analysis;
	const EngineCallbacks *callbacks;
	Account				  *account;
	FailureMessage		  *failure;
	Tracker				   tracker;
	uint32_t			  *order;		 /* of the files */
	uint64_t			   frames;		 /* read, of all files */
	uint64_t			   frames_apart; /* of these, those of files that were metered apart before the current one */
	uint64_t			   bytes_before; /* read, before the source was opened last */
	uint32_t			   begun;		 /* the latest file that had a packet with a time */
	bool				   overlap_told;
	FileTimesMessage	   times; /* of the file at hand, whose frames so far these are; FAILURE_NO_FILE: there is none */
	Walk				   walk;  /* after the latest frame that the source handed over by itself */
} Engine;

/* The current frame's place, as records have it. */
static uint64_t
place_of_frame(const Engine *engine)
{
	return engine->frames - engine->frames_apart;
}

static void
tell_place(Engine *engine)
{
	PlaceMessage place = {
		.left = place_of_frame(engine) * 2 + 1,
		.packets_read = engine->frames,
		.active_flows = engine->tracker.table.count,
		.packets_ignored = account_ignored(engine->account),
		.file = engine->source->file,
	};
	SourceCounters counters;

	engine->source->kind->count(engine->source, &counters);
	place.bytes_read = engine->bytes_before + counters.bytes_read;
	place.packets_received = counters.received;
	place.dropped_by_kernel = counters.dropped_by_kernel;
	place.longer_than_mtu = counters.longer_than_mtu;
	engine->callbacks->place(engine->callbacks->context, &place);
}

/* Whether the filter, if there is one, fits frames of this link type from this source; if not, the failure says so. */
static bool
fits(Engine *engine, const Frame *frame)
{
	if (engine->filter == NULL || filter_fits(engine->filter, frame->link_type, frame->swapped, engine->failure))
		return true;
	engine->failure->file = engine->source->file;
	return false;
}

/* The first packet of a file that has a time shows whether the file overlaps those before it; the first that does is told. */
static void
begin(Engine *engine, uint64_t time, uint32_t file)
{
	const OverlapMessage overlap = {.file = file, .begins = time, .reached = engine->tracker.clock};

	engine->begun = file;
	if (engine->overlap_told || engine->tracker.clock <= time || engine->tracker.clock - time <= OVERLAP_LEAST)
		return;
	engine->overlap_told = true;
	if (engine->callbacks->overlap != NULL)
		engine->callbacks->overlap(engine->callbacks->context, &overlap);
}

/* The file at hand was read as far as it can be. */
static void
tell_times(Engine *engine)
{
	if (engine->times.file != FAILURE_NO_FILE && engine->callbacks->file_times != NULL)
		engine->callbacks->file_times(engine->callbacks->context, &engine->times);
	engine->times = (FileTimesMessage) {.file = FAILURE_NO_FILE};
}

/* A file is at hand, and the one before it is not any more. */
static void
begin_times(Engine *engine, uint32_t file)
{
	if (engine->times.file == file)
		return;
	tell_times(engine);
	engine->times.file = file;
}

static bool
is_before(uint64_t time, uint32_t nanoseconds, uint64_t other, uint32_t other_nanoseconds)
{
	return time < other || (time == other && nanoseconds < other_nanoseconds);
}

/* Whatever becomes of it, a frame is one of its file's. */
static void
count_time(Engine *engine, const Frame *frame)
{
	FileTimesMessage *times = &engine->times;

	begin_times(engine, engine->source->file);
	if (times->packets == 0 || is_before(frame->time, frame->nanoseconds, times->first, times->first_nanoseconds))
	{
		times->first = frame->time;
		times->first_nanoseconds = frame->nanoseconds;
	}
	if (times->packets == 0 || is_before(times->last, times->last_nanoseconds, frame->time, frame->nanoseconds))
	{
		times->last = frame->time;
		times->last_nanoseconds = frame->nanoseconds;
	}
	times->packets++;
}

/* What becomes of one frame: refused by the filter, ignored, or metered. */
static Walk
walk_frame(Engine *engine, const Frame *frame)
{
	uint64_t	  *counters = engine->account->counters;
	const uint32_t file = engine->source->file;
	IgnoreReason   reason;
	Packet		   packet;

	counters[COUNTER_PACKETS_READ] = ++engine->frames;
	count_time(engine, frame);
	if (engine->filter != NULL)
	{
		FilterResult result = filter_run(engine->filter, frame);

		if (result == FILTER_UNFIT)
		{
			fits(engine, frame);
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
	if (engine->begun != file && packet.time > 0)
		begin(engine, packet.time, file);
	tracker_packet(&engine->tracker, &packet, place_of_frame(engine), file);
	return engine->tracker.full ? WALK_STOP : WALK_ON;
}

/* One frame, and now and then how far the engine is. */
static Walk
walk_on(Engine *engine, const Frame *frame)
{
	Walk walk = walk_frame(engine, frame);

	if (walk == WALK_ON && engine->frames % PLACE_INTERVAL == 0)
		tell_place(engine);
	return walk;
}

/* The same of a frame that the source hands over by itself. */
static bool
take(void *taker, const Frame *frame)
{
	Engine *engine = taker;

	engine->walk = walk_on(engine, frame);
	return engine->walk == WALK_ON;
}

/* It is source->time, and no frame that is older comes; or that is not known, as frames are waiting. */
static void
tick(Engine *engine)
{
	const uint64_t now = engine->source->time;

	if (now > 0 && engine->tracker.clock > now + SET_BACK_LEAST)
		tracker_set_back(&engine->tracker, now, place_of_frame(engine));
	else
		tracker_tick(&engine->tracker, now, place_of_frame(engine));
}

/* What a source says besides frames. */
static Walk
walk_without_frame(Engine *engine, SourceResult result, const Frame *frame)
{
	switch (result)
	{
		case SOURCE_TAKEN:
			return engine->walk;
		case SOURCE_LINK_TYPE:
			return fits(engine, frame) ? WALK_ON : WALK_FAILED;
		case SOURCE_QUIET:
			/* Whoever waits for rows gets those that are there. */
			tick(engine);
			tell_place(engine);
			return engine->tracker.full ? WALK_STOP : WALK_ON;
		case SOURCE_DAMAGED:
			engine->callbacks->damage(engine->callbacks->context, engine->failure);
			begin_times(engine, engine->failure->file);
			engine->times.is_damaged = true;
			return engine->request->stop_at_damage ? WALK_STOP : WALK_ON;
		case SOURCE_LOST:
			return WALK_LOST;
		default:
			return WALK_FAILED;
	}
}

/* The source's counters are the account's, once no more comes. */
static void
take_counters(Engine *engine)
{
	uint64_t	  *account = engine->account->counters;
	SourceCounters counters;

	engine->source->kind->count(engine->source, &counters);
	engine->bytes_before += counters.bytes_read;
	if (counters.received == COUNT_NOT_KNOWN)
		return;
	account[COUNTER_PACKETS_RECEIVED] = counters.received;
	account[COUNTER_DROPPED_BY_KERNEL] = counters.dropped_by_kernel;
	account[COUNTER_LEFT_IN_RING] = counters.left_in_ring;
	account[COUNTER_LONGER_THAN_MTU] = counters.longer_than_mtu;
}

/* These files of the source, from the first byte to the last. */
static Walk
walk_source(Engine *engine, const uint32_t *files, uint32_t count)
{
	Source		*source = engine->source;
	Walk		 walk = WALK_ON;
	SourceResult result;
	Frame		 frame;

	engine->begun = FAILURE_NO_FILE;
	engine->times = (FileTimesMessage) {.file = FAILURE_NO_FILE};
	engine->walk = WALK_ON;
	source->take = take;
	source->taker = engine;
	source->kind->open(source, files, count, SOURCE_TO_ITS_END, engine->failure);
	while (walk == WALK_ON && (result = source_next(source, &frame)) != SOURCE_END)
	{
		if (result != SOURCE_FRAME)
			walk = walk_without_frame(engine, result, &frame);
		else
			walk = walk_on(engine, &frame);
	}
	if (walk == WALK_ON && !source->kind->is_live)
		tell_times(engine);
	source->kind->close(source);
	take_counters(engine);
	return walk;
}

static void
start_tracker(Engine *engine)
{
	const EngineCallbacks *callbacks = engine->callbacks;
	const RecordSink	   sink = {callbacks->context, callbacks->record_room, callbacks->record_written};

	tracker_start(&engine->tracker, engine->request, callbacks->seed, engine->analysis, sink, engine->account);
}

/* A live source is not looked at before it is walked: what each meter gets of it is decided elsewhere. */
static Walk
walk_together(Engine *engine)
{
	const MeterRequest *request = engine->request;
	Walk				walk;

	start_tracker(engine);
	if (request->shards > 1 && !engine->source->kind->is_live)
		look_for_busy_hosts(request, engine->source, engine->filter, engine->order, &engine->tracker.shards);
	walk = walk_source(engine, engine->order, request->files);
	if (walk != WALK_FAILED && !engine->source->give_up)
		tracker_finish(&engine->tracker);
	tracker_end(&engine->tracker);
	return walk;
}

/* Each file that this meter is given, as if there were no other: nothing that was learned of one goes on to the next. */
static Walk
walk_apart(Engine *engine)
{
	const EngineCallbacks *callbacks = engine->callbacks;
	Walk				   walk = WALK_ON;
	uint32_t			   turn;

	while (walk == WALK_ON && !source_interrupted &&
		   (turn = callbacks->take_file(callbacks->context)) < engine->request->files)
	{
		if (engine->frames > 0 && !analysis_forget(engine->analysis, engine->failure))
			return WALK_FAILED;
		engine->frames_apart = engine->frames;
		start_tracker(engine);
		walk = walk_source(engine, &engine->order[turn], 1);
		if (walk != WALK_FAILED)
		{
			tracker_finish(&engine->tracker);
			callbacks->file_end(callbacks->context, place_of_frame(engine));
		}
		if (engine->tracker.full && walk == WALK_ON)
			walk = WALK_STOP;
		tracker_end(&engine->tracker);
	}
	return walk;
}

bool
engine_run(const MeterRequest *request, Source *source, Filter *filter, Analysis *analysis,
		   const EngineCallbacks *callbacks, Account *account, FailureMessage *failure)
{
	Engine engine = {
		.request = request,
		.source = source,
		.filter = source->kind->applies_filter ? NULL : filter,
		.analysis = analysis,
		.callbacks = callbacks,
		.account = account,
		.failure = failure,
		.order = memory_get((request->files + 1) * sizeof(uint32_t)),
	};
	Walk walk;

	memset(account, 0, sizeof(*account));
	analysis->source = source;
	source->keeps_file = analysis->reads_again;
	for (uint32_t i = 0; i < request->files; i++)
		engine.order[i] = i;
	if (request->source_order == SOURCE_ORDER_TIME && request->files > 1)
	{
		look_for_order(source, request->files, engine.order);
		if (callbacks->order != NULL)
			callbacks->order(callbacks->context, engine.order, request->files);
	}
	walk = request->separate_files && !source->kind->is_live ? walk_apart(&engine) : walk_together(&engine);
	free(engine.order);

	account->counters[COUNTER_BYTES_READ] = engine.bytes_before;
	analysis_count(analysis, account);
	return walk != WALK_FAILED && walk != WALK_LOST;
}
