/*
 * condition_program.c
 *	  A condition, made ready to be asked of many rows: can it be true?
 *
 * By SQL's logic AND, OR and NOT of true, false and null obey De Morgan's laws: a NOT moves inwards, from a node to its own, until it
 * stands at a leaf.  Whether the whole can be true then depends only on whether each leaf can be true, or, after NOT, false; of a null
 * neither can.
 *
 * Tests are made from the last to the first: each node is told which test follows if it can be true, and which if not, and says which
 * is its own first.  In an AND each node that can be true is followed by the next one, in an OR each that cannot.  What is known of a
 * leaf without a row is no test: then nothing remains of it but what follows.  Most comparisons are ranges of whole numbers, or prefixes
 * of addresses.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/flow/condition_program.h"

typedef struct Maker
{
	ConditionProgram *program;
	const Schema	 *schema;
	const ColumnSet	 *known;
	const uint8_t	 *end; /* of the condition */
	uint32_t		  room;
} Maker;

/* What follows a node. */
typedef struct Follow
{
	uint32_t if_so;
	uint32_t if_not;
} Follow;

/* Steps over a node and its own. */
static void
skip(const Maker *maker, const uint8_t **cursor)
{
	ConditionItem item;

	condition_item(maker->schema, cursor, maker->end, &item);
	if (item.node == CONDITION_AND || item.node == CONDITION_OR || item.node == CONDITION_NOT)
		for (uint32_t i = 0; i < item.count; i++)
			skip(maker, cursor);
}

static uint32_t
add_test(Maker *maker, ConditionTest test, Follow follow)
{
	ConditionProgram *program = maker->program;

	if (program->count == maker->room)
	{
		maker->room = maker->room * 2 + 16;
		program->tests = memory_resize(program->tests, maker->room * sizeof(test));
	}
	test.if_so = follow.if_so;
	test.if_not = follow.if_not;
	program->tests[program->count] = test;
	return program->count++;
}

/* ------------------------------------------------------------------------------------------------------------------ leaves */

static uint32_t
make_range(Maker *maker, ConditionTest test, int64_t least, int64_t most, Follow follow)
{
	test.kind = TEST_RANGE;
	test.range.least = least;
	test.range.span = (uint64_t) most - (uint64_t) least;
	return add_test(maker, test, follow);
}

/* A whole number and its operator. */
static uint32_t
make_number(Maker *maker, ConditionTest test, ConditionOperator operation, int64_t number, Follow follow)
{
	const Follow opposite = {follow.if_not, follow.if_so};

	switch (operation)
	{
		case CONDITION_EQUAL:
			return make_range(maker, test, number, number, follow);
		case CONDITION_NOT_EQUAL:
			return make_range(maker, test, number, number, opposite);
		case CONDITION_LESS_OR_EQUAL:
			return make_range(maker, test, INT64_MIN, number, follow);
		case CONDITION_GREATER:
			return make_range(maker, test, INT64_MIN, number, opposite);
		case CONDITION_GREATER_OR_EQUAL:
			return make_range(maker, test, number, INT64_MAX, follow);
		default: /* CONDITION_LESS */
			return make_range(maker, test, number, INT64_MAX, opposite);
	}
}

/* The first `bits` bits of an address. */
static uint32_t
make_prefix(Maker *maker, ConditionTest test, const ConditionValue *network, unsigned bits, Follow follow)
{
	uint8_t mask[16] = {0};

	for (unsigned i = 0; i < bits; i++)
		mask[i / 8] |= 0x80 >> i % 8;
	test.kind = TEST_PREFIX;
	test.version = network->address.version;
	memcpy(test.prefix.mask, mask, sizeof(mask));
	memcpy(test.prefix.bits, network->address.bytes, sizeof(mask));
	for (unsigned i = 0; i < 2; i++)
		test.prefix.bits[i] &= test.prefix.mask[i];
	return add_test(maker, test, follow);
}

static bool
is_host(const ConditionValue *address)
{
	return address->address.bits == (address->address.version == 4 ? 32 : 128);
}

/* The column is an address of a host: it contains no other network, and no network but a larger one contains it. */
static uint32_t
make_network(Maker *maker, ConditionTest test, ConditionNetwork operation, const ConditionValue *network, Follow follow)
{
	bool can_be = operation == CONDITION_WITHIN			   ? !is_host(network) :
				  operation == CONDITION_CONTAINS		   ? false :
				  operation == CONDITION_CONTAINS_OR_EQUAL ? is_host(network) :
															 true;

	return can_be ? make_prefix(maker, test, network, network->address.bits, follow) : follow.if_not;
}

static uint32_t
make_constants(Maker *maker, ConditionTest test, const ConditionItem *item, Follow follow)
{
	const uint8_t *cursor = item->values;

	test.constants.values = memory_get(item->count * sizeof(ConditionValue));
	test.constants.count = item->count;
	for (uint32_t i = 0; i < item->count; i++)
		condition_value(item->kind, &cursor, maker->end, &test.constants.values[i]);
	return add_test(maker, test, follow);
}

static uint32_t
make_compare(Maker *maker, ConditionTest test, const ConditionItem *item, Follow follow)
{
	const uint8_t *cursor = item->values;
	ConditionValue value;

	condition_value(item->kind, &cursor, maker->end, &value);
	if (item->node == CONDITION_NETWORK)
		return make_network(maker, test, item->operation, &value, follow);
	if (item->kind == CONDITION_INTEGER)
		return make_number(maker, test, item->operation, value.i, follow);
	if (item->kind == CONDITION_ADDRESS && item->operation == CONDITION_EQUAL && is_host(&value))
		return make_prefix(maker, test, &value, value.address.bits, follow);
	test.kind = TEST_COMPARE;
	test.orders = condition_orders(item->operation);
	return make_constants(maker, test, item, follow);
}

