/*
 * merge.h
 *	  The meters of one scan, and their flows in the one order.
 */
#ifndef PG_WORKERS_MERGE_H
#define PG_WORKERS_MERGE_H

#include "pg/options/options.h"
#include "pg/workers/job.h"
#include "pg/workers/printed.h"
#include "pg/workers/wakeup.h"
#include "wire/account.h"
#include "wire/message.h"
#include "wire/record.h"

typedef struct Merge Merge;

/* How the meters of a scan are started. */
typedef struct MergeStart
{
	/* So many under workers, or as many as there are free slots for; where that is none, one of this process's own: */
	uint32 workers;
	uint32 shard; /* for this part of the flows */
	uint32 shards;

	Wakeup *wakeup;	 /* made readable after merge_watch(); NULL: nobody watches.  Lives as long as the merge */
	bool	or_none; /* where there is no slot at all this is no error */

	FileTimesMessage *file_times; /* file_times_start()'s, filled while records come; NULL: nobody wants to know */
} MergeStart;

/*
 * Starts the meters of a scan; NULL if it may, and does, find no slot.
 *
 * The scan lives in a child of the current memory context: whenever that goes, after an error too, the meters and workers go
 * with it.  The job and what is counted of prints must live as long.
 */
Merge *merge_start(const ScanJob *job, const MergeStart *how, Printed *printed);

/* How many meters were started. */
uint32 merge_meters(const Merge *merge);

/*
 * The next flow in the scan's order (wire/record.h), valid until the next call; NULL after the last, or where none has come `until`
 * then by clock_ms(), which is CLOCK_NEVER to wait for ever.  With request.counts_aside a flow that was set aside is one too, of which
 * there is only a mark.
 *
 * Waits for the meters, open to interrupts.  Errors if a meter fails, or a capture is damaged and request.stop_at_damage
 * is set; otherwise warns of damage, after the last flow.
 */
const Record *merge_next(Merge *merge, uint64 until);

/*
 * For who waits for several scans: the scan's wake-up is readable once merge_next() may find more than it did at its last call.  Returns
 * after how many ms at the most it is to be called all the same; 0: at once.  Errors as merge_next() does.
 */
long merge_watch(Merge *merge);

/* Whether the last flow was returned. */
bool merge_is_finished(const Merge *merge);

/* How far one of the meters is, as it told last. */
const PlaceMessage *merge_place(const Merge *merge, uint32 meter);

/*
 * Ends a live source where it is.  expire: flows that are still active are the last that merge_next() returns; otherwise it
 * returns NULL once all meters have ended, and what they send until then is given up, as the account has it.
 */
void merge_end_source(Merge *merge, bool expire);

/* The scan's account; false until merge_next() has returned NULL. */
bool merge_account(const Merge *merge, Account *account);

/* The order in which the files are read; NULL: the given one, or none that is known yet. */
const uint32 *merge_order(const Merge *merge);

/* The first file that begins long before the time that was reached, once there is an account; NULL if none does. */
const OverlapMessage *merge_overlap(const Merge *merge);

/* The part that one of the meters has in it. */
Account merge_account_of(const Merge *merge, uint32 meter);

/* Ends the scan at whatever point it is, and waits until its workers are gone. */
void merge_end(Merge *merge);

#endif /* PG_WORKERS_MERGE_H */
