/*
 * test_engine.c
 *	  The walk through the sources: damage, filters, the account, the shards of one scan.
 */
#include "capture_files.h"
#include "engine/engine.h"
#include "engine/shard.h"
#include "wire/limits.h"
#include "wire/record.h"

#define SOURCES_MOST	3
#define KEPT_MOST		16384

/* A record as it was written. */
typedef struct Kept
{
	size_t		length;
	uint8_t		bytes[400];
} Kept;

typedef struct Scan
{
	MeterPosition position;
	MeterRequest request;
	const char *filter;
	int			sources[SOURCES_MOST];
	uint64_t	sizes[SOURCES_MOST];

	/* What came of it. */
	bool		succeeded;
	Account		account;
	FailureMessage failure;
	unsigned	opened;
	unsigned	damages;
	FailureMessage damage;		/* the latest */
	unsigned	orders;
	uint32_t	order[SOURCES_MOST];	/* of the sources, as it was told */
	uint32_t	taken;
	unsigned	ends;
	uint64_t	packets[SOURCES_MOST];	/* of each source that ended */
	unsigned	flows[SOURCES_MOST];	/* records up to there */
	unsigned	overlaps;
	OverlapMessage overlap;		/* the latest */
	unsigned	places;
	PlaceMessage place;			/* the latest */
	unsigned	count;
	Kept		kept[KEPT_MOST];
} Scan;

static int
open_source(void *context, uint32_t index, uint64_t *size)
{
	Scan	   *scan = context;

	assert_true(index < scan->request.files && ++scan->opened <= request_opens_max(&scan->request));
	*size = scan->sizes[index];
	assert_int_equal(lseek(scan->sources[index], 0, SEEK_SET), 0);
	return dup(scan->sources[index]);
}

static uint8_t *
record_room(void *context, size_t bytes)
{
	Scan	   *scan = context;

	assert_true(scan->count < KEPT_MOST && bytes <= sizeof(scan->kept[0].bytes));
	return scan->kept[scan->count].bytes;
}

static void
record_written(void *context, size_t bytes)
{
	Scan	   *scan = context;

	scan->kept[scan->count++].length = bytes;
}

static void
note_place(void *context, const PlaceMessage *place)
{
	Scan	   *scan = context;

	scan->places++;
	scan->place = *place;
}

static void
note_damage(void *context, const FailureMessage *damage)
{
	Scan	   *scan = context;

	scan->damages++;
	scan->damage = *damage;
}

static void
note_overlap(void *context, const OverlapMessage *overlap)
{
	Scan	   *scan = context;

	scan->overlaps++;
	scan->overlap = *overlap;
}

static void
note_order(void *context, const uint32_t *order, uint32_t files)
{
	Scan	   *scan = context;

	assert_int_equal(files, scan->request.files);
	memcpy(scan->order, order, files * sizeof(*order));
	scan->orders++;
}

static uint32_t
take_file(void *context)
{
	return ((Scan *) context)->taken++;
}

static void
note_file_end(void *context, uint64_t packets)
{
	Scan	   *scan = context;

	scan->flows[scan->ends] = scan->count;
	scan->packets[scan->ends++] = packets;
}

static Scan *
scan_of(const File *first, const File *second)
{
	const File *files[] = {first, second};
	Scan	   *scan = calloc(1, sizeof(*scan));

	assert_non_null(scan);
	request_defaults(&scan->request);
	scan->request.n_dissections = 0;
	request_add_all_columns(&scan->request);
	column_set_add(&scan->request.columns, (unsigned) column_by_name("source_file"));
	for (size_t i = 0; i < LENGTH(files); i++)
		if (files[i] != NULL)
		{
			scan->sources[i] = file_of(files[i]->bytes, files[i]->length);
			scan->sizes[i] = files[i]->length;
			scan->request.files++;
		}
	return scan;
}

static void
run(Scan *scan)
{
	const EngineProgram program = {scan, open_source, record_room, record_written, note_place, note_damage, &scan->position,
	.overlap = note_overlap, .order = note_order, .take_file = take_file, .file_end = note_file_end};
	Filter	   *filter = scan->filter == NULL ? NULL : filter_start(scan->filter, strlen(scan->filter));

	scan->opened = scan->count = scan->taken = scan->ends = scan->orders = 0;
	scan->succeeded = engine_run(&scan->request, filter, NULL, &program, &scan->account, &scan->failure);
	if (filter != NULL)
		filter_free(filter);
	if (scan->succeeded)
		assert_true(account_adds_up(&scan->account));
}

