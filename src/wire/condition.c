/*
 * condition.c
 *	  Conditions: putting them together, and reading them, which may be anything.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/condition.h"
#include "wire/cursor.h"

ConditionKind
condition_kind(const Column *column)
{
	if (column->field == FIELD_ID || column->group == GROUP_SYSTEM)
		return CONDITION_NONE;
	switch (column->kind)
	{
		case COLUMN_UINT8:
		case COLUMN_UINT16:
		case COLUMN_UINT32:
		case COLUMN_UINT64:
		case COLUMN_INT32:
		case COLUMN_INT64:
		case COLUMN_FILE:
			return CONDITION_INTEGER;
		case COLUMN_DOUBLE:
			return CONDITION_DOUBLE;
		case COLUMN_ADDRESS:
			return CONDITION_ADDRESS;
		case COLUMN_MAC:
		case COLUMN_OUI:
		case COLUMN_TEXT:
			return CONDITION_BYTES;
		case COLUMN_LONG_TEXT:
		case COLUMN_JSON:
		case COLUMN_BYTES:
		case COLUMN_INTEGERS:
			return CONDITION_NONE;
	}
	return CONDITION_NONE;
}

unsigned
condition_orders(ConditionOperator operation)
{
	static const uint8_t orders[CONDITION_OPERATORS] = {
		[CONDITION_EQUAL] = ORDER_EQUAL,
		[CONDITION_NOT_EQUAL] = ORDER_LESS | ORDER_GREATER,
		[CONDITION_LESS] = ORDER_LESS,
		[CONDITION_LESS_OR_EQUAL] = ORDER_LESS | ORDER_EQUAL,
		[CONDITION_GREATER] = ORDER_GREATER,
		[CONDITION_GREATER_OR_EQUAL] = ORDER_GREATER | ORDER_EQUAL,
	};

	return orders[operation];
}

int
condition_opposite(int set)
{
	return (set & CONDITION_NULL) | (set & CONDITION_TRUE ? CONDITION_FALSE : 0) | (set & CONDITION_FALSE ? CONDITION_TRUE : 0);
}

/* ---------------------------------------------------------------------------------------------------------------- in order */

static int
compare_doubles(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return (a > b) - (a < b);
}

/* The first `bits` bits. */
static int
compare_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	int order = memcmp(a, b, bits / 8);

	if (order == 0 && bits % 8 > 0)
		order = (a[bits / 8] >> (8 - bits % 8)) - (b[bits / 8] >> (8 - bits % 8));
	return order;
}

static int
compare_addresses(const ConditionValue *a, const ConditionValue *b)
{
	unsigned common = a->address.bits < b->address.bits ? a->address.bits : b->address.bits;
	int		 order = a->address.version - b->address.version;

	if (order == 0)
		order = compare_bits(a->address.bytes, b->address.bytes, common);
	if (order == 0)
		order = a->address.bits - b->address.bits;
	if (order == 0)
		order = memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
	return order;
}

static int
compare_bytes(const ConditionValue *a, const ConditionValue *b)
{
	uint32_t common = a->text.length < b->text.length ? a->text.length : b->text.length;
	int		 order = common == 0 ? 0 : memcmp(a->text.bytes, b->text.bytes, common);

	return order != 0 ? order : (a->text.length > b->text.length) - (a->text.length < b->text.length);
}

int
condition_compare(ConditionKind kind, const ConditionValue *a, const ConditionValue *b)
{
	switch (kind)
	{
		case CONDITION_INTEGER:
			return (a->i > b->i) - (a->i < b->i);
		case CONDITION_DOUBLE:
			return compare_doubles(a->d, b->d);
		case CONDITION_ADDRESS:
			return compare_addresses(a, b);
		case CONDITION_BYTES:
			return compare_bytes(a, b);
		case CONDITION_NONE:
			break;
	}
	return 0;
}

/* -------------------------------------------------------------------------------------------------------------- making one */

#define FIRST_ROOM 128

static void
put(ConditionBuilder *builder, const void *bytes, size_t length)
{
	if (builder->room - builder->length < length)
	{
		builder->room = builder->room * 2 + length + FIRST_ROOM;
		builder->bytes = builder->resize(builder->bytes, builder->room);
	}
	if (length > 0)
		memcpy(builder->bytes + builder->length, bytes, length);
	builder->length += length;
}

static void
put_byte(ConditionBuilder *builder, unsigned number)
{
	uint8_t byte = (uint8_t) number;

	put(builder, &byte, sizeof(byte));
}

static void
put_count(ConditionBuilder *builder, uint32_t count)
{
	put(builder, &count, sizeof(count));
}

