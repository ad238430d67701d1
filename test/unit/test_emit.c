/*
 * test_emit.c
 *	  From a flow to its record and back: each column alone, and all of them together.
 *
 * The flow is filled by hand with values that are all different; what each column must be is written down beside its
 * name.
 */
#include <ndpi_api.h>

#include "engine/analyse/analysers.h"
#include "engine/analyse/dpi.h"
#include "engine/analyse/labels.h"
#include "engine/analyse/splt.h"
#include "engine/analyse/statistics.h"
#include "engine/flow/emit.h"
#include "flow_records.h"
#include "packets.h"
#include "wire/limits.h"

#define SPLT		5
#define FIRST_PLACE 9
#define LEFT		35

/*
 * What a column is expected to be: one of a number, a real number, bytes, or SPLT's elements, of which `length` are
 * there.
 */
typedef struct Expected
{
	const char	  *name;
	int64_t		   number;
	double		   real;
	const void	  *bytes;
	uint32_t	   length;
	const int64_t *elements;
} Expected;

#define NUMBER(name, value)			{name, .number = (value)}
#define REAL(name, value)			{name, .real = (value)}
#define STRETCH(name, value, count) {name, .bytes = (value), .length = (count)}
#define TEXT(name, value)			{name, .bytes = (value), .length = sizeof(value) - 1}
#define ELEMENTS(name, ...)			{name, .elements = (const int64_t[]) {__VA_ARGS__}, .length = 3}

