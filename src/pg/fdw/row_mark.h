/*
 * row_mark.h
 *	  Copies of rows, for statements that wait for what others change.
 */
#ifndef PG_FDW_ROW_MARK_H
#define PG_FDW_ROW_MARK_H

#include "nodes/pathnodes.h"

/*
 * Whether the query has the relation's whole row for nothing but to look at the same row again, after it has waited for another row that
 * somebody else had locked.
 */
bool row_mark_needs_whole_row(PlannerInfo *root, RelOptInfo *baserel);

#endif /* PG_FDW_ROW_MARK_H */