static void
end(Scan *scan)
{
	for (uint32_t i = 0; i < scan->request.files; i++)
		close(scan->sources[i]);
	free(scan);
}

static uint64_t
counter(const Scan *scan, Counter which)
{
	return scan->account.counters[which];
}

static FlowRecord
record_number(const Scan *scan, unsigned number)
{
	const Kept *kept = &scan->kept[number];
	const uint8_t *cursor = kept->bytes;
	FlowRecord	record;

	assert_true(number < scan->count);
	assert_null(record_read(&cursor, kept->bytes + kept->length, &scan->request.columns, 0, &record));
	return record;
}

static uint64_t
value(const Scan *scan, unsigned number, const char *column)
{
	return record_number(scan, number).values[column_by_name(column)].u;
}

/* -------------------------------------------------------------------------------------------------- their captures */

/* Ethernet, IPv4, UDP from 10.0.0.1 to 8.8.8.`peer`, 60 bytes. */
static void
put_udp(File *file, uint16_t source_port, uint8_t peer)
{
	put_fill(file, 2, 12);
	put_bytes(file, "\x08\x00\x45\0\0\x2e\0\1\0\0\x40\x11\0\0\x0a\0\0\1\x08\x08\x08", 21);
	put_fill(file, peer, 1);
	put_fill(file, (uint8_t) (source_port >> 8), 1), put_fill(file, (uint8_t) source_port, 1);
	put_bytes(file, "\0\x35\0\x1a\0\0", 6);
	put_fill(file, 0, 18);
}

static void
pcap_udp(File *file, uint32_t seconds, uint16_t source_port)
{
	pcap_record(file, seconds, 0, 60, 60, 0, 0);
	put_udp(file, source_port, 8);
}

static File
pcap_start(uint32_t link_type)
{
	File		file = {0};

	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, link_type);
	return file;
}

/* Two flows of two packets each, in four seconds. */
static File
two_flows(uint32_t seconds)
{
	File		file = pcap_start(ETHERNET);

	pcap_udp(&file, seconds, 1);
	pcap_udp(&file, seconds + 1, 2);
	pcap_udp(&file, seconds + 2, 1);
	pcap_udp(&file, seconds + 3, 2);
	return file;
}

/* -------------------------------------------------------------------------------------------------------- the walk */

CASE(source_is_walked_from_its_first_byte_to_its_last)
{
	const File	file = two_flows(1000);
	Scan	   *scan = scan_of(&file, NULL);

	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 2);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 4);
	assert_int_equal(counter(scan, COUNTER_PACKETS_METERED), 4);
	assert_int_equal(counter(scan, COUNTER_BYTES_READ), file.length);
	assert_int_equal(counter(scan, COUNTER_FLOWS), 2);
	assert_int_equal(counter(scan, COUNTER_DPI_STARTED), 0);
	assert_int_equal(counter(scan, COUNTER_DISSECTIONS), 0);
	assert_int_equal(scan->damages, 0);
	end(scan);
}

CASE(sources_are_read_as_one)
{
	const File	first = two_flows(1000),
				second = two_flows(1004);
	Scan	   *scan = scan_of(&first, &second);

	run(scan);
	assert_int_equal(scan->count, 2);
	assert_int_equal(value(scan, 0, "bidirectional_packets"), 4);
	assert_int_equal(value(scan, 0, "source_file"), 0);
	assert_int_equal(counter(scan, COUNTER_BYTES_READ), first.length + second.length);
	end(scan);
}

/* Places go on from source to source, and a flow belongs to the source of its first packet. */
CASE(flow_of_the_second_source)
{
	const File	first = two_flows(1000),
				second = two_flows(2000);
	Scan	   *scan = scan_of(&first, &second);

	run(scan);
	assert_int_equal(scan->count, 4);
	assert_int_equal(value(scan, 1, "source_file"), 0);
	assert_int_equal(value(scan, 2, "source_file"), 1);
	assert_int_equal(record_number(scan, 2).first, 5);
	end(scan);
}

CASE(older_source_is_out_of_order)
{
	const File	first = two_flows(1000),
				second = two_flows(500);
	Scan	   *scan = scan_of(&first, &second);

	run(scan);
	assert_int_equal(scan->count, 2);
	assert_int_equal(counter(scan, COUNTER_PACKETS_OUT_OF_ORDER), 4);
	assert_int_equal(value(scan, 0, "bidirectional_last_seen_ms"), 1003000);
	end(scan);
}

