/*
 * pass.h
 *	  A scan of a foreign table: what it is to compute, and a pass over its source.
 */
#ifndef PG_FDW_PASS_H
#define PG_FDW_PASS_H

#include "pg/fdw/exclusion.h"
#include "pg/fdw/pushdown.h"
#include "pg/fdw/report.h"
#include "pg/fdw/scan_plugins.h"
#include "pg/rows/tuple.h"
#include "pg/workers/merge.h"
#include "pg/workers/sockets.h"

typedef struct FlowScan
{
	ScanOptions	 *options;
	TupleBuilder *builder;
	MeterRequest  request;	 /* all but what only the files decide */
	Pushdown	 *pushdown;	 /* conditions for the meters; NULL: all rows are wanted */
	Exclusion	 *exclusion; /* of the table, and of files; NULL: of nothing */
	SourceWanted  wanted;	 /* pass_files_wanted()'s */

	/* What times of packets say of files, by pass_look_at_times(); NULL: nothing. */
	struct TimeFilter *times;
	MemoryContext	   times_context;

	FileTimesMessage *file_times; /* merge_start()'s, of the pass, where asks_file_times */
	bool			  asks_file_times;

	/* Once the first row was asked for. */
	MemoryContext context;	 /* of one pass over the source */
	const char	 *interface; /* NULL: the source is files */
	Wakeup		 *wakeup;	 /* of a scan that waits for nothing, while its meters run; NULL: it has none */
	ScanJob		 *job;
	Merge		 *merge;
	HostSockets	 *sockets; /* NULL: no column asks for processes */
	uint32		 *order;   /* of the job's files, as they were read, once they were; NULL before */
	Report		  report;
	uint64		  next_id;
	bool		  finished;
	bool		  overlap_told; /* once for all passes */
	bool		  filter_told;
	Printed		  printed; /* in all passes */

	/* Of a scan among others of an Append, which go on at once: fdw/async.c. */
	uint32 at_once;	   /* how many they are; 0: it is none of these */
	bool   is_waiting; /* the last call of pass_next() has found neither a row nor the end */
	uint64 slots_seen; /* slot_releases() when there was no slot for it */
	uint32 given;	   /* rows since it last made way for the others */
	bool   makes_way;  /* it waits for nothing but the others */

	/* Of parallel query: fdw/parallel.c. */
	bool			   is_parallel_safe; /* so that it may run in a participant */
	struct SharedScan *participation;	 /* of a parallel-aware scan; NULL: it is alone */
	uint32			   shard;			 /* of the pass, */
	uint32			   shards;			 /* of so many; 0: it has all */

	/* Of its plugins, from the first pass on. */
	MemoryContext	   lasting; /* as long as the scan */
	const ScanPlugins *plugins;

	double			 labelled;			/* estimate_labelled() of its conditions */
	bool			 tells_nanoseconds; /* in its rows' identifiers */
	struct KeptRows *kept;				/* of its passes; NULL: it is read once */

	/* Of the latest pass, for EXPLAIN ANALYZE. */
	bool	 warns;	 /* of columns that are off, when it starts */
	bool	 timed;	 /* dissections are */
	uint32	 meters; /* that were started */
	bool	 has_account;
	Account	 account;
	uint64	 dropped_by_interface; /* COUNT_NOT_KNOWN where nobody tells */
	int		 files_named;		   /* files of the source, with those that are not read */
	Account *accounts;			   /* of each meter, once there is an account */
} FlowScan;

/*
 * A scan with these options that needs these attributes of the table, or of a call's type of rows, as tuple_builder() has them, in the
 * current memory context; nothing is opened or started yet.
 */
FlowScan *pass_prepare(Relation table, ScanOptions *options, const Bitmapset *attributes_used);

/*
 * The next row of the source into the slot, in the order of `id`; false after the last.  The first call starts the pass, in
 * a child of `parent`: when that goes, the pass ends.  Values are allocated in the current memory context.  Without a slot the row is passed
 * over, and nothing is made of it.
 *
 * A scan among others returns false, too, where it would have to wait, for a row or for a slot.
 */
bool pass_next(FlowScan *scan, MemoryContext parent, TupleTableSlot *slot);

/* What is to be metered by all participants, before the first pass: decides it (NULL: nothing), or takes what another process has decided. */
void pass_prepare_job(FlowScan *scan);
void pass_take_job(FlowScan *scan, ScanJob *job);

/* Starts the pass of a scan among others, if it was not started; false if there is no slot for it.  or_error: then that is an error. */
bool pass_start(FlowScan *scan, MemoryContext parent, bool or_error);

/* files_wanted.c: looks up what is known of the files, with the values that parameters have now; for pass_files_wanted(). */
void pass_look_at_times(FlowScan *scan);

/* files_wanted.c: which of the source's files are read; NULL: all. */
const SourceWanted *pass_files_wanted(FlowScan *scan);

/* Ends the pass, if one was started; the next row is the first again.  Errors if that cannot be, as the source is live. */
void pass_rewind(FlowScan *scan);

/* Ends the pass, if one was started. */
void pass_stop(FlowScan *scan);

/* Ends a pass over a live source, whose flows are not all wanted, in order: then it has an account. */
void pass_give_up(FlowScan *scan);

#endif /* PG_FDW_PASS_H */
