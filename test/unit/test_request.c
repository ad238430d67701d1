/*
 * test_request.c
 *	  A request's defaults, how it crosses, and what makes it unacceptable.
 */
#include <stdio.h>

#include "cases.h"
#include "flow_records.h"
#include "wire/request.h"

#define FILTER "tcp port 80"

/* A request as it crosses, in a block of exactly its size. */
typedef struct Sent
{
	uint8_t *bytes;
	size_t	 length;
} Sent;

static Sent
sent_of(const MeterRequest *request)
{
	Sent sent = {.length = request_length(request)};

	sent.bytes = malloc(sent.length);
	assert_non_null(sent.bytes);
	request_write(request, sent.bytes);
	return sent;
}

static MeterRequest
good_request(void)
{
	MeterRequest request;

	request_defaults(&request);
	request.files = 1;
	request.filter = (RequestText) {FILTER, strlen(FILTER)};
	request_add_all_columns(&request);
	return request;
}

/* Reads what was sent, and frees it. */
static void
expect_wrong(Sent sent, const char *reason)
{
	MeterRequest read;
	char		 wrong[REQUEST_WRONG_MAX] = "";

	assert_false(request_read(sent.bytes, sent.length, &read, wrong));
	assert_string_equal(wrong, reason);
	free(sent.bytes);
}

/* The check at one's own end and that at the other end agree. */
static void
expect_refusal(const MeterRequest *request, const char *reason)
{
	char wrong[REQUEST_WRONG_MAX] = "";

	assert_false(request_check(request, wrong));
	assert_string_equal(wrong, reason);
	expect_wrong(sent_of(request), reason);
}

static void
expect_acceptance(const MeterRequest *request)
{
	Sent		 sent = sent_of(request);
	char		 wrong[REQUEST_WRONG_MAX] = "";
	MeterRequest read;

	assert_true(request_check(request, wrong));
	assert_true(sent.length <= REQUEST_BYTES_MAX);
	assert_true(request_read(sent.bytes, sent.length, &read, wrong));
	free(sent.bytes);
}

/* The header of the field, among those that were sent. */
static uint8_t *
field_in(const Sent *sent, RequestFieldId id)
{
	uint8_t *at = sent->bytes + sizeof(RequestHeader);

	for (;;)
	{
		RequestFieldHeader header;

		assert_true(at < sent->bytes + sent->length);
		memcpy(&header, at, sizeof(header));
		if (header.id == id)
			return at;
		at += sizeof(header) + header.length;
	}
}

static void
change_field(Sent *sent, RequestFieldId id, RequestFieldHeader header)
{
	memcpy(field_in(sent, id), &header, sizeof(header));
}

static void
change_number(Sent *sent, RequestFieldId id, uint64_t number)
{
	memcpy(field_in(sent, id) + sizeof(RequestFieldHeader), &number, sizeof(number));
}

static void
change_header(Sent *sent, RequestHeader header)
{
	memcpy(sent->bytes, &header, sizeof(header));
}

/* METERING.md, section 13. */
CASE(defaults_are_nfstreams)
{
	MeterRequest request;

	memset(&request, 0xA5, sizeof(request));
	request_defaults(&request);
	assert_int_equal(request.idle_timeout, 120000);
	assert_int_equal(request.active_timeout, 1800000);
	assert_int_equal(request.accounting_mode, 0);
	assert_int_equal(request.n_dissections, 20);
	assert_int_equal(request.splt_analysis, 0);
	assert_int_equal(request.max_nflows, 0);
	assert_int_equal(request.max_active_flows, 0);
	assert_int_equal(request.meter_memory, UINT64_C(4096) << 20);
	assert_int_equal(request.needs_seccomp, 1);
	assert_int_equal(request.list_applications, 0);
	assert_int_equal(request.describe_plugins, 0);
	assert_int_equal(request.statistical_analysis, 0);
	assert_int_equal(request.decode_tunnels, 1);
	assert_int_equal(request.stop_at_damage, 0);
	assert_int_equal(request.shard, 0);
	assert_int_equal(request.shards, 1);
	assert_int_equal(request.files, 0);
	assert_int_equal(request.filter.length, 0);
}

