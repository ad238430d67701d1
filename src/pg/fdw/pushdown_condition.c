/*
 * pushdown_condition.c
 *	  What is pushed, with the values of its parameters: the condition for the meters of a pass.
 *
 * An expression is true, false or null, and meters are told in two values when it is what is asked for: at the top, when it is true.  NOT and
 * IS [NOT] TRUE, FALSE, UNKNOWN only change which of the three are asked for of what is in them, down to the comparisons.  There
 * parameters have values, so that it is known which are null, and a column never is.  What is left is AND and OR of comparisons,
 * and of their opposites; and one of which nothing is known lets rows pass, wherever it stands.
 *
 * Values are only looked at as far as needed: what follows in an OR is not once that is true, nor in an AND once that is false.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/base/parameters.h"
#include "pg/fdw/pushdown_comparison.h"

/* Bytes of the node that has all others in it. */
#define ROOM_FOR_AND 16

typedef enum PushedKind
{
	PUSHED_AND,
	PUSHED_OR,
	PUSHED_NOT,
	PUSHED_TEST,
	PUSHED_COMPARISON,
	PUSHED_VALUE,  /* no column is in it */
	PUSHED_NOTHING /* nothing is known of it: the table has changed since it was planned */
} PushedKind;

typedef struct PushedNode
{
	PushedKind		  kind;
	List			 *nodes;
	BoolTestType	  test;
	Comparison		  comparison;
	ComparisonSearch *search;
	ExprState		 *value;	  /* NULL: there is none */
	Bitmapset		 *parameters; /* of it, that other nodes of the plan set */
} PushedNode;

struct Pushdown
{
	const Schema *schema;
	ExprContext	 *values;
	List		 *nodes;	  /* all of which are to be true */
	Bitmapset	 *parameters; /* of all of them */
	bool		  keeps;	  /* what depends on parameters is left out */
};

/* What a node is built with. */
typedef struct Building
{
	const Pushdown	 *pushdown;
	ExprContext		 *values;
	const SourceFile *files;
	int				  count;
} Building;

/* ----------------------------------------------------------------------------------------------------------- getting ready */

static void
prepare_value(PushedNode *node, Expr *value, PlanState *parent)
{
	if (value == NULL)
		return;
	node->value = ExecInitExpr(value, parent);
	node->parameters = parameters_of_plan((Node *) value);
}

static PushedNode *prepare_node(const PushdownTable *table, Expr *expression, PlanState *parent);

static List *
prepare_nodes(const PushdownTable *table, const List *expressions, PlanState *parent)
{
	List	 *nodes = NIL;
	ListCell *cell;

	foreach(cell, expressions)
		nodes = lappend(nodes, prepare_node(table, lfirst(cell), parent));
	return nodes;
}

static PushedNode *
prepare_node(const PushdownTable *table, Expr *expression, PlanState *parent)
{
	PushedNode *node = palloc0(sizeof(*node));

	check_stack_depth();
	if (IsA(expression, BoolExpr))
	{
		const BoolExpr *combined = castNode(BoolExpr, expression);

		node->kind = combined->boolop == AND_EXPR ? PUSHED_AND : (combined->boolop == OR_EXPR ? PUSHED_OR : PUSHED_NOT);
		node->nodes = prepare_nodes(table, combined->args, parent);
	}
	else if (IsA(expression, BooleanTest))
	{
		node->kind = PUSHED_TEST;
		node->test = castNode(BooleanTest, expression)->booltesttype;
		node->nodes = list_make1(prepare_node(table, castNode(BooleanTest, expression)->arg, parent));
	}
	else if (comparison_read(table, expression, &node->comparison))
	{
		node->kind = PUSHED_COMPARISON;
		node->search = comparison_search(&node->comparison);
		prepare_value(node, node->comparison.value, parent);
	}
	else if (comparison_is_value(table, (Node *) expression))
	{
		node->kind = PUSHED_VALUE;
		prepare_value(node, expression, parent);
	}
	else
		node->kind = PUSHED_NOTHING;
	return node;
}

Pushdown *
pushdown_prepare(const PushdownTable *table, List *clauses, PlanState *parent)
{
	Pushdown *pushdown;

	if (clauses == NIL)
		return NULL;
	pushdown = palloc0(sizeof(*pushdown));
	pushdown->schema = table->options->schema;
	pushdown->values = CreateExprContext(parent->state);
	pushdown->nodes = prepare_nodes(table, clauses, parent);
	pushdown->parameters = parameters_of_plan((Node *) clauses);
	return pushdown;
}

void
pushdown_end(Pushdown *pushdown)
{
	FreeExprContext(pushdown->values, true);
}

