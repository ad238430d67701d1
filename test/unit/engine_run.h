/*
 * engine_run.h
 *	  The engine run over captures that a test makes, with all that it tells its program kept.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include "capture_files.h"
#include "engine/analyse/analysers.h"
#include "engine/engine.h"
#include "engine/source/source_files.h"
#include "flow_records.h"
#include "wire/limits.h"

#define SOURCES_MOST 3
#define KEPT_MOST	 16384

/* A record as it was written. */
typedef struct Kept
{
	size_t	length;
	uint8_t bytes[400];
} Kept;

typedef struct Scan
{
	MeterProgress		   progress;
	MeterRequest		   request;
	const Analyser *const *analysers; /* NULL: the engine's */
	const char			  *filter;
	int					   sources[SOURCES_MOST];
	uint64_t			   sizes[SOURCES_MOST];

	/* What came of it. */
	bool			 succeeded;
	Account			 account;
	FailureMessage	 failure;
	unsigned		 opened;
	unsigned		 damages;
	FailureMessage	 damage; /* the latest */
	unsigned		 orders;
	uint32_t		 order[SOURCES_MOST]; /* of the sources, as it was told */
	uint32_t		 taken;
	unsigned		 ends;
	uint64_t		 packets[SOURCES_MOST]; /* of each source that ended */
	unsigned		 flows[SOURCES_MOST];	/* records up to there */
	unsigned		 overlaps;
	OverlapMessage	 overlap; /* the latest */
	unsigned		 places;
	PlaceMessage	 place; /* the latest */
	unsigned		 times_told;
	FileTimesMessage times[SOURCES_MOST]; /* as they were told */
	unsigned		 count;
	Kept			 kept[KEPT_MOST];
} Scan;

static inline int
open_source(void *context, uint32_t index, uint64_t *size)
{
	Scan *scan = context;

	assert_true(index < scan->request.files && ++scan->opened <= request_opens_max(&scan->request));
	*size = scan->sizes[index];
	assert_int_equal(lseek(scan->sources[index], 0, SEEK_SET), 0);
	return dup(scan->sources[index]);
}

static inline uint8_t *
record_room(void *context, size_t bytes)
{
	Scan *scan = context;

	assert_true(scan->count < KEPT_MOST && bytes <= sizeof(scan->kept[0].bytes));
	return scan->kept[scan->count].bytes;
}

static inline void
record_written(void *context, size_t bytes)
{
	Scan *scan = context;

	scan->kept[scan->count++].length = bytes;
}

static inline void
note_place(void *context, const PlaceMessage *place)
{
	Scan *scan = context;

	scan->places++;
	scan->place = *place;
}

static inline void
note_damage(void *context, const FailureMessage *damage)
{
	Scan *scan = context;

	scan->damages++;
	scan->damage = *damage;
}

static inline void
note_overlap(void *context, const OverlapMessage *overlap)
{
	Scan *scan = context;

	scan->overlaps++;
	scan->overlap = *overlap;
}

static inline void
note_order(void *context, const uint32_t *order, uint32_t files)
{
	Scan *scan = context;

	assert_int_equal(files, scan->request.files);
	memcpy(scan->order, order, files * sizeof(*order));
	scan->orders++;
}

static inline uint32_t
take_file(void *context)
{
	return ((Scan *) context)->taken++;
}

static inline void
note_file_end(void *context, uint64_t packets)
{
	Scan *scan = context;

	scan->flows[scan->ends] = scan->count;
	scan->packets[scan->ends++] = packets;
}

static inline void
note_file_times(void *context, const FileTimesMessage *times)
{
	Scan *scan = context;

	assert_true(scan->times_told < SOURCES_MOST);
	scan->times[scan->times_told++] = *times;
}

static inline Scan *
scan_of(const File *first, const File *second)
{
	const File *files[] = {first, second};
	Scan	   *scan = calloc(1, sizeof(*scan));

	assert_non_null(scan);
	request_defaults(&scan->request);
	scan->request.n_dissections = 0;
	request_add_all_columns(&scan->request);
	column_set_add(&scan->request.columns, (unsigned) column_of_flow("source_file"));
	for (size_t i = 0; i < LENGTH(files); i++)
		if (files[i] != NULL)
		{
			scan->sources[i] = file_of(files[i]->bytes, files[i]->length);
			scan->sizes[i] = files[i]->length;
			scan->request.files++;
		}
	return scan;
}