/* Every field has a value of its own, so that none is another's. */
CASE(all_fields_cross)
{
	MeterRequest request = good_request(),
				 read;
	Sent sent;
	char wrong[REQUEST_WRONG_MAX];

	request.owner_pid = 12345;
	request.idle_timeout = 1001;
	request.active_timeout = UINT64_MAX;
	request.max_nflows = UINT64_MAX - 1;
	request.max_active_flows = UINT64_MAX - 2;
	request.meter_memory = (UINT64_C(300) << 20) + 1;
	request.accounting_mode = 3;
	request.n_dissections = 255;
	request.splt_analysis = 65535;
	request.statistical_analysis = true;
	request.decode_tunnels = true;
	request.separate_files = true;
	request.source_order = SOURCE_ORDER_TIME;
	request.stop_at_damage = true;
	request.application_names = APPLICATION_NAMES_FULL;
	request.time_dissections = true;
	request.list_applications = true;
	request.describe_plugins = true;
	request.needs_seccomp = false;
	request.shards = 64;
	request.shard = 63;
	request.files = 100000;
	request.promiscuous_mode = false;
	request.snapshot_length = 262144;
	request.socket_buffer_size = INT32_MAX;
	request.expire_on_end = true;
	sent = sent_of(&request);
	assert_true(request_read(sent.bytes, sent.length, &read, wrong));

	assert_int_equal(read.owner_pid, 12345);
	assert_int_equal(read.idle_timeout, 1001);
	assert_true(read.active_timeout == UINT64_MAX);
	assert_true(read.max_nflows == UINT64_MAX - 1);
	assert_true(read.max_active_flows == UINT64_MAX - 2);
	assert_int_equal(read.meter_memory, (UINT64_C(300) << 20) + 1);
	assert_int_equal(read.accounting_mode, 3);
	assert_int_equal(read.n_dissections, 255);
	assert_int_equal(read.splt_analysis, 65535);
	assert_int_equal(read.statistical_analysis, true);
	assert_int_equal(read.decode_tunnels, true);
	assert_int_equal(read.separate_files, true);
	assert_int_equal(read.source_order, SOURCE_ORDER_TIME);
	assert_int_equal(read.stop_at_damage, true);
	assert_int_equal(read.application_names, APPLICATION_NAMES_FULL);
	assert_int_equal(read.time_dissections, true);
	assert_int_equal(read.list_applications, true);
	assert_int_equal(read.describe_plugins, true);
	assert_int_equal(read.needs_seccomp, false);
	assert_int_equal(read.shards, 64);
	assert_int_equal(read.shard, 63);
	assert_int_equal(read.files, 100000);
	assert_int_equal(read.promiscuous_mode, false);
	assert_int_equal(read.snapshot_length, 262144);
	assert_int_equal(read.socket_buffer_size, INT32_MAX);
	assert_int_equal(read.expire_on_end, true);
	assert_memory_equal(&read.columns, &request.columns, sizeof(read.columns));
	assert_int_equal(read.filter.length, strlen(FILTER));
	assert_memory_equal(read.filter.bytes, FILTER, strlen(FILTER));
	free(sent.bytes);
}

CASE(request_without_a_filter_is_accepted)
{
	MeterRequest request = good_request();

	request.filter = (RequestText) {0};
	expect_acceptance(&request);
}

