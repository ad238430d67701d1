/*
 * damages.c
 *	  The files of a scan that are damaged.
 */
#include "postgres.h"

#include "pg/workers/damages.h"
#include "pg/workers/failure.h"

/* How many damaged files get a warning of their own. */
#define DAMAGES_TOLD 20

void
damages_keep(Damages *damages, const FailureMessage *damage)
{
	MemoryContext	before;
	FailureMessage *copy;

	if (bms_is_member(damage->file, damages->files))
		return;
	before = MemoryContextSwitchTo(damages->context);
	damages->files = bms_add_member(damages->files, damage->file);
	if (list_length(damages->first) < DAMAGES_TOLD)
	{
		copy = palloc(sizeof(*copy));
		*copy = *damage;
		damages->first = lappend(damages->first, copy);
	}
	MemoryContextSwitchTo(before);
}

void
damages_report(const Damages *damages, const ScanJob *job)
{
	ListCell *cell;
	int		  untold = bms_num_members(damages->files) - list_length(damages->first);

	foreach(cell, damages->first)
		failure_report_damage(job->request.stop_at_damage ? ERROR : WARNING, lfirst(cell), job);
	if (untold > 0)
		ereport(WARNING,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg_plural("could not read %d more capture to its end", "could not read %d more captures to their ends",
							   untold, untold)));
}