static Scan *
scan_of_three(const File *first, const File *second, const File *third)
{
	Scan	   *scan = scan_of(first, second);

	scan->sources[2] = file_of(third->bytes, third->length);
	scan->sizes[2] = third->length;
	scan->request.files = 3;
	return scan;
}

/* By their first packets' times; what has none is read last. */
CASE(sources_are_read_in_the_order_of_their_times)
{
	const File	late = two_flows(2000),
				none = pcap_start(ETHERNET),
				early = two_flows(1000);
	Scan	   *scan = scan_of_three(&late, &none, &early);

	run(scan);
	assert_int_equal(scan->overlaps, 1);
	assert_int_equal(scan->orders, 0);

	scan->request.source_order = SOURCE_ORDER_TIME;
	scan->overlaps = 0;
	run(scan);
	assert_int_equal(scan->orders, 1);
	assert_int_equal(scan->order[0], 2);
	assert_int_equal(scan->order[1], 0);
	assert_int_equal(scan->order[2], 1);
	assert_int_equal(scan->opened, 6);
	assert_int_equal(scan->overlaps, 0);
	assert_int_equal(scan->count, 4);
	assert_int_equal(value(scan, 0, "source_file"), 2);
	assert_int_equal(value(scan, 3, "source_file"), 0);
	end(scan);
}

/* A packet without a time does not say when a capture begins, if there is one that has it; equals stay as they are given. */
CASE(time_of_a_source_is_its_first_packets_that_has_one)
{
	const File	second = two_flows(1000);
	File		simple = {0},
				timeless = pcap_start(ETHERNET);
	Scan	   *scan;

	pcap_udp(&timeless, 0, 1);
	ng_section(&simple);
	ng_interface(&simple, ETHERNET, SNAPSHOT, -1, 0);
	ng_simple(&simple, 60, 1, 60);
	scan = scan_of_three(&second, &timeless, &second);
	scan->request.source_order = SOURCE_ORDER_TIME;
	run(scan);
	assert_int_equal(scan->order[0], 1);
	assert_int_equal(scan->order[1], 0);
	assert_int_equal(scan->order[2], 2);
	end(scan);

	pcap_udp(&timeless, 1500, 1);
	scan = scan_of_three(&timeless, &second, &simple);
	scan->request.source_order = SOURCE_ORDER_TIME;
	run(scan);
	assert_int_equal(scan->order[0], 2);
	assert_int_equal(scan->order[1], 1);
	assert_int_equal(scan->order[2], 0);
	end(scan);
}

/* What one source gives is what it gives alone, whatever is before it, later or earlier or damaged. */
CASE(sources_apart_are_as_if_alone)
{
	const File	first = two_flows(1000),
				third = two_flows(500);
	File		second = two_flows(1001);
	const File *const files[] = {&first, &second, &third};
	Scan	   *apart;
	unsigned	at = 0;

	pcap_udp(&second, 3000, 1);
	pcap_udp(&second, 3001, 9);
	second.length -= 1;
	apart = scan_of_three(&first, &second, &third);
	apart->request.separate_files = true;
	run(apart);
	assert_true(apart->succeeded);
	assert_int_equal(apart->ends, 3);
	assert_int_equal(apart->overlaps, 0);
	assert_int_equal(apart->damages, 1);
	assert_int_equal(apart->damage.file, 1);
	assert_int_equal(counter(apart, COUNTER_PACKETS_OUT_OF_ORDER), 0);
	assert_int_equal(counter(apart, COUNTER_PACKETS_READ), 4 + 5 + 4);
	for (size_t i = 0; i < LENGTH(files); i++)
	{
		Scan	   *alone = scan_of(files[i], NULL);

		run(alone);
		assert_int_equal(apart->packets[i], counter(alone, COUNTER_PACKETS_READ));
		assert_int_equal(apart->flows[i], at + alone->count);
		for (unsigned j = 0; j < alone->count; j++, at++)
		{
			assert_int_equal(record_number(apart, at).left, record_number(alone, j).left);
			assert_int_equal(record_number(apart, at).first, record_number(alone, j).first);
			assert_int_equal(value(apart, at, "bidirectional_last_seen_ms"), value(alone, j, "bidirectional_last_seen_ms"));
			assert_int_equal(value(apart, at, "bidirectional_packets"), value(alone, j, "bidirectional_packets"));
			assert_int_equal(value(apart, at, "source_file"), i);
		}
		end(alone);
	}
	end(apart);
}

