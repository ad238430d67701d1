/*
 * test_condition.c
 *	  Conditions: what they mean, as PostgreSQL has it; how they cross; and bytes that are none.
 */
#include <stdio.h>

#include "condition_expected.h"
#include "condition_model.h"
#include "every_kind.h"
#include "packets.h"

static ConditionBuilder
builder_start(void)
{
	return (ConditionBuilder) {.schema = &every_schema, .resize = realloc};
}

/* ------------------------------------------------------------------------------------------------------------------ what they mean */

static void
read_value(void *context, unsigned column, RecordValue *value)
{
	*value = ((const RecordValue *) context)[column];
}

static bool
can_be(const Schema *schema, const uint8_t *bytes, size_t length, const ColumnSet *known, const RecordValue *row)
{
	ConditionProgram program;
	bool			 can;

	program_make(&program, schema, bytes, length, known);
	can = program_can_be(&program, schema, read_value, (void *) row);
	program_free(&program);
	return can;
}

static ColumnSet
all_columns(void)
{
	ColumnSet all;

	memset(&all, 0xff, sizeof(all));
	return all;
}

/* What a condition is of a row: 't', 'f' or 'n'.  It can be true, or, after NOT, it can. */
static char
truth(const ConditionBuilder *builder, const RecordValue *row)
{
	ConditionBuilder negated = {.schema = builder->schema, .resize = realloc};
	ColumnSet		 all = all_columns();
	bool			 can,
		cannot;

	condition_put_not(&negated);
	negated.bytes = realloc(negated.bytes, builder->length + 1);
	memcpy(negated.bytes + 1, builder->bytes, builder->length);
	assert_null(condition_check(builder->schema, builder->bytes, builder->length));
	can = can_be(builder->schema, builder->bytes, builder->length, &all, row);
	cannot = can_be(builder->schema, negated.bytes, builder->length + 1, &all, row);
	free(negated.bytes);
	assert_false(can && cannot);
	return can ? 't' : (cannot ? 'f' : 'n');
}

/* A value as PostgreSQL writes it. */
static void
value_of(unsigned column, const char *text, ConditionValue *value)
{
	char		address[64];
	const char *bits = strchr(text, '/');

	switch (condition_kind(&every_schema.columns[column]))
	{
		case CONDITION_INTEGER:
			value->i = strtoll(text, NULL, 10);
			break;
		case CONDITION_DOUBLE:
			value->d = strtod(text, NULL);
			break;
		case CONDITION_ADDRESS:
			snprintf(address, sizeof(address), "%.*s", (int) strcspn(text, "/"), text);
			value->address.version = address_of(address, value->address.bytes);
			value->address.bits = bits != NULL ? (uint8_t) atoi(bits + 1) : (value->address.version == 4 ? 32 : 128);
			break;
		default:
			value->text.bytes = (const uint8_t *) text;
			value->text.length = (uint32_t) strlen(text);
	}
}

/* The same as it stands in a record. */
static void
row_value_of(unsigned column, const ConditionValue *value, RecordValue *row)
{
	switch (condition_kind(&every_schema.columns[column]))
	{
		case CONDITION_INTEGER:
			row[column].i = value->i;
			break;
		case CONDITION_DOUBLE:
			row[column].d = value->d;
			break;
		case CONDITION_ADDRESS:
			row[column].b.bytes = value->address.bytes;
			row[column].b.length = value->address.version == 4 ? 4 : 16;
			break;
		default:
			row[column].b.bytes = value->text.bytes;
			row[column].b.length = value->text.length;
	}
}