/* By the names of METERING.md, section 12, from the flow that make_flow() makes. */
static const Expected expected[] = {
	NUMBER("id", 0), /* given out by who numbers the flows */
	NUMBER("expiration_id", -1),
	STRETCH("src_ip", "\x0a\x01\x02\x03", 4),
	STRETCH("src_mac", "\x02\x11\x12\x13\x14\x15", 6),
	STRETCH("src_oui", "\x02\x11\x12", 3),
	NUMBER("src_port", 40001),
	STRETCH("dst_ip", "\x5d\xb8\xd8\x22", 4),
	STRETCH("dst_mac", "\x02\x21\x22\x23\x24\x25", 6),
	STRETCH("dst_oui", "\x02\x21\x22", 3),
	NUMBER("dst_port", 443),
	NUMBER("protocol", 17),
	NUMBER("ip_version", 4),
	NUMBER("vlan_id", 4095),
	NUMBER("tunnel_id", 2),
	NUMBER("bidirectional_first_seen_ms", INT64_C(1700000000000)),
	NUMBER("bidirectional_last_seen_ms", INT64_C(1700000000900)),
	NUMBER("bidirectional_duration_ms", 900),
	NUMBER("bidirectional_packets", 7),
	NUMBER("bidirectional_bytes", INT64_C(5000000050)),
	NUMBER("src2dst_first_seen_ms", INT64_C(1700000000000)),
	NUMBER("src2dst_last_seen_ms", INT64_C(1700000000500)),
	NUMBER("src2dst_duration_ms", 500),
	NUMBER("src2dst_packets", 3),
	NUMBER("src2dst_bytes", INT64_C(5000000000)),
	NUMBER("dst2src_first_seen_ms", INT64_C(1700000000100)),
	NUMBER("dst2src_last_seen_ms", INT64_C(1700000000900)),
	NUMBER("dst2src_duration_ms", 800),
	NUMBER("dst2src_packets", 4),
	NUMBER("dst2src_bytes", 50),

	NUMBER("bidirectional_min_ps", 12), REAL("bidirectional_mean_ps", 2.125),
	REAL("bidirectional_stddev_ps", 3), NUMBER("bidirectional_max_ps", INT64_C(4294967295)),
	NUMBER("src2dst_min_ps", 10), REAL("src2dst_mean_ps", 0.125),
	REAL("src2dst_stddev_ps", 1), NUMBER("src2dst_max_ps", 20),
	NUMBER("dst2src_min_ps", 11), REAL("dst2src_mean_ps", 1.125),
	REAL("dst2src_stddev_ps", 2), NUMBER("dst2src_max_ps", 21),
	NUMBER("bidirectional_min_piat_ms", 32), REAL("bidirectional_mean_piat_ms", 7.5),
	REAL("bidirectional_stddev_piat_ms", 6), NUMBER("bidirectional_max_piat_ms", INT64_C(5000000042)),
	NUMBER("src2dst_min_piat_ms", 30), REAL("src2dst_mean_piat_ms", 5.5), REAL("src2dst_stddev_piat_ms", 4),
	NUMBER("src2dst_max_piat_ms", INT64_C(5000000040)),
	NUMBER("dst2src_min_piat_ms", 31), REAL("dst2src_mean_piat_ms", 6.5), REAL("dst2src_stddev_piat_ms", 5),
	NUMBER("dst2src_max_piat_ms", INT64_C(5000000041)),

	/* Flags: 101, 102 ... one way by the flag's bit, 201, 202 ... the other. */
	NUMBER("bidirectional_syn_packets", 102 + 202), NUMBER("bidirectional_cwr_packets", 108 + 208),
	NUMBER("bidirectional_ece_packets", 107 + 207), NUMBER("bidirectional_urg_packets", 106 + 206),
	NUMBER("bidirectional_ack_packets", 105 + 205), NUMBER("bidirectional_psh_packets", 104 + 204),
	NUMBER("bidirectional_rst_packets", 103 + 203), NUMBER("bidirectional_fin_packets", 101 + 201),
	NUMBER("src2dst_syn_packets", 102), NUMBER("src2dst_cwr_packets", 108), NUMBER("src2dst_ece_packets", 107),
	NUMBER("src2dst_urg_packets", 106), NUMBER("src2dst_ack_packets", 105), NUMBER("src2dst_psh_packets", 104),
	NUMBER("src2dst_rst_packets", 103), NUMBER("src2dst_fin_packets", 101),
	NUMBER("dst2src_syn_packets", 202), NUMBER("dst2src_cwr_packets", 208), NUMBER("dst2src_ece_packets", 207),
	NUMBER("dst2src_urg_packets", 206), NUMBER("dst2src_ack_packets", 205), NUMBER("dst2src_psh_packets", 204),
	NUMBER("dst2src_rst_packets", 203), NUMBER("dst2src_fin_packets", 201),

	ELEMENTS("splt_direction", 0, 1, 0),
	ELEMENTS("splt_ps", 70000, 60, 4294967295),
	ELEMENTS("splt_piat_ms", 0, 5000000000, 17),

	TEXT("application_name", "Google"),
	TEXT("application_category_name", "Network"),
	NUMBER("application_is_guessed", 1),
	NUMBER("application_confidence", 6),
	TEXT("requested_server_name", "www.example.org"),
	TEXT("client_fingerprint", ""),
	TEXT("server_fingerprint", "f4febc55ea12b31ae17cfb7e614afda8"),
	TEXT("user_agent", "M\xC3\xB6zilla"),
	TEXT("content_type", "text/html"),

	TEXT("udps", "{}"), /* what no meter of files has */
	NUMBER("process_pid", 0),
	TEXT("process_name", ""),
	NUMBER("source_file", 4000000000),
	NUMBER("first_packet", FIRST_PLACE),
	TEXT("protocol_name", "udp"),
	TEXT("community_id", "1:1TZ2TWnoh/tMOpXOCtoKJcNk+i8="),
	TEXT("application_protocol", "DNS"),
	TEXT("fingerprint_kind", "JA3")};

static const char texts[] = {
	DPI_SERVER_NAME, 'w', 'w', 'w', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'o', 'r', 'g', 0,
	DPI_SERVER_FINGERPRINT, 'f', '4', 'f', 'e', 'b', 'c', '5', '5', 'e', 'a', '1', '2', 'b', '3', '1', 'a',
	'e', '1', '7', 'c', 'f', 'b', '7', 'e', '6', '1', '4', 'a', 'f', 'd', 'a', '8', 0,
	DPI_FINGERPRINT_KIND, 'J', 'A', '3', 0,
	DPI_USER_AGENT, 'M', '\xC3', '\xB6', 'z', 'i', 'l', 'l', 'a', 0,
	DPI_CONTENT_TYPE, 't', 'e', 'x', 't', '/', 'h', 't', 'm', 'l', 0,
	DPI_TEXTS};