static void
put_value(ConditionBuilder *builder, ConditionKind kind, const ConditionValue *value)
{
	switch (kind)
	{
		case CONDITION_INTEGER:
			put(builder, &value->i, sizeof(value->i));
			return;
		case CONDITION_DOUBLE:
			put(builder, &value->d, sizeof(value->d));
			return;
		case CONDITION_ADDRESS:
			put_byte(builder, value->address.version);
			put_byte(builder, value->address.bits);
			put(builder, value->address.bytes, value->address.version == 4 ? 4 : 16);
			return;
		case CONDITION_BYTES:
			put_count(builder, value->text.length);
			put(builder, value->text.bytes, value->text.length);
			return;
		case CONDITION_NONE:
			return;
	}
}

static ConditionKind
kind_of(const ConditionBuilder *builder, unsigned column)
{
	return condition_kind(&builder->schema->columns[column]);
}

void
condition_put_and(ConditionBuilder *builder, uint32_t nodes)
{
	put_byte(builder, CONDITION_AND);
	put_count(builder, nodes);
}

void
condition_put_or(ConditionBuilder *builder, uint32_t nodes)
{
	put_byte(builder, CONDITION_OR);
	put_count(builder, nodes);
}

void
condition_put_not(ConditionBuilder *builder)
{
	put_byte(builder, CONDITION_NOT);
}

void
condition_put_constant(ConditionBuilder *builder, ConditionSet set)
{
	put_byte(builder, CONDITION_CONSTANT);
	put_byte(builder, set);
}

void
condition_put_compare(ConditionBuilder *builder, unsigned column, ConditionOperator operation, const ConditionValue *value)
{
	put_byte(builder, CONDITION_COMPARE);
	put_byte(builder, operation);
	put_byte(builder, column);
	put_value(builder, kind_of(builder, column), value);
}

void
condition_put_network(ConditionBuilder *builder, unsigned column, ConditionNetwork operation, const ConditionValue *value)
{
	put_byte(builder, CONDITION_NETWORK);
	put_byte(builder, operation);
	put_byte(builder, column);
	put_value(builder, kind_of(builder, column), value);
}

static int
by_kind(const void *a, const void *b, void *kind)
{
	return condition_compare(*(const ConditionKind *) kind, a, b);
}

void
condition_put_any(ConditionBuilder *builder, unsigned column, ConditionValue *values, uint32_t count, bool has_null)
{
	ConditionKind kind = kind_of(builder, column);
	uint32_t	  different = 0;

	if (count > 1)
		qsort_r(values, count, sizeof(*values), by_kind, &kind);
	for (uint32_t i = 0; i < count; i++)
		if (i == 0 || condition_compare(kind, &values[different - 1], &values[i]) != 0)
			values[different++] = values[i];
	put_byte(builder, CONDITION_ANY);
	put_byte(builder, column);
	put_byte(builder, has_null);
	put_count(builder, different);
	for (uint32_t i = 0; i < different; i++)
		put_value(builder, kind, &values[i]);
}

/* ------------------------------------------------------------------------------------------------------------- reading one */

static bool
take_address(const uint8_t **cursor, const uint8_t *end, ConditionValue *value)
{
	size_t length;

	memset(&value->address, 0, sizeof(value->address));
	if (!cursor_take(cursor, end, &value->address.version, 1) || !cursor_take(cursor, end, &value->address.bits, 1) ||
		(value->address.version != 4 && value->address.version != 6))
		return false;
	length = value->address.version == 4 ? 4 : 16;
	return value->address.bits <= length * 8 && cursor_take(cursor, end, value->address.bytes, length);
}

bool
condition_value(ConditionKind kind, const uint8_t **cursor, const uint8_t *end, ConditionValue *value)
{
	switch (kind)
	{
		case CONDITION_INTEGER:
			return cursor_take(cursor, end, &value->i, sizeof(value->i));
		case CONDITION_DOUBLE:
			return cursor_take(cursor, end, &value->d, sizeof(value->d));
		case CONDITION_ADDRESS:
			return take_address(cursor, end, value);
		case CONDITION_BYTES:
			if (!cursor_take(cursor, end, &value->text.length, sizeof(value->text.length)) ||
				(size_t) (end - *cursor) < value->text.length)
				return false;
			value->text.bytes = *cursor;
			*cursor += value->text.length;
			return true;
		case CONDITION_NONE:
			break;
	}
	return false;
}

static const char *
take_column(const Schema *schema, const uint8_t **cursor, const uint8_t *end, ConditionItem *item)
{
	uint8_t column;

	if (!cursor_take(cursor, end, &column, sizeof(column)) || column >= schema->count)
		return "a condition is on a column that is none";
	item->column = column;
	item->kind = condition_kind(&schema->columns[column]);
	return item->kind == CONDITION_NONE ? "a condition is on a column that is not compared" : NULL;
}

