/*
 * plan.c
 *	  Planning a scan: which columns it needs, how many rows and how much work it is.
 *
 * Looks at options and at sizes; opens nothing and starts nothing.
 */
#include "postgres.h"

#include <math.h>

#include "foreign/foreign.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"

#include "pg/base/attributes.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/pushdown.h"
#include "pg/fdw/row_mark.h"
#include "pg/fdw/rows_wanted.h"
#include "pg/fdw/scan_order.h"
#include "pg/options/options.h"
#include "pg/options/plugin_outputs.h"
#include "pg/rows/tuple.h"
#include "pg/source/source.h"

/* Averages of captures as people have them: 159 real ones, of 34 MB and 4,676 flows in all. */
#define BYTES_OF_A_FLOW	  7500.0
#define BYTES_OF_A_PACKET 450.0

/* The size that a source is given if it cannot be looked at: a capture of some megabytes. */
#define BYTES_UNKNOWN (8 << 20)

/*
 * Costs in the planner's unit, a page read in sequence (about 10 us for a capture in memory): starting workers and meters
 * takes some ms, nDPI's tables 11 ms more; a packet is walked in about 0.1 us.
 */
#define COST_OF_START	  400.0
#define COST_OF_DPI_START 1100.0
#define COST_OF_A_PACKET  0.01
#define COST_OF_A_LABEL	  0.5

/*
 * An interface has no end, and its flows are waited for: the first for some seconds, each for a tenth of a second.  In a join no other work
 * counts beside that, so that of two plans the one wins that need not have all flows before its first row: it has the other side in memory,
 * and sorts nothing.  Alone there is nothing to choose, and a scan costs too little for its first row to wait until the server has compiled
 * expressions.
 */
#define FLOWS_OF_AN_INTERFACE 1e6
#define COST_OF_FIRST_FLOW	  1e6
#define COST_OF_WAITING		  1e4

typedef struct ScanEstimate
{
	const ScanOptions *options;
	const char		  *interface; /* NULL: the source is files */
	double			   bytes;	  /* of the source */
	double			   flows;	  /* in it, whatever the conditions; or packets, where these are the rows */
	Bitmapset		  *used;	  /* attributes that the query needs */
	bool			   has_dpi;
	bool			   is_run_again; /* in a subquery */
	int				   rows_wanted;	 /* 0: it may be all */
} ScanEstimate;

/* The attributes that the query needs of the table: pg/base/attributes.h. */
static Bitmapset *
find_attributes_used(PlannerInfo *root, RelOptInfo *baserel)
{
	Bitmapset *used = NULL;
	ListCell  *cell;

	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid, &used);
	if (attributes_have_whole_row(used) && row_mark_needs_whole_row(root, baserel))
		used = attributes_without_whole_row(used);
	foreach(cell, baserel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, cell)->clause, baserel->relid, &used);
	return used;
}

/* Whether any of these attributes is a label, or a plugin reads one. */
static bool
needs_dpi(Oid table, const ScanOptions *options, const Bitmapset *used)
{
	ColumnSet  reads = {0};
	int		   member = -1;
	AttrNumber attribute;
	unsigned   column;

	if (!options_group_is_on(options, GROUP_DPI))
		return false;
	plugins_reads(options->plugins, &reads);
	if (attributes_have_whole_row(used) || schema_set_has_group(&flow_schema, &reads, GROUP_DPI))
		return true;
	while (attributes_next(used, &member, &attribute))
		if (tuple_attribute(table, options->schema, attribute, &column) == ATTRIBUTE_IS_COLUMN &&
			options->schema->columns[column].group == GROUP_DPI)
			return true;
	return false;
}

/*
 * Whether the scan stands in a subquery that is run again for each row outside of it, or round after round of a recursion: while it is
 * planned, the query around it, or one around that, has parameters for it, or the part from which the recursion starts.
 */
static bool
is_run_again(const PlannerInfo *root)
{
	for (const PlannerInfo *outer = root->parent_root; outer != NULL; outer = outer->parent_root)
		if (outer->plan_params != NIL || outer->non_recursive_path != NULL)
			return true;
	return false;
}

static void
estimate_files(ScanEstimate *estimate, const RelOptInfo *baserel)
{
	int64 bytes = source_size(estimate->options);

	estimate->bytes = bytes < 0 ? BYTES_UNKNOWN : bytes;
	estimate->flows = ceil(estimate->bytes / (estimate->options->rows == ROWS_PACKETS ? BYTES_OF_A_PACKET : BYTES_OF_A_FLOW));

	/* ANALYZE knows better: its number of flows, in proportion to the source's size now. */
	if (baserel->tuples > 0 && baserel->pages > 0)
		estimate->flows = ceil(baserel->tuples * source_pages(estimate->bytes) / baserel->pages);
}