/* The bytes of a request are an agreement between two programs: whoever changes them counts REQUEST_VERSION up. */
CASE(request_is_typed_fields)
{
	const MeterRequest request = good_request();
	Sent			   sent = sent_of(&request);
	RequestHeader	   header;
	RequestFieldHeader field;
	uint64_t		   number;

	memcpy(&header, sent.bytes, sizeof(header));
	assert_int_equal(sizeof(header), 12);
	assert_int_equal(header.magic, 0x4e46524f);
	assert_int_equal(header.version, REQUEST_VERSION);
	assert_int_equal(header.fields, REQUEST_FIELDS);
	memcpy(&field, field_in(&sent, REQUEST_IDLE_TIMEOUT), sizeof(field));
	assert_int_equal(sizeof(field), 8);
	assert_int_equal(field.type, REQUEST_NUMBER);
	assert_int_equal(field.length, 8);
	memcpy(&number, field_in(&sent, REQUEST_IDLE_TIMEOUT) + sizeof(field), sizeof(number));
	assert_int_equal(number, 120000);
	memcpy(&field, field_in(&sent, REQUEST_FILTER), sizeof(field));
	assert_int_equal(field.type, REQUEST_TEXT);
	assert_int_equal(field.length, strlen(FILTER));
	assert_memory_equal(field_in(&sent, REQUEST_FILTER) + sizeof(field), FILTER, strlen(FILTER));
	free(sent.bytes);
}

CASE(field_that_does_not_come_has_its_default)
{
	const RequestHeader header = {.magic = REQUEST_MAGIC, .version = REQUEST_VERSION, .fields = 0};
	MeterRequest		defaults,
		read;
	char wrong[REQUEST_WRONG_MAX];

	request_defaults(&defaults);
	memset(&read, 0xA5, sizeof(read));
	assert_true(request_read((const uint8_t *) &header, sizeof(header), &read, wrong));
	assert_int_equal(read.idle_timeout, defaults.idle_timeout);
	assert_int_equal(read.n_dissections, defaults.n_dissections);
	assert_int_equal(read.meter_memory, defaults.meter_memory);
	assert_int_equal(read.needs_seccomp, true);
	assert_int_equal(read.shards, 1);
	assert_int_equal(read.filter.length, 0);
}

CASE(request_cut_at_any_byte_is_refused)
{
	const MeterRequest request = good_request();

	for (size_t length = 0; length < request_length(&request); length++)
	{
		Sent sent = sent_of(&request),
			 cut = {malloc(length == 0 ? 1 : length), length};

		memcpy(cut.bytes, sent.bytes, length);
		free(sent.bytes);
		expect_wrong(cut, length < sizeof(RequestHeader) ? "the request is not one" : "the request's length is wrong");
	}
}

CASE(request_with_too_many_bytes_is_refused)
{
	const MeterRequest request = good_request();
	Sent			   sent = sent_of(&request);

	sent.bytes = realloc(sent.bytes, sent.length + 1);
	sent.bytes[sent.length++] = 0;
	expect_wrong(sent, "the request's length is wrong");
}

CASE(wrong_count_of_fields_is_refused)
{
	const MeterRequest request = good_request();
	const uint32_t	   counts[] = {0, REQUEST_FIELDS - 1, REQUEST_FIELDS + 1, UINT32_MAX};

	for (size_t i = 0; i < LENGTH(counts); i++)
	{
		Sent sent = sent_of(&request);

		change_header(&sent, (RequestHeader) {REQUEST_MAGIC, REQUEST_VERSION, counts[i]});
		expect_wrong(sent, "the request's length is wrong");
	}
}

CASE(field_with_a_wrong_length_is_refused)
{
	const MeterRequest request = good_request();
	Sent			   sent = sent_of(&request);

	change_field(&sent, REQUEST_FILTER, (RequestFieldHeader) {REQUEST_FILTER, REQUEST_TEXT, UINT32_MAX});
	expect_wrong(sent, "the request's length is wrong");
	sent = sent_of(&request);
	change_field(&sent, REQUEST_SHARDS, (RequestFieldHeader) {REQUEST_SHARDS, REQUEST_NUMBER, 4});
	expect_wrong(sent, "field \"shards\" of the request is out of range");
	sent = sent_of(&request);
	change_field(&sent, REQUEST_COLUMNS, (RequestFieldHeader) {REQUEST_COLUMNS, REQUEST_COLUMN_SET, 8});
	expect_wrong(sent, "field \"columns\" of the request is out of range");
}

