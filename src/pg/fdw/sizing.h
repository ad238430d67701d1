/*
 * sizing.h
 *	  How many meters a scan is worth.
 */
#ifndef PG_FDW_SIZING_H
#define PG_FDW_SIZING_H

#include "pg/source/source.h"
#include "wire/request.h"

/*
 * How many meters to ask for: `n_meters`, which is the option, or as many as pay where that is 0; one for max_nflows of files.  At least
 * one, and no more than the settings and the source have room for.  measure: of files; an interface has none.  labelled: the part of
 * their flows that is likely to be labelled, 0 to 1.
 */
uint32 sizing_meters(const MeterRequest *request, uint64 n_meters, const SourceMeasure *measure, double labelled);
uint32 sizing_meters_live(const MeterRequest *request, uint64 n_meters);

/* Of these, how many for each of several scans that go on at once (0: it is alone); n_meters is the option. */
uint32 sizing_share(uint32 meters, uint64 n_meters, uint32 scans);

/* Whether the meters of files, this many, are one that the session itself starts, without a worker; an option `n_meters` asks for workers. */
bool sizing_is_own(const MeterRequest *request, uint64 n_meters, const SourceMeasure *measure, uint32 meters);

/* How many shards for so many parallel workers: one for each participant, as far as there are cores. */
uint32 sizing_shards(int workers, uint64 n_meters);

uint64 sizing_cores(void);

#endif /* PG_FDW_SIZING_H */