void
nfstream_get_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid table)
{
	ScanEstimate *estimate = palloc0(sizeof(*estimate));

	estimate->options = options_of_table(table);
	estimate->interface = source_interface_for_plan(estimate->options);
	if (estimate->interface != NULL)
		estimate->flows = FLOWS_OF_AN_INTERFACE;
	else
		estimate_files(estimate, baserel);
	if (estimate->options->max_nflows > 0 && estimate->options->rows == ROWS_FLOWS)
		estimate->flows = Min(estimate->flows, estimate->options->max_nflows);
	estimate->used = find_attributes_used(root, baserel);
	estimate->has_dpi = needs_dpi(table, estimate->options, estimate->used);
	estimate->is_run_again = is_run_again(root);
	baserel->fdw_private = estimate;
	baserel->tuples = estimate->flows;
	set_baserel_size_estimates(root, baserel);
}

static ForeignPath *
scan_path(PlannerInfo *root, RelOptInfo *baserel, Cost startup, Cost total, List *order)
{
#if PG_VERSION_NUM >= 180000
	return create_foreignscan_path(root, baserel, NULL, baserel->rows, 0, startup, total, order, baserel->lateral_relids, NULL, NIL, NIL);
#elif PG_VERSION_NUM >= 170000
	return create_foreignscan_path(root, baserel, NULL, baserel->rows, startup, total, order, baserel->lateral_relids, NULL, NIL, NIL);
#else
	return create_foreignscan_path(root, baserel, NULL, baserel->rows, startup, total, order, baserel->lateral_relids, NULL, NIL);
#endif
}

/*
 * A live source is read once.  What is joined with something may have to be read again, however few rows the planner expects of the other
 * side: so it is materialised, which costs nothing where it is not read again, as rows are kept only where that is possible.
 */
static Path *
materialized(RelOptInfo *baserel, ForeignPath *path)
{
	return (Path *) create_material_path(baserel, (Path *) path);
}

void
nfstream_get_paths(PlannerInfo *root, RelOptInfo *baserel, Oid table)
{
	ScanEstimate *estimate = baserel->fdw_private;
	bool		  is_live = estimate->interface != NULL,
		 is_joined = bms_membership(root->all_baserels) == BMS_MULTIPLE;
	List *order = scan_order(root, baserel, estimate->options, estimate->used);
	Cost  startup = COST_OF_START + baserel->baserestrictcost.startup,
		 total;
	ForeignPath *path;

	(void) table;
	if (estimate->has_dpi)
		startup += COST_OF_DPI_START;
	if (is_live && is_joined)
		startup += COST_OF_FIRST_FLOW;
	total = startup + estimate->flows * (cpu_tuple_cost + baserel->baserestrictcost.per_tuple);
	if (is_live && is_joined)
		total += estimate->flows * COST_OF_WAITING;
	else if (!is_live)
		total += estimate->bytes / BLCKSZ * seq_page_cost + estimate->bytes / BYTES_OF_A_PACKET * COST_OF_A_PACKET +
				 (estimate->has_dpi ? estimate->flows * COST_OF_A_LABEL : 0);
	if (!estimate->is_run_again)
		estimate->rows_wanted = rows_wanted(root, baserel, estimate->flows, order);
	path = scan_path(root, baserel, startup, total, order);
	add_path(baserel, is_live && is_joined ? materialized(baserel, path) : (Path *) path);
}

ForeignScan *
nfstream_get_plan(PlannerInfo *root, RelOptInfo *baserel, Oid table, ForeignPath *best_path, List *tlist,
				  List *scan_clauses, Plan *outer_plan)
{
	const ScanEstimate *estimate = baserel->fdw_private;
	PushdownTable		pushdown = pushdown_table(root, baserel->relid, estimate->options);
	List			   *attributes = NIL;
	int					member = -1;

	(void) root;
	(void) table;
	(void) best_path;
	while ((member = bms_next_member(estimate->used, member)) >= 0)
		attributes = lappend_int(attributes, member);
	return make_foreignscan(tlist, extract_actual_clauses(scan_clauses, false), baserel->relid,
							pushdown_clauses(&pushdown, baserel, scan_clauses),
							list_make3(attributes, makeBoolean(estimate->is_run_again), makeInteger(estimate->rows_wanted)), NIL, NIL, outer_plan);
}
