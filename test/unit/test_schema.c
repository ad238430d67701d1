/*
 * test_schema.c
 *	  Records of a second schema, with a column of every kind: what was written is read, and nothing else is.
 *
 * Every record is written to and read from a block of exactly its size, so that the sanitizer sees a byte too far.
 */
#include "cases.h"
#include "every_kind.h"
#include "wire/json.h"
#include "wire/message.h"

#define ELEMENTS 3
#define LEFT	 18
#define FIRST	 7

static const int64_t elements[] = {1500, INT64_MIN};

/* Values of which no two are the same, and the longest that there can be. */
static void
make_values(RecordValue values[EVERY_COLUMNS], uint8_t *longest)
{
	memset(longest, 'x', EVERY_BYTES_MAX);
	values[EVERY_UINT8].u = UINT8_MAX;
	values[EVERY_UINT16].u = UINT16_MAX;
	values[EVERY_UINT32].u = UINT32_MAX;
	values[EVERY_UINT64].u = UINT64_MAX;
	values[EVERY_INT32].i = INT32_MIN;
	values[EVERY_INT64].i = INT64_MIN;
	values[EVERY_DOUBLE].d = 0.1;
	values[EVERY_ADDRESS].b.bytes = (const uint8_t *) "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1";
	values[EVERY_ADDRESS].b.length = 16;
	values[EVERY_MAC].b.bytes = (const uint8_t *) "\1\2\3\4\5\6";
	values[EVERY_MAC].b.length = 6;
	values[EVERY_OUI].b.bytes = (const uint8_t *) "\1\2\3";
	values[EVERY_OUI].b.length = 3;
	values[EVERY_TEXT].b.bytes = longest;
	values[EVERY_TEXT].b.length = EVERY_TEXT_MAX;
	values[EVERY_LONG].b.bytes = longest;
	values[EVERY_LONG].b.length = EVERY_LONG_MAX;
	values[EVERY_JSON].b.bytes = (const uint8_t *) "{\"a\": [1, \"\xC2\xA7\"]}";
	values[EVERY_JSON].b.length = 16;
	values[EVERY_BYTES].b.bytes = longest;
	values[EVERY_BYTES].b.length = EVERY_BYTES_MAX;
	values[EVERY_LIST].a.bytes = (const uint8_t *) elements;
	values[EVERY_LIST].a.present = LENGTH(elements);
	values[EVERY_LIST].a.count = ELEMENTS;
	values[EVERY_FILE].u = 12;
	values[EVERY_PLACE].u = FIRST;
}

/* The record of these columns' values, in a block as long as record_bound() says; its length. */
static size_t
write_record(const ColumnSet *wanted, const RecordValue *values, uint8_t **block)
{
	size_t bound = RECORD_HEADER_BYTES,
		   length;
	uint8_t *to;

	for (unsigned i = 0; i < EVERY_COLUMNS; i++)
		if (column_set_has(wanted, i))
			bound += record_bound(&every_columns[i]) + record_bound_of(every_columns[i].kind, &values[i]);
	*block = malloc(bound);
	to = record_begin(*block, LEFT, FIRST);
	for (unsigned i = 0; i < EVERY_COLUMNS; i++)
		if (column_set_has(wanted, i))
			to = record_put(to, every_columns[i].kind, &values[i]);
	length = record_end(*block, to);
	assert_true(length <= bound);
	*block = realloc(*block, length);
	return length;
}

static const char *
read_record(const ColumnSet *wanted, const uint8_t *block, size_t length, Record *record)
{
	RecordForm	   form;
	const uint8_t *cursor = block;
	const char	  *wrong;

	record_form(&form, &every_schema, wanted, ELEMENTS);
	wrong = record_read(&form, &cursor, block + length, record);
	if (wrong == NULL)
		assert_ptr_equal(cursor, block + length);
	return wrong;
}

static bool
is_same(ColumnKind kind, const RecordValue *a, const RecordValue *b)
{
	switch (kind)
	{
		case COLUMN_UINT8:
		case COLUMN_UINT16:
		case COLUMN_UINT32:
		case COLUMN_UINT64:
		case COLUMN_FILE:
			return a->u == b->u;
		case COLUMN_INT32:
		case COLUMN_INT64:
			return a->i == b->i;
		case COLUMN_DOUBLE:
			return memcmp(&a->d, &b->d, sizeof(double)) == 0;
		case COLUMN_INTEGERS:
			return a->a.count == b->a.count && a->a.present == b->a.present &&
				   memcmp(a->a.bytes, b->a.bytes, a->a.present * sizeof(int64_t)) == 0;
		default:
			return a->b.length == b->b.length && memcmp(a->b.bytes, b->b.bytes, a->b.length) == 0;
	}
}