/* A comparison or a list, of which `follow` is what comes if it is true or false. */
static uint32_t
make_leaf(Maker *maker, const ConditionItem *item, Follow follow)
{
	const ConditionTest test = {.kind = TEST_ANY, .value_kind = (uint8_t) item->kind, .column = (uint8_t) item->column};

	if (item->node != CONDITION_ANY)
		return make_compare(maker, test, item, follow);
	if (item->count == 0)
		return follow.if_not;
	return make_constants(maker, test, item, follow);
}

/* ------------------------------------------------------------------------------------------------------------------- nodes */

static uint32_t make(Maker *maker, const uint8_t *cursor, bool is_negated, Follow follow);

/* AND or OR, in which all of the nodes are needed, or one. */
static uint32_t
make_several(Maker *maker, const uint8_t *cursor, uint32_t count, bool needs_all, bool is_negated, Follow follow)
{
	const uint8_t **nodes = memory_get(count * sizeof(*nodes));
	uint32_t		first = needs_all ? follow.if_so : follow.if_not;

	for (uint32_t i = 0; i < count; i++)
	{
		nodes[i] = cursor;
		skip(maker, &cursor);
	}
	for (uint32_t i = count; i-- > 0;)
		first = make(maker, nodes[i], is_negated, needs_all ? (Follow) {first, follow.if_not} : (Follow) {follow.if_so, first});
	free(nodes);
	return first;
}

/* The node at the cursor, after a NOT or not; returns the first of its tests, or what follows it without one. */
static uint32_t
make(Maker *maker, const uint8_t *cursor, bool is_negated, Follow follow)
{
	ConditionItem item;

	condition_item(maker->schema, &cursor, maker->end, &item);
	switch (item.node)
	{
		case CONDITION_AND:
		case CONDITION_OR:
			return make_several(maker, cursor, item.count, (item.node == CONDITION_AND) != is_negated, is_negated, follow);
		case CONDITION_NOT:
			return make(maker, cursor, !is_negated, follow);
		case CONDITION_CONSTANT:
			return item.set & (is_negated ? CONDITION_FALSE : CONDITION_TRUE) ? follow.if_so : follow.if_not;
		default:
			break;
	}
	/* With a null among them, a value that is none of the others is not false, but null. */
	if (item.has_null && is_negated)
		return follow.if_not;
	if (!column_set_has(maker->known, item.column))
		return follow.if_so;
	return make_leaf(maker, &item, is_negated ? (Follow) {follow.if_not, follow.if_so} : follow);
}

void
program_make(ConditionProgram *program, const Schema *schema, const uint8_t *condition, size_t length, const ColumnSet *known)
{
	Maker maker = {.program = program, .schema = schema, .known = known, .end = condition + length};

	*program = (ConditionProgram) {0};
	program->first = make(&maker, condition, false, (Follow) {PROGRAM_CAN_BE, PROGRAM_CANNOT});
}

void
program_free(ConditionProgram *program)
{
	for (uint32_t i = 0; i < program->count; i++)
		if (program->tests[i].kind == TEST_COMPARE || program->tests[i].kind == TEST_ANY)
			free(program->tests[i].constants.values);
	free(program->tests);
}

/* -------------------------------------------------------------------------------------------------------------- the asking */

ConditionValue
condition_value_of(const Column *column, const RecordValue *value)
{
	ConditionValue as_condition;

	switch (column->kind)
	{
		case COLUMN_INT32:
		case COLUMN_INT64:
			as_condition.i = value->i;
			break;
		case COLUMN_DOUBLE:
			as_condition.d = value->d;
			break;
		case COLUMN_ADDRESS:
			memset(&as_condition.address, 0, sizeof(as_condition.address));
			as_condition.address.version = value->b.length == 4 ? 4 : 6;
			as_condition.address.bits = value->b.length == 4 ? 32 : 128;
			memcpy(as_condition.address.bytes, value->b.bytes, value->b.length == 4 ? 4 : 16);
			break;
		case COLUMN_MAC:
		case COLUMN_OUI:
		case COLUMN_TEXT:
			as_condition.text.bytes = value->b.bytes;
			as_condition.text.length = value->b.length;
			break;
		default:
			as_condition.i = value->u > INT64_MAX ? INT64_MAX : (int64_t) value->u;
	}
	return as_condition;
}

/* Whether the value is one of the constants, by halving. */
static bool
is_among(const ConditionTest *test, const ConditionValue *value)
{
	uint32_t from = 0,
			 to = test->constants.count;

	while (from < to)
	{
		uint32_t middle = from + (to - from) / 2;
		int		 order = condition_compare((ConditionKind) test->value_kind, value, &test->constants.values[middle]);

		if (order == 0)
			return true;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return false;
}

bool
test_constants(const ConditionTest *test, const ConditionValue *value)
{
	int order;

	if (test->kind == TEST_ANY)
		return is_among(test, value);
	order = condition_compare((ConditionKind) test->value_kind, value, &test->constants.values[0]);
	return test->orders & (order < 0 ? ORDER_LESS : order == 0 ? ORDER_EQUAL :
																 ORDER_GREATER);
}
