/*
 * fuzz_scan.c
 *	  One scan of a capture by the engine, with all of its shards: what the targets that fuzz the whole engine share.
 *
 * The first SCAN_OPTION_BYTES bytes of the input choose options, shards and filter, and whether the capture after them is
 * compressed before the engine gets it; so one corpus reaches plain and compressed sources.  The capture is a file in
 * memory, and each frame has a block of its own.
 *
 * Whatever the capture, records must be well formed, in order and within the bound that was asked for, each account must
 * add up, and the shards' accounts must be one scan's.
 */
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "engine_notes.h"
#include "exact_frames.h"
#include "flow_records.h"
#include "fuzz.h"

#define SEED		UINT64_C(0x1234567)
#define ZLIB_GZIP	(16 + MAX_WBITS)
#define FILTER_NONE 0

typedef struct Scan
{
	MeterRequest request;
	EngineNotes	 notes;

	/* Of the current shard, and of all. */
	uint64_t last_left;
	uint64_t last_first;
	uint64_t records;
	uint64_t packets;
} Scan;

static const uint64_t timeouts[] = {0, 1, 10, 1000, 120000, 1800000, UINT64_C(18446744073709551) * 1000, UINT64_MAX};

static const char *const filters[] = {
	[FILTER_NONE] = NULL,
	"tcp",
	"udp port 53",
	"ip6 or vlan",
	"greater 100",
	"host 10.0.0.1 or net 192.168",
	"ether[12:2] = 0x0800",
	"mpls",
};

static void
take_record(void *context, const uint8_t *bytes, size_t length)
{
	Scan		  *scan = context;
	uint8_t		  *copy = exact_copy(bytes, length);
	const uint8_t *cursor = copy;
	RecordForm	   form;
	Record		   record;

	record_form(&form, schema_by_id(scan->request.schema), &scan->request.columns, scan->request.splt_analysis);
	EXPECT(record_read(&form, &cursor, copy + length, &record) == NULL);
	EXPECT(cursor == copy + length);
	EXPECT(record.left > scan->last_left || (record.left == scan->last_left && record.first > scan->last_first));
	scan->last_left = record.left;
	scan->last_first = record.first;
	scan->records++;
	if (scan->request.schema == SCHEMA_PACKETS)
	{
		EXPECT(record.left == record.first * 2);
		scan->packets++;
	}
	else
		scan->packets += record.values[column_of_flow("bidirectional_packets")].u;
	free(copy);
}

/* ------------------------------------------------------------------------------------------------------------- the options */

/* Of these columns each that is always there, and of the others every n-th. */
static void
choose_columns(MeterRequest *request, unsigned every)
{
	ColumnSet all;

	request_add_all_columns(request);
	column_set_add(&request->columns, (unsigned) column_of_flow("source_file"));
	if (request->n_dissections > 0)
		column_set_add(&request->columns, (unsigned) column_of_flow("fingerprint_kind"));
	all = request->columns;
	if (every == 0)
		return;
	request->columns = (ColumnSet) {0};
	for (unsigned i = 0; i < flow_schema.count; i++)
		if (column_set_has(&all, i) && i % (every + 1) == 0)
			column_set_add(&request->columns, i);
	column_set_add(&request->columns, (unsigned) column_of_flow("bidirectional_packets"));
}

/* The same of packets' columns, in which frames are, and what is of their flows. */
static void
choose_packet_columns(MeterRequest *request, unsigned every)
{
	request->schema = SCHEMA_PACKETS;
	request->columns = (ColumnSet) {0};
	for (unsigned i = 0; i < packet_schema.count; i++)
		if (i % (every + 1) == 0)
			column_set_add(&request->columns, i);
}

static void
choose_request(const uint8_t *options, bool with_labels, MeterRequest *request)
{
	static const uint32_t shards[] = {1, 1, 2, 5};
	char				  wrong[REQUEST_WRONG_MAX];

	request_defaults(request);
	request->shards = shards[options[0] >> 2 & 3];
	request->decode_tunnels = (options[0] & 0x10) == 0;
	request->stop_at_damage = (options[0] & 0x20) != 0;
	request->statistical_analysis = (options[0] & 0x40) == 0;
	request->files = (options[0] & 0x80) != 0 ? 2 : 1;
	request->splt_analysis = options[1];
	request->accounting_mode = options[2] & 3;
	request->max_active_flows = options[2] >> 2 & 7;
	request->max_nflows = options[2] >> 5;
	if (request->max_nflows > 0)
		request->shards = 1;
	request->idle_timeout = timeouts[options[3] % LENGTH(timeouts)];
	request->active_timeout = timeouts[(options[3] >> 4) % LENGTH(timeouts)];
	request->n_dissections = with_labels ? 20 : 0;
	if (options[4] & 0x10)
		choose_packet_columns(request, options[4] & 0xf);
	else
		choose_columns(request, options[4] & 0xf);
	EXPECT(request_check(request, wrong));
}