bool
pushdown_changed(Pushdown *pushdown, const Bitmapset *parameters)
{
	if (pushdown->keeps || !bms_overlap(pushdown->parameters, parameters))
		return false;
	pushdown->keeps = true;
	return true;
}

bool
pushdown_is_known(const Pushdown *pushdown)
{
	return bms_is_empty(pushdown->parameters);
}

/* ---------------------------------------------------------------------------------------------------------------- building */

/* The condition that a node is one of `asked`, a set; or a weaker one. */
static ConditionPart *build(const Building *building, const PushedNode *node, int asked);

/* That all nodes are one of `asked`; that one of them is. */
static ConditionPart *
build_all(const Building *building, const List *nodes, int asked)
{
	List	 *parts = NIL;
	ListCell *cell;

	foreach(cell, nodes)
	{
		ConditionPart *part = build(building, lfirst(cell), asked);

		if (part_is(part, CONDITION_FALSE))
			return part;
		parts = lappend(parts, part);
	}
	return part_and(parts);
}

static ConditionPart *
build_one(const Building *building, const List *nodes, int asked)
{
	List	 *parts = NIL;
	ListCell *cell;

	foreach(cell, nodes)
	{
		ConditionPart *part = build(building, lfirst(cell), asked);

		if (part_is(part, CONDITION_TRUE))
			return part;
		parts = lappend(parts, part);
	}
	return part_or(parts);
}

/*
 * AND is what is least of its nodes, OR what is greatest, in the order false, null, true.  `least` is what decides: FALSE of AND, TRUE of
 * OR; `greatest` the other.
 */
static ConditionPart *
build_combined(const Building *building, const List *nodes, int asked, int least, int greatest)
{
	if (asked == greatest || asked == (greatest | CONDITION_NULL))
		return build_all(building, nodes, asked);
	if (asked == least || asked == (least | CONDITION_NULL))
		return build_one(building, nodes, asked);
	if (asked == CONDITION_NULL)
		return part_and(list_make2(build_all(building, nodes, greatest | CONDITION_NULL), build_one(building, nodes, CONDITION_NULL)));
	return part_or(list_make2(build_all(building, nodes, greatest), build_one(building, nodes, least)));
}

static int
asked_by_test(BoolTestType test)
{
	switch (test)
	{
		case IS_TRUE:
			return CONDITION_TRUE;
		case IS_NOT_TRUE:
			return CONDITION_FALSE | CONDITION_NULL;
		case IS_FALSE:
			return CONDITION_FALSE;
		case IS_NOT_FALSE:
			return CONDITION_TRUE | CONDITION_NULL;
		case IS_UNKNOWN:
			return CONDITION_NULL;
		case IS_NOT_UNKNOWN:
			return CONDITION_TRUE | CONDITION_FALSE;
	}
	return CONDITION_UNKNOWN;
}

static ConditionPart *
build_test(const Building *building, const PushedNode *node, int asked)
{
	int tested = asked_by_test(node->test);

	asked &= CONDITION_TRUE | CONDITION_FALSE;
	if (asked == (CONDITION_TRUE | CONDITION_FALSE))
		return part_constant(CONDITION_TRUE);
	if (asked == 0)
		return part_constant(CONDITION_FALSE);
	return build(building, linitial(node->nodes), asked == CONDITION_TRUE ? tested : CONDITION_UNKNOWN & ~tested);
}

/* What is the same of all rows. */
static ConditionPart *
certain(int asked, ConditionSet is)
{
	return part_constant(asked & is ? CONDITION_TRUE : CONDITION_FALSE);
}

/* That what `part` says is one of `asked`, where it can be null if part is not the `decides`. */
static ConditionPart *
two_or_three(ConditionPart *part, int asked, ConditionSet decides, bool may_be_null)
{
	ConditionPart *other = part_not(part);
	List		  *parts = NIL;

	if (asked & decides)
		parts = lappend(parts, part);
	if (asked & (may_be_null ? CONDITION_NULL : condition_opposite(decides)))
		parts = lappend(parts, other);
	return part_or(parts);
}

/*
 * column operator ANY (values) is true if it is of one value; if not, null if there is a null among them, else false.  ALL is
 * false if it is of one; if not, null or true.
 */
static ConditionPart *
build_list(const Building *building, const PushedNode *node, int asked, Datum list)
{
	const Comparison *comparison = &node->comparison;
	ArrayType		 *array = DatumGetArrayTypeP(list);
	List			 *parts = NIL;
	bool			  has_null = false;
	Datum			 *values;
	bool			 *nulls;
	int				  count;
	int16			  length;
	bool			  by_value;
	char			  alignment;

	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &alignment);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, alignment, &values, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		ConditionPart *part;

		CHECK_FOR_INTERRUPTS();
		has_null |= nulls[i];
		if (nulls[i])
			continue;
		part = comparison_part(node->search, values[i], building->files, building->count);
		parts = lappend(parts, comparison->is_all ? part_not(part) : part);
	}
	return two_or_three(part_or(parts), asked, comparison->is_all ? CONDITION_FALSE : CONDITION_TRUE, has_null);
}

