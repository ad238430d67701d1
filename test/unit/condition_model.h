/*
 * condition_model.h
 *	  Conditions as trees, at random; what they are of a row, by SQL's logic, without what the product does; and how they are put together.
 */
#ifndef CONDITION_MODEL_H
#define CONDITION_MODEL_H

#include <math.h>

#include "cases.h"
#include "engine/flow/condition_program.h"

#define MODEL_NODES_MAX	 200
#define MODEL_VALUES_MAX 6
#define MODEL_DEPTH		 4

typedef enum Truth
{
	IS_TRUE,
	IS_FALSE,
	IS_NULL
} Truth;

typedef struct ModelNode
{
	ConditionNode  node;
	unsigned	   first; /* AND, OR, NOT: of its nodes, which follow each other in `sequence` */
	unsigned	   count; /* of these, or of the values */
	ConditionSet   constant;
	unsigned	   operation;
	unsigned	   column;
	bool		   has_null;
	ConditionValue values[MODEL_VALUES_MAX];
} ModelNode;

/* A tree; node 0 is the whole. */
typedef struct Model
{
	const Schema *schema;
	unsigned	  count;
	ModelNode	  nodes[MODEL_NODES_MAX];
	unsigned	  sequence_count;
	unsigned	  sequence[MODEL_NODES_MAX];
} Model;

/* ------------------------------------------------------------------------------------------------------- what it is of a row */

static inline int
model_bit(const uint8_t *bytes, unsigned bit)
{
	return bytes[bit / 8] >> (7 - bit % 8) & 1;
}

/* Whether the first bits are the same. */
static inline bool
model_same_network(const ConditionValue *a, const ConditionValue *b, unsigned bits)
{
	if (a->address.version != b->address.version)
		return false;
	for (unsigned i = 0; i < bits; i++)
		if (model_bit(a->address.bytes, i) != model_bit(b->address.bytes, i))
			return false;
	return true;
}

static inline int
model_order_of_addresses(const ConditionValue *a, const ConditionValue *b)
{
	unsigned all = a->address.version == 4 ? 32 : 128,
			 common = a->address.bits < b->address.bits ? a->address.bits : b->address.bits;

	if (a->address.version != b->address.version)
		return a->address.version < b->address.version ? -1 : 1;
	for (unsigned i = 0; i < common; i++)
		if (model_bit(a->address.bytes, i) != model_bit(b->address.bytes, i))
			return model_bit(a->address.bytes, i) < model_bit(b->address.bytes, i) ? -1 : 1;
	if (a->address.bits != b->address.bits)
		return a->address.bits < b->address.bits ? -1 : 1;
	for (unsigned i = common; i < all; i++)
		if (model_bit(a->address.bytes, i) != model_bit(b->address.bytes, i))
			return model_bit(a->address.bytes, i) < model_bit(b->address.bytes, i) ? -1 : 1;
	return 0;
}

static inline int
model_order(ConditionKind kind, const ConditionValue *a, const ConditionValue *b)
{
	switch (kind)
	{
		case CONDITION_INTEGER:
			return a->i < b->i ? -1 : (a->i > b->i ? 1 : 0);
		case CONDITION_DOUBLE:
			if (isnan(a->d))
				return isnan(b->d) ? 0 : 1;
			return isnan(b->d) || a->d < b->d ? -1 : (a->d > b->d ? 1 : 0);
		case CONDITION_ADDRESS:
			return model_order_of_addresses(a, b);
		default:
			for (uint32_t i = 0; i < a->text.length && i < b->text.length; i++)
				if (a->text.bytes[i] != b->text.bytes[i])
					return a->text.bytes[i] < b->text.bytes[i] ? -1 : 1;
			return a->text.length < b->text.length ? -1 : (a->text.length > b->text.length ? 1 : 0);
	}
}

static inline bool
model_compares(unsigned operation, int order)
{
	const bool holds[CONDITION_OPERATORS] = {order == 0, order != 0, order < 0, order <= 0, order > 0, order >= 0};

	return holds[operation];
}