/* Compiled once, as most runs want one of the same. */
static Filter *
choose_filter(unsigned choice)
{
	static Filter *compiled[LENGTH(filters)];

	choice %= LENGTH(filters);
	if (choice != FILTER_NONE && compiled[choice] == NULL)
		compiled[choice] = filter_start(filters[choice], strlen(filters[choice]));
	return compiled[choice];
}

/* ------------------------------------------------------------------------------------------------------------- the capture */

static int
file_of(const uint8_t *bytes, size_t length)
{
	int descriptor = memfd_create("fuzz", MFD_CLOEXEC);

	EXPECT(descriptor >= 0 && write(descriptor, bytes, length) == (ssize_t) length);
	return descriptor;
}

static size_t
gzip(const uint8_t *bytes, size_t length, uint8_t *to, size_t room)
{
	z_stream stream = {
		.next_in = (uint8_t *) bytes,
		.avail_in = (unsigned) length,
		.next_out = to,
		.avail_out = (unsigned) room,
	};

	EXPECT(deflateInit2(&stream, 1, Z_DEFLATED, ZLIB_GZIP, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	EXPECT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&stream);
	return room - stream.avail_out;
}

/* 1: as gzip.  2: as zstd.  Else as it is. */
static void
make_source(Scan *scan, unsigned compression, const uint8_t *bytes, size_t length)
{
	size_t	 room = ZSTD_compressBound(length) + length / 1000 + 128;
	uint8_t *compressed = malloc(room);

	if (compression == 1)
		length = gzip(bytes, length, compressed, room);
	else if (compression == 2)
		length = ZSTD_compress(compressed, room, bytes, length, 1);
	scan->notes.size = length;
	scan->notes.file = file_of(compression == 1 || compression == 2 ? compressed : bytes, length);
	free(compressed);
}

/* ---------------------------------------------------------------------------------------------------------------- the scan */

/* One shard; false if the engine refuses the source. */
static bool
meter(Scan *scan, Filter *filter, const Analyser *const *table, Account *total)
{
	uint64_t	   records_before = scan->records;
	FailureMessage failure;
	Analysis	   analysis;
	Account		   account;
	bool		   done;

	scan->last_left = scan->last_first = 0;
	EXPECT(analysis_open(&analysis, table, &scan->request, &failure));
	done = notes_run(&scan->notes, &scan->request, filter, &analysis, &account, &failure);
	analysis_close(&analysis);
	exact_frames_end();
	if (!done)
	{
		EXPECT(failure.code < FAILURE_CODES && failure.text[0] != '\0');
		return false;
	}
	EXPECT(account_adds_up(&account));
	EXPECT(account.counters[request_record_counter(&scan->request)] == scan->records - records_before);
	account_add(total, &account, ACCOUNT_OF_SHARDS);
	return true;
}

void
fuzz_scan(const uint8_t *data, size_t size, const Analyser *const *table, bool with_labels)
{
	Scan			scan = {.notes = {.take = take_record, .context = &scan, .seed = SEED}};
	Account			total = {0};
	const uint64_t *c = total.counters;
	Filter		   *filter;
	bool			done = true;

	if (size < SCAN_OPTION_BYTES)
		return;
	choose_request(data, with_labels, &scan.request);
	filter = choose_filter(data[5]);
	make_source(&scan, data[0] & 3, data + SCAN_OPTION_BYTES, size - SCAN_OPTION_BYTES);
	for (uint32_t i = 0; i < scan.request.shards; i++)
	{
		bool done_before = done;

		scan.request.shard = i;
		done = meter(&scan, filter, table, &total);
		EXPECT(i == 0 || done == done_before);
	}
	close(scan.notes.file);
	if (!done)
		return;
	EXPECT(c[COUNTER_PACKETS_READ] == c[COUNTER_PACKETS_METERED] + c[COUNTER_PACKETS_FILTERED] + account_ignored(&total));
	EXPECT(scan.packets + c[COUNTER_PACKETS_GIVEN_UP] == c[COUNTER_PACKETS_METERED]);
	EXPECT(c[request_record_counter(&scan.request)] == scan.records);
}

const char *
__asan_default_options(void)
{
	/* Blocks that were freed stay so for a while, but not for gigabytes: thousands of runs a second share the memory. */
	return "quarantine_size_mb=32:allocator_may_return_null=1";
}

/* What libFuzzer finds in each program that scans. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	return capture_mutate(data, size, most, seed);
}

size_t
LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size, uint8_t *to,
						  size_t most, unsigned seed)
{
	return capture_cross(first, first_size, second, second_size, to, most, seed);
}