static void
expect_pairs(unsigned column, const ExpectedPair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (unsigned j = 0; pairs[i].operators[j] != '\0'; j++)
		{
			ConditionBuilder builder = builder_start();
			ConditionValue	 value,
				constant;
			RecordValue row[COLUMNS_MAX];

			value_of(column, pairs[i].value, &value);
			value_of(column, pairs[i].constant, &constant);
			row_value_of(column, &value, row);
			if (j < CONDITION_OPERATORS)
				condition_put_compare(&builder, column, (ConditionOperator) j, &constant);
			else
				condition_put_network(&builder, column, (ConditionNetwork) (j - CONDITION_OPERATORS), &constant);
			if (truth(&builder, row) != (pairs[i].operators[j] == '1' ? 't' : 'f'))
				fail_msg("%s, %s: operator %u", pairs[i].value, pairs[i].constant, j);
			free(builder.bytes);
		}
}

CASE(addresses_are_compared_as_inet)
{
	expect_pairs(EVERY_ADDRESS, expected_addresses, LENGTH(expected_addresses));
}

CASE(doubles_are_compared_as_float8)
{
	expect_pairs(EVERY_DOUBLE, expected_doubles, LENGTH(expected_doubles));
}

CASE(whole_numbers_are_compared_as_bigint)
{
	expect_pairs(EVERY_INT64, expected_integers, LENGTH(expected_integers));
}

CASE(texts_are_compared_byte_by_byte)
{
	expect_pairs(EVERY_TEXT, expected_texts, LENGTH(expected_texts));
}

static void
put_truth(ConditionBuilder *builder, char truth)
{
	condition_put_constant(builder, truth == 't' ? CONDITION_TRUE : (truth == 'f' ? CONDITION_FALSE : CONDITION_NULL));
}

/* The same, by a list, of a row whose EVERY_UINT8 is 7. */
static void
put_list(ConditionBuilder *builder, char truth)
{
	ConditionValue value = {.i = truth == 't' ? 7 : 8};

	condition_put_any(builder, EVERY_UINT8, &value, 1, truth == 'n');
}

CASE(logic_has_three_values)
{
	static void (*const put[])(ConditionBuilder *builder, char truth) = {put_truth, put_list};
	RecordValue row[COLUMNS_MAX] = {[EVERY_UINT8] = {.u = 7}};

	for (size_t i = 0; i < LENGTH(expected_logic); i++)
		for (size_t j = 0; j < LENGTH(put); j++)
		{
			const ExpectedLogic *expected = &expected_logic[i];
			ConditionBuilder	 both = builder_start(),
							 either = builder_start(),
							 not_a = builder_start();

			condition_put_and(&both, 2);
			put[j](&both, expected->a);
			put[j](&both, expected->b);
			condition_put_or(&either, 2);
			put[j](&either, expected->a);
			put[j](&either, expected->b);
			condition_put_not(&not_a);
			put[j](&not_a, expected->a);
			assert_int_equal(truth(&both, row), expected->both);
			assert_int_equal(truth(&either, row), expected->either);
			assert_int_equal(truth(&not_a, row), expected->not_a);
			free(both.bytes);
			free(either.bytes);
			free(not_a.bytes);
		}
}

CASE(lists_may_have_a_null)
{
	RecordValue row[COLUMNS_MAX] = {[EVERY_UINT8] = {.u = 7}};

	for (size_t i = 0; i < LENGTH(expected_lists); i++)
	{
		ConditionBuilder any = builder_start(),
						 none = builder_start();
		ConditionValue values[16];
		uint32_t	   count = 0;
		bool		   has_null = strstr(expected_lists[i].list, "NULL") != NULL;

		for (const char *at = expected_lists[i].list; *at != '\0'; at += strcspn(at, ",}"))
			if (at[strspn(at, "{,")] != 'N' && strpbrk(at, "0123456789") != NULL)
			{
				at += strspn(at, "{,");
				values[count++].i = strtoll(at, NULL, 10);
			}
			else
				at++;
		condition_put_any(&any, EVERY_UINT8, values, count, has_null);
		condition_put_not(&none);
		condition_put_any(&none, EVERY_UINT8, values, count, has_null);
		assert_int_equal(truth(&any, row), expected_lists[i].is_any);
		assert_int_equal(truth(&none, row), expected_lists[i].is_none);
		free(any.bytes);
		free(none.bytes);
	}
}

