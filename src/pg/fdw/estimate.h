/*
 * estimate.h
 *	  What a scan is for the planner: how many rows it has, and how much work it is.
 */
#ifndef PG_FDW_ESTIMATE_H
#define PG_FDW_ESTIMATE_H

#include "nodes/pathnodes.h"

#include "pg/options/options.h"
#include "pg/source/source.h"

/* Averages of captures as people have them: 159 real ones, of 34 MB and 4,676 flows in all. */
#define BYTES_OF_A_FLOW	  7500.0
#define BYTES_OF_A_PACKET 450.0

/* What is known of a scan before any path of it: in fdw_private of its relation. */
typedef struct ScanEstimate
{
	const ScanOptions *options;
	const char		  *interface; /* NULL: the source is files */
	SourceMeasure	   measure;	  /* of its files */
	double			   flows;	  /* in it, whatever the conditions; or packets, where these are the rows */
	Bitmapset		  *used;	  /* attributes that the query needs */
	bool			   has_dpi;
	bool			   is_run_again; /* in a subquery */
	int				   rows_wanted;	 /* 0: it may be all */
	bool			   rows_suffice; /* rows_suffice() */
} ScanEstimate;

/* How large a source is, or those of its files that are wanted, and how many flows it has: from ANALYZE where there was one, else from sizes.
 * baserel: NULL where there was none. */
void estimate_source(ScanEstimate *estimate, const RelOptInfo *baserel, const SourceWanted *wanted);

/* What a pass over the source costs, and up to its first row. */
typedef struct PassCost
{
	Cost startup;
	Cost total;

	/* Of files, what is in the total. */
	Cost start;	 /* of meters, */
	Cost walk;	 /* which each walks alone, */
	Cost labels; /* which they share out */
} PassCost;

/*
 * pushed: the expressions that meters evaluate; `rows` is how many rows are left after all conditions, and `per_row` what it costs to check
 * one of those that meters send.
 */
PassCost estimate_pass(PlannerInfo *root, const RelOptInfo *baserel, const ScanEstimate *estimate, List *pushed, const QualCost *per_row);

/*
 * The part of all flows of which nDPI is likely to see the packets, 0 to 1, as far as that is worth relying on: 1 for a condition on ports
 * or the like of a source that was never analyzed, where the planner's guess of one in two hundred may well be half of the traffic.
 */
double estimate_labelled(PlannerInfo *root, const RelOptInfo *baserel, const ScanEstimate *estimate, List *pushed);

#endif /* PG_FDW_ESTIMATE_H */
