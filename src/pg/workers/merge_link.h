/*
 * merge_link.h
 *	  What a scan knows of each of its meters, and of all of them: for merge.c and merge_link.c alone.
 */
#ifndef PG_WORKERS_MERGE_LINK_H
#define PG_WORKERS_MERGE_LINK_H

#include "pg/workers/damages.h"
#include "pg/workers/job.h"
#include "pg/workers/merge.h"
#include "pg/workers/printed.h"
#include "pg/workers/reading_order.h"
#include "pg/workers/route.h"
#include "wire/account.h"
#include "wire/message.h"
#include "wire/order.h"
#include "wire/record.h"

typedef struct Link
{
	Route route;

	/* The batch at hand: records that were not read yet. */
	const uint8 *cursor;
	const uint8 *end;

	OrderStream *stream;		   /* what is known of its records */
	Record		 record;		   /* the next one, if the stream has it */
	uint64		 records;		   /* so far */
	uint64		 marks;			   /* so far, of flows that were set aside */
	uint64		 given_up;		   /* of these, as no more were wanted */
	uint64		 packets_given_up; /* that these had */
	uint32		 damage_next;	   /* in the order of reading: no file before this one may still be reported as damaged */
	bool		 told_overlap;
	bool		 told_order;

	/* Where files are metered apart. */
	bool		   is_damaged; /* the file at hand is */
	FailureMessage damage;
	uint64		   file_packets; /* once it ended */
	uint64		   packets;		 /* of all its files that ended */

	PlaceMessage place; /* how far it is, as it told last */
	bool		 is_on_board;
	Account		 account; /* once it ended */
} Link;

struct Merge
{
	const ScanJob		 *job;
	RecordForm			  form; /* of its records */
	MemoryContext		  context;
	MemoryContextCallback callback;
	dsm_segment			 *segment; /* with the job, for workers; NULL without any */
	uint32				  count;
	Link				 *links;
	RecordOrder			  records;
	Link				 *current;	/* whose record was returned last */
	bool				  has_news; /* something has come that merge_next() has not looked at */
	bool				  finished;
	Damages				  damages;
	ReadingOrder		  order;

	/* Where files are metered apart. */
	uint64 packets_before; /* in the files before the one whose turn it is */

	bool		   has_overlap;
	OverlapMessage overlap; /* if it has */

	/* Of a live source. */
	uint64			  client_seen;
	FailureMessage	 *gone;		/* how its interface has gone; NULL: it has not */
	bool			  gives_up; /* no more of its flows are wanted */
	int				  packets;	/* the index of the column with a flow's packets, which its request has; -1: rows are packets */
	bool			  told_long_frames;
	bool			  tells;	  /* of damage, which all shards find */
	Printed			 *printed;	  /* by its plugins; the caller's */
	FileTimesMessage *file_times; /* the same */
};

/* Takes messages until the link has a record, or a file's end, or nothing more has come; false if nothing has come.  Errors as merge_next() does. */
bool link_poll(Merge *merge, Link *link);

/* Takes the next record off the link's batch, if there is one; the one before it was taken in its turn. */
void link_read_record(Merge *merge, Link *link);

/* Its meter is no longer shown among those that run. */
void link_leave_board(Link *link);

#endif /* PG_WORKERS_MERGE_LINK_H */