/* A column's values in the kind that it has: no unsigned number is less than 0, and the greatest are as great as any constant. */
CASE(numbers_of_all_kinds_are_numbers)
{
	static const struct
	{
		unsigned		  column;
		RecordValue		  value;
		ConditionOperator operation;
		int64_t			  constant;
		char			  truth;
	} cases[] = {
		{EVERY_UINT8, {.u = 255}, CONDITION_GREATER, 254, 't'},
		{EVERY_UINT8, {.u = 0}, CONDITION_GREATER, -1, 't'},
		{EVERY_UINT8, {.u = 0}, CONDITION_LESS, INT64_MIN, 'f'},
		{EVERY_UINT16, {.u = 65535}, CONDITION_EQUAL, 65535, 't'},
		{EVERY_UINT16, {.u = 65535}, CONDITION_EQUAL, -1, 'f'},
		{EVERY_UINT32, {.u = UINT32_MAX}, CONDITION_EQUAL, UINT32_MAX, 't'},
		{EVERY_UINT32, {.u = UINT32_MAX}, CONDITION_LESS, 0, 'f'},
		{EVERY_UINT64, {.u = INT64_MAX}, CONDITION_EQUAL, INT64_MAX, 't'},
		{EVERY_UINT64, {.u = UINT64_MAX}, CONDITION_EQUAL, -1, 'f'},
		{EVERY_UINT64, {.u = UINT64_MAX}, CONDITION_GREATER_OR_EQUAL, INT64_MAX, 't'},
		{EVERY_INT32, {.i = -1}, CONDITION_EQUAL, -1, 't'},
		{EVERY_INT32, {.i = INT32_MIN}, CONDITION_LESS, INT32_MIN, 'f'},
		{EVERY_FILE, {.u = 3}, CONDITION_NOT_EQUAL, 3, 'f'},
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		ConditionBuilder builder = builder_start();
		RecordValue		 row[COLUMNS_MAX];

		row[cases[i].column] = cases[i].value;
		condition_put_compare(&builder, cases[i].column, cases[i].operation, &(ConditionValue) {.i = cases[i].constant});
		assert_int_equal(truth(&builder, row), cases[i].truth);
		free(builder.bytes);
	}
}

CASE(macs_are_compared_byte_by_byte)
{
	static const uint8_t mac[] = {0, 1, 2, 3, 4, 0xff},
						 next[] = {0, 1, 2, 3, 5, 0};
	ConditionValue	 value = {.text = {next, sizeof(next)}};
	RecordValue		 row[COLUMNS_MAX] = {[EVERY_MAC] = {.b = {mac, sizeof(mac)}}, [EVERY_OUI] = {.b = {mac, 3}}};
	ConditionBuilder less = builder_start(),
					 any = builder_start();

	condition_put_compare(&less, EVERY_MAC, CONDITION_LESS, &value);
	assert_int_equal(truth(&less, row), 't');
	value.text.length = 3;
	condition_put_any(&any, EVERY_OUI, &value, 1, false);
	assert_int_equal(truth(&any, row), 't');
	free(less.bytes);
	free(any.bytes);
}

/* ------------------------------------------------------------------------------------------------------------------------ at random */

#define ROWS	   40
#define CONDITIONS 2000

static void
random_rows(RecordValue (*rows)[COLUMNS_MAX], Random *numbers)
{
	static const uint8_t bytes[16] = {10, 1, 2, 3, 'T', 'L', 'S', 0, 1};

	for (unsigned i = 0; i < ROWS; i++)
	{
		for (unsigned column = 0; column < EVERY_COLUMNS; column++)
			rows[i][column].i = random_below(numbers, 9);
		rows[i][EVERY_DOUBLE].d = random_below(numbers, 8) == 0 ? NAN : random_below(numbers, 5) / 2.0;
		rows[i][EVERY_ADDRESS].b.bytes = bytes;
		rows[i][EVERY_ADDRESS].b.length = random_below(numbers, 2) == 0 ? 4 : 16;
		for (unsigned column = EVERY_MAC; column <= EVERY_TEXT; column++)
		{
			rows[i][column].b.bytes = bytes + random_below(numbers, 3);
			rows[i][column].b.length = random_below(numbers, 4);
		}
	}
}

