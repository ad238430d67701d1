/*
 * fdw.h
 *	  The callbacks of the foreign data wrapper.
 */
#ifndef PG_FDW_FDW_H
#define PG_FDW_FDW_H

#include "access/parallel.h"
#include "commands/explain.h"
#include "foreign/fdwapi.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

#include "pg/options/options.h"

/* What the planner leaves for the executor: the members of a plan's fdw_private, in their order. */
typedef enum PlanMember
{
	PLAN_ATTRIBUTES,  /* integers: the attributes that the query needs, as pull_varattnos() has them */
	PLAN_RUN_AGAIN,	  /* Boolean: a rescan is likely */
	PLAN_ROWS_WANTED, /* Integer: of MeterRequest */
	PLAN_EXCLUSION,	  /* exclusion_clauses() */
	PLAN_SHARES,	  /* Boolean: parallel_shares() */
	PLAN_LABELLED	  /* Float: estimate_labelled() */
} PlanMember;

static inline void *
plan_member(const ForeignScan *plan, PlanMember member)
{
	return list_nth(plan->fdw_private, member);
}

/* plan.c */
void		 nfstream_get_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid table);
void		 nfstream_get_size_with(PlannerInfo *root, RelOptInfo *baserel, const ScanOptions *options);
void		 nfstream_get_paths(PlannerInfo *root, RelOptInfo *baserel, Oid table);
ForeignScan *nfstream_get_plan(PlannerInfo *root, RelOptInfo *baserel, Oid table, ForeignPath *best_path, List *tlist,
							   List *scan_clauses, Plan *outer_plan);

/* scan.c */
void			nfstream_begin(ForeignScanState *node, int eflags);
void			nfstream_begin_with(ForeignScanState *node, int eflags, ScanOptions *options);
TupleTableSlot *nfstream_iterate(ForeignScanState *node);
void			nfstream_rescan(ForeignScanState *node);
void			nfstream_end(ForeignScanState *node);

/* row_mark.c */
bool nfstream_recheck(ForeignScanState *node, TupleTableSlot *slot);

/* async.c */
bool nfstream_is_async_capable(ForeignPath *path);
void nfstream_async_request(AsyncRequest *request);
void nfstream_async_configure_wait(AsyncRequest *request);
void nfstream_async_notify(AsyncRequest *request);

/* parallel.c */
bool nfstream_is_parallel_safe(PlannerInfo *root, RelOptInfo *baserel, RangeTblEntry *entry);
Size nfstream_estimate_dsm(ForeignScanState *node, ParallelContext *context);
void nfstream_initialize_dsm(ForeignScanState *node, ParallelContext *context, void *coordinate);
void nfstream_reinitialize_dsm(ForeignScanState *node, ParallelContext *context, void *coordinate);
void nfstream_initialize_worker(ForeignScanState *node, shm_toc *toc, void *coordinate);
void nfstream_shutdown(ForeignScanState *node);

/* analyze.c */
bool nfstream_analyze(Relation table, AcquireSampleRowsFunc *acquire, BlockNumber *pages);

/* explain.c */
void nfstream_explain(ForeignScanState *node, struct ExplainState *es);

/* import.c */
List *nfstream_import(ImportForeignSchemaStmt *statement, Oid server);

/* fdw.c: whether a relation is a foreign table of this wrapper. */
bool nfstream_is_ours(Relation relation);
void nfstream_check_is_ours(Relation relation); /* errors if it is not */

#endif /* PG_FDW_FDW_H */
