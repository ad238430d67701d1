/*
 * scan_order.h
 *	  The order in which rows of a scan come, as the planner knows orders.
 */
#ifndef PG_FDW_SCAN_ORDER_H
#define PG_FDW_SCAN_ORDER_H

#include "nodes/pathnodes.h"

#include "pg/options/options.h"

/* The pathkeys of a scan that needs these attributes (as pull_varattnos() has them), as far as the query has a use for them; NIL: none. */
List *scan_order(PlannerInfo *root, RelOptInfo *baserel, const ScanOptions *options, const Bitmapset *used);

#endif /* PG_FDW_SCAN_ORDER_H */