/* All that is known gives the truth; what is known of some columns never excludes it. */
CASE(random_conditions_are_what_logic_makes_of_them)
{
	Random		numbers = random_start();
	RecordValue rows[ROWS][COLUMNS_MAX];
	ModelRows	of_rows = {.values = rows[0], .count = ROWS, .columns = all_columns()};
	ColumnSet	all = all_columns();
	unsigned	truths[3] = {0};

	random_rows(rows, &numbers);
	for (unsigned i = 0; i < CONDITIONS; i++)
	{
		ConditionBuilder builder = builder_start();
		ColumnSet		 some = {.bits = {random_number(&numbers), random_number(&numbers)}};
		Model			 model;

		model_random(&model, &every_schema, &of_rows, &numbers);
		model_put(&model, 0, &builder);
		assert_null(condition_check(&every_schema, builder.bytes, builder.length));
		for (unsigned row = 0; row < ROWS; row++)
		{
			Truth is = model_truth(&model, 0, rows[row], IS_TRUE);
			bool  may_be = is == IS_TRUE || model_truth(&model, 0, rows[row], IS_FALSE) == IS_TRUE,
				 can = can_be(&every_schema, builder.bytes, builder.length, &all, rows[row]);
			bool is_certain = true;

			for (unsigned node = 0; node < model.count; node++)
				is_certain = is_certain && (model.nodes[node].node != CONDITION_CONSTANT || model.nodes[node].constant != CONDITION_UNKNOWN);
			truths[is]++;
			if (is_certain)
				assert_int_equal(can, is == IS_TRUE);
			else if (may_be)
				assert_true(can);
			if (may_be)
				assert_true(can_be(&every_schema, builder.bytes, builder.length, &some, rows[row]));
		}
		free(builder.bytes);
	}
	for (size_t i = 0; i < LENGTH(truths); i++)
		assert_true(truths[i] > CONDITIONS);
}

/* -------------------------------------------------------------------------------------------------------------------- how they cross */

CASE(columns_of_a_condition_are_those_that_it_looks_at)
{
	ConditionBuilder builder = builder_start();
	ConditionValue	 value = {.i = 1};
	ColumnSet		 columns = {0},
			  expected = {0};

	condition_put_or(&builder, 3);
	condition_put_compare(&builder, EVERY_UINT16, CONDITION_LESS, &value);
	condition_put_constant(&builder, CONDITION_UNKNOWN);
	condition_put_not(&builder);
	condition_put_any(&builder, EVERY_FILE, &value, 1, true);
	condition_columns(&every_schema, builder.bytes, builder.length, &columns);
	column_set_add(&expected, EVERY_UINT16);
	column_set_add(&expected, EVERY_FILE);
	assert_memory_equal(&columns, &expected, sizeof(columns));
	free(builder.bytes);
}

CASE(lists_are_put_in_order_without_doubles)
{
	ConditionBuilder builder = builder_start();
	ConditionValue	 values[] = {{.i = 5}, {.i = -7}, {.i = 5}, {.i = 300}, {.i = -7}},
				   value;
	const uint8_t *cursor = NULL;
	ConditionItem  item;
	const int64_t  expected[] = {-7, 5, 300};

	condition_put_any(&builder, EVERY_INT64, values, LENGTH(values), false);
	cursor = builder.bytes;
	assert_null(condition_item(&every_schema, &cursor, builder.bytes + builder.length, &item));
	assert_int_equal(item.count, LENGTH(expected));
	cursor = item.values;
	for (size_t i = 0; i < LENGTH(expected); i++)
	{
		assert_true(condition_value(CONDITION_INTEGER, &cursor, builder.bytes + builder.length, &value));
		assert_int_equal(value.i, expected[i]);
	}
	free(builder.bytes);
}

