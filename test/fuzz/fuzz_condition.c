/*
 * fuzz_condition.c
 *	  A condition as a meter reads it: checked, made ready, and asked of rows.
 *
 * The input: a byte for the columns that are known, and a condition on a schema with every kind of column.  What passes the check can be
 * true or, after NOT, can be, but of a row of which all is known not both, unless something in it is unknown; and what is known of
 * some columns only never excludes what all of them allow.
 */
#include "engine/flow/condition_program.h"
#include "every_kind.h"
#include "fuzz.h"

#define ROWS 4

static const uint8_t texts[] = "\x0a\x01\x02\x03TLS\0\xff\xff\xff\xff\xff\xff\xff\xff\xff";

/* Rows of small values, of great ones, and between. */
static void
read_row(void *context, unsigned column, RecordValue *value)
{
	unsigned row = *(const unsigned *) context;

	switch (condition_kind(&every_schema.columns[column]))
	{
		case CONDITION_DOUBLE:
			value->d = row == 0 ? 0 : (row == 1 ? __builtin_nan("") : (row == 2 ? 1e300 : -1.5));
			return;
		case CONDITION_ADDRESS:
			value->b.bytes = texts;
			value->b.length = row % 2 == 0 ? 4 : 16;
			return;
		case CONDITION_BYTES:
			value->b.bytes = texts + row;
			value->b.length = row;
			return;
		default:
			value->u = row == 0 ? 0 : (row == 1 ? UINT64_MAX : (row == 2 ? INT64_MAX : 53));
	}
}

static bool
can_be(const uint8_t *condition, size_t length, const ColumnSet *known, unsigned row)
{
	ConditionProgram program;
	bool			 can;

	program_make(&program, &every_schema, condition, length, known);
	can = program_can_be(&program, &every_schema, read_row, &row);
	program_free(&program);
	return can;
}

/* Whether a constant in it may be true as well as false. */
static bool
has_unknown(const uint8_t *condition, size_t length)
{
	const uint8_t *cursor = condition;
	ConditionItem  item;

	while (cursor < condition + length)
	{
		EXPECT(condition_item(&every_schema, &cursor, condition + length, &item) == NULL);
		if (item.node == CONDITION_CONSTANT && (item.set & CONDITION_TRUE) && (item.set & CONDITION_FALSE))
			return true;
	}
	return false;
}

static void
ask(const uint8_t *condition, size_t length, uint8_t choice)
{
	uint8_t	 *negated = malloc(length + 1);
	ColumnSet all,
		some = {.bits = {choice * UINT64_C(0x0101010101010101)}},
		looked_at = {0};

	memset(&all, 0xff, sizeof(all));
	negated[0] = CONDITION_NOT;
	memcpy(negated + 1, condition, length);
	condition_columns(&every_schema, condition, length, &looked_at);
	for (unsigned row = 0; row < ROWS; row++)
	{
		bool can = can_be(condition, length, &looked_at, row);

		EXPECT(can == can_be(condition, length, &all, row));
		EXPECT(has_unknown(condition, length) || !can || !can_be(negated, length + 1, &all, row));
		EXPECT(!can || can_be(condition, length, &some, row));
	}
	free(negated);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *condition;

	if (size == 0)
		return 0;
	condition = exact_copy(data + 1, size - 1);
	if (condition_check(&every_schema, condition, size - 1) == NULL)
		ask(condition, size - 1, data[0]);
	free(condition);
	return 0;
}
