/*
 * pushdown_comparison.c
 *	  The leaves of what is pushed: which comparisons of a column meters can make.
 *
 * Only operators of the server's own, of the order that a type has by default, so that their meaning is known; only columns that meters
 * have, as they have them: not what is NULL because its option is off, hashed, numbered or looked up by the leader, or cut down by a
 * type's modifier.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "pg/fdw/pushdown_comparison.h"
#include "pg/rows/hidden.h"
#include "pg/rows/meaning.h"
#include "pg/rows/process.h"

/* Casts that keep the order of what they are applied to, and have no value that they refuse. */
static const Oid ordered_casts[] = {
	F_INT4_INT2, F_INT8_INT2, F_INT8_INT4,
	F_NUMERIC_INT2, F_NUMERIC_INT4, F_NUMERIC_INT8, F_NUMERIC_FLOAT4, F_NUMERIC_FLOAT8,
	F_FLOAT4_INT2, F_FLOAT4_INT4, F_FLOAT4_INT8,
	F_FLOAT8_INT2, F_FLOAT8_INT4, F_FLOAT8_INT8, F_FLOAT8_FLOAT4, F_FLOAT8_NUMERIC, /* */
};

static const struct
{
	Oid				 operator;
	ConditionNetwork network;
} network_operators[] = {
	{OID_INET_SUB_OP, CONDITION_WITHIN},
	{OID_INET_SUBEQ_OP, CONDITION_WITHIN_OR_EQUAL},
	{OID_INET_SUP_OP, CONDITION_CONTAINS},
	{OID_INET_SUPEQ_OP, CONDITION_CONTAINS_OR_EQUAL},
	{OID_INET_OVERLAP_OP, CONDITION_OVERLAPS},
};

static bool
find_column(Node *node, void *relation)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return castNode(Var, node)->varlevelsup == 0 && castNode(Var, node)->varno == *(const Index *) relation;
	return expression_tree_walker(node, find_column, relation);
}

bool
comparison_has_column(const PushdownTable *table, Node *expression)
{
	Index relation = table->relation;

	return find_column(expression, &relation);
}

/* Whether a parameter is the result of a subquery that is run once, or at least not again for each row. */
static bool
is_set_once(const PlannerInfo *planner, int parameter)
{
	ListCell *cell;

	for (; planner != NULL; planner = planner->parent_root)
		foreach(cell, planner->init_plans)
			if (list_member_int(lfirst_node(SubPlan, cell)->setParam, parameter))
				return true;
	return false;
}

static bool
find_changing(Node *node, void *planner)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && castNode(Param, node)->paramkind == PARAM_EXEC)
		return !is_set_once(planner, castNode(Param, node)->paramid);
	return expression_tree_walker(node, find_changing, planner);
}

/* In a subquery that is run again for each row outside of it, rows are rather kept than metered again for that one's values. */
static bool
changes_with_rows(const PushdownTable *table, Node *expression)
{
	return table->planner != NULL && find_changing(expression, unconstify(PlannerInfo *, table->planner));
}

bool
comparison_is_value(const PushdownTable *table, Node *expression)
{
	return !comparison_has_column(table, expression) && !contain_volatile_functions(expression) && !contain_subplans(expression) &&
		   !changes_with_rows(table, expression);
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID;
}

/* Whether the meters' values of a column are what the server would see, whatever is then asked of them. */
static bool
is_known_to_meters(const PushdownTable *table, const Column *column, const char *name)
{
	const ScanOptions *options = table->options;

	if (condition_kind(column) == CONDITION_NONE || !options_group_is_on(options, column->group))
		return false;
	if (column->field == FIELD_ID || process_has_column(column))
		return false;
	if (column_is_place(column) && (options->separate_files || table->is_live))
		return false; /* the leader goes on counting where a file ends */
	if (table->hidden != NIL && (hidden_names_have(table->hidden, column, name) || column->field == FIELD_COMMUNITY_ID))
		return false;
	return true;
}

