/*
 * kept_rows.h
 *	  Rows of a scan that are kept, so that a rescan does not meter its source again.
 */
#ifndef PG_FDW_KEPT_ROWS_H
#define PG_FDW_KEPT_ROWS_H

#include "pg/fdw/pass.h"

typedef struct KeptRows KeptRows;

/*
 * For a scan that has begun: nothing is kept yet.  from_first: rows of the first pass are kept, as a rescan is likely; otherwise those of
 * the second.  What is kept lives in the current memory context.
 */
KeptRows *kept_rows(FlowScan *scan, TupleDesc descriptor, bool from_first);

/*
 * The scan's next row, kept or metered, in `slot` or in one of its own; an empty slot after the last, or where pass_next() would wait and must not.  `parent` is as in pass_next().
 */
TupleTableSlot *kept_next(KeptRows *kept, MemoryContext parent, TupleTableSlot *slot);

/* The next row is the first again.  Errors if that cannot be, as the source is live. */
void kept_rewind(KeptRows *kept);

/* The same, where the rows are others from now on: those of the next pass are kept. */
void kept_forget(KeptRows *kept);

/* Lets go of the rows, and ends the pass, if one was started. */
void kept_end(KeptRows *kept);

/* For EXPLAIN: nothing if the scan was not read a second time. */
typedef struct KeptAccount
{
	uint64 passes;	  /* over the source */
	uint64 rows;	  /* kept */
	uint64 reads;	  /* of these, from the first on */
	bool   in_memory; /* none of them went to disk */
} KeptAccount;

KeptAccount kept_account(const KeptRows *kept);

#endif /* PG_FDW_KEPT_ROWS_H */
