/*
 * pushdown_node.c
 *	  The parts of a condition for meters, before it is put into bytes.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg/fdw/pushdown_node.h"

static ConditionPart *
make_part(ConditionNode node)
{
	ConditionPart *part = palloc0(sizeof(*part));

	part->node = node;
	return part;
}

ConditionPart *
part_constant(ConditionSet set)
{
	ConditionPart *part = make_part(CONDITION_CONSTANT);

	part->set = set;
	return part;
}

static ConditionPart *
make_comparison(ConditionNode node, unsigned column, int operator, const ConditionValue *value)
{
	ConditionPart *part = make_part(node);

	part->column = column;
	part->operator = operator;
	part->count = 1;
	part->values = palloc(sizeof(*value));
	*part->values = *value;
	return part;
}

ConditionPart *
part_compare(unsigned column, ConditionOperator operator, const ConditionValue *value)
{
	return make_comparison(CONDITION_COMPARE, column, operator, value);
}

ConditionPart *
part_network(unsigned column, ConditionNetwork operator, const ConditionValue *value)
{
	return make_comparison(CONDITION_NETWORK, column, operator, value);
}

ConditionPart *
part_not(ConditionPart *part)
{
	ConditionPart *not;

	if (part->node == CONDITION_NOT)
		return linitial(part->parts);
	if (part->node == CONDITION_CONSTANT)
		return part_constant((part->set & CONDITION_TRUE ? CONDITION_FALSE : 0) |
							 (part->set & CONDITION_FALSE ? CONDITION_TRUE : 0) |
							 (part->set & CONDITION_NULL));
	not = make_part(CONDITION_NOT);
	not->parts = list_make1(part);
	return not;
}

static bool
is_equality(const ConditionPart *part)
{
	return part->node == CONDITION_ANY || (part->node == CONDITION_COMPARE && part->operator == CONDITION_EQUAL);
}

static bool
is_equality_of(const ConditionPart *part, unsigned column)
{
	return is_equality(part) && part->column == column;
}

/* Equalities of one column among parts, as one of them. */
static ConditionPart *
join_equalities(const List *parts, unsigned column)
{
	ConditionPart *any = make_part(CONDITION_ANY);
	ListCell	  *cell;

	any->column = column;
	foreach(cell, parts)
		if (is_equality_of(lfirst(cell), column))
			any->count += ((ConditionPart *) lfirst(cell))->count;
	any->values = palloc(any->count * sizeof(ConditionValue));
	any->count = 0;
	foreach(cell, parts)
	{
		const ConditionPart *part = lfirst(cell);

		if (!is_equality_of(part, column))
			continue;
		memcpy(any->values + any->count, part->values, part->count * sizeof(ConditionValue));
		any->count += part->count;
	}
	return any;
}

/* The parts of an OR, with the equalities of each column as one. */
static List *
join_all_equalities(const List *parts)
{
	ColumnSet several = {0},
			  once = {0},
			  joined = {0};
	List	 *result = NIL;
	ListCell *cell;

	foreach(cell, parts)
	{
		const ConditionPart *part = lfirst(cell);

		if (is_equality(part))
			column_set_add(column_set_has(&once, part->column) ? &several : &once, part->column);
	}
	foreach(cell, parts)
	{
		ConditionPart *part = lfirst(cell);

		if (is_equality(part) && column_set_has(&several, part->column))
		{
			if (column_set_has(&joined, part->column))
				continue;
			column_set_add(&joined, part->column);
			part = join_equalities(parts, part->column);
		}
		result = lappend(result, part);
	}
	return result;
}

/* `decides` is what decides the whole where one part is that, FALSE of AND; `passes` what a part may be that changes nothing. */
static ConditionPart *
combine(ConditionNode node, List *parts, ConditionSet decides, ConditionSet passes)
{
	List		  *kept = NIL;
	ConditionPart *combined;
	ListCell	  *cell;

	foreach(cell, parts)
	{
		ConditionPart *part = lfirst(cell);

		if (part_is(part, decides))
			return part;
		if (part->node == node)
			kept = list_concat(kept, part->parts);
		else if (!part_is(part, passes))
			kept = lappend(kept, part);
	}
	if (node == CONDITION_OR)
		kept = join_all_equalities(kept);
	if (kept == NIL)
		return part_constant(passes);
	if (list_length(kept) == 1)
		return linitial(kept);
	combined = make_part(node);
	combined->parts = kept;
	return combined;
}

ConditionPart *
part_and(List *parts)
{
	return combine(CONDITION_AND, parts, CONDITION_FALSE, CONDITION_TRUE);
}

ConditionPart *
part_or(List *parts)
{
	return combine(CONDITION_OR, parts, CONDITION_TRUE, CONDITION_FALSE);
}

void
part_put(ConditionPart *part, ConditionBuilder *builder)
{
	ListCell *cell;

	check_stack_depth();
	switch (part->node)
	{
		case CONDITION_AND:
			condition_put_and(builder, list_length(part->parts));
			break;
		case CONDITION_OR:
			condition_put_or(builder, list_length(part->parts));
			break;
		case CONDITION_NOT:
			condition_put_not(builder);
			break;
		case CONDITION_CONSTANT:
			condition_put_constant(builder, part->set);
			break;
		case CONDITION_COMPARE:
			condition_put_compare(builder, part->column, part->operator, part->values);
			break;
		case CONDITION_ANY:
			condition_put_any(builder, part->column, part->values, part->count, false);
			break;
		case CONDITION_NETWORK:
			condition_put_network(builder, part->column, part->operator, part->values);
			break;
	}
	foreach(cell, part->parts)
		part_put(lfirst(cell), builder);
}
