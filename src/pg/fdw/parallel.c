/*
 * parallel.c
 *	  Scans in parallel query.
 *
 * A participant, which is a parallel worker or the leader, has a meter of its own, and does with its rows what the plan does with them
 * before they meet the others': an aggregate takes each participant's flows where they come.
 *
 * A parallel-aware scan has a number of shards.  Each participant takes the next that nobody has, meters it, and comes back for another;
 * so all are metered, however few participants there are.  What is metered is decided once: the leader resolves the source before
 * there are any workers, and they get the job as it crosses to meters' workers, too.  What all shards have counted is added up where
 * all participants see it, and who ends the last shard says what is said of the whole.
 *
 * A capture among several, as partitions are, has one shard: to walk it once is less work in all, and there are others for the others.
 *
 * The server runs an Append at once (async.c) only where it is not parallel safe.  So a capture among several has two paths: one that is
 * parallel safe, and one that is not, but is cheaper, as far as others go on meanwhile.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "storage/spin.h"

#include "pg/base/settings.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/parallel.h"
#include "pg/fdw/sizing.h"
#include "pg/options/plugins.h"
#include "pg/rows/hidden.h"
#include "pg/source/source.h"

/* What all participants share; the job follows. */
typedef struct SharedScan
{
	uint32			 shards;
	pg_atomic_uint32 taken; /* of them */
	slock_t			 lock;	/* on what follows */
	uint32			 ended;
	Account			 accounts[SHARDS_MAX]; /* by shard, of those that have ended */
	Size			 job_length;
} SharedScan;

static char *
job_of(SharedScan *shared)
{
	return (char *) shared + MAXALIGN(sizeof(*shared));
}

/* --------------------------------------------------------------------------------------------------------------- planning */

/* Each process has a secret of its own, from which a table's key comes where none is given. */
static bool
has_same_hashes(const ScanOptions *options)
{
	return options->columns_to_anonymize == NULL || hidden_key_is_given(options);
}

/* A plugin's query may call any function. */
static bool
asks_queries(const ScanOptions *options)
{
	ListCell *plugin,
		*argument;

	foreach(plugin, options->plugins)
		foreach(argument, ((const ListedPlugin *) lfirst(plugin))->arguments)
			if (((const ListedArgument *) lfirst(argument))->form != ARGUMENT_VALUE)
				return true;
	return false;
}

bool
nfstream_is_parallel_safe(PlannerInfo *root, RelOptInfo *baserel, RangeTblEntry *entry)
{
	const ScanOptions *options = options_of_table(entry->relid);

	(void) root;
	(void) baserel;
	/* Each participant has a meter of its own, and none waits until another gives one back. */
	if (setting_max_meters <= max_parallel_workers_per_gather)
		return false;
	return source_interface(options) == NULL && has_same_hashes(options) && !asks_queries(options);
}

/* How many foreign tables there may be under the Append that this one is under; 1: there is none, or no other. */
static int
count_siblings(const PlannerInfo *root, const RelOptInfo *baserel)
{
	const AppendRelInfo *own = root->append_rel_array == NULL ? NULL : root->append_rel_array[baserel->relid];
	int					 count = 0;
	ListCell			*cell;

	if (own == NULL)
		return 1;
	foreach(cell, root->append_rel_list)
	{
		const AppendRelInfo *other = lfirst_node(AppendRelInfo, cell);

		if (other->parent_relid == own->parent_relid && root->simple_rte_array[other->child_relid]->relkind == RELKIND_FOREIGN_TABLE)
			count++;
	}
	return count;
}

/* A path like another. */
static ForeignPath *
copy_path(const ForeignPath *path)
{
	ForeignPath *copy = makeNode(ForeignPath);

	memcpy(copy, path, sizeof(*copy));
	return copy;
}

/* What meters do. */
static Cost
cost_of_metering(const PassCost *cost)
{
	return cost->start + cost->walk + cost->labels;
}

/* How many of these meters go on at once: as many as there are cores; one is read while another starts. */
static double
meters_at_once(double meters)
{
	return Min(meters, Max(sizing_cores(), 2));
}