/* What ends a scan ends it within a source and at its end. */
CASE(sources_apart_end_with_the_last_flow_or_at_damage)
{
	const File	second = two_flows(1000),
				third = two_flows(1000);
	File		first = two_flows(1000);
	Scan	   *scan = scan_of_three(&first, &second, &third);

	scan->request.separate_files = true;
	for (unsigned most = 1; most <= 6; most++)
	{
		scan->request.max_nflows = most;
		run(scan);
		assert_int_equal(scan->count, most);
		assert_int_equal(scan->taken, (most + 1) / 2);
	}
	end(scan);

	first.length -= 1;
	scan = scan_of_three(&first, &second, &third);
	scan->request.separate_files = true;
	scan->request.stop_at_damage = true;
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->taken, 1);
	assert_int_equal(scan->ends, 1);
	assert_int_equal(scan->count, 2);
	end(scan);
}

/* A scan of three captures of four seconds each that begin at these seconds, and what it says of overlaps. */
static void
expect_overlap(const uint32_t begins[3], unsigned overlaps, uint32_t file, uint64_t reached)
{
	const File	files[] = {two_flows(begins[0]), two_flows(begins[1]), two_flows(begins[2])};
	Scan	   *scan = scan_of_three(&files[0], &files[1], &files[2]);

	run(scan);
	assert_int_equal(scan->overlaps, overlaps);
	if (overlaps > 0)
	{
		assert_int_equal(scan->overlap.file, file);
		assert_int_equal(scan->overlap.begins, begins[file] * 1000);
		assert_int_equal(scan->overlap.reached, reached * 1000);
	}
	end(scan);
}

/* It is told of the first source that begins more than a second before the time that was reached, and of no other. */
CASE(overlap_is_told_once)
{
	expect_overlap((const uint32_t[]) {1000, 1010, 1020}, 0, 0, 0);
	expect_overlap((const uint32_t[]) {1000, 1002, 1005}, 0, 0, 0);
	expect_overlap((const uint32_t[]) {1000, 1001, 1005}, 1, 1, 1003);
	expect_overlap((const uint32_t[]) {1000, 500, 600}, 1, 1, 1003);
	expect_overlap((const uint32_t[]) {1000, 2000, 1500}, 1, 2, 2003);
}

/* What begins is the first packet that is metered and has a time: not one that is filtered or ignored. */
CASE(overlap_is_that_of_metered_packets)
{
	const File	first = two_flows(1000);
	File		second = pcap_start(ETHERNET);
	Scan	   *scan;

	pcap_udp(&second, 500, 7);
	pcap_record(&second, 500, 0, 10, 10, 0, 10);
	pcap_udp(&second, 0, 1);
	pcap_udp(&second, 1100, 1);
	pcap_udp(&second, 500, 1);
	scan = scan_of(&first, &second);
	scan->filter = "not src port 7";
	run(scan);
	assert_int_equal(scan->overlaps, 0);
	assert_int_equal(counter(scan, COUNTER_PACKETS_OUT_OF_ORDER), 2);
	end(scan);
}

CASE(ignored_packets_are_counted_by_their_reason)
{
	File		file = two_flows(1000);
	Scan	   *scan;

	pcap_record(&file, 1004, 0, 10, 10, 0, 10);
	pcap_record(&file, 1004, 0, 60, 60, 0, 0);
	put_fill(&file, 2, 12), put_bytes(&file, "\x08\x06", 2), put_fill(&file, 0, 46);
	scan = scan_of(&file, NULL);
	run(scan);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 6);
	assert_int_equal(counter(scan, COUNTER_PACKETS_METERED), 4);
	assert_int_equal(counter(scan, COUNTER_IGNORED + IGNORED_SHORT), 1);
	assert_int_equal(counter(scan, COUNTER_IGNORED + IGNORED_NOT_IP), 1);
	end(scan);
}

/* ------------------------------------------------------------------------------------------------------ the damage */