/* The node's values, in ascending order. */
static const char *
take_values(const uint8_t **cursor, const uint8_t *end, ConditionItem *item)
{
	ConditionValue value,
		before;

	item->values = *cursor;
	for (uint32_t i = 0; i < item->count; i++, before = value)
	{
		if (!condition_value(item->kind, cursor, end, &value))
			return "a condition has a bad value";
		if (i > 0 && condition_compare(item->kind, &before, &value) >= 0)
			return "a condition's values are out of order";
	}
	return NULL;
}

/* An operator less than `operators`, a column, a value. */
static const char *
take_comparison(const Schema *schema, const uint8_t **cursor, const uint8_t *end, unsigned operators, ConditionItem *item)
{
	const char *wrong;

	if (!cursor_take(cursor, end, &item->operation, 1) || item->operation >= operators)
		return "a condition has an operator that is not known";
	item->count = 1;
	if ((wrong = take_column(schema, cursor, end, item)) != NULL)
		return wrong;
	if (item->node == CONDITION_NETWORK && item->kind != CONDITION_ADDRESS)
		return "a condition on networks is on a column that has none";
	return take_values(cursor, end, item);
}

static const char *
take_any(const Schema *schema, const uint8_t **cursor, const uint8_t *end, ConditionItem *item)
{
	const char *wrong = take_column(schema, cursor, end, item);
	uint8_t		has_null;

	if (wrong != NULL)
		return wrong;
	if (!cursor_take(cursor, end, &has_null, 1) || has_null > 1 || !cursor_take(cursor, end, &item->count, sizeof(item->count)))
		return "a condition ends inside a list";
	item->has_null = has_null;
	return take_values(cursor, end, item);
}

const char *
condition_item(const Schema *schema, const uint8_t **cursor, const uint8_t *end, ConditionItem *item)
{
	uint8_t node = 0;

	*item = (ConditionItem) {0};
	cursor_take(cursor, end, &node, sizeof(node));
	item->node = node;
	switch (item->node)
	{
		case CONDITION_AND:
		case CONDITION_OR:
			if (!cursor_take(cursor, end, &item->count, sizeof(item->count)) || item->count == 0)
				return "a condition combines nothing";
			return NULL;
		case CONDITION_NOT:
			item->count = 1;
			return NULL;
		case CONDITION_CONSTANT:
			if (!cursor_take(cursor, end, &item->set, 1) || item->set == 0 || item->set > CONDITION_UNKNOWN)
				return "a condition has a constant that is none";
			return NULL;
		case CONDITION_COMPARE:
			return take_comparison(schema, cursor, end, CONDITION_OPERATORS, item);
		case CONDITION_NETWORK:
			return take_comparison(schema, cursor, end, CONDITION_NETWORKS, item);
		case CONDITION_ANY:
			return take_any(schema, cursor, end, item);
	}
	return "a condition has a node that is not known";
}

/* A node and all that are its own. */
static const char *
check_node(const Schema *schema, const uint8_t **cursor, const uint8_t *end, unsigned depth, ColumnSet *columns)
{
	ConditionItem item;
	const char	 *wrong;

	if (depth > CONDITION_DEPTH_MAX)
		return "a condition is too deep";
	if ((wrong = condition_item(schema, cursor, end, &item)) != NULL)
		return wrong;
	switch (item.node)
	{
		case CONDITION_AND:
		case CONDITION_OR:
		case CONDITION_NOT:
			for (uint32_t i = 0; i < item.count; i++)
				if ((wrong = check_node(schema, cursor, end, depth + 1, columns)) != NULL)
					return wrong;
			return NULL;
		case CONDITION_COMPARE:
		case CONDITION_NETWORK:
		case CONDITION_ANY:
			column_set_add(columns, item.column);
			return NULL;
		case CONDITION_CONSTANT:
			return NULL;
	}
	return NULL;
}

/* The same of all of it. */
static const char *
check(const Schema *schema, const uint8_t *bytes, size_t length, ColumnSet *columns)
{
	const uint8_t *cursor = bytes,
				  *end = bytes + length;
	const char *wrong;

	if (length > CONDITION_BYTES_MAX)
		return "a condition is too long";
	wrong = check_node(schema, &cursor, end, 1, columns);
	return wrong == NULL && cursor != end ? "a condition is longer than its nodes" : wrong;
}

const char *
condition_check(const Schema *schema, const uint8_t *bytes, size_t length)
{
	ColumnSet columns = {0};

	return check(schema, bytes, length, &columns);
}

void
condition_columns(const Schema *schema, const uint8_t *bytes, size_t length, ColumnSet *columns)
{
	check(schema, bytes, length, columns);
}
