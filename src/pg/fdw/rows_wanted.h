/*
 * rows_wanted.h
 *	  How many rows of a scan the query is likely to read.
 */
#ifndef PG_FDW_ROWS_WANTED_H
#define PG_FDW_ROWS_WANTED_H

#include "nodes/pathnodes.h"

/*
 * The number of rows after which a LIMIT ends a scan of `flows` rows that come in this order (pathkeys); 0 where it may read all of them,
 * or so many that it makes no difference.
 */
int rows_wanted(const PlannerInfo *root, const RelOptInfo *baserel, double flows, List *order);

/* Whether the scan alone is likely to have all rows of such a LIMIT, so that under an Append others need not begin. */
bool rows_suffice(const PlannerInfo *root, const RelOptInfo *baserel, double flows, List *order);

#endif /* PG_FDW_ROWS_WANTED_H */
