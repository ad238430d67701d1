/*
 * condition_program.h
 *	  A condition (wire/condition.h), made ready to be asked of many rows: can it be true?
 *
 * A program is a list of tests, each of which says which is asked next if it holds, and which if not.  What the values of some columns
 * are is not known at every moment of a flow's life: a program is made for those that are, and what depends on others may be anything.
 */
#ifndef ENGINE_FLOW_CONDITION_PROGRAM_H
#define ENGINE_FLOW_CONDITION_PROGRAM_H

#include <string.h>

#include "wire/condition.h"
#include "wire/record.h"

/* In the place of a test's number: the program is over, and the condition can be true, or cannot. */
#define PROGRAM_CAN_BE UINT32_MAX
#define PROGRAM_CANNOT (UINT32_MAX - 1)

typedef enum TestKind
{
	TEST_RANGE,	  /* a whole number from `least` to `least + span` */
	TEST_PREFIX,  /* an address of this version whose bits of the mask are these */
	TEST_COMPARE, /* how the value compares with the first constant is one of `orders` */
	TEST_ANY	  /* the value is one of the constants, which are in ascending order */
} TestKind;

typedef struct ConditionTest
{
	uint8_t	 kind;		 /* a TestKind */
	uint8_t	 value_kind; /* a ConditionKind */
	uint8_t	 orders;
	uint8_t	 version; /* TEST_PREFIX: 4 or 6 */
	uint8_t	 column;  /* its index in the schema */
	uint8_t	 load;	  /* for whoever asks: how its value is got, */
	uint16_t at;	  /* and where */
	uint32_t if_so;	  /* the number of the test that comes next */
	uint32_t if_not;
	union
	{
		struct
		{
			int64_t	 least;
			uint64_t span;
		} range;
		struct
		{
			uint64_t mask[2]; /* as they lie in memory */
			uint64_t bits[2];
		} prefix;
		struct
		{
			ConditionValue *values;
			uint32_t		count;
		} constants;
	};
} ConditionTest;

typedef struct ConditionProgram
{
	uint32_t	   first; /* the number of the first test */
	uint32_t	   count;
	ConditionTest *tests;
} ConditionProgram;

/* Makes the program of a condition, which was checked and has to stay, for rows of which these columns are known. */
void program_make(ConditionProgram *program, const Schema *schema, const uint8_t *condition, size_t length, const ColumnSet *known);
void program_free(ConditionProgram *program);

/* Whether it lets every row pass. */
static inline bool
program_is_idle(const ConditionProgram *program)
{
	return program->first == PROGRAM_CAN_BE;
}

/* A column's value, as it stands in records, as conditions have it; it points to where that does. */
ConditionValue condition_value_of(const Column *column, const RecordValue *value);

/* TEST_COMPARE and TEST_ANY. */
bool test_constants(const ConditionTest *test, const ConditionValue *value);

static inline bool
test_number(const ConditionTest *test, int64_t number)
{
	return (uint64_t) number - (uint64_t) test->range.least <= test->range.span;
}

/* An IPv4 address takes 4 bytes, the others are 0. */
static inline bool
test_address(const ConditionTest *test, const uint8_t bytes[16], uint8_t version)
{
	uint64_t halves[2];

	memcpy(halves, bytes, sizeof(halves));
	return version == test->version && (halves[0] & test->prefix.mask[0]) == test->prefix.bits[0] &&
		   (halves[1] & test->prefix.mask[1]) == test->prefix.bits[1];
}

static inline bool
test_value(const ConditionTest *test, const ConditionValue *value)
{
	switch ((TestKind) test->kind)
	{
		case TEST_RANGE:
			return test_number(test, value->i);
		case TEST_PREFIX:
			return test_address(test, value->address.bytes, value->address.version);
		default:
			return test_constants(test, value);
	}
}

/* Whether a row can fulfil the condition; `read` is asked for the values of columns that matter. */
static inline bool
program_can_be(const ConditionProgram *program, const Schema						  *schema,
			   void (*read)(void *context, unsigned column, RecordValue *value), void *context)
{
	uint32_t next = program->first;

	while (next < PROGRAM_CANNOT)
	{
		const ConditionTest *test = &program->tests[next];
		RecordValue			 record;
		ConditionValue		 value;

		read(context, test->column, &record);
		value = condition_value_of(&schema->columns[test->column], &record);
		next = test_value(test, &value) ? test->if_so : test->if_not;
	}
	return next == PROGRAM_CAN_BE;
}

#endif /* ENGINE_FLOW_CONDITION_PROGRAM_H */
