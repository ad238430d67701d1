/*
 * report.h
 *	  The performance report of a live scan.
 */
#ifndef PG_FDW_REPORT_H
#define PG_FDW_REPORT_H

#include "pg/source/interface_drops.h"
#include "pg/workers/merge.h"

typedef struct Report
{
	const char	  *object;	  /* for which it is: options_object() */
	const char	  *interface; /* that is captured from */
	InterfaceDrops drops;
	uint64		   began;	 /* by clock_ms(), as what follows */
	uint64		   interval; /* ms */
	uint64		   due;		 /* the next one; CLOCK_NEVER: there will be none */
} Report;

/* A capture begins, with a report each `seconds`; 0: none.  object and interface are to live as long. */
void report_start(Report *report, const char *object, const char *interface, uint64 seconds);

/* Tells how the scan is doing, if it is time.  flows: rows that it has given so far. */
void report_if_due(Report *report, const Merge *merge, uint64 flows);

#endif /* PG_FDW_REPORT_H */
