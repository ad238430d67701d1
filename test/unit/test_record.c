/*
 * test_record.c
 *	  Flow records as they come from a meter that nobody trusts.
 *
 * Every record is read from a block of exactly its size, so that the sanitizer sees a byte too far.
 */
#include "cases.h"
#include "flow_records.h"

#define SPLT 3

/* A record that is being written. */
typedef struct Written
{
	ColumnSet wanted;
	size_t	  length;
	uint8_t	  bytes[2048];
} Written;

static void
put(Written *record, const void *bytes, size_t length)
{
	assert_true(record->length + length <= sizeof(record->bytes));
	memcpy(record->bytes + record->length, bytes, length);
	record->length += length;
}

#define PUT(record, type, ...) put(record, &(type) {__VA_ARGS__}, sizeof(type))

static void
set_length(Written *record, uint32_t length)
{
	memcpy(record->bytes, &length, sizeof(length));
}

/* The header of a flow that came with packet 7 and left with packet 9. */
static Written
record_start(void)
{
	Written record = {0};

	PUT(&record, uint32_t, 0);
	PUT(&record, uint64_t, 18);
	PUT(&record, uint64_t, 7);
	return record;
}

static unsigned
column(const char *name)
{
	int i = column_of_flow(name);

	assert_true(i >= 0);
	return (unsigned) i;
}

static void
want(Written *record, const char *name)
{
	column_set_add(&record->wanted, column(name));
}

