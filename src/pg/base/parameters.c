/*
 * parameters.c
 *	  Parameters in expressions of a plan.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"

#include "pg/base/parameters.h"

static bool
add(Node *node, void *parameters)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && castNode(Param, node)->paramkind == PARAM_EXEC)
		*(Bitmapset **) parameters = bms_add_member(*(Bitmapset **) parameters, castNode(Param, node)->paramid);
	return expression_tree_walker(node, add, parameters);
}

Bitmapset *
parameters_of_plan(Node *expression)
{
	Bitmapset *parameters = NULL;

	(void) add(expression, &parameters);
	return parameters;
}
