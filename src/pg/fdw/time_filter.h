/*
 * time_filter.h
 *	  Which files cannot have a row that a query wants, by the times of their packets.
 */
#ifndef PG_FDW_TIME_FILTER_H
#define PG_FDW_TIME_FILTER_H

#include "pg/fdw/pushdown.h"
#include "pg/source/known_files.h"

typedef struct TimeFilter TimeFilter;

/*
 * With the values that the parameters have now, in the current memory context; NULL if times decide nothing: no condition is on any, or nothing is
 * known of the table's files.
 */
TimeFilter *time_filter(const ScanOptions *options, Pushdown *pushdown);

/* Whether rows may be expected of a file, which is metered alone, and which was looked at, not opened. */
bool time_filter_admits(const TimeFilter *filter, const SourceFile *file);

#endif /* PG_FDW_TIME_FILTER_H */
