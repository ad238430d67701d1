/*
 * test_source_files.c
 *	  Files as a source: what comes of them one after the other, and how often they are opened.
 */
#include "capture_files.h"
#include "engine/source/source_files.h"

#define FILES_MOST 3

typedef struct Files
{
	MeterProgress  progress;
	const File	  *files[FILES_MOST];
	unsigned	   opened;
	FailureMessage failure;
	Source		  *source;
	Frame		   frame;
} Files;

static int
open_file(void *context, uint32_t index, uint64_t *size)
{
	Files	   *self = context;
	const File *file = self->files[index];

	self->opened++;
	*size = file->length;
	return file_of(file->bytes, file->length);
}

static void
start(Files *self, const File *first, const File *second, const File *third)
{
	*self = (Files) {.files = {first, second, third}};
	self->source = source_files_start(third != NULL ? 3 : second != NULL ? 2 :
																		   1,
									  &(FileOpener) {self, open_file, &self->progress});
}

static void
open_all(Files *self, const uint32_t *order, uint32_t count, uint64_t most)
{
	self->source->kind->open(self->source, order, count, most, &self->failure);
}

static void
expect(Files *self, SourceResult result, uint32_t file)
{
	assert_int_equal(source_next(self->source, &self->frame), result);
	assert_int_equal(self->source->file, file);
}

static uint64_t
bytes_read(const Files *self)
{
	SourceCounters counters;

	self->source->kind->count(self->source, &counters);
	assert_true(counters.received == COUNT_NOT_KNOWN && counters.dropped_by_kernel == COUNT_NOT_KNOWN);
	return counters.bytes_read;
}

static void
stop(Files *self)
{
	self->source->kind->close(self->source);
}

static File
pcap_of(uint32_t frames)
{
	File file = {0};

	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, ETHERNET);
	for (uint32_t i = 0; i < frames; i++)
		pcap_record(&file, 1000 + i, 0, 60, 60, (uint8_t) i, 60);
	return file;
}

CASE(files_come_in_the_given_order_and_again)
{
	const File two = pcap_of(2),
			   one = pcap_of(1);
	Files files;

	start(&files, &two, &one, NULL);
	for (unsigned round = 1; round <= 2; round++)
	{
		open_all(&files, (const uint32_t[]) {1, 0}, 2, SOURCE_TO_ITS_END);
		assert_int_equal(bytes_read(&files), 0);
		expect(&files, SOURCE_LINK_TYPE, 1);
		assert_int_equal(files.frame.link_type, ETHERNET);
		expect(&files, SOURCE_FRAME, 1);
		expect(&files, SOURCE_LINK_TYPE, 0);
		expect(&files, SOURCE_FRAME, 0);
		expect(&files, SOURCE_FRAME, 0);
		assert_int_equal(files.frame.time, 1001000);
		assert_int_equal(files.progress.file, 0);
		assert_int_equal(files.progress.packet, 2);
		assert_int_equal(files.progress.byte, 24 + 76);
		expect(&files, SOURCE_END, 0);
		expect(&files, SOURCE_END, 0);
		assert_int_equal(bytes_read(&files), one.length + two.length);
		stop(&files);
		assert_int_equal(files.opened, 2 * round);
	}
	source_files_end(files.source);
}

/* In the middle of one file nothing is lost of what was read, and another opening begins anew. */
CASE(closed_in_the_middle)
{
	const File two = pcap_of(2);
	Files	   files;

	start(&files, &two, &two, NULL);
	open_all(&files, (const uint32_t[]) {0, 1}, 2, SOURCE_TO_ITS_END);
	expect(&files, SOURCE_LINK_TYPE, 0);
	expect(&files, SOURCE_FRAME, 0);
	stop(&files);
	assert_uint_in_range(bytes_read(&files), 24, 24 + 76);
	open_all(&files, (const uint32_t[]) {1}, 1, SOURCE_TO_ITS_END);
	expect(&files, SOURCE_LINK_TYPE, 1);
	expect(&files, SOURCE_FRAME, 1);
	expect(&files, SOURCE_FRAME, 1);
	expect(&files, SOURCE_END, 1);
	stop(&files);
	source_files_end(files.source);
}

