/*
 * joined_paths.h
 *	  Paths of a scan that is told values of the row that it is joined with.
 */
#ifndef PG_FDW_JOINED_PATHS_H
#define PG_FDW_JOINED_PATHS_H

#include "pg/fdw/estimate.h"
#include "pg/fdw/pushdown.h"

/* Adds those that may be better than joining all rows. */
void joined_paths_add(PlannerInfo *root, RelOptInfo *baserel, const ScanEstimate *estimate, const PushdownTable *pushdown);

#endif /* PG_FDW_JOINED_PATHS_H */