CASE(nothing_is_compared_that_only_the_leader_knows)
{
	static const char *const names[] = {"id", "process_pid", "process_name", "udps", "splt_ps"};

	for (size_t i = 0; i < LENGTH(names); i++)
		assert_int_equal(condition_kind(&flow_schema.columns[schema_column(&flow_schema, names[i])]), CONDITION_NONE);
	assert_int_equal(condition_kind(&flow_schema.columns[schema_column(&flow_schema, "src_port")]), CONDITION_INTEGER);
}

static ConditionBuilder
nested(unsigned depth)
{
	ConditionBuilder builder = builder_start();

	for (unsigned i = 1; i < depth; i++)
		condition_put_not(&builder);
	condition_put_constant(&builder, CONDITION_TRUE);
	return builder;
}

CASE(condition_is_not_too_deep)
{
	ConditionBuilder deep = nested(CONDITION_DEPTH_MAX),
					 deeper = nested(CONDITION_DEPTH_MAX + 1);

	assert_null(condition_check(&every_schema, deep.bytes, deep.length));
	assert_string_equal(condition_check(&every_schema, deeper.bytes, deeper.length), "a condition is too deep");
	free(deep.bytes);
	free(deeper.bytes);
}

CASE(condition_is_not_too_long)
{
	ConditionBuilder builder = builder_start();
	uint8_t			*text = calloc(1, CONDITION_BYTES_MAX);
	ConditionValue	 value = {.text = {text, CONDITION_BYTES_MAX - 7}};

	condition_put_compare(&builder, EVERY_TEXT, CONDITION_EQUAL, &value);
	assert_null(condition_check(&every_schema, builder.bytes, builder.length));
	builder.length = 0;
	value.text.length++;
	condition_put_compare(&builder, EVERY_TEXT, CONDITION_EQUAL, &value);
	assert_string_equal(condition_check(&every_schema, builder.bytes, builder.length), "a condition is too long");
	free(builder.bytes);
	free(text);
}

CASE(bytes_that_are_no_condition_are_refused)
{
	const struct
	{
		const uint8_t *bytes;
		size_t		   length;
		const char	  *wrong;
	} cases[] = {
		{BYTES(0), "a condition has a node that is not known"},
		{BYTES(8, 1), "a condition has a node that is not known"},
		{BYTES(CONDITION_AND, 0, 0, 0, 0), "a condition combines nothing"},
		{BYTES(CONDITION_OR, 1, 0, 0), "a condition combines nothing"},
		{BYTES(CONDITION_OR, 255, 255, 255, 255, CONDITION_CONSTANT, 1), "a condition has a node that is not known"},
		{BYTES(CONDITION_NOT), "a condition has a node that is not known"},
		{BYTES(CONDITION_CONSTANT), "a condition has a constant that is none"},
		{BYTES(CONDITION_CONSTANT, 0), "a condition has a constant that is none"},
		{BYTES(CONDITION_CONSTANT, 8), "a condition has a constant that is none"},
		{BYTES(CONDITION_CONSTANT, 1, 1), "a condition is longer than its nodes"},
		{BYTES(CONDITION_COMPARE, 6, EVERY_INT64), "a condition has an operator that is not known"},
		{BYTES(CONDITION_COMPARE, 0, EVERY_COLUMNS), "a condition is on a column that is none"},
		{BYTES(CONDITION_COMPARE, 0, EVERY_LIST), "a condition is on a column that is not compared"},
		{BYTES(CONDITION_COMPARE, 0, EVERY_JSON), "a condition is on a column that is not compared"},
		{BYTES(CONDITION_COMPARE, 0, EVERY_INT64, 0, 0, 0, 0, 0, 0, 0), "a condition has a bad value"},
		{BYTES(CONDITION_COMPARE, 0, EVERY_ADDRESS, 5, 0, 0, 0, 0, 0), "a condition has a bad value"},
		{BYTES(CONDITION_COMPARE, 0, EVERY_ADDRESS, 4, 33, 0, 0, 0, 0), "a condition has a bad value"},
		{BYTES(CONDITION_COMPARE, 0, EVERY_ADDRESS, 6, 32, 0, 0, 0, 0), "a condition has a bad value"},
		{BYTES(CONDITION_COMPARE, 0, EVERY_TEXT, 2, 0, 0, 0, 'a'), "a condition has a bad value"},
		{BYTES(CONDITION_COMPARE, 0, EVERY_TEXT, 255, 255, 255, 255, 'a'), "a condition has a bad value"},
		{BYTES(CONDITION_NETWORK, 5, EVERY_ADDRESS), "a condition has an operator that is not known"},
		{BYTES(CONDITION_NETWORK, 0, EVERY_INT64), "a condition on networks is on a column that has none"},
		{BYTES(CONDITION_ANY, EVERY_TEXT, 2, 0, 0, 0, 0), "a condition ends inside a list"},
		{BYTES(CONDITION_ANY, EVERY_TEXT, 0, 1, 0, 0, 0), "a condition has a bad value"},
		{BYTES(CONDITION_ANY, EVERY_TEXT, 0, 2, 0, 0, 0, 1, 0, 0, 0, 'b', 1, 0, 0, 0, 'a'), "a condition's values are out of order"},
		{BYTES(CONDITION_ANY, EVERY_TEXT, 0, 2, 0, 0, 0, 1, 0, 0, 0, 'b', 1, 0, 0, 0, 'b'), "a condition's values are out of order"},
	};

	assert_non_null(condition_check(&every_schema, NULL, 0));
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(condition_check(&every_schema, cases[i].bytes, cases[i].length), cases[i].wrong);
}