CASE(unknown_field_is_refused)
{
	const MeterRequest request = good_request();
	Sent			   sent = sent_of(&request);

	change_field(&sent, REQUEST_FILES, (RequestFieldHeader) {REQUEST_FIELDS, REQUEST_NUMBER, 8});
	expect_wrong(sent, "the request has a field that is not known");
	sent = sent_of(&request);
	change_field(&sent, REQUEST_FILES, (RequestFieldHeader) {UINT16_MAX, REQUEST_NUMBER, 8});
	expect_wrong(sent, "the request has a field that is not known");

	/* Known, but of another type. */
	sent = sent_of(&request);
	change_field(&sent, REQUEST_FILES, (RequestFieldHeader) {REQUEST_FILES, REQUEST_TEXT, 8});
	expect_wrong(sent, "the request has a field that is not known");
}

CASE(field_that_comes_twice_is_refused)
{
	const MeterRequest request = good_request();
	Sent			   sent = sent_of(&request);

	change_field(&sent, REQUEST_FILES, (RequestFieldHeader) {REQUEST_IDLE_TIMEOUT, REQUEST_NUMBER, 8});
	expect_wrong(sent, "field \"idle_timeout\" of the request comes twice");
}

/* A number that would be another in the struct's narrower member. */
CASE(number_that_does_not_fit_is_refused)
{
	const MeterRequest request = good_request();
	Sent			   sent = sent_of(&request);

	change_number(&sent, REQUEST_DECODE_TUNNELS, 256);
	expect_wrong(sent, "field \"decode_tunnels\" of the request is out of range");
	sent = sent_of(&request);
	change_number(&sent, REQUEST_N_DISSECTIONS, (UINT64_C(1) << 32) + 1);
	expect_wrong(sent, "field \"n_dissections\" of the request is out of range");
}

CASE(filter_longer_than_allowed_is_refused)
{
	MeterRequest request = good_request();
	char		*text = calloc(1, FILTER_BYTES_MAX + 1);

	request.filter = (RequestText) {text, FILTER_BYTES_MAX};
	expect_acceptance(&request);
	request.filter.length++;
	expect_refusal(&request, "field \"bpf_filter\" of the request is out of range");
	free(text);
}

CASE(other_magic_number_is_refused)
{
	const MeterRequest request = good_request();
	Sent			   sent = sent_of(&request);

	sent.bytes[0] ^= 1;
	expect_wrong(sent, "the request is not one");
}

CASE(other_version_is_refused)
{
	const MeterRequest request = good_request();
	Sent			   sent = sent_of(&request);

	change_header(&sent, (RequestHeader) {REQUEST_MAGIC, REQUEST_VERSION + 1, REQUEST_FIELDS});
	expect_wrong(sent, "the request is another version's");
}

CASE(shard_out_of_range_is_refused)
{
	MeterRequest request = good_request();

	request.shards = 0;
	expect_refusal(&request, "field \"shards\" of the request is out of range");
	request.shards = 3;
	request.shard = 3;
	expect_refusal(&request, "field \"shard\" of the request is out of range");
	request.shard = 2;
	expect_acceptance(&request);
	request.shards = 64;
	request.shard = 63;
	expect_acceptance(&request);
	request.shards = 65;
	expect_refusal(&request, "field \"shards\" of the request is out of range");
}

