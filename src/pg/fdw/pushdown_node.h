/*
 * pushdown_node.h
 *	  The parts of a condition for meters, before it is put into bytes.
 *
 * Parts are simplified as they are made, and not changed afterwards: what is certain falls away, and equalities of one column become a
 * list.
 */
#ifndef PG_FDW_PUSHDOWN_NODE_H
#define PG_FDW_PUSHDOWN_NODE_H

#include "nodes/pg_list.h"

#include "wire/condition.h"

typedef struct ConditionPart
{
	ConditionNode	node;
	List		   *parts;	  /* AND, OR, NOT */
	ConditionSet	set;	  /* CONSTANT */
	int				operator; /* COMPARE: a ConditionOperator; NETWORK: a ConditionNetwork */
	unsigned		column;
	uint32			count;	/* of the values: of ANY; else 1 */
	ConditionValue *values; /* bytes of texts are elsewhere, and stay */
} ConditionPart;

/* All in the current memory context. */
ConditionPart *part_constant(ConditionSet set);
ConditionPart *part_compare(unsigned column, ConditionOperator operator, const ConditionValue * value);
ConditionPart *part_network(unsigned column, ConditionNetwork operator, const ConditionValue * value);
ConditionPart *part_not(ConditionPart *part);

/* Of any number of parts, none of which is null of any row but perhaps CONDITION_UNKNOWN. */
ConditionPart *part_and(List *parts);
ConditionPart *part_or(List *parts);

static inline bool
part_is(const ConditionPart *part, ConditionSet set)
{
	return part->node == CONDITION_CONSTANT && part->set == set;
}

/* Puts a part, whose lists are put in order on the way. */
void part_put(ConditionPart *part, ConditionBuilder *builder);

#endif /* PG_FDW_PUSHDOWN_NODE_H */
