/*
 * job.h
 *	  What an owner needs to know of a scan: the request to its meter, and the files to hand over.
 */
#ifndef PG_WORKERS_JOB_H
#define PG_WORKERS_JOB_H

#include "port/atomics.h"

#include "pg/source/source.h"
#include "pg/workers/spawn.h"
#include "wire/request.h"

/* What an owner needs to know of the leader's settings and options: it may be another process. */
typedef struct OwnerOrders
{
	uint64		 meter_timeout;		 /* ms that a meter may stand still; 0: for ever */
	char		 program[MAXPGPATH]; /* the setting meter_program */
	MeterProgram which;
	bool		 cleans_up; /* a plugin may have something to do when the scan ends, whatever ends it */
	bool		 hides;		/* columns are hidden: errors are not to tell of flows */
} OwnerOrders;

/* What the owners of a scan's meters have in common. */
typedef struct ScanShared
{
	pg_atomic_uint32 taken; /* with request.separate_files: how many of the files were taken */

	/* Of an interface that they share: group.h. */
	pg_atomic_uint32 group; /* its number, 0 before it is made */
	pg_atomic_uint32 ready; /* how many meters are */
} ScanShared;

typedef struct ScanJob
{
	MeterRequest request; /* as if for one meter; each owner makes it that of its shard */
	OwnerOrders	 orders;
	const char	*directory; /* the files lie in there; NULL: anywhere */
	SourceFile	*files;		/* request.files of them */
	const uint8 *plugins;	/* request.plugins bytes: wire/plugin_orders.h */
	ScanShared	*shared;	/* NULL: the request has no source */

	/* What only the leader knows. */
	Oid			table;	/* InvalidOid: there is none */
	const char *source; /* the option */
} ScanJob;

void job_start_shared(ScanShared *shared);

/* A job as one piece of memory, to cross to another process: its length, and the piece itself. */
Size job_length(const ScanJob *job);
void job_write(const ScanJob *job, char *to);

/* The job in such a piece; it points into it, and takes the rest from the current memory context. */
ScanJob *job_read(char *from);

#endif /* PG_WORKERS_JOB_H */
