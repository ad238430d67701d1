/*
 * scan.h
 *	  A scan of a foreign table, between its callbacks.
 */
#ifndef PG_FDW_SCAN_H
#define PG_FDW_SCAN_H

#include "pg/rows/tuple.h"
#include "pg/workers/merge.h"

typedef struct FlowScan
{
	ScanOptions *options;
	TupleBuilder *builder;
	ColumnSet	wanted;			/* what the meters compute */

	/* Once the first row was asked for. */
	MemoryContext context;		/* of one pass over the source */
	ScanJob    *job;
	Merge	   *merge;
	uint32	   *order;			/* of the job's files, as they were read, once they were; NULL before */
	uint64		next_id;
	bool		finished;
	bool		overlap_told;	/* once for all passes */
	bool		filter_told;

	/* Of the latest pass, for EXPLAIN ANALYZE. */
	bool		warns;				/* of columns that are off, when it starts */
	bool		timed;			/* dissections are */
	uint32		meters;			/* that were started */
	bool		has_account;
	Account		account;
	uint64		flows[REQUEST_SHARDS_MAX];	/* by meter */
} FlowScan;

/*
 * A scan of the table that needs these attributes (as tuple_builder() has them), in the current memory context; nothing is
 * opened or started yet.
 */
FlowScan   *scan_create(Relation table, const Bitmapset *attributes_used);

/*
 * The next row of the source into the slot, in the order of `id`; false behind the last.  The first call starts the pass, in
 * a child of `parent`: when that goes, the pass ends.  Values are allocated in the current memory context.
 */
bool		scan_next(FlowScan *scan, MemoryContext parent, TupleTableSlot *slot);

/* Ends the pass, if one was started; the next row is the first again. */
void		scan_stop(FlowScan *scan);

/*
 * The request for these options and columns; the filter's text is not part of it.  What the options turn off, or no wanted
 * column needs, is off.
 */
void		scan_fill_request(MeterRequest *request, const ScanOptions *options, const ColumnSet *wanted);

/*
 * How many meters to ask for.  Where the options leave it open: files that are metered apart are shared out among them, all of
 * the work with them.  Otherwise every meter walks the whole source, and it is nDPI's work alone that they share: one where no
 * label is wanted, one for what is compressed with gzip, which takes longer to decompress than to label, and one where a filter is
 * likely to leave little to label.  One for max_nflows.
 */
uint32		scan_meters(const ScanOptions *options, const ColumnSet *wanted, const SourceMeasure *measure);

#endif							/* PG_FDW_SCAN_H */
