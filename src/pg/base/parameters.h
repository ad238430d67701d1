/*
 * parameters.h
 *	  Parameters in expressions of a plan.
 */
#ifndef PG_BASE_PARAMETERS_H
#define PG_BASE_PARAMETERS_H

#include "nodes/bitmapset.h"
#include "nodes/nodes.h"

/* Those that other nodes of the plan set, as chgParam has them: subqueries, and joins for their inner side.  Lists of expressions are some, too. */
Bitmapset *parameters_of_plan(Node *expression);

#endif /* PG_BASE_PARAMETERS_H */