/* Among others that go on at once: what meters do is done meanwhile. */
static void
add_path_at_once(RelOptInfo *baserel, const ForeignPath *path, const PassCost *cost, int siblings)
{
	ForeignPath *beside = copy_path(path);
	double		 at_once = meters_at_once(siblings);

	beside->path.parallel_safe = false;
	beside->path.startup_cost = cost->startup / at_once;
	beside->path.total_cost = cost->total - cost_of_metering(cost) * (1 - 1 / at_once);
	add_path(baserel, (Path *) beside);
}

/* How many take part, as the server counts them: the leader as far as it has time. */
static double
participants(int workers)
{
	return workers + (parallel_leader_participation ? Max(1.0 - 0.3 * workers, 0) : 0);
}

/*
 * What it costs that each shard walks the whole source, which one meter does beside its reader otherwise.  Flows are few beside their packets,
 * and of their scans the labels count, which are shared out; packets are as many as are walked, and who reads them keeps a core busy.  A
 * shard has two processes, which go on at once only as far as there are cores.
 */
static Cost
cost_of_walking_again(const PassCost *cost, const ScanEstimate *estimate, int workers)
{
	uint32 shards = sizing_shards(workers, estimate->options->n_meters);

	if (estimate->options->rows != ROWS_PACKETS)
		return 0;
	return cost->walk * (shards - 1) * Min(1, 2.0 / sizing_cores());
}

static void
add_shards(RelOptInfo *baserel, const ForeignPath *path, const PassCost *cost, const ScanEstimate *estimate, int siblings)
{
	ForeignPath *partial = copy_path(path);
	bool		 shares = siblings == 1;
	int			 workers = compute_parallel_worker(baserel, source_pages(estimate->measure.captured_bytes), -1, max_parallel_workers_per_gather);
	double		 divisor = participants(workers);
	Cost		 rows = Max(cost->total - cost_of_metering(cost), 0);

	if (workers == 0)
		return;
	if (!shares)
		divisor = Min(divisor, siblings);
	partial->path.pathkeys = NIL;
	partial->path.parallel_aware = true;
	partial->path.parallel_workers = workers;
	partial->path.rows = clamp_row_est(path->path.rows / divisor);
	partial->path.total_cost -= rows * (1 - 1 / divisor);
	if (shares)
		partial->path.total_cost -= cost->labels * (1 - 1 / Min(divisor, sizing_shards(workers, estimate->options->n_meters))) -
									cost_of_walking_again(cost, estimate, workers);
	else
		/* The next meter starts when the participant has read all of the one before. */
		partial->path.total_cost -= (cost_of_metering(cost) - cost->start) * (1 - 1 / meters_at_once(divisor));
	partial->path.startup_cost = Min(partial->path.startup_cost, partial->path.total_cost);
	partial->fdw_private = list_make1(makeBoolean(shares));
	add_partial_path(baserel, (Path *) partial);
}

void
parallel_add_paths(PlannerInfo *root, RelOptInfo *baserel, const ForeignPath *path, const PassCost *cost, const ScanEstimate *estimate,
				   bool has_shards)
{
	int siblings = count_siblings(root, baserel);

	if (siblings > 1 && enable_async_append)
		add_path_at_once(baserel, path, cost, siblings);
	if (baserel->consider_parallel && baserel->lateral_relids == NULL && (siblings > 1 || has_shards))
		add_shards(baserel, path, cost, estimate, siblings);
}

bool
parallel_shares(const ForeignPath *path)
{
	return path->fdw_private != NIL && boolVal(linitial(path->fdw_private));
}

/* -------------------------------------------------------------------------------------------------------------- execution */

Size
nfstream_estimate_dsm(ForeignScanState *node, ParallelContext *context)
{
	FlowScan *scan = node->fdw_state;

	(void) context;
	pass_prepare_job(scan);
	return MAXALIGN(sizeof(SharedScan)) + (scan->job == NULL ? 0 : job_length(scan->job));
}

static void
start_shards(SharedScan *shared)
{
	pg_atomic_write_u32(&shared->taken, 0);
	shared->ended = 0;
	memset(shared->accounts, 0, sizeof(shared->accounts));
}