/* Of each number the greatest and the least that are accepted, and those beyond: as doc/options.md has the options. */
CASE(numbers_out_of_range_are_refused)
{
	static const struct
	{
		RequestFieldId id;
		const char	  *name;
		uint64_t	   least;
		uint64_t	   most;
	} ranges[] = {
		{REQUEST_OWNER_PID, "owner_pid", 0, INT32_MAX},
		{REQUEST_METER_MEMORY, "meter_memory", UINT64_C(256) << 20, (UINT64_C(1048577) << 20) - 1},
		{REQUEST_ACCOUNTING_MODE, "accounting_mode", 0, 3},
		{REQUEST_N_DISSECTIONS, "n_dissections", 1, 255}, /* 0 turns columns off */
		{REQUEST_SPLT_ANALYSIS, "splt_analysis", 0, 65535},
		{REQUEST_STATISTICAL_ANALYSIS, "statistical_analysis", 0, 1},
		{REQUEST_DECODE_TUNNELS, "decode_tunnels", 1, 1},
		{REQUEST_SEPARATE_FILES, "separate_files", 0, 1},
		{REQUEST_SOURCE_ORDER, "source_order", 0, 1},
		{REQUEST_STOP_AT_DAMAGE, "on_damage", 0, 1},
		{REQUEST_APPLICATION_NAMES, "application_names", 0, 1},
		{REQUEST_TIME_DISSECTIONS, "time_dissections", 0, 1},
		{REQUEST_LIST_APPLICATIONS, "list_applications", 0, 1},
		{REQUEST_DESCRIBE_PLUGINS, "describe_plugins", 0, 1},
		{REQUEST_NEEDS_SECCOMP, "needs_seccomp", 0, 1},
		{REQUEST_SCHEMA, "rows", SCHEMA_FLOWS, SCHEMA_PACKETS},
		{REQUEST_SHARDS, "shards", 1, 64},
		{REQUEST_FILES, "files", 0, 100000},
	};

	for (size_t i = 0; i < LENGTH(ranges); i++)
	{
		MeterRequest   request = good_request();
		const uint64_t accepted[] = {ranges[i].least, ranges[i].most};
		char		   reason[REQUEST_WRONG_MAX];
		Sent		   sent;

		/* The columns of flows are none of packets. */
		if (ranges[i].id == REQUEST_SCHEMA)
			request.columns = (ColumnSet) {{1}};
		for (size_t j = 0; j < LENGTH(accepted); j++)
		{
			MeterRequest read;
			char		 wrong[REQUEST_WRONG_MAX] = "";

			sent = sent_of(&request);
			change_number(&sent, ranges[i].id, accepted[j]);
			if (!request_read(sent.bytes, sent.length, &read, wrong))
				fail_msg("%s %llu: %s", ranges[i].name, (unsigned long long) accepted[j], wrong);
			free(sent.bytes);
		}
		snprintf(reason, sizeof(reason), "field \"%s\" of the request is out of range", ranges[i].name);
		sent = sent_of(&request);
		change_number(&sent, ranges[i].id, ranges[i].most + 1);
		expect_wrong(sent, reason);
	}
}

/* Bits of the set that stand for no column. */
CASE(column_that_there_is_not_is_refused)
{
	MeterRequest request = good_request();

	column_set_add(&request.columns, COLUMNS_MAX - 1);
	expect_refusal(&request, "field \"columns\" of the request is out of range");
}

/* Each column that an option turns on, where the option is off. */
CASE(columns_that_the_options_turn_off_are_refused)
{
	for (unsigned i = 0; i < flow_schema.count; i++)
	{
		MeterRequest request = good_request();
		char		 reason[REQUEST_WRONG_MAX];

		snprintf(reason, sizeof(reason), "the request wants the column %s, which its options turn off", flow_schema.columns[i].name);
		request.columns = (ColumnSet) {0};
		column_set_add(&request.columns, i);
		request.n_dissections = 0;
		request.decode_tunnels = false;
		if (flow_schema.columns[i].group != GROUP_CORE)
			expect_refusal(&request, reason);
		else
			expect_acceptance(&request);

		request.n_dissections = 1;
		request.statistical_analysis = true;
		request.splt_analysis = 1;
		request.decode_tunnels = true;
		if (flow_schema.columns[i].group == GROUP_UDPS || flow_schema.columns[i].group == GROUP_SYSTEM)
			expect_refusal(&request, reason); /* no meter fills them yet */
		else
			expect_acceptance(&request);
	}
}

