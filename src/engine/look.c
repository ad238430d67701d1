/*
 * look.c
 *	  A look at the sources before they are walked: what all meters of a scan must agree on.
 *
 * The sample is of SHARD_SAMPLE_PACKETS packets that pass the filter, the same part of each source; what a source is too small
 * for falls to those after it.  Of many sources only some are looked at, evenly spread.  So many frames and bytes are read for
 * it and no more, however few pass.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/decode/decode.h"
#include "engine/look.h"
#include "engine/source/capture.h"

/* The most that is read for a sample. */
#define SAMPLE_FRAMES	(4 * SHARD_SAMPLE_PACKETS)
#define SAMPLE_BYTES	((uint64_t) 64 << 20)

/* So many packets without a time begin a source at most. */
#define FRAMES_WITHOUT_TIME	1024u

/* Opens source `file` and reads no more than `most` bytes of it; *cut says that it has more.  False if it is no capture. */
static bool
open_for_a_look(const EngineCallbacks *callbacks, uint32_t file, uint64_t most, bool *cut, Capture *capture,
				FailureMessage *failure)
{
	uint64_t	size;
	int			descriptor = callbacks->open_source(callbacks->context, file, &size);

	callbacks->progress->file = file;
	callbacks->progress->packet = 0;
	*cut = size > most;
	return capture_open_watched(capture, descriptor, *cut ? most : size, file, &callbacks->progress->pieces, failure);
}

/* ------------------------------------------------------------------------------------------------------------- the order */

typedef struct Beginning
{
	uint64_t	time;				/* of the first packet, ms; UINT64_MAX without one */
	uint32_t	file;
} Beginning;

static uint64_t
first_time(const EngineCallbacks *callbacks, uint32_t file)
{
	FailureMessage failure;
	Capture		capture;
	Frame		frame;
	uint64_t	time = UINT64_MAX;
	bool		cut;

	if (!open_for_a_look(callbacks, file, UINT64_MAX, &cut, &capture, &failure))
		return UINT64_MAX;
	while (capture.frames < FRAMES_WITHOUT_TIME && capture_next(&capture, &frame) == CAPTURE_FRAME)
	{
		time = frame.time;
		if (time > 0)
			break;
	}
	capture_close(&capture);
	return time;
}

static int
by_time(const void *a, const void *b)
{
	const Beginning *x = a,
			   *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

void
look_for_order(const MeterRequest *request, const EngineCallbacks *callbacks, uint32_t *order)
{
	Beginning  *beginnings = memory_get((request->files + 1) * sizeof(Beginning));

	for (uint32_t file = 0; file < request->files; file++)
		beginnings[file] = (Beginning) {.time = first_time(callbacks, file), .file = file};
	qsort(beginnings, request->files, sizeof(Beginning), by_time);
	for (uint32_t i = 0; i < request->files; i++)
		order[i] = beginnings[i].file;
	free(beginnings);
}

/* ------------------------------------------------------------------------------------------------------------ the sample */

typedef struct Sample
{
	const MeterRequest *request;
	Filter	   *filter;
	const EngineCallbacks *callbacks;
	Shards	   *shards;
	uint32_t	sources;			/* that are still to be looked at, the one at hand among them */
	uint32_t	frames;				/* read so far */
} Sample;

/* Looks at one source's part of the sample; returns whether it has more. */
static bool
sample_source(Sample *sample, uint32_t file)
{
	const uint32_t last_frame = sample->frames + (SAMPLE_FRAMES - sample->frames) / sample->sources,
				last_packet = sample->shards->sampled + (SHARD_SAMPLE_PACKETS - sample->shards->sampled) / sample->sources;
	FailureMessage failure;
	Capture		capture;
	Frame		frame;
	bool		more,
				cut;

	if (!open_for_a_look(sample->callbacks, file, SAMPLE_BYTES / sample->request->files + SAMPLE_BYTES / 64, &cut, &capture,
						 &failure))
		return false;
	for (;;)
	{
		Packet		packet;

		if (capture_next(&capture, &frame) != CAPTURE_FRAME)
		{
			more = cut;
			break;
		}
		more = sample->frames == last_frame || sample->shards->sampled == last_packet;
		if (more)
			break;
		sample->frames++;
		sample->callbacks->progress->packet = capture.frames;
		sample->callbacks->progress->byte = capture.stream.offset;
		if ((sample->filter == NULL || filter_run(sample->filter, &frame, capture.swapped) == FILTER_PASSED) &&
			decode_frame(&frame, sample->request->decode_tunnels, &packet) == NOT_IGNORED)
			shard_sample(sample->shards, &packet);
	}
	capture_close(&capture);
	return more;
}

void
look_for_busy_hosts(const MeterRequest *request, Filter *filter, const EngineCallbacks *callbacks, const uint32_t *order,
					Shards *shards)
{
	uint32_t	sources = request->files < REQUEST_SAMPLE_FILES ? request->files : REQUEST_SAMPLE_FILES;
	Sample		sample = {.request = request, .filter = filter, .callbacks = callbacks, .shards = shards};
	bool		more = sources < request->files;

	for (uint32_t i = 0; i < sources; i++)
	{
		sample.sources = sources - i;
		more |= sample_source(&sample, order[(uint64_t) i * request->files / sources]);
	}
	shard_decide(shards, more);
}