CASE(damage_ends_a_source_but_not_the_scan)
{
	const File	whole = two_flows(1000),
				second = two_flows(2000);
	File		first = whole;
	Scan	   *scan;

	first.length -= 1;
	scan = scan_of(&first, &second);
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->damages, 1);
	assert_int_equal(scan->damage.file, 0);
	assert_int_equal(scan->damage.packet, 4);
	assert_int_equal(scan->damage.byte, whole.length - 76);
	assert_int_equal(scan->damage.code, FAILURE_CUT);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 7);
	assert_int_equal(scan->count, 4);
	end(scan);
}

CASE(damage_ends_the_scan_if_that_is_asked_for)
{
	const File	second = two_flows(2000);
	File		first = two_flows(1000);
	Scan	   *scan;

	first.length -= 1;
	scan = scan_of(&first, &second);
	scan->request.stop_at_damage = true;
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->damages, 1);
	assert_int_equal(scan->opened, 1);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 3);
	assert_int_equal(scan->count, 2);
	end(scan);
}

CASE(source_that_is_no_capture_fails_the_scan)
{
	const File	empty = {0};
	Scan	   *scan = scan_of(&empty, NULL);

	run(scan);
	assert_false(scan->succeeded);
	assert_int_equal(scan->failure.code, FAILURE_EMPTY);
	assert_int_equal(scan->failure.file, 0);
	assert_int_equal(scan->damages, 0);
	end(scan);
}

CASE(one_source_among_several_that_is_no_capture_is_damaged)
{
	const File	empty = {0},
				second = two_flows(1000);
	Scan	   *scan = scan_of(&empty, &second);

	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->damages, 1);
	assert_int_equal(scan->damage.code, FAILURE_EMPTY);
	assert_int_equal(scan->damage.file, 0);
	assert_int_equal(scan->damage.packet, FAILURE_NO_PACKET);
	assert_int_equal(scan->count, 2);
	assert_int_equal(value(scan, 0, "source_file"), 1);

	scan->request.stop_at_damage = true;
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->opened, 1);
	assert_int_equal(scan->count, 0);
	end(scan);
}

/* ----------------------------------------------------------------------------------------------------- the filters */

CASE(filtered_packets_are_counted_and_do_not_move_the_clock)
{
	File		file = two_flows(1000);
	Scan	   *scan;

	pcap_udp(&file, 5000, 3);
	pcap_udp(&file, 1004, 1);
	scan = scan_of(&file, NULL);
	scan->filter = "src port 1";
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 1);
	assert_int_equal(value(scan, 0, "bidirectional_packets"), 3);
	assert_int_equal(counter(scan, COUNTER_PACKETS_FILTERED), 3);
	assert_int_equal(counter(scan, COUNTER_PACKETS_OUT_OF_ORDER), 0);
	end(scan);
}

static void
expect_filter_failure(const File *file, const char *filter)
{
	Scan	   *scan = scan_of(file, NULL);

	scan->filter = filter;
	run(scan);
	assert_false(scan->succeeded);
	assert_int_equal(scan->failure.code, FAILURE_FILTER);
	assert_int_equal(scan->count, 0);
	end(scan);
}

/* Whatever is in the capture: nothing, packets, or packets that are not decoded. */
CASE(filter_that_does_not_compile_fails_the_scan)
{
	const File	some = two_flows(1000),
				none = pcap_start(ETHERNET);
	File		unknown = pcap_start(147),
				section = {0},
				empty_section = {0};

	pcap_udp(&unknown, 1000, 1);
	ng_section(&section);
	ng_interface(&section, ETHERNET, SNAPSHOT, -1, 0);
	empty_section = section;
	ng_simple(&section, 20, 1, 20);
	expect_filter_failure(&some, "this is no filter");
	expect_filter_failure(&none, "this is no filter");
	expect_filter_failure(&unknown, "this is no filter");
	expect_filter_failure(&section, "this is no filter");
	expect_filter_failure(&empty_section, "this is no filter");
}

CASE(filter_that_does_not_fit_the_link_type_fails_the_scan)
{
	const File	none = pcap_start(101);
	File		section = {0};

	ng_section(&section);
	ng_interface(&section, 101, SNAPSHOT, -1, 0);
	ng_simple(&section, 20, 1, 20);
	expect_filter_failure(&none, "ether host 1:2:3:4:5:6");
	expect_filter_failure(&section, "ether host 1:2:3:4:5:6");
}

/* ------------------------------------------------------------------------------------------------------ the shards */