static inline void
run_over(Scan *scan, Source *source)
{
	const EngineCallbacks callbacks = {scan, record_room, record_written, note_place, note_damage, .overlap = note_overlap,
									   .order = note_order, .take_file = take_file, .file_end = note_file_end, .file_times = note_file_times};
	Filter				 *filter = scan->filter == NULL ? NULL : filter_start(scan->filter, strlen(scan->filter));
	Analysis			  analysis;

	scan->opened = scan->count = scan->taken = scan->ends = scan->orders = scan->times_told = 0;
	assert_true(analysis_open(&analysis, scan->analysers == NULL ? analysers : scan->analysers, &scan->request,
							  &scan->failure));
	scan->succeeded = engine_run(&scan->request, source, filter, &analysis, &callbacks, &scan->account, &scan->failure);
	analysis_close(&analysis);
	if (filter != NULL)
		filter_free(filter);
	if (scan->succeeded)
		assert_true(account_adds_up(&scan->account));
}

static inline void
run(Scan *scan)
{
	Source *files = source_files_start(scan->request.files, &(FileOpener) {scan, open_source, &scan->progress});

	run_over(scan, files);
	source_files_end(files);
}

static inline void
end(Scan *scan)
{
	for (uint32_t i = 0; i < scan->request.files; i++)
		close(scan->sources[i]);
	free(scan);
}

static inline uint64_t
counter(const Scan *scan, Counter which)
{
	return scan->account.counters[which];
}

static inline Record
record_number(const Scan *scan, unsigned number)
{
	const Kept	  *kept = &scan->kept[number];
	const uint8_t *cursor = kept->bytes;
	Record		   record;

	assert_true(number < scan->count);
	assert_null(read_flow(&cursor, kept->bytes + kept->length, &scan->request.columns, 0, &record));
	return record;
}

static inline uint64_t
value(const Scan *scan, unsigned number, const char *column)
{
	return record_number(scan, number).values[column_of_flow(column)].u;
}

/* -------------------------------------------------------------------------------------------------- their captures */

/* Ethernet, IPv4, UDP from 10.0.0.1 to 8.8.8.`peer`, 60 bytes. */
static inline void
put_udp(File *file, uint16_t source_port, uint8_t peer)
{
	put_fill(file, 2, 12);
	put_bytes(file, "\x08\x00\x45\0\0\x2e\0\1\0\0\x40\x11\0\0\x0a\0\0\1\x08\x08\x08", 21);
	put_fill(file, peer, 1);
	put_fill(file, (uint8_t) (source_port >> 8), 1), put_fill(file, (uint8_t) source_port, 1);
	put_bytes(file, "\0\x35\0\x1a\0\0", 6);
	put_fill(file, 0, 18);
}

static inline void
pcap_udp(File *file, uint32_t seconds, uint16_t source_port)
{
	pcap_record(file, seconds, 0, 60, 60, 0, 0);
	put_udp(file, source_port, 8);
}

static inline File
pcap_start(uint32_t link_type)
{
	File file = {0};

	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, link_type);
	return file;
}

/* Two flows of two packets each, in four seconds. */
static inline File
two_flows(uint32_t seconds)
{
	File file = pcap_start(ETHERNET);

	pcap_udp(&file, seconds, 1);
	pcap_udp(&file, seconds + 1, 2);
	pcap_udp(&file, seconds + 2, 1);
	pcap_udp(&file, seconds + 3, 2);
	return file;
}

static inline Scan *
scan_of_three(const File *first, const File *second, const File *third)
{
	Scan *scan = scan_of(first, second);

	scan->sources[2] = file_of(third->bytes, third->length);
	scan->sizes[2] = third->length;
	scan->request.files = 3;
	return scan;
}

#endif /* ENGINE_RUN_H */
