/*
 * test_waiting.c
 *	  Packets that wait for their flow to leave: nDPI is told the same of them as of those that do not, whatever the capture.
 */
#include <limits.h>
#include <stdio.h>
#include <zlib.h>

#include "engine/analyse/analysers.h"
#include "engine_notes.h"
#include "files.h"

#define BYTES_MAX	 ((size_t) 1 << 20)
#define RECORDS_MOST ((size_t) 1 << 20)

typedef struct Run
{
	EngineNotes notes;
	Account		account;
	size_t		length; /* of all records */
	uint8_t		records[RECORDS_MOST];
	unsigned	count;
	bool		cuts; /* nothing of the file is left once the first record has come */
} Run;

static Run at_once,
	waiting;

static void
take(void *context, const uint8_t *record, size_t length)
{
	Run *run = context;

	assert_true(run->length + length <= RECORDS_MOST);
	memcpy(run->records + run->length, record, length);
	run->length += length;
	if (run->count++ == 0 && run->cuts)
		file_extend(run->notes.file, 0);
}

/* With an nDPI of its own, which has seen nothing. */
static void
run_engine(Run *run, int file, uint64_t size, uint64_t rows_wanted, uint64_t idle_timeout)
{
	MeterRequest   request;
	Analysis	   analysis;
	FailureMessage failure;

	*run = (Run) {.notes = {.take = take, .context = run, .seed = 7, .file = file, .size = size}, .cuts = run->cuts};
	request_defaults(&request);
	request.files = 1;
	request.rows_wanted = rows_wanted;
	request.idle_timeout = idle_timeout;
	request_add_all_columns(&request);
	assert_true(analysis_open(&analysis, analysers, &request, &failure));
	assert_true(notes_run(&run->notes, &request, NULL, &analysis, &run->account, &failure));
	analysis_close(&analysis);
	assert_true(account_adds_up(&run->account));
}

static uint64_t
dissections(const Run *run)
{
	return run->account.counters[COUNTER_DISSECTIONS];
}

/* A capture of the project's own, in memory. */
static int
capture(const char *name, uint64_t *size)
{
	static uint8_t bytes[BYTES_MAX];
	const char	  *directory = getenv("NFSTREAM_TEST_PCAPS");
	char		   path[PATH_MAX];
	FILE		  *file;

	snprintf(path, sizeof(path), "%s/%s", directory == NULL ? "test/pcaps" : directory, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	*size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return file_of(bytes, *size);
}

static void
expect_the_same(int file, uint64_t size, uint64_t idle_timeout)
{
	run_engine(&at_once, file, size, 0, idle_timeout);
	run_engine(&waiting, file, size, 1, idle_timeout);
	assert_true(at_once.count > 0 && dissections(&at_once) > 0);
	assert_int_equal(waiting.count, at_once.count);
	assert_int_equal(waiting.length, at_once.length);
	assert_memory_equal(waiting.records, at_once.records, at_once.length);
	assert_int_equal(dissections(&waiting), dissections(&at_once));
}

/* Flows that leave on the way, and those that leave when the file has ended. */
CASE(label_is_the_same)
{
	static const char *const names[] = {"busy.pcap", "tls.pcap", "quic.pcap", "http.pcap", "dns.pcap", "ssh.pcap", "ftp_smtp_tftp.pcap",
										"gtpu.pcap", "qinq.pcap", "format_ng.pcapng", "format_big_endian.pcap", "format_ng_sections.pcapng",
										"ip_snapped.pcap", "damage_packet.pcap", "text_tls.pcap"};

	for (size_t i = 0; i < LENGTH(names); i++)
	{
		uint64_t size;
		int		 file = capture(names[i], &size);

		expect_the_same(file, size, 120000);
		expect_the_same(file, size, 20);
		close(file);
	}
}

/* What is compressed cannot be read again, and nothing waits. */
CASE(compressed_capture_has_the_same_labels)
{
	static uint8_t bytes[BYTES_MAX];
	uint64_t	   size;
	int			   file = capture("tls.pcap", &size),
		compressed = file_of("", 0);
	gzFile gzip = gzdopen(dup(compressed), "wb");

	assert_int_equal(pread(file, bytes, size, 0), size);
	assert_int_equal(gzwrite(gzip, bytes, (unsigned) size), size);
	assert_int_equal(gzclose(gzip), Z_OK);
	expect_the_same(compressed, (uint64_t) lseek(compressed, 0, SEEK_END), 120000);
	close(compressed);
	close(file);
}

/* Where the file is gone meanwhile, flows leave with the labels that can be had. */
CASE(file_that_shrinks)
{
	uint64_t size;
	int		 file = capture("busy.pcap", &size);

	run_engine(&at_once, file, size, 0, 120000);
	waiting.cuts = true;
	run_engine(&waiting, file, size, 1, 120000);
	waiting.cuts = false;
	assert_int_equal(waiting.count, at_once.count);
	assert_true(dissections(&waiting) > 0 && dissections(&waiting) < dissections(&at_once));
	close(file);
}

/* Of several files only one is open, and nothing waits. */
CASE(several_files)
{
	MeterRequest   request;
	Analysis	   analysis;
	FailureMessage failure;
	uint64_t	   size;
	int			   file = capture("tls.pcap", &size);

	request_defaults(&request);
	request.files = 2;
	request.rows_wanted = 1;
	request_add_all_columns(&request);
	waiting = (Run) {.notes = {.take = take, .context = &waiting, .seed = 7, .file = file, .size = size}};
	assert_true(analysis_open(&analysis, analysers, &request, &failure));
	assert_false(analysis.reads_again);
	assert_true(notes_run(&waiting.notes, &request, NULL, &analysis, &waiting.account, &failure));
	analysis_close(&analysis);
	assert_true(dissections(&waiting) > 0);
	close(file);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(label_is_the_same),
		cmocka_unit_test(compressed_capture_has_the_same_labels),
		cmocka_unit_test(file_that_shrinks),
		cmocka_unit_test(several_files),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