static inline bool
model_networks(unsigned operation, const ConditionValue *a, const ConditionValue *b)
{
	unsigned least = a->address.bits < b->address.bits ? a->address.bits : b->address.bits;

	switch ((ConditionNetwork) operation)
	{
		case CONDITION_WITHIN:
			return a->address.bits > b->address.bits && model_same_network(a, b, b->address.bits);
		case CONDITION_WITHIN_OR_EQUAL:
			return a->address.bits >= b->address.bits && model_same_network(a, b, b->address.bits);
		case CONDITION_CONTAINS:
			return a->address.bits < b->address.bits && model_same_network(a, b, a->address.bits);
		case CONDITION_CONTAINS_OR_EQUAL:
			return a->address.bits <= b->address.bits && model_same_network(a, b, a->address.bits);
		default:
			return model_same_network(a, b, least);
	}
}

static inline Truth
model_leaf(const Model *model, const ModelNode *node, const RecordValue *row)
{
	const Column  *column = &model->schema->columns[node->column];
	ConditionKind  kind = condition_kind(column);
	ConditionValue value = condition_value_of(column, &row[node->column]);
	bool		   holds = false;

	if (node->node == CONDITION_NETWORK)
		holds = model_networks(node->operation, &value, &node->values[0]);
	else if (node->node == CONDITION_COMPARE)
		holds = model_compares(node->operation, model_order(kind, &value, &node->values[0]));
	else
		for (unsigned i = 0; i < node->count; i++)
			holds = holds || model_order(kind, &value, &node->values[i]) == 0;
	if (!holds && node->node == CONDITION_ANY && node->has_null)
		return IS_NULL;
	return holds ? IS_TRUE : IS_FALSE;
}

/* Of a constant that may be several things, the first of true, false, null; `unknown` is put where all of them are. */
static inline Truth
model_truth(const Model *model, unsigned number, const RecordValue *row, Truth unknown)
{
	const ModelNode *node = &model->nodes[number];
	Truth			 dominant = node->node == CONDITION_AND ? IS_FALSE : IS_TRUE,
		  result = node->node == CONDITION_AND ? IS_TRUE : IS_FALSE;

	switch (node->node)
	{
		case CONDITION_NOT:
			result = model_truth(model, model->sequence[node->first], row, unknown);
			return result == IS_NULL ? IS_NULL : (result == IS_TRUE ? IS_FALSE : IS_TRUE);
		case CONDITION_CONSTANT:
			if (node->constant == CONDITION_UNKNOWN)
				return unknown;
			return node->constant & CONDITION_TRUE ? IS_TRUE : (node->constant & CONDITION_FALSE ? IS_FALSE : IS_NULL);
		case CONDITION_AND:
		case CONDITION_OR:
			for (unsigned i = 0; i < node->count; i++)
			{
				Truth one = model_truth(model, model->sequence[node->first + i], row, unknown);

				if (one == dominant)
					return dominant;
				if (one == IS_NULL)
					result = IS_NULL;
			}
			return result;
		default:
			return model_leaf(model, node, row);
	}
}

/* ------------------------------------------------------------------------------------------------------------ putting it together */

static inline void
model_put(const Model *model, unsigned number, ConditionBuilder *builder)
{
	const ModelNode *node = &model->nodes[number];
	ModelNode		 copy = *node; /* the values of a list are put in order */

	switch (node->node)
	{
		case CONDITION_AND:
			condition_put_and(builder, node->count);
			break;
		case CONDITION_OR:
			condition_put_or(builder, node->count);
			break;
		case CONDITION_NOT:
			condition_put_not(builder);
			break;
		case CONDITION_CONSTANT:
			condition_put_constant(builder, node->constant);
			return;
		case CONDITION_COMPARE:
			condition_put_compare(builder, node->column, (ConditionOperator) node->operation, &node->values[0]);
			return;
		case CONDITION_NETWORK:
			condition_put_network(builder, node->column, (ConditionNetwork) node->operation, &node->values[0]);
			return;
		case CONDITION_ANY:
			condition_put_any(builder, node->column, copy.values, node->count, node->has_null);
			return;
	}
	for (unsigned i = 0; i < node->count; i++)
		model_put(model, model->sequence[node->first + i], builder);
}

