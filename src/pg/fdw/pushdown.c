/*
 * pushdown.c
 *	  Which conditions of a query are pushed to the meters.
 *
 * Of a clause that meters cannot evaluate as a whole a part may be left that is true wherever the clause is: of an AND that is to be true any of
 * its parts, of an OR all of them or nothing; under a NOT it is the other way round.  That part is what is pushed and what EXPLAIN shows; it is
 * an expression of the plan, so that the server itself puts the parameters of a generic plan, or of a join, into it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/restrictinfo.h"
#include "utils/lsyscache.h"

#include "pg/base/settings.h"
#include "pg/fdw/pushdown_comparison.h"
#include "pg/rows/hidden.h"

/* What a part is to be true for: for rows of which the whole is true (or null), of which it is false (or null), or for any. */
typedef enum Sense
{
	SENSE_POSITIVE,
	SENSE_NEGATIVE,
	SENSE_EXACT
} Sense;

PushdownTable
pushdown_table(const PlannerInfo *planner, Index relation, const ScanOptions *options)
{
	return (PushdownTable) {
		.planner = planner,
		.relation = relation,
		.options = options,
		.hidden = hidden_names(options),
		.is_live = source_interface_for_plan(options) != NULL,
	};
}

static Sense
opposite(Sense sense)
{
	return sense == SENSE_POSITIVE ? SENSE_NEGATIVE : (sense == SENSE_NEGATIVE ? SENSE_POSITIVE : SENSE_EXACT);
}

static Sense
sense_of_test(BoolTestType test, Sense sense)
{
	switch (test)
	{
		case IS_TRUE:
		case IS_NOT_FALSE:
			return sense;
		case IS_FALSE:
		case IS_NOT_TRUE:
			return opposite(sense);
		case IS_UNKNOWN:
		case IS_NOT_UNKNOWN:
			break;
	}
	return SENSE_EXACT;
}

/* What of an expression meters can evaluate, as described above; NULL if nothing. */
static Expr *part_of(const PushdownTable *table, Expr *expression, Sense sense);

static Expr *
part_of_combined(const PushdownTable *table, BoolExpr *combined, Sense sense)
{
	bool	  any_will_do = sense == (combined->boolop == AND_EXPR ? SENSE_POSITIVE : SENSE_NEGATIVE);
	bool	  changed = false;
	List	 *parts = NIL;
	ListCell *cell;

	foreach(cell, combined->args)
	{
		Expr *part = part_of(table, lfirst(cell), sense);

		changed |= part != lfirst(cell);
		if (part != NULL)
			parts = lappend(parts, part);
		else if (!any_will_do)
			return NULL;
	}
	if (!changed)
		return (Expr *) combined;
	if (list_length(parts) <= 1)
		return parts == NIL ? NULL : linitial(parts);
	return makeBoolExpr(combined->boolop, parts, -1);
}

static Expr *
part_of_not(const PushdownTable *table, BoolExpr *negation, Sense sense)
{
	Expr *part = part_of(table, linitial(negation->args), opposite(sense));

	if (part == NULL || part == linitial(negation->args))
		return part == NULL ? NULL : (Expr *) negation;
	return makeBoolExpr(NOT_EXPR, list_make1(part), -1);
}

static Expr *
part_of_test(const PushdownTable *table, BooleanTest *test, Sense sense)
{
	Expr		*part = part_of(table, test->arg, sense_of_test(test->booltesttype, sense));
	BooleanTest *result;

	if (part == NULL || part == test->arg)
		return part == NULL ? NULL : (Expr *) test;
	result = makeNode(BooleanTest);
	result->arg = part;
	result->booltesttype = test->booltesttype;
	result->location = -1;
	return (Expr *) result;
}

/* value operator ANY (ARRAY[column, column]) is an OR of comparisons. */
static Expr *
part_of_columns(const PushdownTable *table, const ScalarArrayOpExpr *list, Sense sense)
{
	const ArrayExpr *array = castNode(ArrayExpr, lsecond(list->args));
	List			*comparisons = NIL;
	ListCell		*cell;

	if (array->multidims)
		return NULL;
	foreach(cell, array->elements)
		comparisons = lappend(comparisons, make_opclause(list->opno, BOOLOID, false, linitial(list->args), lfirst(cell), InvalidOid,
														 list->inputcollid));
	return part_of(table, makeBoolExpr(list->useOr ? OR_EXPR : AND_EXPR, comparisons, -1), sense);
}

static bool
has_columns_in_list(const PushdownTable *table, Expr *expression)
{
	return IsA(expression, ScalarArrayOpExpr) && IsA(lsecond(castNode(ScalarArrayOpExpr, expression)->args), ArrayExpr) &&
		   comparison_has_column(table, lsecond(castNode(ScalarArrayOpExpr, expression)->args));
}

static Expr *
part_of(const PushdownTable *table, Expr *expression, Sense sense)
{
	Comparison comparison;

	check_stack_depth();
	if (IsA(expression, BoolExpr))
		return castNode(BoolExpr, expression)->boolop == NOT_EXPR ?
				   part_of_not(table, castNode(BoolExpr, expression), sense) :
				   part_of_combined(table, castNode(BoolExpr, expression), sense);
	if (IsA(expression, BooleanTest))
		return part_of_test(table, castNode(BooleanTest, expression), sense);
	if (has_columns_in_list(table, expression))
		return part_of_columns(table, castNode(ScalarArrayOpExpr, expression), sense);
	if (comparison_read(table, expression, &comparison) || comparison_is_value(table, (Node *) expression))
		return expression;
	return NULL;
}

/* As the server has it, a condition on rows that a security barrier hides is evaluated early only if it gives nothing away. */
static Expr *
part_of_clause(const PushdownTable *table, const RelOptInfo *baserel, RestrictInfo *clause)
{
	Expr *part;

	if (!setting_enable_pushdown || clause->pseudoconstant || !restriction_is_securely_promotable(clause, unconstify(RelOptInfo *, baserel)))
		return NULL;
	part = part_of(table, clause->clause, SENSE_POSITIVE);
	return part != NULL && comparison_has_column(table, (Node *) part) ? part : NULL;
}

bool
pushdown_is_possible(const PushdownTable *table, const RelOptInfo *baserel, RestrictInfo *clause)
{
	return part_of_clause(table, baserel, clause) != NULL;
}

List *
pushdown_clauses(const PushdownTable *table, const RelOptInfo *baserel, const List *clauses)
{
	List	 *parts = NIL;
	ListCell *cell;

	foreach(cell, clauses)
	{
		Expr *part = part_of_clause(table, baserel, lfirst_node(RestrictInfo, cell));

		if (part != NULL)
			parts = lappend(parts, part);
	}
	return parts;
}
