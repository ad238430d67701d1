/*
 * damages.h
 *	  The files of a scan that are damaged.
 */
#ifndef PG_WORKERS_DAMAGES_H
#define PG_WORKERS_DAMAGES_H

#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"

#include "pg/workers/job.h"
#include "wire/message.h"

/* All zeros but the context at the start. */
typedef struct Damages
{
	MemoryContext context; /* of what is kept */
	Bitmapset	 *files;   /* that are damaged */
	List		 *first;   /* FailureMessage, one for each of the first of them */
} Damages;

/* Keeps the damage of a file, if it is the first of it. */
void damages_keep(Damages *damages, const FailureMessage *damage);

/* Reports them: as an error, if the request stops at damage, or with a WARNING for each of the first, and one for all others. */
void damages_report(const Damages *damages, const ScanJob *job);

#endif /* PG_WORKERS_DAMAGES_H */