/* ---------------------------------------------------------------------------------------------------------------------- at random */

/* Rows from which the constants of a random condition come. */
typedef struct ModelRows
{
	const RecordValue *values; /* one row after the other, COLUMNS_MAX values each */
	unsigned		   count;
	ColumnSet		   columns; /* that conditions are on */
} ModelRows;

static inline unsigned
model_column(const Schema *schema, const ColumnSet *columns, Random *numbers)
{
	for (;;)
	{
		unsigned column = random_below(numbers, schema->count);

		if (column_set_has(columns, column) && condition_kind(&schema->columns[column]) != CONDITION_NONE)
			return column;
	}
}

/* A value of some row, or one near it. */
static inline ConditionValue
model_value(const Model *model, unsigned column, const ModelRows *rows, Random *numbers)
{
	const RecordValue *row = &rows->values[(size_t) random_below(numbers, rows->count) * COLUMNS_MAX];
	ConditionValue	   value = condition_value_of(&model->schema->columns[column], &row[column]);

	if (random_below(numbers, 3) > 0)
		return value;
	switch (condition_kind(&model->schema->columns[column]))
	{
		case CONDITION_INTEGER:
			value.i += (int64_t) random_below(numbers, 3) - 1;
			break;
		case CONDITION_DOUBLE:
			value.d += (double) random_below(numbers, 3) - 1;
			break;
		case CONDITION_ADDRESS:
			value.address.bits = (uint8_t) random_below(numbers, value.address.bits + 1u);
			break;
		default:
			value.text.length = random_below(numbers, value.text.length + 1u);
	}
	return value;
}

static inline unsigned
model_add(Model *model, unsigned depth, const ModelRows *rows, Random *numbers)
{
	unsigned number = model->count++,
			 kind = random_below(numbers, depth < MODEL_DEPTH ? 10 : 6);
	ModelNode *node = &model->nodes[number];

	assert_true(number < MODEL_NODES_MAX);
	memset(node, 0, sizeof(*node));
	if (kind >= 6)
	{
		unsigned nodes[3];

		node->node = kind == 9 ? CONDITION_NOT : (kind == 8 ? CONDITION_OR : CONDITION_AND);
		node->count = kind == 9 ? 1 : 1 + random_below(numbers, 3);
		for (unsigned i = 0; i < node->count; i++)
			nodes[i] = model_add(model, depth + 1, rows, numbers);
		node->first = model->sequence_count;
		memcpy(&model->sequence[node->first], nodes, node->count * sizeof(*nodes));
		model->sequence_count += node->count;
		return number;
	}
	if (kind == 5 && random_below(numbers, 2) == 0)
	{
		static const ConditionSet constants[] = {CONDITION_TRUE, CONDITION_FALSE, CONDITION_NULL, CONDITION_UNKNOWN};

		node->node = CONDITION_CONSTANT;
		node->constant = constants[random_below(numbers, LENGTH(constants))];
		return number;
	}
	node->column = model_column(model->schema, &rows->columns, numbers);
	node->count = 1;
	if (kind == 4)
	{
		node->node = CONDITION_ANY;
		node->count = random_below(numbers, MODEL_VALUES_MAX + 1);
		node->has_null = random_below(numbers, 4) == 0;
	}
	else if (kind == 3 && model->schema->columns[node->column].kind == COLUMN_ADDRESS)
	{
		node->node = CONDITION_NETWORK;
		node->operation = random_below(numbers, CONDITION_NETWORKS);
	}
	else
	{
		node->node = CONDITION_COMPARE;
		node->operation = random_below(numbers, CONDITION_OPERATORS);
	}
	for (unsigned i = 0; i < node->count; i++)
		node->values[i] = model_value(model, node->column, rows, numbers);
	return number;
}

static inline void
model_random(Model *model, const Schema *schema, const ModelRows *rows, Random *numbers)
{
	model->schema = schema;
	model->count = model->sequence_count = 0;
	model_add(model, 0, rows, numbers);
}

#endif /* CONDITION_MODEL_H */