/* A long capture, of which two thirds of the packets are from 10.0.0.1 to many others, and one from others to them. */
static int
long_capture(uint32_t packets, uint64_t *size)
{
	File		file = pcap_start(ETHERNET);
	int			descriptor = file_of(file.bytes, file.length);

	*size = file.length;
	for (uint32_t i = 0; i < packets; i++)
	{
		file.length = 0;
		pcap_record(&file, 1000 + i / 1000, 0, 60, 60, 0, 0);
		put_udp(&file, (uint16_t) (i % 7 * 1000), (uint8_t) (i * 31 % 251));
		if (i % 3 == 0)
			file.bytes[16 + 29] = (uint8_t) (2 + i % 100);	/* the source */
		file_write(descriptor, *size, file.bytes, file.length);
		*size += file.length;
	}
	return descriptor;
}

static int
by_place(const void *a, const void *b)
{
	uint64_t	x[2],
				y[2];

	memcpy(x, ((const Kept *) a)->bytes + 4, sizeof(x));
	memcpy(y, ((const Kept *) b)->bytes + 4, sizeof(y));
	if (x[0] != y[0])
		return x[0] < y[0] ? -1 : 1;
	return x[1] < y[1] ? -1 : x[1] > y[1];
}

static Scan *
scan_of_descriptor(int descriptor, uint64_t size)
{
	Scan	   *scan = scan_of(NULL, NULL);

	scan->sources[0] = descriptor;
	scan->sizes[0] = size;
	scan->request.files = 1;
	return scan;
}

static bool
has_flow_of_busy_host(const Scan *scan)
{
	for (unsigned i = 0; i < scan->count; i++)
		if (memcmp(record_number(scan, i).values[column_by_name("src_ip")].b.bytes, "\x0a\0\0\1", 4) == 0)
			return true;
	return false;
}

/*
 * With a sample that is full, and one host that is busy, of which each shard has a part: the shards' records, merged by
 * place, are those of one meter.
 */
CASE(shards_together_are_one_meter)
{
	uint64_t	size;
	int			descriptor = long_capture(SHARD_SAMPLE_PACKETS + 5000, &size);
	Scan	   *one = scan_of_descriptor(descriptor, size),
			   *shard = scan_of_descriptor(dup(descriptor), size),
			   *all = scan_of(NULL, NULL);
	run(one);
	assert_int_equal(one->count, counter(one, COUNTER_FLOWS));
	shard->request.shards = 4;
	for (uint32_t i = 0; i < 4; i++)
	{
		shard->request.shard = i;
		run(shard);
		assert_int_equal(counter(shard, COUNTER_PACKETS_READ), SHARD_SAMPLE_PACKETS + 5000);
		account_add(&all->account, &shard->account);
		assert_true(has_flow_of_busy_host(shard));
		for (unsigned j = 0; j < shard->count; j++)
			all->kept[all->count++] = shard->kept[j];
	}
	qsort(all->kept, all->count, sizeof(Kept), by_place);
	assert_int_equal(all->count, one->count);
	for (unsigned i = 0; i < one->count; i++)
	{
		assert_int_equal(all->kept[i].length, one->kept[i].length);
		assert_memory_equal(all->kept[i].bytes, one->kept[i].bytes, one->kept[i].length);
	}
	assert_int_equal(counter(all, COUNTER_PACKETS_METERED), SHARD_SAMPLE_PACKETS + 5000);
	assert_true(account_adds_up(&all->account));
	end(one);
	end(shard);
	end(all);
}

/* What is sampled is not what happens to come first: a source of four packets, and then the busy host. */
CASE(busy_host_of_a_later_source_is_split)
{
	const File	tiny = two_flows(999);
	Scan	   *scan = scan_of(&tiny, NULL);

	scan->sources[1] = long_capture(SHARD_SAMPLE_PACKETS + 5000, &scan->sizes[1]);
	scan->request.files = 2;
	scan->request.shards = 4;
	for (scan->request.shard = 0; scan->request.shard < 4; scan->request.shard++)
	{
		run(scan);
		assert_int_equal(scan->opened, 4);
		assert_int_equal(counter(scan, COUNTER_PACKETS_READ), SHARD_SAMPLE_PACKETS + 5004);
		assert_true(has_flow_of_busy_host(scan));
	}
	end(scan);
}

