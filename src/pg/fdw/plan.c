/*
 * plan.c
 *	  Planning a scan: which columns it needs, and its paths.
 *
 * Looks at options and at sizes; opens nothing and starts nothing.
 */
#include "postgres.h"

#include "foreign/foreign.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"

#include "pg/base/attributes.h"
#include "pg/fdw/estimate.h"
#include "pg/fdw/exclusion.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/joined_paths.h"
#include "pg/fdw/parallel.h"
#include "pg/fdw/pushdown.h"
#include "pg/fdw/row_mark.h"
#include "pg/fdw/rows_wanted.h"
#include "pg/fdw/scan_order.h"
#include "pg/fdw/scan_path.h"
#include "pg/options/options.h"
#include "pg/options/plugin_outputs.h"
#include "pg/rows/meaning.h"
#include "pg/source/source.h"

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
needs_dpi(const ScanOptions *options, const Bitmapset *used)
{
	ColumnSet reads = {0},
			  columns;

	if (!options_group_is_on(options, GROUP_DPI))
		return false;
	plugins_reads(options->plugins, &reads);
	if (attributes_have_whole_row(used) || schema_set_has_group(&flow_schema, &reads, GROUP_DPI))
		return true;
	columns = meaning_columns(options, used);
	return schema_set_has_group(options->schema, &columns, GROUP_DPI);
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

void
nfstream_get_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid table)
{
	nfstream_get_size_with(root, baserel, options_of_table(table));
}

void
nfstream_get_size_with(PlannerInfo *root, RelOptInfo *baserel, const ScanOptions *options)
{
	ScanEstimate *estimate = palloc0(sizeof(*estimate));
	Exclusion	 *exclusion;
	bool		  is_excluded;

	estimate->options = options;
	exclusion = exclusion_of_planner(root, baserel, estimate->options, &is_excluded);
	if (is_excluded)
	{
		mark_dummy_rel(baserel);
		return;
	}
	estimate->interface = source_interface_for_plan(estimate->options);
	estimate_source(estimate, baserel, estimate->options->separate_files ? exclusion_of_files(exclusion) : NULL);
	estimate->used = find_attributes_used(root, baserel);
	estimate->has_dpi = needs_dpi(options, estimate->used);
	estimate->is_run_again = is_run_again(root);
	baserel->fdw_private = estimate;
	baserel->tuples = estimate->flows;
	set_baserel_size_estimates(root, baserel);
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

/*
 * Whether participants may share the flows out: each has its own, and nobody counts them all.  Captures that are metered apart are shared out
 * among the scan's own meters, whole, as participants would.
 */
static bool
has_shards(const ScanEstimate *estimate)
{
	const ScanOptions *options = estimate->options;
	int				   id = schema_column_of_field(options->schema, FIELD_ID);
	ColumnSet		   columns;

	if (options->max_nflows > 0 || options->max_active_flows > 0 || options->separate_files || attributes_have_whole_row(estimate->used))
		return false;
	columns = meaning_columns(options, estimate->used);
	return id < 0 || !column_set_has(&columns, id);
}

void
nfstream_get_paths(PlannerInfo *root, RelOptInfo *baserel, Oid table)
{
	ScanEstimate *estimate = baserel->fdw_private;
	PushdownTable pushdown = pushdown_table(root, baserel->relid, estimate->options);
	List		 *order = scan_order(root, baserel, estimate->options, estimate->used),
		 *pushed = pushdown_clauses(&pushdown, baserel, baserel->baserestrictinfo);
	PassCost	 cost;
	ForeignPath *path;

	(void) table;
	if (!estimate->is_run_again)
	{
		estimate->rows_wanted = rows_wanted(root, baserel, estimate->flows, order);
		estimate->rows_suffice = estimate->interface == NULL && rows_suffice(root, baserel, estimate->flows, order);
	}
	cost = estimate_pass(root, baserel, estimate, pushed, &baserel->baserestrictcost);
	path = scan_path(root, baserel, baserel->rows, &cost, order, baserel->lateral_relids);
	if (estimate->interface != NULL && bms_membership(root->all_baserels) == BMS_MULTIPLE)
		add_path(baserel, materialized(baserel, path));
	else
		add_path(baserel, (Path *) path);
	joined_paths_add(root, baserel, estimate, &pushdown);
	if (estimate->interface == NULL && !estimate->is_run_again)
		parallel_add_paths(root, baserel, path, &cost, estimate, has_shards(estimate));
}

ForeignScan *
nfstream_get_plan(PlannerInfo *root, RelOptInfo *baserel, Oid table, ForeignPath *best_path, List *tlist,
				  List *scan_clauses, Plan *outer_plan)
{
	const ScanEstimate *estimate = baserel->fdw_private;
	PushdownTable		pushdown = pushdown_table(root, baserel->relid, estimate->options);
	List			   *attributes = NIL;
	int					member = -1;
	List			   *pushed = pushdown_clauses(&pushdown, baserel, scan_clauses),
		 *members;

	(void) table;
	while ((member = bms_next_member(estimate->used, member)) >= 0)
		attributes = lappend_int(attributes, member);
	/* In the order of PlanMember. */
	members = list_make5(attributes, makeBoolean(estimate->is_run_again), makeInteger(estimate->rows_wanted),
						 exclusion_clauses(baserel, estimate->options, scan_clauses), makeBoolean(parallel_shares(best_path)));
	/* With a point: a copy that a worker reads would be an Integer without. */
	members = lappend(members, makeFloat(psprintf("%.9f", estimate_labelled(root, baserel, estimate, pushed))));
	return make_foreignscan(tlist, extract_actual_clauses(scan_clauses, false), baserel->relid, pushed, members, NIL, NIL, outer_plan);
}