static ColumnSet
all_columns(void)
{
	ColumnSet all = {0};

	for (unsigned i = 0; i < EVERY_COLUMNS; i++)
		column_set_add(&all, i);
	return all;
}

CASE(every_kind_there_and_back)
{
	const ColumnSet all = all_columns();
	static uint8_t	longest[EVERY_BYTES_MAX];
	RecordValue		values[EVERY_COLUMNS];
	bool			has[COLUMN_KINDS] = {false};
	uint8_t		   *block;
	size_t			length;
	Record			record;

	make_values(values, longest);
	length = write_record(&all, values, &block);
	assert_null(read_record(&all, block, length, &record));
	assert_int_equal(record.left, LEFT);
	assert_int_equal(record.first, FIRST);
	for (unsigned i = 0; i < EVERY_COLUMNS; i++)
	{
		has[every_columns[i].kind] = true;
		if (!is_same(every_columns[i].kind, &values[i], &record.values[i]))
			fail_msg("column %s", every_columns[i].name);
	}
	for (unsigned kind = 0; kind < COLUMN_KINDS; kind++)
		if (!has[kind])
			fail_msg("no column of kind %u", kind);
	free(block);
}

/* Each column alone, cut at every byte of its end: the record says that it is as long as that. */
CASE(values_that_are_cut_are_wrong)
{
	static uint8_t longest[EVERY_BYTES_MAX];
	RecordValue	   values[EVERY_COLUMNS];

	make_values(values, longest);
	values[EVERY_TEXT].b.length = values[EVERY_LONG].b.length = values[EVERY_BYTES].b.length = 5;
	for (unsigned i = 0; i < EVERY_COLUMNS; i++)
	{
		ColumnSet wanted = {0};
		uint8_t	 *block;
		Record	  record;
		size_t	  length;

		column_set_add(&wanted, i);
		length = write_record(&wanted, values, &block);
		assert_null(read_record(&wanted, block, length, &record));
		while (--length >= RECORD_HEADER_BYTES)
		{
			block = realloc(block, length);
			memcpy(block, &(uint32_t) {(uint32_t) length}, sizeof(uint32_t));
			if (read_record(&wanted, block, length, &record) == NULL)
				fail_msg("column %s, %zu bytes", every_columns[i].name, length);
		}
		free(block);
	}
}

/* A text column with these bytes. */
static const char *
read_bytes(unsigned column, const void *bytes, size_t length)
{
	RecordValue values[EVERY_COLUMNS];
	ColumnSet	wanted = {0};
	uint8_t	   *block;
	Record		record;
	const char *wrong;

	values[column].b.bytes = bytes;
	values[column].b.length = (uint32_t) length;
	column_set_add(&wanted, column);

	/* A COLUMN_TEXT's bound is that of its column: this one may be longer. */
	block = malloc(RECORD_HEADER_BYTES + sizeof(uint64_t) + length);
	length = record_end(block, record_put(record_begin(block, LEFT, FIRST), every_columns[column].kind, &values[column]));
	block = realloc(block, length);
	wrong = read_record(&wanted, block, length, &record);
	free(block);
	return wrong;
}

CASE(each_column_has_its_own_greatest_length)
{
	static const struct
	{
		unsigned column;
		size_t	 most;
	} columns[] = {
		{EVERY_TEXT, EVERY_TEXT_MAX},
		{EVERY_LONG, EVERY_LONG_MAX},
		{EVERY_JSON, EVERY_JSON_MAX},
		{EVERY_BYTES, EVERY_BYTES_MAX},
	};
	static uint8_t spaces[EVERY_BYTES_MAX + 1];

	memset(spaces, ' ', sizeof(spaces));
	spaces[0] = '1'; /* a number, and space: JSON of any length */
	for (size_t i = 0; i < LENGTH(columns); i++)
	{
		assert_null(read_bytes(columns[i].column, spaces, columns[i].most));
		assert_string_equal(read_bytes(columns[i].column, spaces, columns[i].most + 1), "a record has a text of a bad length");
	}
}