/* A flow's cell, with what its analysers keep. */
static Analysis	   analysis;
static Flow		  *flow;
static SpltArrays *splt;
static DpiFlow	  *label;

static Running
running(uint64_t min, uint64_t max, double mean, double deviation)
{
	return (Running) {.count = 10, .min = min, .max = max, .mean = mean, .squares = deviation * deviation * 9};
}

static void
make_statistics(Statistics *statistics)
{
	statistics->size[SIDE_SRC2DST] = running(10, 20, 0.125, 1);
	statistics->size[SIDE_DST2SRC] = running(11, 21, 1.125, 2);
	statistics->size[SIDE_BOTH] = running(12, UINT32_MAX, 2.125, 3);
	statistics->interval[SIDE_SRC2DST] = running(30, UINT64_C(5000000040), 5.5, 4);
	statistics->interval[SIDE_DST2SRC] = running(31, UINT64_C(5000000041), 6.5, 5);
	statistics->interval[SIDE_BOTH] = running(32, UINT64_C(5000000042), 7.5, 6);
	for (unsigned bit = 0; bit < TCP_FLAGS; bit++)
	{
		statistics->flags[SIDE_SRC2DST][bit] = 101 + bit;
		statistics->flags[SIDE_DST2SRC][bit] = 201 + bit;
	}
}

static void *
state_of(const Analyser *analyser)
{
	for (unsigned i = 0; i < analysis.count; i++)
		if (analysis.all[i].analyser == analyser)
			return analyser_state(&analysis.all[i], flow);
	fail_msg("%s is not open", analyser->name);
	return NULL;
}

static int
make_flow(void **state __attribute__((unused)))
{
	Packet			   packet = packet_between("10.1.2.3", 40001, "93.184.216.34", 443);
	const MeterRequest request = {.columns = {{UINT64_MAX, UINT64_MAX}}, .splt_analysis = SPLT, .n_dissections = 20};
	FailureMessage	   failure;

	packet.vlan_id = 4095;
	packet.tunnel = TUNNEL_CAPWAP;
	memcpy(packet.source_mac, "\x02\x11\x12\x13\x14\x15", MAC_ADDRESS_BYTES);
	memcpy(packet.destination_mac, "\x02\x21\x22\x23\x24\x25", MAC_ADDRESS_BYTES);
	if (!analysis_open(&analysis, analysers, &request, &failure))
		return -1;
	flow = malloc(sizeof(*flow) + analysis.state_bytes);
	memset(flow, 0xA5, sizeof(*flow) + analysis.state_bytes);
	flow_start(flow, &packet, FIRST_PLACE, UINT32_C(4000000000));
	analysis_start(&analysis, flow);
	flow->expiration = EXPIRATION_PLUGIN;
	flow->direction[SIDE_SRC2DST] = (Direction) {UINT64_C(1700000000000), UINT64_C(1700000000500), 3,
												 UINT64_C(5000000000)};
	flow->direction[SIDE_DST2SRC] = (Direction) {UINT64_C(1700000000100), UINT64_C(1700000000900), 4, 50};
	splt = state_of(&splt_analyser);
	splt_add(splt, SPLT, (SpltPacket) {.interval = 0, .size = 70000, .side = 0});
	splt_add(splt, SPLT, (SpltPacket) {.interval = UINT64_C(5000000000), .size = 60, .side = 1});
	splt_add(splt, SPLT, (SpltPacket) {.interval = 17, .size = UINT32_MAX, .side = 0});

	label = state_of(&labels_analyser);
	label->master = NDPI_PROTOCOL_DNS;
	label->application = NDPI_PROTOCOL_GOOGLE;
	label->category = NDPI_PROTOCOL_CATEGORY_NETWORK;
	label->guessed = 1;
	label->confidence = 6;
	label->decided = true;
	label->texts = malloc(sizeof(texts));
	memcpy(label->texts, texts, sizeof(texts));
	make_statistics(state_of(&statistics_analyser));
	return 0;
}

static int
free_flow(void **state __attribute__((unused)))
{
	analysis_free(&analysis, flow);
	free(flow);
	analysis_close(&analysis);
	return 0;
}

