/*
 * test_cut.c
 *	  Captures cut at every byte: each small one of the project's own, and of the shared directory where it is at hand.
 *
 * The engine runs on the first n bytes of a capture, for every n, with nDPI, statistics and SPLT, in one process with one
 * module of nDPI, each frame in a block of its own.  Timeouts are so short that flows leave all along.  Whatever left before
 * the cut must be what leaves of the whole capture, byte by byte; only what leaves at the end may be another.
 */
#include "each_capture.h"
#include "engine/analyse/analysers.h"
#include "engine_notes.h"
#include "exact_frames.h"
#include "files.h"
#include "wire/record.h"

#define BYTES_MAX	 ((size_t) 20 * 1024)
#define RECORDS_MOST 1024
#define SEED		 UINT64_C(7)

/* ms */
#define IDLE_TIMEOUT   20
#define ACTIVE_TIMEOUT 500

typedef struct Kept
{
	uint64_t left;
	size_t	 length;
	uint8_t *bytes;
} Kept;

typedef struct Cutting
{
	MeterRequest request;
	Analysis	 analysis;
	EngineNotes	 notes; /* of the file up to the cut */
	Account		 account;

	unsigned count;	   /* of the current run's records */
	unsigned early;	   /* of these, which left before the end */
	bool	 is_whole; /* the current run's records are kept */
	unsigned kept_count;
	Kept	 kept[RECORDS_MOST];
} Cutting;

/* For the sanitizer: half a million runs are fast if they share their memory. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=8";
}

static void take_record(void *context, const uint8_t *bytes, size_t length);

static Cutting cutting = {.notes = {.take = take_record, .seed = SEED}};

static struct
{
	unsigned captures;
	uint64_t cuts;
	uint64_t damages;
	uint64_t refused;
	uint64_t records; /* compared */
} totals;

/* ---------------------------------------------------------------------------------------------- what the engine asks for */

static void
take_record(void *context, const uint8_t *bytes, size_t length)
{
	uint64_t left = cutting.notes.left;
	unsigned number = cutting.count++;
	Kept	*kept = &cutting.kept[number];

	(void) context;
	cutting.early += left != RECORD_LEFT_AT_END;
	if (cutting.is_whole)
	{
		assert_true(number < RECORDS_MOST);
		*kept = (Kept) {left, length, malloc(length)};
		memcpy(kept->bytes, bytes, length);
		cutting.kept_count = cutting.count;
		return;
	}
	if (left != RECORD_LEFT_AT_END)
	{
		assert_true(number < cutting.kept_count);
		assert_int_equal(length, kept->length);
		assert_memory_equal(bytes, kept->bytes, length);
		totals.records++;
	}
}

/* -------------------------------------------------------------------------------------------------------------- the cuts */

/* How many of the whole capture's records had left when `packets` packets were read. */
static unsigned
expected_early(uint64_t packets)
{
	unsigned count = 0;

	while (count < cutting.kept_count && cutting.kept[count].left / 2 <= packets)
		count++;
	return count;
}

/* Runs on the first `size` bytes; false if that is no capture. */
static bool
run(size_t size)
{
	FailureMessage failure;
	bool		   done;

	cutting.notes.size = size;
	cutting.count = cutting.early = 0;
	done = notes_run(&cutting.notes, &cutting.request, NULL, &cutting.analysis, &cutting.account, &failure);
	if (cutting.notes.damages > 0)
		assert_true(cutting.notes.damage.code == FAILURE_CUT || cutting.notes.damage.code == FAILURE_CORRUPT ||
					cutting.notes.damage.code == FAILURE_VERSION);
	exact_frames_end();
	return done;
}

static void
cut(size_t size)
{
	totals.cuts++;
	if (!run(size))
	{
		assert_int_equal(cutting.count, 0);
		totals.refused++;
		return;
	}
	assert_true(account_adds_up(&cutting.account));
	assert_true(cutting.notes.damages <= 1);
	assert_int_equal(cutting.early, expected_early(cutting.account.counters[COUNTER_PACKETS_READ]));
	totals.damages += cutting.notes.damages;
}

static void
forget(void)
{
	for (unsigned i = 0; i < cutting.kept_count; i++)
		free(cutting.kept[i].bytes);
	cutting.kept_count = 0;
}

/* One capture; its path is the case's state.  The whole comes twice: what nDPI remembers of it is there for all cuts then. */
static void
capture_cut_at_every_byte(void **state)
{
	static uint8_t bytes[BYTES_MAX];
	FILE		  *file = fopen(*state, "rb");
	size_t		   length;

	assert_non_null(file);
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	cutting.notes.file = file_of(bytes, length);
	for (int i = 0; i < 2; i++)
	{
		forget();
		cutting.is_whole = true;
		run(length);
	}
	cutting.is_whole = false;
	for (size_t size = 0; size <= length; size++)
		cut(size);
	forget();
	close(cutting.notes.file);
	totals.captures++;
}

static int
start(void **state)
{
	FailureMessage failure;

	(void) state;
	request_defaults(&cutting.request);
	cutting.request.files = 1;
	cutting.request.statistical_analysis = true;
	cutting.request.splt_analysis = 10;
	cutting.request.idle_timeout = IDLE_TIMEOUT;
	cutting.request.active_timeout = ACTIVE_TIMEOUT;
	request_add_all_columns(&cutting.request);
	return analysis_open(&cutting.analysis, analysers, &cutting.request, &failure) ? 0 : -1;
}

static int
end(void **state)
{
	(void) state;
	analysis_close(&cutting.analysis);
	print_message("# %u captures, %" PRIu64 " cuts: %" PRIu64 " damages, %" PRIu64 " no capture; %" PRIu64
				  " rows that left before the cut, all as of the whole capture\n",
				  totals.captures, totals.cuts, totals.damages, totals.refused, totals.records);
	return 0;
}

int
main(void)
{
	return run_on_captures("cut", (long) BYTES_MAX, capture_cut_at_every_byte, start, end);
}
