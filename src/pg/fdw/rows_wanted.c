/*
 * rows_wanted.c
 *	  How many rows of a scan the query is likely to read.
 *
 * A LIMIT reaches a scan if every row of the scan is one that the LIMIT counts: nothing is joined, grouped, sorted or filtered between the
 * two.  What is estimated here is no bound: whoever asks for more rows gets them, and only waits longer.
 */
#include "postgres.h"

#include <math.h>

#include "optimizer/paths.h"

#include "pg/fdw/rows_wanted.h"

/* From this part of all rows on, the scan is as one of all of them. */
#define PART_OF_ALL 4

/* And beyond this number: with so few, somebody looks at a capture; with more, they are for use, and have the labels that all of them have. */
#define ROWS_MOST 100

/*
 * How few rows of the scan a LIMIT counts; 0: none does, or it counts more.  The planner has no such number where groups, windows or sets of
 * rows are made of them.
 */
static int
rows_counted(const PlannerInfo *root, const RelOptInfo *baserel, List *order)
{
	double rows = ceil(root->limit_tuples);

	if (rows <= 0 || rows > ROWS_MOST || bms_membership(root->all_baserels) != BMS_SINGLETON || baserel->baserestrictinfo != NIL ||
		!pathkeys_contained_in(root->sort_pathkeys, order))
		return 0;
	return (int) rows;
}

int
rows_wanted(const PlannerInfo *root, const RelOptInfo *baserel, double flows, List *order)
{
	int rows = rows_counted(root, baserel, order);

	return rows > flows / PART_OF_ALL ? 0 : rows;
}

bool
rows_suffice(const PlannerInfo *root, const RelOptInfo *baserel, double flows, List *order)
{
	int rows = rows_counted(root, baserel, order);

	return rows > 0 && rows <= flows;
}