static ConditionPart *
build_comparison(const Building *building, const PushedNode *node, int asked)
{
	bool  is_null = false;
	Datum value = (Datum) 0;

	if (node->comparison.kind == COMPARISON_PRESENT || node->comparison.kind == COMPARISON_ABSENT)
		return certain(asked, node->comparison.kind == COMPARISON_PRESENT ? CONDITION_TRUE : CONDITION_FALSE);
	if (node->value != NULL)
		value = ExecEvalExpr(node->value, building->values, &is_null);
	if (is_null)
		return certain(asked, CONDITION_NULL);
	if (node->comparison.is_list)
		return build_list(building, node, asked, value);
	return two_or_three(comparison_part(node->search, value, building->files, building->count), asked, CONDITION_TRUE, false);
}

static ConditionPart *
build_value(const Building *building, const PushedNode *node, int asked)
{
	bool  is_null;
	Datum value = ExecEvalExpr(node->value, building->values, &is_null);

	return certain(asked, is_null ? CONDITION_NULL : (DatumGetBool(value) ? CONDITION_TRUE : CONDITION_FALSE));
}

static ConditionPart *
build(const Building *building, const PushedNode *node, int asked)
{
	check_stack_depth();
	if (asked == 0 || asked == CONDITION_UNKNOWN)
		return part_constant(asked == 0 ? CONDITION_FALSE : CONDITION_TRUE);
	if (building->pushdown->keeps && node->parameters != NULL)
		return part_constant(CONDITION_UNKNOWN);
	switch (node->kind)
	{
		case PUSHED_AND:
			return build_combined(building, node->nodes, asked, CONDITION_FALSE, CONDITION_TRUE);
		case PUSHED_OR:
			return build_combined(building, node->nodes, asked, CONDITION_TRUE, CONDITION_FALSE);
		case PUSHED_NOT:
			return build(building, linitial(node->nodes), condition_opposite(asked));
		case PUSHED_TEST:
			return build_test(building, node, asked);
		case PUSHED_COMPARISON:
			return build_comparison(building, node, asked);
		case PUSHED_VALUE:
			return build_value(building, node, asked);
		case PUSHED_NOTHING:
			break;
	}
	return part_constant(CONDITION_UNKNOWN);
}

static void *
resize(void *bytes, size_t length)
{
	return bytes == NULL ? palloc(length) : repalloc_huge(bytes, length);
}

/* Whether something can be told of rows by a part, and in so many bytes, which it takes. */
static bool
take_part(const Schema *schema, ConditionPart *part, size_t *room)
{
	ConditionBuilder builder = {.schema = schema, .resize = resize};

	if (part_is(part, CONDITION_UNKNOWN))
		return false;
	part_put(part, &builder);
	if (builder.length > *room || condition_check(schema, builder.bytes, builder.length) != NULL)
		return false;
	*room -= builder.length;
	return true;
}

/* The whole, without those of its parts that are too long or too deep. */
static ConditionBuilder
put_whole(const Schema *schema, ConditionPart *whole)
{
	ConditionBuilder builder = {.schema = schema, .resize = resize};
	size_t			 room = CONDITION_BYTES_MAX - ROOM_FOR_AND;
	List			*taken = NIL;
	ListCell		*cell;

	foreach(cell, whole->node == CONDITION_AND ? whole->parts : list_make1(whole))
		if (take_part(schema, lfirst(cell), &room))
			taken = lappend(taken, lfirst(cell));
	whole = part_and(taken);
	if (!part_is(whole, CONDITION_TRUE))
		part_put(whole, &builder);
	if (builder.length > 0 && condition_check(schema, builder.bytes, builder.length) != NULL)
		builder.length = 0;
	return builder;
}

const uint8 *
pushdown_condition(Pushdown *pushdown, const SourceFile *files, int count, size_t *length)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "nfstream condition", ALLOCSET_DEFAULT_SIZES),
				  before = MemoryContextSwitchTo(context);
	Building		 building = {.pushdown = pushdown, .values = pushdown->values, .files = files, .count = count};
	ConditionBuilder builder = put_whole(pushdown->schema, build_all(&building, pushdown->nodes, CONDITION_TRUE));
	uint8			*bytes = NULL;

	MemoryContextSwitchTo(before);
	*length = builder.length;
	if (builder.length > 0)
	{
		bytes = palloc(builder.length);
		memcpy(bytes, builder.bytes, builder.length);
	}
	MemoryContextDelete(context);
	ResetExprContext(pushdown->values);
	return bytes;
}
