/*
 * scan_path.c
 *	  A path of a scan, for any version of the server.
 */
#include "postgres.h"

#include "optimizer/pathnode.h"

#include "pg/fdw/scan_path.h"

ForeignPath *
scan_path(PlannerInfo *root, RelOptInfo *baserel, double rows, const PassCost *cost, List *order, Relids outer)
{
#if PG_VERSION_NUM >= 180000
	return create_foreignscan_path(root, baserel, NULL, rows, 0, cost->startup, cost->total, order, outer, NULL, NIL, NIL);
#elif PG_VERSION_NUM >= 170000
	return create_foreignscan_path(root, baserel, NULL, rows, cost->startup, cost->total, order, outer, NULL, NIL, NIL);
#else
	return create_foreignscan_path(root, baserel, NULL, rows, cost->startup, cost->total, order, outer, NULL, NIL);
#endif
}
