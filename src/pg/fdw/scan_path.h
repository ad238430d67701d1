/*
 * scan_path.h
 *	  A path of a scan, for any version of the server.
 */
#ifndef PG_FDW_SCAN_PATH_H
#define PG_FDW_SCAN_PATH_H

#include "pg/fdw/estimate.h"

/* order: pathkeys.  outer: the relations whose rows tell the scan its parameters. */
ForeignPath *scan_path(PlannerInfo *root, RelOptInfo *baserel, double rows, const PassCost *cost, List *order, Relids outer);

#endif /* PG_FDW_SCAN_PATH_H */
