/*
 * test_exhaustion.c
 *	  Memory that is not to be had, at every place where the engine asks for some.
 *
 * A scan runs once for each of its allocations, in a process of its own, and that allocation fails: the scan must end in the
 * handler of memory.h, at once, and nowhere else.  What fails are the calls of calloc and realloc, through which zlib's memory
 * comes too, and zstd's own two functions that get some; they are wrapped at link time (--wrap).
 */
#include <stdio.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "engine/analyse/analysers.h"
#include "engine/base/memory.h"
#include "engine_notes.h"
#include "files.h"
#include "wire/record.h"

#define CAPTURE_MAX		 (64 * 1024)
#define ALLOCATIONS_MOST 1000000

/* How the process of a scan ends. */
#define ENDED_IN_HANDLER 42
#define ENDED_WELL		 43

void		 *__real_calloc(size_t count, size_t bytes);
void		 *__real_realloc(void *memory, size_t bytes);
ZSTD_DStream *__real_ZSTD_createDStream(void);
size_t		  __real_ZSTD_decompressStream(ZSTD_DStream *stream, ZSTD_outBuffer *output, ZSTD_inBuffer *input);
void		 *__wrap_calloc(size_t count, size_t bytes);
void		 *__wrap_realloc(void *memory, size_t bytes);
ZSTD_DStream *__wrap_ZSTD_createDStream(void);
size_t		  __wrap_ZSTD_decompressStream(ZSTD_DStream *stream, ZSTD_outBuffer *output, ZSTD_inBuffer *input);

/* How many more allocations succeed before one fails; negative: it has failed. */
static int left = INT32_MAX;

static bool
fails_now(void)
{
	return left >= 0 && left-- == 0;
}

void *
__wrap_calloc(size_t count, size_t bytes)
{
	return fails_now() ? NULL : __real_calloc(count, bytes);
}

void *
__wrap_realloc(void *memory, size_t bytes)
{
	return fails_now() ? NULL : __real_realloc(memory, bytes);
}

ZSTD_DStream *
__wrap_ZSTD_createDStream(void)
{
	return fails_now() ? NULL : __real_ZSTD_createDStream();
}

size_t
__wrap_ZSTD_decompressStream(ZSTD_DStream *stream, ZSTD_outBuffer *output, ZSTD_inBuffer *input)
{
	return fails_now() ? (size_t) -ZSTD_error_memory_allocation : __real_ZSTD_decompressStream(stream, output, input);
}

typedef struct Scan
{
	uint8_t bytes[CAPTURE_MAX];
	size_t	length;
} Scan;

static Scan scan;

/* ------------------------------------------------------------------------------------------------------------- the scans */

static void
end_in_handler(size_t bytes)
{
	/* That was the one that failed, and it was told at once. */
	_exit(bytes > 0 && left == -1 ? ENDED_IN_HANDLER : EXIT_FAILURE);
}

static void
scan_and_exit(uint32_t shards, bool with_labels, int allocations)
{
	EngineNotes	   notes = {.seed = 1, .file = file_of(scan.bytes, scan.length), .size = scan.length};
	MeterRequest   request;
	Filter		  *filter;
	Analysis	   analysis;
	FailureMessage failure;
	Account		   account;

	request_defaults(&request);
	request.files = 1;
	request.shards = shards;
	request.splt_analysis = 5;
	request.statistical_analysis = true;
	request.n_dissections = with_labels ? 20 : 0;
	request.idle_timeout = 10;
	request_add_all_columns(&request);
	memory_on_exhaustion(end_in_handler);

	left = allocations;
	filter = filter_start("ip or ip6", strlen("ip or ip6"));
	if (!analysis_open(&analysis, analysers, &request, &failure) ||
		!notes_run(&notes, &request, filter, &analysis, &account, &failure) || notes.damages > 0 ||
		account.counters[COUNTER_FLOWS] == 0)
		_exit(EXIT_FAILURE);
	_exit(left == -1 ? EXIT_FAILURE : ENDED_WELL);
}

/* How a scan ends if its allocation of this number, from 0, fails. */
static int
ending(uint32_t shards, bool with_labels, int allocations)
{
	pid_t child = fork();
	int	  status;

	assert_true(child >= 0);
	if (child == 0)
		scan_and_exit(shards, with_labels, allocations);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status))
		fail_msg("allocation %d: signal %d", allocations, WTERMSIG(status));
	return WEXITSTATUS(status);
}

static void
fail_each_allocation(uint32_t shards, bool with_labels)
{
	int allocations = 0,
		status;

	/* nDPI's tables take tens of thousands: of those some, ever further apart. */
	while ((status = ending(shards, with_labels, allocations)) == ENDED_IN_HANDLER)
	{
		allocations += with_labels ? 1 + allocations / 10 : 1;
		assert_true(allocations < ALLOCATIONS_MOST);
	}
	if (status != ENDED_WELL)
		fail_msg("allocation %d did not end in the handler: %d", allocations, status);
	assert_true(allocations > 5);
	print_message("# up to allocation %d\n", allocations);
}

static void
read_capture(const char *name)
{
	const char *directory = getenv("NFSTREAM_TEST_PCAPS");
	char		path[4096];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s", directory == NULL ? "test/pcaps" : directory, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	scan.length = fread(scan.bytes, 1, sizeof(scan.bytes), file);
	fclose(file);
	assert_uint_in_range(scan.length, 1, sizeof(scan.bytes) - 1);
}

CASE(of_a_pcap)
{
	read_capture("http.pcap");
	fail_each_allocation(1, false);
}

CASE(of_a_pcapng)
{
	read_capture("format_ng_blocks.pcapng");
	fail_each_allocation(1, false);
}

CASE(of_one_shard_of_two)
{
	read_capture("dns.pcap");
	fail_each_allocation(2, false);
}

CASE(with_labels)
{
	read_capture("http.pcap");
	fail_each_allocation(1, true);
}

CASE(of_a_gzip_stream)
{
	static uint8_t plain[CAPTURE_MAX];
	z_stream	   stream = {.next_in = plain, .next_out = scan.bytes, .avail_out = sizeof(scan.bytes)};

	read_capture("http.pcap");
	memcpy(plain, scan.bytes, scan.length);
	stream.avail_in = (unsigned) scan.length;
	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	scan.length = sizeof(scan.bytes) - stream.avail_out;
	fail_each_allocation(1, false);
}

CASE(of_a_zstd_stream)
{
	static uint8_t plain[CAPTURE_MAX];

	read_capture("http.pcap");
	memcpy(plain, scan.bytes, scan.length);
	scan.length = ZSTD_compress(scan.bytes, sizeof(scan.bytes), plain, scan.length, 3);
	assert_false(ZSTD_isError(scan.length));
	fail_each_allocation(1, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_pcap),
		cmocka_unit_test(of_a_pcapng),
		cmocka_unit_test(of_one_shard_of_two),
		cmocka_unit_test(with_labels),
		cmocka_unit_test(of_a_gzip_stream),
		cmocka_unit_test(of_a_zstd_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
