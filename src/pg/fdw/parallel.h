/*
 * parallel.h
 *	  Scans in parallel query.
 */
#ifndef PG_FDW_PARALLEL_H
#define PG_FDW_PARALLEL_H

#include "nodes/pathnodes.h"

#include "pg/fdw/estimate.h"
#include "pg/fdw/pass.h"

/*
 * Adds the paths of a scan of files that run beside others: under an Append with others at once; and, if the scan is parallel safe, a partial
 * one.  path: the ordinary one, of this cost.  has_shards: the rows are the same whoever has which of them.
 */
void parallel_add_paths(PlannerInfo *root, RelOptInfo *baserel, const ForeignPath *path, const PassCost *cost,
						const ScanEstimate *estimate, bool has_shards);

/* Whether the participants of a path share the flows out, or one of them takes them all. */
bool parallel_shares(const ForeignPath *path);

/* The next row of the part of a scan that this participant has; an empty slot after the last. */
TupleTableSlot *parallel_next(FlowScan *scan, MemoryContext parent, TupleTableSlot *slot);

/* The scan's shard has ended, and its account is there: whether it was the last of all, and then the account is that of all. */
bool parallel_shard_ended(FlowScan *scan);

#endif /* PG_FDW_PARALLEL_H */