/* Whether a type holds the values of a column in a way that comparison_part() knows. */
static bool
is_known_type(const Column *column, Oid type)
{
	switch (condition_kind(column))
	{
		case CONDITION_INTEGER:
			return column->kind != COLUMN_FILE || is_text(type);
		case CONDITION_DOUBLE:
			return true;
		case CONDITION_ADDRESS:
			return type == INETOID || is_text(type);
		case CONDITION_BYTES:
			return type == MACADDROID || is_text(type);
		case CONDITION_NONE:
			break;
	}
	return false;
}

static bool
read_variable(const PushdownTable *table, const Var *variable, Comparison *comparison)
{
	int32 modifier = variable->vartypmod;

	if (variable->varlevelsup > 0 || variable->varno != table->relation || variable->varattno <= 0)
		return false;
	if (meaning_of(table->options->table, table->options->schema, variable->varattno, &comparison->index) != ATTRIBUTE_IS_COLUMN)
		return false;
	comparison->column = &table->options->schema->columns[comparison->index];
	comparison->declared = getBaseTypeAndTypmod(variable->vartype, &modifier);
	comparison->type = comparison->declared;
	comparison->convert = convert_function(comparison->column, comparison->declared);
	return modifier < 0 && comparison->convert != NULL && is_known_type(comparison->column, comparison->declared) &&
		   is_known_to_meters(table, comparison->column, get_attname(table->options->table, variable->varattno, false));
}

/* A column, perhaps cast. */
static bool
read_column(const PushdownTable *table, Node *node, Comparison *comparison)
{
	if (IsA(node, Var))
		return read_variable(table, castNode(Var, node), comparison);
	if (IsA(node, RelabelType))
	{
		Oid to = castNode(RelabelType, node)->resulttype;

		if (!read_column(table, (Node *) castNode(RelabelType, node)->arg, comparison))
			return false;
		if (to != comparison->type && !(is_text(to) && is_text(comparison->type)))
			return false;
		comparison->type = to;
		return true;
	}
	if (IsA(node, CoerceViaIO))
	{
		/* A column of addresses as text is read as what it was. */
		if (castNode(CoerceViaIO, node)->resulttype != INETOID ||
			!read_column(table, (Node *) castNode(CoerceViaIO, node)->arg, comparison) ||
			comparison->column->kind != COLUMN_ADDRESS)
			return false;
		comparison->type = INETOID;
		return true;
	}
	if (IsA(node, FuncExpr) && list_length(castNode(FuncExpr, node)->args) == 1)
		for (int i = 0; i < lengthof(ordered_casts); i++)
			if (castNode(FuncExpr, node)->funcid == ordered_casts[i])
			{
				if (!read_column(table, linitial(castNode(FuncExpr, node)->args), comparison))
					return false;
				comparison->casts = lappend_oid(comparison->casts, castNode(FuncExpr, node)->funcid);
				comparison->type = castNode(FuncExpr, node)->funcresulttype;
				return true;
			}
	return false;
}

/* An operator of networks. */
static bool
read_network_operator(Comparison *comparison)
{
	if (comparison->column->kind != COLUMN_ADDRESS || comparison->type != INETOID)
		return false;
	for (int i = 0; i < lengthof(network_operators); i++)
		if (comparison->operator == network_operators[i].operator)
		{
			comparison->kind = COMPARISON_NETWORK;
			comparison->network = network_operators[i].network;
			return true;
		}
	return false;
}

/*
 * Texts are equal if their bytes are, where the collation says so and where the database has the meters' encoding, or none; they are in the
 * order of their bytes in the collation "C".
 */
static bool
is_byte_order(const Comparison *comparison)
{
	int encoding = GetDatabaseEncoding();

	if (comparison->right != TEXTOID || !OidIsValid(comparison->collation) || (encoding != PG_UTF8 && encoding != PG_SQL_ASCII))
		return false;
	if (comparison->strategy == BTEqualStrategyNumber || comparison->strategy == COMPARISON_UNEQUAL)
		return get_collation_isdeterministic(comparison->collation);
	return comparison->column->kind == COLUMN_TEXT && comparison->collation == C_COLLATION_OID;
}