void
nfstream_initialize_dsm(ForeignScanState *node, ParallelContext *context, void *coordinate)
{
	const ForeignScan *plan = (const ForeignScan *) node->ss.ps.plan;
	FlowScan		  *scan = node->fdw_state;
	SharedScan		  *shared = coordinate;

	scan->participation = shared;
	shared->shards = 0;
	pg_atomic_init_u32(&shared->taken, 0);
	SpinLockInit(&shared->lock);
	start_shards(shared);
	if (scan->job == NULL)
		return;
	shared->shards = boolVal(plan_member(plan, PLAN_SHARES)) ? sizing_shards(context->nworkers, scan->options->n_meters) : 1;
	shared->job_length = job_length(scan->job);
	job_write(scan->job, job_of(shared));
}

void
nfstream_reinitialize_dsm(ForeignScanState *node, ParallelContext *context, void *coordinate)
{
	(void) node;
	(void) context;
	start_shards(coordinate);
}

void
nfstream_initialize_worker(ForeignScanState *node, shm_toc *toc, void *coordinate)
{
	FlowScan *scan = node->fdw_state;

	(void) toc;
	scan->participation = coordinate;
}

/* The job in memory of this process's own, which outlives an error; the shared memory does not. */
static void
take_job(FlowScan *scan)
{
	SharedScan	 *shared = scan->participation;
	MemoryContext before = MemoryContextSwitchTo(scan->lasting);
	char		 *copy = palloc(shared->job_length);

	memcpy(copy, job_of(shared), shared->job_length);
	pass_take_job(scan, job_read(copy));
	MemoryContextSwitchTo(before);
}

/* The next shard that nobody has; false if there is none. */
static bool
take_shard(FlowScan *scan)
{
	SharedScan *shared = scan->participation;
	uint32		shard = pg_atomic_read_u32(&shared->taken);

	if (shard < shared->shards)
		shard = pg_atomic_fetch_add_u32(&shared->taken, 1);
	if (shard >= shared->shards)
		return false;
	if (scan->shards == 0)
		take_job(scan);
	scan->shard = shard;
	scan->shards = shared->shards;
	scan->warns = scan->warns && shard == 0;
	return true;
}

TupleTableSlot *
parallel_next(FlowScan *scan, MemoryContext parent, TupleTableSlot *slot)
{
	while (scan->merge != NULL || take_shard(scan))
	{
		if (pass_next(scan, parent, slot))
			return slot;
		pass_stop(scan);
	}
	return ExecClearTuple(slot);
}

/* Of the whole scan, from those of its shards. */
static Account
sum_of_shards(const FlowScan *scan, const Account *accounts, uint32 shards)
{
	Account sum = {0};

	for (uint32 i = 0; i < shards; i++)
		account_add(&sum, &accounts[i], request_account_rule(&scan->request));
	return sum;
}

bool
parallel_shard_ended(FlowScan *scan)
{
	SharedScan *shared = scan->participation;
	bool		is_last;

	SpinLockAcquire(&shared->lock);
	shared->accounts[scan->shard] = scan->accounts[0];
	is_last = ++shared->ended == shared->shards;
	SpinLockRelease(&shared->lock);
	if (is_last)
		scan->account = sum_of_shards(scan, shared->accounts, shared->shards);
	return is_last;
}

/* For EXPLAIN, what all have done; the shared memory goes. */
void
nfstream_shutdown(ForeignScanState *node)
{
	FlowScan   *scan = node->fdw_state;
	SharedScan *shared = scan->participation;

	if (shared == NULL)
		return;
	pass_stop(scan);
	scan->accounts = MemoryContextAlloc(scan->lasting, sizeof(shared->accounts));
	SpinLockAcquire(&shared->lock);
	scan->meters = Min(pg_atomic_read_u32(&shared->taken), shared->shards);
	scan->has_account = shared->ended == shared->shards;
	memcpy(scan->accounts, shared->accounts, sizeof(shared->accounts));
	SpinLockRelease(&shared->lock);
	scan->account = sum_of_shards(scan, scan->accounts, shared->shards);
	scan->participation = NULL;
	scan->shards = 0;
}
