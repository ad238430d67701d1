/*
 * sizing.h
 *	  How many meters a scan is worth.
 */
#ifndef PG_FDW_SIZING_H
#define PG_FDW_SIZING_H

#include "pg/options/options.h"
#include "pg/source/source.h"

/*
 * How many meters to ask for: those of n_meters, or as many as pay where that leaves it open; one for max_nflows.  At least one,
 * and no more than the settings and the source have room for.
 */
uint32		sizing_meters(const ScanOptions *options, const ColumnSet *wanted, const SourceMeasure *measure);

#endif							/* PG_FDW_SIZING_H */