/* An operator of the type's order. */
static bool
read_order_operator(Comparison *comparison)
{
	Oid equal;

	comparison->kind = COMPARISON_ORDER;
	comparison->family = lookup_type_cache(comparison->type == VARCHAROID ? TEXTOID : comparison->type, TYPECACHE_BTREE_OPFAMILY)->btree_opf;
	if (!OidIsValid(comparison->family))
		return false;
	comparison->strategy = get_op_opfamily_strategy(comparison->operator, comparison->family);
	if (comparison->strategy == 0)
	{
		equal = get_negator(comparison->operator);
		if (!OidIsValid(equal) || get_op_opfamily_strategy(equal, comparison->family) != BTEqualStrategyNumber)
			return false;
		comparison->strategy = COMPARISON_UNEQUAL;
	}
	switch (comparison->type)
	{
		case TEXTOID:
		case VARCHAROID:
			return is_byte_order(comparison);
		case INETOID:
		case MACADDROID:
			return comparison->right == comparison->type;
		default:
			return true;
	}
}

static bool
is_own_operator(Oid operator)
{
	return OidIsValid(operator) && operator < FirstGenbkiObjectId;
}

/* Any operator can be asked of the few names of captures, once, in their order. */
static bool
is_operator_on_files(Comparison *comparison)
{
	if (comparison->column->kind != COLUMN_FILE || op_volatile(comparison->operator) == PROVOLATILE_VOLATILE)
		return false;
	comparison->kind = COMPARISON_FILE;
	return func_strict(get_opcode(comparison->operator)) && get_op_rettype(comparison->operator) == BOOLOID;
}

/* The comparison's column and value are known: what is asked. */
static bool
read_operator(Oid operator, Oid collation, Comparison *comparison)
{
	Oid left;

	if (!is_own_operator(operator))
		return false;
	comparison->operator = operator;
	comparison->collation = collation;
	op_input_types(operator, &left, &comparison->right);
	if (left != comparison->type && !(left == TEXTOID && is_text(comparison->type)))
		return false;
	return is_operator_on_files(comparison) || read_network_operator(comparison) ||
		   (comparison->column->kind != COLUMN_FILE && read_order_operator(comparison));
}

/* column operator value, or the other way round */
static bool
read_two(const PushdownTable *table, const OpExpr *expression, Comparison *comparison)
{
	Node *left,
		*right;

	if (list_length(expression->args) != 2)
		return false;
	left = linitial(expression->args);
	right = lsecond(expression->args);
	if (read_column(table, left, comparison) && comparison_is_value(table, right))
	{
		comparison->value = (Expr *) right;
		return read_operator(expression->opno, expression->inputcollid, comparison);
	}
	*comparison = (Comparison) {0};
	if (comparison_is_value(table, left) && read_column(table, right, comparison))
	{
		comparison->value = (Expr *) left;
		return read_operator(get_commutator(expression->opno), expression->inputcollid, comparison);
	}
	return false;
}

/* column operator ANY (values) */
static bool
read_list(const PushdownTable *table, const ScalarArrayOpExpr *expression, Comparison *comparison)
{
	Node *array = lsecond(expression->args);

	if (!read_column(table, linitial(expression->args), comparison) || !comparison_is_value(table, array))
		return false;
	comparison->value = (Expr *) array;
	comparison->is_list = true;
	comparison->is_all = !expression->useOr;
	return read_operator(expression->opno, expression->inputcollid, comparison);
}

bool
comparison_read(const PushdownTable *table, Expr *expression, Comparison *comparison)
{
	*comparison = (Comparison) {0};
	switch (nodeTag(expression))
	{
		case T_OpExpr:
			return read_two(table, castNode(OpExpr, expression), comparison);
		case T_ScalarArrayOpExpr:
			return read_list(table, castNode(ScalarArrayOpExpr, expression), comparison);
		case T_NullTest:
			comparison->kind = castNode(NullTest, expression)->nulltesttype == IS_NULL ? COMPARISON_ABSENT : COMPARISON_PRESENT;
			return !castNode(NullTest, expression)->argisrow &&
				   read_column(table, (Node *) castNode(NullTest, expression)->arg, comparison);
		default:
			comparison->kind = COMPARISON_TRUTH;
			return read_column(table, (Node *) expression, comparison) && comparison->type == BOOLOID;
	}
}