/* A length that the message has not. */
CASE(lengths_beyond_the_record_are_wrong)
{
	static const unsigned columns[] = {EVERY_LONG, EVERY_JSON, EVERY_BYTES};
	static const uint32_t lengths[] = {2, EVERY_JSON_MAX, EVERY_BYTES_MAX + 1, INT32_MAX, UINT32_MAX};

	for (size_t i = 0; i < LENGTH(columns); i++)
		for (size_t j = 0; j < LENGTH(lengths); j++)
		{
			size_t	 length = RECORD_HEADER_BYTES + sizeof(uint32_t) + 1;
			uint8_t *block = malloc(length),
					*to = record_begin(block, LEFT, FIRST);
			ColumnSet wanted = {0};
			Record	  record;

			column_set_add(&wanted, columns[i]);
			to = record_put_bytes(to, &lengths[j], sizeof(uint32_t));
			to = record_put_bytes(to, "1", 1);
			record_end(block, to);
			assert_string_equal(read_record(&wanted, block, length, &record), "a record has a text of a bad length");
			free(block);
		}
}

CASE(texts_are_utf8_and_bytes_are_anything)
{
	static const char *const texts[] = {"\xFF", "abc\x80", "\xC0\x80", "abc\xC2", "\xED\xA0\x80"};

	for (size_t i = 0; i < LENGTH(texts); i++)
	{
		assert_string_equal(read_bytes(EVERY_LONG, texts[i], strlen(texts[i])), "a record has a text that is not UTF-8");
		assert_string_equal(read_bytes(EVERY_JSON, texts[i], strlen(texts[i])), "a record has a text that is not UTF-8");
		assert_null(read_bytes(EVERY_BYTES, texts[i], strlen(texts[i])));
	}
	assert_string_equal(read_bytes(EVERY_LONG, "a\0b", 3), "a record has a text that is not UTF-8");
	assert_string_equal(read_bytes(EVERY_JSON, "\"\0\"", 3), "a record has a text that is not UTF-8");
	assert_null(read_bytes(EVERY_BYTES, "a\0b", 3));
	assert_null(read_bytes(EVERY_BYTES, "", 0));
	assert_null(read_bytes(EVERY_LONG, "", 0));
	assert_string_equal(read_bytes(EVERY_JSON, "", 0), "a record has a text that is not JSON");
	assert_string_equal(read_bytes(EVERY_JSON, "{", 1), "a record has a text that is not JSON");
}

/* In a block of exactly its size. */
static bool
is_plain(const char *text)
{
	size_t	 length = strlen(text);
	uint8_t *copy = malloc(length == 0 ? 1 : length);
	bool	 plain;

	memcpy(copy, text, length);
	plain = json_is_plain(copy, length);
	free(copy);
	return plain;
}

CASE(json_that_is_plain)
{
	static const char *const texts[] = {
		"{}", "[]", "null", "true", "false", "0", "-0", "12", "-12.50", "1e5", "1E+308", "5e-324", "0.1e999", "\"\"", "\"a\"", " 1 ",
		"\t\r\n[ ]\n", "[1,2]", "[ 1 , 2 ]", "[[],[[]],{}]", "{\"a\":1}", "{ \"a\" : 1 , \"b\" : [ { } ] }", "{\"\":0}", "{\"a\":{}}",
		"{\"a\":1,\"a\":2}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0001\\u001f\\u001F\\u000a\"", "\"\xC2\xA7\xF0\x9F\x98\x80\x7F\"",
		"[{\"a\":[{\"b\":[null]}]},[]]"};

	for (size_t i = 0; i < LENGTH(texts); i++)
		if (!is_plain(texts[i]))
			fail_msg("%s", texts[i]);
}

CASE(json_that_is_not_plain)
{
	static const char *const texts[] = {
		"", " ", "{", "}", "[", "]", "[}", "{]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1]]", "{}{}", "1 2", "[]1", ",",
		"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{1:2}", "{a:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1,2}", "[\"a\":1]", "{\"a\":1]",
		"01", "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "--1", "0x1", "1e1000", "1e-1000", "1e0000", "NaN", "Infinity", "-Infinity",
		"nul", "nullx", "True", "tru", "'a'", "\"", "\"a", "\"\\\"", "\"\\", "\"\\x\"", "\"\\u\"", "\"\\u00\"", "\"\\u001\"", "\"\\u001",
		"\"\\u0000\"", "\"\\u0020\"", "\"\\u0041\"", "\"\\u20ac\"", "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\u001g\"", "\"\x1f\"",
		"\"\n\"", "/**/1", "\xEF\xBB\xBF"
						   "1",
		"\f1"};

	for (size_t i = 0; i < LENGTH(texts); i++)
		if (is_plain(texts[i]))
			fail_msg("%s", texts[i]);
}