/* A record with one column of each kind, in the table's order. */
static Written
good_record(void)
{
	Written				  record = record_start();
	static const uint16_t text_length = 4;

	want(&record, "id"), PUT(&record, uint64_t, UINT64_C(0x123456789abcdef0));
	want(&record, "expiration_id"), PUT(&record, int64_t, -1);
	want(&record, "src_ip"), put(&record, BYTES(4, 10, 0, 0, 1));
	want(&record, "src_mac"), put(&record, BYTES(1, 2, 3, 4, 5, 6));
	want(&record, "src_oui"), put(&record, BYTES(1, 2, 3));
	want(&record, "src_port"), PUT(&record, uint16_t, 65535);
	want(&record, "dst_ip"), put(&record, BYTES(6, 0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
	want(&record, "protocol"), PUT(&record, uint8_t, 255);
	want(&record, "bidirectional_min_ps"), PUT(&record, uint32_t, UINT32_MAX);
	want(&record, "bidirectional_mean_ps"), PUT(&record, double, 0.1);
	want(&record, "splt_ps"), PUT(&record, uint32_t, SPLT), PUT(&record, uint32_t, 2),
		PUT(&record, int64_t, 1500), PUT(&record, int64_t, -5);
	want(&record, "application_name"), PUT(&record, uint16_t, text_length), put(&record, "TL\xC2\xA7", text_length);
	want(&record, "udps"), PUT(&record, uint32_t, 2), put(&record, "{}", 2);
	want(&record, "process_pid"), PUT(&record, int32_t, -1);
	want(&record, "source_file"), PUT(&record, uint32_t, 12);
	set_length(&record, (uint32_t) record.length);
	return record;
}

/* Reads `length` bytes as a message with one record. */
static const char *
read_bytes(const Written *record, size_t length, Record *flow)
{
	uint8_t		  *copy = malloc(length == 0 ? 1 : length);
	const uint8_t *cursor = copy;
	const char	  *wrong;

	assert_non_null(copy);
	memcpy(copy, record->bytes, length);
	wrong = read_flow(&cursor, copy + length, &record->wanted, SPLT, flow);
	if (wrong == NULL)
		assert_ptr_equal(cursor, copy + length);
	free(copy);
	return wrong;
}

static void
expect_wrong(Written *record, const char *text)
{
	Record		flow;
	const char *wrong;

	set_length(record, (uint32_t) record->length);
	wrong = read_bytes(record, record->length, &flow);
	assert_non_null(wrong);
	assert_string_equal(wrong, text);
}

static void
expect_right(Written *record)
{
	Record flow;

	set_length(record, (uint32_t) record->length);
	assert_null(read_bytes(record, record->length, &flow));
}

CASE(every_kind_of_value_is_read)
{
	const Written	   record = good_record();
	const uint8_t	  *cursor = record.bytes;
	Record			   flow;
	const RecordValue *v = flow.values;
	int64_t			   elements[2];

	assert_null(read_flow(&cursor, record.bytes + record.length, &record.wanted, SPLT, &flow));
	assert_ptr_equal(cursor, record.bytes + record.length);
	assert_int_equal(flow.left, 18);
	assert_int_equal(flow.first, 7);
	assert_true(v[column("id")].u == UINT64_C(0x123456789abcdef0));
	assert_int_equal(v[column("expiration_id")].i, -1);
	assert_int_equal(v[column("src_ip")].b.length, 4);
	assert_memory_equal(v[column("src_ip")].b.bytes, "\x0a\0\0\1", 4);
	assert_int_equal(v[column("src_mac")].b.length, 6);
	assert_memory_equal(v[column("src_mac")].b.bytes, "\1\2\3\4\5\6", 6);
	assert_int_equal(v[column("src_oui")].b.length, 3);
	assert_memory_equal(v[column("src_oui")].b.bytes, "\1\2\3", 3);
	assert_int_equal(v[column("src_port")].u, 65535);
	assert_int_equal(v[column("dst_ip")].b.length, 16);
	assert_memory_equal(v[column("dst_ip")].b.bytes, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_int_equal(v[column("protocol")].u, 255);
	assert_int_equal(v[column("bidirectional_min_ps")].u, UINT32_MAX);
	assert_true(v[column("bidirectional_mean_ps")].d == 0.1);
	assert_int_equal(v[column("splt_ps")].a.count, SPLT);
	assert_int_equal(v[column("splt_ps")].a.present, 2);
	memcpy(elements, v[column("splt_ps")].a.bytes, sizeof(elements));
	assert_int_equal(elements[0], 1500);
	assert_int_equal(elements[1], -5);
	assert_int_equal(v[column("application_name")].b.length, 4);
	assert_memory_equal(v[column("application_name")].b.bytes, "TL\xC2\xA7", 4);
	assert_int_equal(v[column("udps")].b.length, 2);
	assert_memory_equal(v[column("udps")].b.bytes, "{}", 2);
	assert_int_equal(v[column("process_pid")].i, -1);
	assert_int_equal(v[column("source_file")].u, 12);
}

CASE(records_follow_one_another)
{
	const Written  record = good_record();
	uint8_t		  *three = malloc(3 * record.length);
	const uint8_t *cursor = three;
	Record		   flow;

	for (int i = 0; i < 3; i++)
		memcpy(three + (size_t) i * record.length, record.bytes, record.length);
	for (size_t i = 1; i <= 3; i++)
	{
		assert_null(read_flow(&cursor, three + 3 * record.length, &record.wanted, SPLT, &flow));
		assert_ptr_equal(cursor, three + i * record.length);
		assert_int_equal(flow.values[column("source_file")].u, 12);
	}
	free(three);
}

CASE(record_without_columns_is_its_header)
{
	Written record = record_start();

	expect_right(&record);
}

CASE(message_cut_at_every_byte)
{
	const Written record = good_record();
	Record		  flow;

	for (size_t length = 0; length < record.length; length++)
		assert_string_equal(read_bytes(&record, length, &flow), "a record's length is wrong");
}

/* The record itself says that it is shorter: its values do not fit. */
CASE(record_cut_at_every_byte)
{
	Written record = good_record();
	Record	flow;

	for (size_t length = 0; length < record.length; length++)
	{
		set_length(&record, (uint32_t) length);
		if (length < RECORD_HEADER_BYTES)
			assert_string_equal(read_bytes(&record, length, &flow), "a record's length is wrong");
		else
			assert_non_null(read_bytes(&record, length, &flow));
	}
}

CASE(length_beyond_the_message_is_wrong)
{
	static const uint32_t more[] = {1, 1000, 0x7FFFFFFF};
	Written				  record = good_record();
	Record				  flow;

	for (size_t i = 0; i < LENGTH(more); i++)
	{
		set_length(&record, (uint32_t) record.length + more[i]);
		assert_string_equal(read_bytes(&record, record.length, &flow), "a record's length is wrong");
	}
	set_length(&record, UINT32_MAX);
	assert_string_equal(read_bytes(&record, record.length, &flow), "a record's length is wrong");
}

/* A mark has a place among the records, and no values; where there are none, its length is no length. */
CASE(marks_are_records_without_values)
{
	Written		   record = good_record();
	uint8_t		   mark[RECORD_HEADER_BYTES];
	const uint8_t *cursor = mark;
	RecordForm	   form;
	Record		   flow;

	record_put_mark(mark, 18, 7);
	record_form(&form, &flow_schema, &record.wanted, SPLT);
	assert_string_equal(record_read(&form, &cursor, mark + sizeof(mark), &flow), "a record's length is wrong");
	form.has_marks = true;
	cursor = mark;
	assert_null(record_read(&form, &cursor, mark + sizeof(mark), &flow));
	assert_true(flow.is_mark && flow.left == 18 && flow.first == 7);
	assert_ptr_equal(cursor, mark + sizeof(mark));

	/* A record of the same form is none; and a mark that has something, or comes before its flow, is nothing. */
	cursor = record.bytes;
	assert_null(record_read(&form, &cursor, record.bytes + record.length, &flow));
	assert_false(flow.is_mark);
	set_length(&record, (uint32_t) record.length | RECORD_MARK);
	cursor = record.bytes;
	assert_string_equal(record_read(&form, &cursor, record.bytes + record.length, &flow), "a record is longer than its values");
	record_put_mark(mark, 18, 10);
	cursor = mark;
	assert_string_equal(record_read(&form, &cursor, mark + sizeof(mark), &flow), "a record left before it came");
}

CASE(record_longer_than_its_values_is_wrong)
{
	Written record = good_record();

	PUT(&record, uint8_t, 0);
	expect_wrong(&record, "a record is longer than its values");
}

CASE(flow_leaves_after_it_came)
{
	static const struct
	{
		uint64_t left;
		uint64_t first;
		bool	 right;
	} places[] = {
		{18, 7, true},
		{14, 7, true},
		{15, 7, true},
		{13, 7, false},
		{0, 7, false},
		{2, 1, true},
		{1, 1, false},
		{0, 0, false},
		{18, 0, false},
		{UINT64_MAX, 0, false},
		{UINT64_MAX, 7, true},
		{UINT64_MAX, UINT64_MAX, true},
		{UINT64_MAX - 1, UINT64_MAX / 2, true},
		{UINT64_MAX - 1, UINT64_MAX / 2 + 1, false},
	};

	for (size_t i = 0; i < LENGTH(places); i++)
	{
		Written record = record_start();

		memcpy(record.bytes + 4, &places[i].left, sizeof(uint64_t));
		memcpy(record.bytes + 12, &places[i].first, sizeof(uint64_t));
		if (places[i].right)
			expect_right(&record);
		else
			expect_wrong(&record, "a record left before it came");
	}
}

/* Each column of a number, with one byte less than the number has. */
CASE(number_that_is_cut_is_wrong)
{
	static const struct
	{
		const char *name;
		size_t		bytes;
	} numbers[] = {
		{"protocol", 1},
		{"src_port", 2},
		{"bidirectional_min_ps", 4},
		{"source_file", 4},
		{"id", 8},
		{"process_pid", 4},
		{"expiration_id", 8},
		{"bidirectional_mean_ps", 8},
	};

	for (size_t i = 0; i < LENGTH(numbers); i++)
	{
		Written record = record_start();

		want(&record, numbers[i].name);
		put(&record, BYTES(0, 0, 0, 0, 0, 0, 0, 0));
		record.length -= 8 - numbers[i].bytes;
		expect_right(&record);
		record.length--;
		expect_wrong(&record, "a record ends inside a number");
	}
}

CASE(bad_addresses_are_wrong)
{
	static const uint8_t versions[] = {0, 1, 3, 5, 7, 16, 255};
	Written				 record;

	for (size_t i = 0; i < LENGTH(versions); i++)
	{
		record = record_start();
		want(&record, "src_ip"), PUT(&record, uint8_t, versions[i]), put(&record, "0123456789abcdef", 16);
		expect_wrong(&record, "a record has a bad address");
	}
	record = record_start();
	want(&record, "src_ip");
	expect_wrong(&record, "a record has a bad address");
	put(&record, BYTES(4, 10, 0, 0));
	expect_wrong(&record, "a record has a bad address");
	record = record_start();
	want(&record, "src_ip"), PUT(&record, uint8_t, 6), put(&record, "0123456789abcde", 15);
	expect_wrong(&record, "a record has a bad address");
}

CASE(macs_that_are_cut_are_wrong)
{
	Written record = record_start();

	want(&record, "dst_mac"), put(&record, BYTES(1, 2, 3, 4, 5));
	expect_wrong(&record, "a record ends inside a MAC address");
	record = record_start();
	want(&record, "dst_oui"), put(&record, BYTES(1, 2));
	expect_wrong(&record, "a record ends inside an OUI");
}

CASE(texts_of_a_bad_length_are_wrong)
{
	static const char *const names[] = {"user_agent", "process_name"};
	char					 text[256];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < LENGTH(names); i++)
	{
		Written record = record_start();

		want(&record, names[i]), PUT(&record, uint16_t, 255), put(&record, text, 255);
		expect_right(&record);
		record.length--;
		expect_wrong(&record, "a record has a text of a bad length");

		record = record_start();
		want(&record, names[i]), PUT(&record, uint16_t, 256), put(&record, text, 256);
		expect_wrong(&record, "a record has a text of a bad length");

		record = record_start();
		want(&record, names[i]), PUT(&record, uint8_t, 0);
		expect_wrong(&record, "a record has a text of a bad length");
	}
}

CASE(text_that_is_not_utf8_is_wrong)
{
	static const char *const texts[] = {"\xFF", "abc\x80", "\xC0\x80", "abc\xC2", "\xED\xA0\x80"};

	for (size_t i = 0; i < LENGTH(texts); i++)
	{
		Written record = record_start();
		size_t	length = strlen(texts[i]);

		want(&record, "user_agent"), PUT(&record, uint16_t, (uint16_t) length), put(&record, texts[i], length);
		expect_wrong(&record, "a record has a text that is not UTF-8");
	}
}

/* PostgreSQL's texts cannot hold a NUL. */
CASE(text_with_a_nul_is_wrong)
{
	Written record = record_start();

	want(&record, "user_agent"), PUT(&record, uint16_t, 3), put(&record, "a\0b", 3);
	expect_wrong(&record, "a record has a text that is not UTF-8");
}

/* A character that the text's end cuts, though its bytes go on in the next column. */
CASE(character_over_the_end_of_its_text_is_wrong)
{
	Written record = record_start();

	want(&record, "server_fingerprint"), PUT(&record, uint16_t, 2), put(&record, "a\xC2", 2);
	want(&record, "user_agent"), PUT(&record, uint16_t, 0x80);
	expect_wrong(&record, "a record has a text that is not UTF-8");
}

CASE(arrays_of_a_bad_length_are_wrong)
{
	static const uint32_t counts[][2] = {
		{SPLT - 1, 0},
		{SPLT + 1, 0},
		{0, 0},
		{SPLT, SPLT + 1},
		{SPLT, UINT32_MAX},
		{UINT32_MAX, UINT32_MAX},
		{SPLT, 0x20000000},
	};
	Written record;

	for (size_t i = 0; i < LENGTH(counts); i++)
	{
		record = record_start();
		want(&record, "splt_direction"), put(&record, counts[i], sizeof(counts[i]));
		put(&record, (uint8_t[64]) {0}, 64);
		expect_wrong(&record, "a record has an array of a bad length");
	}
	record = record_start();
	want(&record, "splt_direction"), PUT(&record, uint32_t, SPLT), PUT(&record, uint32_t, SPLT),
		put(&record, (uint8_t[SPLT * 8 - 1]) {0}, SPLT * 8 - 1);
	expect_wrong(&record, "a record has an array of a bad length");
	PUT(&record, uint8_t, 0);
	expect_right(&record);
	record = record_start();
	want(&record, "splt_direction"), PUT(&record, uint32_t, SPLT);
	expect_wrong(&record, "a record has an array of a bad length");
	PUT(&record, uint32_t, 0);
	expect_right(&record);
}

/* Whatever comes: it is refused, or its values lie inside the message. */
CASE(random_damage_is_refused_or_harmless)
{
	const Written good = good_record();
	Random		  numbers = random_start();
	unsigned	  refused = 0;

	for (int i = 0; i < 50000; i++)
	{
		Written record = good;
		Record	flow;
		size_t	length = good.length;

		if (random_below(&numbers, 3) == 0)
			length = random_below(&numbers, (uint32_t) good.length + 1);
		for (uint32_t changes = random_below(&numbers, 4); changes > 0; changes--)
			record.bytes[random_below(&numbers, (uint32_t) good.length)] = (uint8_t) random_number(&numbers);
		if (random_below(&numbers, 2) == 0)
			set_length(&record, (uint32_t) length);
		refused += read_bytes(&record, length, &flow) != NULL;
	}
	assert_uint_in_range(refused, 25000, 49999);
}

/* RFC 3629, sections 3 and 4, by their limits. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_is_read),
		cmocka_unit_test(records_follow_one_another),
		cmocka_unit_test(record_without_columns_is_its_header),
		cmocka_unit_test(message_cut_at_every_byte),
		cmocka_unit_test(record_cut_at_every_byte),
		cmocka_unit_test(length_beyond_the_message_is_wrong),
		cmocka_unit_test(marks_are_records_without_values),
		cmocka_unit_test(record_longer_than_its_values_is_wrong),
		cmocka_unit_test(flow_leaves_after_it_came),
		cmocka_unit_test(number_that_is_cut_is_wrong),
		cmocka_unit_test(bad_addresses_are_wrong),
		cmocka_unit_test(macs_that_are_cut_are_wrong),
		cmocka_unit_test(texts_of_a_bad_length_are_wrong),
		cmocka_unit_test(text_that_is_not_utf8_is_wrong),
		cmocka_unit_test(text_with_a_nul_is_wrong),
		cmocka_unit_test(character_over_the_end_of_its_text_is_wrong),
		cmocka_unit_test(arrays_of_a_bad_length_are_wrong),
		cmocka_unit_test(random_damage_is_refused_or_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