/* A block of exactly what is asked for. */
typedef struct Block
{
	uint8_t *bytes;
	size_t	 room;
	size_t	 length;
} Block;

static uint8_t *
room(void *context, size_t bytes)
{
	Block *block = context;

	assert_null(block->bytes);
	block->room = bytes;
	return block->bytes = malloc(bytes);
}

static void
written(void *context, size_t bytes)
{
	Block *block = context;

	assert_true(bytes <= block->room);
	block->length = bytes;
}

/*
 * Emits the flow with these columns, and reads it back from a block as long as it became; *block is what the values point
 * into.
 */
static Record
there_and_back(const ColumnSet *wanted, uint8_t **block)
{
	MeterRequest   request = {.columns = *wanted, .splt_analysis = SPLT};
	Block		   whole = {0};
	Record		   record;
	Emitter		   emitter;
	const uint8_t *cursor;
	const char	  *wrong;

	emit_start(&emitter, &request, &analysis, (RecordSink) {&whole, room, written});
	emit_record(&emitter, flow, LEFT);
	cursor = *block = realloc(whole.bytes, whole.length);
	wrong = read_flow(&cursor, *block + whole.length, wanted, SPLT, &record);
	if (wrong != NULL)
		fail_msg("%s", wrong);
	assert_ptr_equal(cursor, *block + whole.length);
	assert_int_equal(record.left, LEFT);
	assert_int_equal(record.first, FIRST_PLACE);
	return record;
}

static bool
has_elements(const Record *record, unsigned column, const Expected *e)
{
	int64_t elements[SPLT];

	if (record->values[column].a.count != SPLT || record->values[column].a.present != e->length)
		return false;
	memcpy(elements, record->values[column].a.bytes, e->length * sizeof(elements[0]));
	return memcmp(elements, e->elements, e->length * sizeof(elements[0])) == 0;
}

static bool
is_expected(const Record *record, unsigned column, const Expected *e)
{
	switch (flow_schema.columns[column].kind)
	{
		case COLUMN_UINT8:
		case COLUMN_UINT16:
		case COLUMN_UINT32:
		case COLUMN_UINT64:
		case COLUMN_FILE:
			return record->values[column].u == (uint64_t) e->number;
		case COLUMN_INT32:
		case COLUMN_INT64:
			return record->values[column].i == e->number;
		case COLUMN_DOUBLE:
			return memcmp(&record->values[column].d, &e->real, sizeof(double)) == 0;
		case COLUMN_INTEGERS:
			return has_elements(record, column, e);
		default:
			return record->values[column].b.length == e->length &&
				   memcmp(record->values[column].b.bytes, e->bytes, e->length) == 0;
	}
}

static const Expected *
expectation(unsigned column)
{
	for (size_t i = 0; i < LENGTH(expected); i++)
		if (strcmp(expected[i].name, flow_schema.columns[column].name) == 0)
			return &expected[i];
	fail_msg("nothing is expected of column %s", flow_schema.columns[column].name);
	return NULL;
}

CASE(every_column_alone)
{
	assert_int_equal(LENGTH(expected), flow_schema.count);
	for (unsigned column = 0; column < flow_schema.count; column++)
	{
		ColumnSet wanted = {0};
		uint8_t	 *block;
		Record	  record;

		column_set_add(&wanted, column);
		record = there_and_back(&wanted, &block);
		if (!is_expected(&record, column, expectation(column)))
			fail_msg("column %s", flow_schema.columns[column].name);
		free(block);
	}
}

CASE(full_names_have_the_protocol_before_the_application)
{
	unsigned	   name = (unsigned) column_of_flow("application_name");
	MeterRequest   request = {.application_names = APPLICATION_NAMES_FULL, .n_dissections = 20};
	FailureMessage failure;
	Analysis	   full;
	ColumnReader   reader;
	RecordValue	   value;
	Flow		  *cell;

	column_set_add(&request.columns, name);
	assert_true(analysis_open(&full, analysers, &request, &failure));
	cell = malloc(sizeof(*cell) + full.state_bytes);
	memset(cell, 0, sizeof(*cell) + full.state_bytes);
	memcpy(cell + 1, label, sizeof(*label));
	reader = analysis_reader(&full, &flow_schema.columns[name]);
	column_read(&reader, cell, &value);
	assert_int_equal(value.b.length, strlen("DNS.Google"));
	assert_memory_equal(value.b.bytes, "DNS.Google", strlen("DNS.Google"));
	free(cell);
	analysis_close(&full);
}