CASE(json_is_bounded)
{
	char text[2 * JSON_NUMBER_MAX];

	for (unsigned depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++)
	{
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		text[2 * depth] = '\0';
		assert_int_equal(is_plain(text), depth == JSON_DEPTH_MAX);
	}
	for (size_t digits = JSON_NUMBER_MAX; digits <= JSON_NUMBER_MAX + 1; digits++)
	{
		memset(text, '7', digits);
		text[digits] = '\0';
		assert_int_equal(is_plain(text), digits == JSON_NUMBER_MAX);
	}
}

CASE(places_go_on_in_the_schemas_own_column)
{
	const ColumnSet all = all_columns();
	RecordForm		form;
	Record			record = {.left = LEFT, .first = FIRST};

	record_form(&form, &every_schema, &all, ELEMENTS);
	record.values[EVERY_PLACE].u = FIRST;
	record_go_on(&form, &record, 100);
	assert_int_equal(record.left, LEFT + 200);
	assert_int_equal(record.first, FIRST + 100);
	assert_int_equal(record.values[EVERY_PLACE].u, FIRST + 100);
}

/* What is not in the schema is not in the form. */
CASE(form_has_the_columns_of_its_schema)
{
	const ColumnSet more = {{UINT64_MAX, UINT64_MAX}};
	RecordForm		form;

	record_form(&form, &every_schema, &more, ELEMENTS);
	assert_int_equal(form.count, EVERY_COLUMNS);
	assert_int_equal(schema_column(&every_schema, "EVERY_LIST"), EVERY_LIST);
	assert_int_equal(schema_column(&every_schema, "src_ip"), -1);
	assert_int_equal(schema_column_of_field(&every_schema, FIELD_FIRST_PACKET), EVERY_PLACE);
	assert_int_equal(schema_column_of_field(&every_schema, FIELD_IP), -1);
	assert_false(schemas_have_column("EVERY_LIST"));
	assert_true(schemas_have_column("src_ip"));
}

/* Of every schema: what has a length has a bound, and a record fits into a message, with the most elements of each list. */
CASE(records_are_bounded)
{
	for (SchemaId id = 0; id < SCHEMAS; id++)
	{
		const Schema *schema = schema_by_id(id);
		size_t		  most = RECORD_HEADER_BYTES;

		assert_int_equal(schema->id, id);
		for (unsigned i = 0; i < schema->count; i++)
		{
			const Column *column = &schema->columns[i];
			bool		  is_long = column->kind == COLUMN_LONG_TEXT || column->kind == COLUMN_JSON || column->kind == COLUMN_BYTES;

			if (column->kind == COLUMN_TEXT)
				assert_uint_in_range(column->length_max, 1, RECORD_TEXT_MAX);
			else if (is_long)
				assert_uint_in_range(column->length_max, 1, RECORD_LONG_MAX);
			else
				assert_int_equal(column->length_max, 0);
			most += record_bound(column) + (is_long ? column->length_max : 0) +
					(column->kind == COLUMN_INTEGERS ? 65535 * sizeof(int64_t) : 0);
		}
		assert_true(most <= MESSAGE_BODY_MAX);
	}
	assert_null(schema_by_id(SCHEMAS));
	assert_null(schema_by_id(UINT32_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_there_and_back),
		cmocka_unit_test(values_that_are_cut_are_wrong),
		cmocka_unit_test(each_column_has_its_own_greatest_length),
		cmocka_unit_test(lengths_beyond_the_record_are_wrong),
		cmocka_unit_test(texts_are_utf8_and_bytes_are_anything),
		cmocka_unit_test(json_that_is_plain),
		cmocka_unit_test(json_that_is_not_plain),
		cmocka_unit_test(json_is_bounded),
		cmocka_unit_test(places_go_on_in_the_schemas_own_column),
		cmocka_unit_test(form_has_the_columns_of_its_schema),
		cmocka_unit_test(records_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