/* In an option's own unit, as servers and the command line have it. */
CASE(options_are_set_by_their_ids)
{
	MeterRequest request;

	request_defaults(&request);
	assert_true(request_set_option(&request, OPTION_IDLE_TIMEOUT, 7));
	assert_int_equal(request.idle_timeout, 7000);
	assert_int_equal(request_option(&request, OPTION_IDLE_TIMEOUT), 7);
	assert_true(request_set_option(&request, OPTION_METER_MEMORY, 512));
	assert_int_equal(request.meter_memory, 512 << 20);
	assert_true(request_set_option(&request, OPTION_ON_DAMAGE, ON_DAMAGE_ERROR));
	assert_int_equal(request.stop_at_damage, true);
	assert_false(request_set_option(&request, OPTION_N_METERS, 3));
	assert_int_equal(request_option(&request, OPTION_N_METERS), 0);
	assert_false(request_set_option(&request, OPTION_SOURCE, 1));
}

/* What costs something is off where no column needs it; what changes other columns stays. */
CASE(what_no_column_needs_is_turned_off)
{
	MeterRequest request;

	request_defaults(&request);
	request.statistical_analysis = true;
	request.splt_analysis = 9;
	column_set_add(&request.columns, (unsigned) column_of_flow("splt_ps"));
	request_turn_off_unwanted(&request);
	assert_int_equal(request.splt_analysis, 9);
	assert_int_equal(request.statistical_analysis, false);
	assert_int_equal(request.n_dissections, 0);
	assert_int_equal(request.decode_tunnels, true);

	request = (MeterRequest) {.n_dissections = 20, .statistical_analysis = true, .splt_analysis = 9};
	column_set_add(&request.columns, (unsigned) column_of_flow("application_name"));
	column_set_add(&request.columns, (unsigned) column_of_flow("bidirectional_min_ps"));
	request_turn_off_unwanted(&request);
	assert_int_equal(request.n_dissections, 20);
	assert_int_equal(request.statistical_analysis, true);
	assert_int_equal(request.splt_analysis, 0);
}

static unsigned
columns_with(uint32_t n_dissections, bool statistics, uint32_t splt, bool tunnels)
{
	MeterRequest request;
	unsigned	 count = 0;

	request_defaults(&request);
	request.n_dissections = n_dissections;
	request.statistical_analysis = statistics;
	request.splt_analysis = splt;
	request.decode_tunnels = tunnels;
	request_add_all_columns(&request);
	for (unsigned i = 0; i < COLUMNS_MAX; i++)
		count += column_set_has(&request.columns, i);
	return count;
}

/* METERING.md, section 12. */
CASE(all_columns_are_as_many_as_nfstreams)
{
	assert_int_equal(columns_with(20, false, 0, true), 38);
	assert_int_equal(columns_with(20, true, 10, true), 89);
	assert_int_equal(columns_with(0, false, 0, true), 29);
	assert_int_equal(columns_with(20, false, 0, false), 37);
	assert_int_equal(columns_with(0, false, 3, false), 31);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_nfstreams),
		cmocka_unit_test(all_fields_cross),
		cmocka_unit_test(request_without_a_filter_is_accepted),
		cmocka_unit_test(request_is_typed_fields),
		cmocka_unit_test(field_that_does_not_come_has_its_default),
		cmocka_unit_test(request_cut_at_any_byte_is_refused),
		cmocka_unit_test(request_with_too_many_bytes_is_refused),
		cmocka_unit_test(wrong_count_of_fields_is_refused),
		cmocka_unit_test(field_with_a_wrong_length_is_refused),
		cmocka_unit_test(unknown_field_is_refused),
		cmocka_unit_test(field_that_comes_twice_is_refused),
		cmocka_unit_test(number_that_does_not_fit_is_refused),
		cmocka_unit_test(filter_longer_than_allowed_is_refused),
		cmocka_unit_test(other_magic_number_is_refused),
		cmocka_unit_test(other_version_is_refused),
		cmocka_unit_test(shard_out_of_range_is_refused),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(column_that_there_is_not_is_refused),
		cmocka_unit_test(columns_that_the_options_turn_off_are_refused),
		cmocka_unit_test(options_are_set_by_their_ids),
		cmocka_unit_test(what_no_column_needs_is_turned_off),
		cmocka_unit_test(all_columns_are_as_many_as_nfstreams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