CASE(condition_cut_at_every_byte_is_refused)
{
	ConditionBuilder builder = builder_start();
	ConditionValue	 network = {.address = {4, 8, {10}}},
				   texts[] = {{.text = {BYTES('a', 'b')}}, {.text = {NULL, 0}}};

	condition_put_and(&builder, 3);
	condition_put_network(&builder, EVERY_ADDRESS, CONDITION_WITHIN, &network);
	condition_put_any(&builder, EVERY_TEXT, texts, LENGTH(texts), true);
	condition_put_not(&builder);
	condition_put_compare(&builder, EVERY_DOUBLE, CONDITION_LESS, &(ConditionValue) {.d = 1});
	assert_null(condition_check(&every_schema, builder.bytes, builder.length));
	for (size_t length = 0; length < builder.length; length++)
	{
		uint8_t *cut = malloc(length + 1);

		memcpy(cut + 1, builder.bytes, length);
		assert_non_null(condition_check(&every_schema, cut + 1, length));
		free(cut);
	}
	free(builder.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_compared_as_inet),
		cmocka_unit_test(doubles_are_compared_as_float8),
		cmocka_unit_test(whole_numbers_are_compared_as_bigint),
		cmocka_unit_test(texts_are_compared_byte_by_byte),
		cmocka_unit_test(logic_has_three_values),
		cmocka_unit_test(lists_may_have_a_null),
		cmocka_unit_test(numbers_of_all_kinds_are_numbers),
		cmocka_unit_test(macs_are_compared_byte_by_byte),
		cmocka_unit_test(random_conditions_are_what_logic_makes_of_them),
		cmocka_unit_test(columns_of_a_condition_are_those_that_it_looks_at),
		cmocka_unit_test(lists_are_put_in_order_without_doubles),
		cmocka_unit_test(nothing_is_compared_that_only_the_leader_knows),
		cmocka_unit_test(condition_is_not_too_deep),
		cmocka_unit_test(condition_is_not_too_long),
		cmocka_unit_test(bytes_that_are_no_condition_are_refused),
		cmocka_unit_test(condition_cut_at_every_byte_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