CASE(all_columns_together)
{
	ColumnSet wanted = {0};
	uint8_t	 *block;
	Record	  record;

	for (unsigned column = 0; column < flow_schema.count; column++)
		column_set_add(&wanted, column);
	record = there_and_back(&wanted, &block);
	for (unsigned column = 0; column < flow_schema.count; column++)
		if (!is_expected(&record, column, expectation(column)))
			fail_msg("column %s", flow_schema.columns[column].name);
	free(block);
}

CASE(no_column_is_a_header)
{
	ColumnSet wanted = {0};
	uint8_t	 *block;

	there_and_back(&wanted, &block);
	free(block);
}

CASE(ipv6_addresses_have_16_bytes)
{
	const Flow before = *flow;
	ColumnSet  wanted = {0};
	uint8_t	  *block;
	Record	   record;
	unsigned   source = (unsigned) column_of_flow("src_ip"),
			 destination = (unsigned) column_of_flow("dst_ip");

	column_set_add(&wanted, source);
	column_set_add(&wanted, destination);
	flow->ip_version = address_of("2001:db8::1", flow->ip[SIDE_SRC2DST]);
	address_of("fe80::2", flow->ip[SIDE_DST2SRC]);
	record = there_and_back(&wanted, &block);
	assert_int_equal(record.values[source].b.length, 16);
	assert_memory_equal(record.values[source].b.bytes, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_int_equal(record.values[destination].b.length, 16);
	assert_memory_equal(record.values[destination].b.bytes, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16);
	free(block);
	*flow = before;
}

/* METERING.md, section 9: dst2src_* are 0 where no packet came back, though the flow's first was late. */
CASE(flow_without_an_answer_has_zeros_for_it)
{
	static const char *const names[] = {"dst2src_first_seen_ms", "dst2src_last_seen_ms", "dst2src_duration_ms",
										"dst2src_packets", "dst2src_bytes"};
	const Flow				 before = *flow;
	ColumnSet				 wanted = {0};
	uint8_t					*block;
	Record					 record;

	flow->direction[SIDE_DST2SRC] = (Direction) {0};
	for (size_t i = 0; i < LENGTH(names); i++)
		column_set_add(&wanted, (unsigned) column_of_flow(names[i]));
	column_set_add(&wanted, (unsigned) column_of_flow("bidirectional_last_seen_ms"));
	record = there_and_back(&wanted, &block);
	for (size_t i = 0; i < LENGTH(names); i++)
		assert_int_equal(record.values[column_of_flow(names[i])].u, 0);
	assert_int_equal(record.values[column_of_flow("bidirectional_last_seen_ms")].u, UINT64_C(1700000000500));
	free(block);
	*flow = before;
}

CASE(longest_texts_fit)
{
	char *const before = label->texts;
	char		longest[300] = {DPI_USER_AGENT};
	ColumnSet	wanted = {0};
	uint8_t	   *block;
	Record		record;
	unsigned	agent = (unsigned) column_of_flow("user_agent");

	memset(longest + 1, 'x', 255);
	longest[257] = DPI_TEXTS;
	label->texts = longest;
	column_set_add(&wanted, agent);
	record = there_and_back(&wanted, &block);
	assert_int_equal(record.values[agent].b.length, 255);
	free(block);
	label->texts = before;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_alone),
		cmocka_unit_test(full_names_have_the_protocol_before_the_application),
		cmocka_unit_test(all_columns_together),
		cmocka_unit_test(no_column_is_a_header),
		cmocka_unit_test(ipv6_addresses_have_16_bytes),
		cmocka_unit_test(flow_without_an_answer_has_zeros_for_it),
		cmocka_unit_test(longest_texts_fit),
	};

	return cmocka_run_group_tests(tests, make_flow, free_flow);
}
