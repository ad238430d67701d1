/*
 * look.c
 *	  A look at the source before it is walked: what all meters of a scan must agree on.
 *
 * The sample is of SHARD_SAMPLE_PACKETS packets that pass the filter, the same part of each file; what a small file
 * cannot give, those after it do.  Of many files only some are looked at, evenly spread.  There is a bound on the frames
 * and bytes that are read for it, however few pass.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/decode/decode.h"
#include "engine/look.h"

/* The most that is read for a sample. */
#define SAMPLE_FRAMES (4 * SHARD_SAMPLE_PACKETS)
#define SAMPLE_BYTES  ((uint64_t) 64 << 20)

/* The most packets without a time that are passed over at a file's beginning. */
#define FRAMES_WITHOUT_TIME 1024u

/* The next frame of what was opened for a look; false if there is none. */
static bool
look_at_frame(Source *source, Frame *frame)
{
	SourceResult result;

	do
		result = source_next(source, frame);
	while (result == SOURCE_LINK_TYPE);
	return result == SOURCE_FRAME;
}

/* ------------------------------------------------------------------------------------------------------------- the order */

typedef struct Beginning
{
	uint64_t time; /* of the first packet, ms; UINT64_MAX without one */
	uint32_t file;
} Beginning;

static uint64_t
first_time(Source *source, uint32_t file)
{
	FailureMessage failure;
	Frame		   frame;
	uint64_t	   time = UINT64_MAX;

	source->kind->open(source, &file, 1, SOURCE_TO_ITS_END, &failure);
	for (unsigned i = 0; i < FRAMES_WITHOUT_TIME && look_at_frame(source, &frame); i++)
	{
		time = frame.time;
		if (time > 0)
			break;
	}
	source->kind->close(source);
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
look_for_order(Source *source, uint32_t files, uint32_t *order)
{
	Beginning *beginnings = memory_get((files + 1) * sizeof(Beginning));

	for (uint32_t file = 0; file < files; file++)
		beginnings[file] = (Beginning) {.time = first_time(source, file), .file = file};
	qsort(beginnings, files, sizeof(Beginning), by_time);
	for (uint32_t i = 0; i < files; i++)
		order[i] = beginnings[i].file;
	free(beginnings);
}

/* ------------------------------------------------------------------------------------------------------------ the sample */

typedef struct Sample
{
	const MeterRequest *request;
	Source			   *source;
	Filter			   *filter;
	Shards			   *shards;
	uint32_t			files;	/* that are still to be looked at, with the one at hand */
	uint32_t			frames; /* read so far */
} Sample;

static void
sample_frame(Sample *sample, const Frame *frame)
{
	Packet packet;

	sample->frames++;
	if ((sample->filter == NULL || filter_run(sample->filter, frame) == FILTER_PASSED) &&
		decode_frame(frame, sample->request->decode_tunnels, &packet) == NOT_IGNORED)
		shard_sample(sample->shards, &packet);
}

/* Looks at one file's part of the sample; returns whether it has more. */
static bool
sample_file(Sample *sample, uint32_t file)
{
	const uint32_t last_frame = sample->frames + (SAMPLE_FRAMES - sample->frames) / sample->files,
				   last_packet = sample->shards->sampled + (SHARD_SAMPLE_PACKETS - sample->shards->sampled) / sample->files;
	Source		  *source = sample->source;
	FailureMessage failure;
	Frame		   frame;
	bool		   is_full = false;

	source->kind->open(source, &file, 1, SAMPLE_BYTES / sample->request->files + SAMPLE_BYTES / 64, &failure);
	while (!is_full && look_at_frame(source, &frame))
	{
		is_full = sample->frames == last_frame || sample->shards->sampled == last_packet;
		if (!is_full)
			sample_frame(sample, &frame);
	}
	source->kind->close(source);
	return is_full || source->cut;
}

void
look_for_busy_hosts(const MeterRequest *request, Source *source, Filter *filter, const uint32_t *order, Shards *shards)
{
	uint32_t files = request->files < REQUEST_SAMPLE_FILES ? request->files : REQUEST_SAMPLE_FILES;
	Sample	 sample = {.request = request, .source = source, .filter = filter, .shards = shards};
	bool	 more = files < request->files;

	for (uint32_t i = 0; i < files; i++)
	{
		sample.files = files - i;
		more |= sample_file(&sample, order[(uint64_t) i * request->files / files]);
	}
	shard_decide(shards, more);
}
