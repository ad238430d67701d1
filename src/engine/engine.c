/*
 * engine.c
 *	  The engine: walks the sources, frame by frame, and keeps the account.
 */
#include <string.h>

#include "engine/capture.h"
#include "engine/decode.h"
#include "engine/meter.h"

/* So many frames apart the program is told how far the engine is. */
#define PLACE_INTERVAL	16384u

typedef struct Engine
{
	const MeterRequest *request;
	const Filter *filter;
	const EngineProgram *program;
	Account    *account;
	FailureMessage *failure;
	Meter		meter;
	uint64_t	frames;				/* read, of all sources */
	uint64_t	bytes_before;		/* read, of the sources before the current one */
} Engine;

typedef enum Walk
{
	WALK_ON,
	WALK_STOP,					/* nothing more is wanted */
	WALK_FAILED					/* failure says why */
} Walk;

static void
tell_place(Engine *engine, const Capture *capture)
{
	PlaceMessage place = {
		.left = engine->frames * 2 + 1,
		.packets_read = engine->frames,
		.bytes_read = engine->bytes_before + stream_file_bytes(&capture->stream),
		.active_flows = engine->meter.table.count,
	};

	engine->program->place(engine->program->context, &place);
}

/* Whether the filter, if there is one, fits a link type of this source; if not, the failure says so. */
static bool
fits(Engine *engine, uint32_t link_type, uint32_t file)
{
	if (engine->filter == NULL || filter_fits(engine->filter, link_type, engine->failure))
		return true;
	engine->failure->file = file;
	return false;
}

/* What becomes of one frame: refused by the filter, ignored, or metered. */
static Walk
walk_frame(Engine *engine, const Frame *frame, uint32_t file)
{
	uint64_t   *counters = engine->account->counters;
	IgnoreReason reason;
	Packet		packet;

	if (engine->filter != NULL)
	{
		FilterResult result = filter_run(engine->filter, frame);

		if (result == FILTER_UNFIT)
		{
			fits(engine, frame->link_type, file);
			return WALK_FAILED;
		}
		if (result == FILTER_REFUSED)
		{
			counters[COUNTER_PACKETS_FILTERED]++;
			return WALK_ON;
		}
	}
	reason = decode_frame(frame, engine->request->decode_tunnels, &packet);
	if (reason != NOT_IGNORED)
	{
		counters[COUNTER_IGNORED + reason]++;
		return WALK_ON;
	}
	meter_packet(&engine->meter, &packet, engine->frames, file);
	return engine->meter.full ? WALK_STOP : WALK_ON;
}

/* Reads the first packets for the sharding's sample, and goes back to the start. */
static bool
sample(Engine *engine, Capture *capture)
{
	Frame		frame;
	Packet		packet;
	bool		more = true;

	while (more && capture_next(capture, &frame) == CAPTURE_FRAME)
		if ((engine->filter == NULL || filter_run(engine->filter, &frame) == FILTER_PASSED) &&
			decode_frame(&frame, engine->request->decode_tunnels, &packet) == NOT_IGNORED)
			more = shard_sample(&engine->meter.shards, &packet);
	shard_decide(&engine->meter.shards);
	return capture_rewind(capture);
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
		engine->program->position->packet = capture->frames;
		engine->program->position->byte = capture->stream.offset;
		walk = walk_frame(engine, &frame, capture->file);
		if (walk != WALK_ON)
			return walk;
		if (engine->frames % PLACE_INTERVAL == 0)
			tell_place(engine, capture);
	}
	if (result == CAPTURE_DAMAGED)
	{
		engine->program->damage(engine->program->context, engine->failure);
		if (engine->request->stop_at_damage)
			return WALK_STOP;
	}
	return WALK_ON;
}

/* One source from its first byte to its last. */
static Walk
walk_source(Engine *engine, uint32_t file)
{
	Capture		capture;
	uint64_t	size;
	int			descriptor = engine->program->open_source(engine->program->context, file, &size);
	Walk		walk = WALK_FAILED;

	engine->program->position->file = file;
	engine->program->position->packet = 0;
	if (!capture_open(&capture, descriptor, size, file, engine->failure))
		return WALK_FAILED;
	if (fits(engine, capture.one_link_type ? capture.link_type : FILTER_ANY_LINK_TYPE, file) &&
		(engine->request->shards == 1 || file > 0 || sample(engine, &capture)))
		walk = walk_capture(engine, &capture);
	engine->bytes_before += stream_file_bytes(&capture.stream);
	capture_close(&capture);
	return walk;
}

bool
engine_run(const MeterRequest *request, const Filter *filter, Dpi *dpi, const EngineProgram *program, Account *account,
		   FailureMessage *failure)
{
	Engine		engine = {.request = request, .filter = filter, .program = program, .account = account, .failure = failure};
	Walk		walk = WALK_ON;

	memset(account, 0, sizeof(*account));
	meter_start(&engine.meter, request, program, account, dpi);
	for (uint32_t file = 0; file < request->files && walk == WALK_ON; file++)
		walk = walk_source(&engine, file);
	if (walk != WALK_FAILED)
		meter_finish(&engine.meter);
	meter_end(&engine.meter);

	account->counters[COUNTER_BYTES_READ] = engine.bytes_before;
	if (dpi != NULL)
	{
		account->counters[COUNTER_DPI_STARTED] = 1;
		account->counters[COUNTER_DISSECTIONS] = dpi_dissections(dpi);
		account->counters[COUNTER_DISSECTION_TIME] = dpi_dissection_time(dpi);
	}
	return walk != WALK_FAILED;
}