/* The link type of a pcapng file without frames is known at its end: that of its first interface, or Ethernet. */
CASE(link_type_of_files_without_frames)
{
	File empty = {0},
		 wireless = {0};
	Files files;

	ng_section(&empty);
	ng_section(&wireless);
	ng_interface(&wireless, 105, SNAPSHOT, -1, 0);
	start(&files, &empty, &wireless, NULL);
	open_all(&files, (const uint32_t[]) {0, 1}, 2, SOURCE_TO_ITS_END);
	expect(&files, SOURCE_LINK_TYPE, 0);
	assert_int_equal(files.frame.link_type, ETHERNET);
	expect(&files, SOURCE_LINK_TYPE, 1);
	assert_int_equal(files.frame.link_type, 105);
	expect(&files, SOURCE_END, 1);
	stop(&files);
	source_files_end(files.source);
}

/* What is cut, and what is no capture, is damage to a list; after it comes the next file. */
CASE(damaged_files_of_a_list)
{
	const File whole = pcap_of(1),
			   nothing = {0};
	File  cut = pcap_of(2);
	Files files;

	cut.length -= 1;
	start(&files, &cut, &nothing, &whole);
	open_all(&files, (const uint32_t[]) {0, 1, 2}, 3, SOURCE_TO_ITS_END);
	expect(&files, SOURCE_LINK_TYPE, 0);
	expect(&files, SOURCE_FRAME, 0);
	expect(&files, SOURCE_DAMAGED, 0);
	assert_int_equal(files.failure.code, FAILURE_CUT);
	assert_int_equal(files.failure.packet, 2);
	expect(&files, SOURCE_DAMAGED, 1);
	assert_int_equal(files.failure.code, FAILURE_EMPTY);
	assert_int_equal(files.failure.packet, FAILURE_NO_PACKET);
	expect(&files, SOURCE_LINK_TYPE, 2);
	expect(&files, SOURCE_FRAME, 2);
	expect(&files, SOURCE_END, 2);
	stop(&files);
	source_files_end(files.source);
}

CASE(file_that_is_all_there_is_and_no_capture)
{
	const File nothing = {0};
	Files	   files;

	start(&files, &nothing, NULL, NULL);
	open_all(&files, (const uint32_t[]) {0}, 1, SOURCE_TO_ITS_END);
	expect(&files, SOURCE_FAILED, 0);
	assert_int_equal(files.failure.code, FAILURE_EMPTY);
	stop(&files);
	source_files_end(files.source);
}

/* A look at the first bytes says whether there are more. */
CASE(no_more_bytes_than_were_to_be_read)
{
	const File three = pcap_of(3);
	Files	   files;

	start(&files, &three, NULL, NULL);
	open_all(&files, (const uint32_t[]) {0}, 1, 24 + 76);
	expect(&files, SOURCE_LINK_TYPE, 0);
	expect(&files, SOURCE_FRAME, 0);
	expect(&files, SOURCE_END, 0);
	assert_true(files.source->cut);
	stop(&files);
	open_all(&files, (const uint32_t[]) {0}, 1, three.length);
	expect(&files, SOURCE_LINK_TYPE, 0);
	assert_false(files.source->cut);
	stop(&files);
	source_files_end(files.source);
}

/* Who interrupts wants no more: neither the rest of this file, nor to be told that it is cut, nor the next file. */
CASE(interrupted_source_is_at_its_end)
{
	const File one = pcap_of(1),
			   other = pcap_of(1);
	Files files;

	start(&files, &one, &other, NULL);
	open_all(&files, (const uint32_t[]) {0, 1}, 2, SOURCE_TO_ITS_END);
	expect(&files, SOURCE_LINK_TYPE, 0);
	expect(&files, SOURCE_FRAME, 0);
	source_interrupted = true;
	assert_int_equal(source_next(files.source, &files.frame), SOURCE_END);
	stop(&files);

	open_all(&files, (const uint32_t[]) {0}, 1, SOURCE_TO_ITS_END);
	assert_int_equal(source_next(files.source, &files.frame), SOURCE_END);
	stop(&files);
	source_interrupted = false;
	source_files_end(files.source);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_come_in_the_given_order_and_again),
		cmocka_unit_test(closed_in_the_middle),
		cmocka_unit_test(link_type_of_files_without_frames),
		cmocka_unit_test(damaged_files_of_a_list),
		cmocka_unit_test(file_that_is_all_there_is_and_no_capture),
		cmocka_unit_test(no_more_bytes_than_were_to_be_read),
		cmocka_unit_test(interrupted_source_is_at_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