/* A filter that lets one packet in seven pass: the sample looks at no more than it may, and still finds the busy host. */
CASE(busy_host_is_found_behind_a_filter)
{
	uint64_t	size;
	int			descriptor = long_capture(6 * SHARD_SAMPLE_PACKETS, &size);
	Scan	   *scan = scan_of_descriptor(descriptor, size);

	scan->filter = "src port 3000";
	scan->request.shards = 4;
	for (scan->request.shard = 0; scan->request.shard < 4; scan->request.shard++)
	{
		run(scan);
		assert_true(has_flow_of_busy_host(scan));
	}
	end(scan);
}

/* Who watches from outside sees a meter move though there is no packet for it to show. */
CASE(position_moves_without_packets)
{
	File		file = {0};
	uint64_t	size;
	int			descriptor;
	Scan	   *scan;
	static const uint8_t nothing[1 << 20];

	ng_section(&file);
	descriptor = file_of(file.bytes, file.length);
	size = file.length;
	for (int i = 0; i < 8; i++)
	{
		const uint32_t head[] = {0x0bad, sizeof(nothing) + 12};

		file_write(descriptor, size, (const uint8_t *) head, sizeof(head));
		file_write(descriptor, size + sizeof(head), nothing, sizeof(nothing));
		file_write(descriptor, size + sizeof(head) + sizeof(nothing), (const uint8_t *) &head[1], 4);
		size += sizeof(nothing) + 12;
	}
	scan = scan_of_descriptor(descriptor, size);
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->damages, 0);
	assert_int_equal(counter(scan, COUNTER_BYTES_READ), size);
	assert_true(scan->position.pieces >= 8);
	end(scan);
}

CASE(place_is_told_now_and_then)
{
	uint64_t	size;
	int			descriptor = long_capture(40000, &size);
	Scan	   *scan = scan_of_descriptor(descriptor, size);
	unsigned	came = 0;

	run(scan);
	assert_int_equal(scan->places, 2);
	assert_int_equal(scan->place.packets_read, 32768);
	assert_int_equal(scan->place.left, 2 * 32768 + 1);
	assert_uint_in_range(scan->place.bytes_read, 24 + 32767 * 76, 24 + 32768 * 76);
	for (unsigned i = 0; i < scan->count; i++)
		came += record_number(scan, i).first <= 32768;
	assert_int_equal(scan->place.active_flows, came);
	end(scan);
}

CASE(reading_ends_with_the_last_flow_that_is_wanted)
{
	File		file = two_flows(1000);
	Scan	   *scan;

	pcap_udp(&file, 2000, 3);
	pcap_udp(&file, 2001, 4);
	scan = scan_of(&file, NULL);
	scan->request.max_nflows = 1;
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 1);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 5);
	assert_int_equal(counter(scan, COUNTER_FLOWS_GIVEN_UP), 2);
	assert_int_equal(counter(scan, COUNTER_PACKETS_GIVEN_UP), 3);
	end(scan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_is_walked_from_its_first_byte_to_its_last),
		cmocka_unit_test(sources_are_read_as_one),
		cmocka_unit_test(flow_of_the_second_source),
		cmocka_unit_test(older_source_is_out_of_order),
		cmocka_unit_test(ignored_packets_are_counted_by_their_reason),
		cmocka_unit_test(damage_ends_a_source_but_not_the_scan),
		cmocka_unit_test(damage_ends_the_scan_if_that_is_asked_for),
		cmocka_unit_test(sources_are_read_in_the_order_of_their_times),
		cmocka_unit_test(time_of_a_source_is_its_first_packets_that_has_one),
		cmocka_unit_test(sources_apart_are_as_if_alone),
		cmocka_unit_test(sources_apart_end_with_the_last_flow_or_at_damage),
		cmocka_unit_test(overlap_is_told_once),
		cmocka_unit_test(overlap_is_that_of_metered_packets),
		cmocka_unit_test(source_that_is_no_capture_fails_the_scan),
		cmocka_unit_test(one_source_among_several_that_is_no_capture_is_damaged),
		cmocka_unit_test(busy_host_of_a_later_source_is_split),
		cmocka_unit_test(busy_host_is_found_behind_a_filter),
		cmocka_unit_test(position_moves_without_packets),
		cmocka_unit_test(filtered_packets_are_counted_and_do_not_move_the_clock),
		cmocka_unit_test(filter_that_does_not_compile_fails_the_scan),
		cmocka_unit_test(filter_that_does_not_fit_the_link_type_fails_the_scan),
		cmocka_unit_test(shards_together_are_one_meter),
		cmocka_unit_test(place_is_told_now_and_then),
		cmocka_unit_test(reading_ends_with_the_last_flow_that_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
