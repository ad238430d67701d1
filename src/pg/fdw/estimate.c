/*
 * estimate.c
 *	  What a scan is for the planner: how many rows it has, and how much work it is.
 *
 * A meter walks the whole source, whatever the conditions.  Beyond that, each flow costs its labels, unless its key tells that it is not
 * wanted; each that is sent costs its record, and the columns of its row.
 *
 * The first flow leaves when it was idle, which is late in a capture: one that is shorter than idle_timeout is walked to its end before there
 * is a row.  Packets come as they are walked.
 *
 * Nothing is opened for it: how large a capture is that is compressed is taken from its name and what captures usually become.
 */
#include "postgres.h"

#include <math.h>

#include "optimizer/cost.h"
#include "optimizer/optimizer.h"

#include "pg/base/attributes.h"
#include "pg/fdw/estimate.h"
#include "pg/rows/meaning.h"

/* How fast a capture comes whose length in time is not known, bytes a second: that of the bench has 0.7 MB. */
#define BYTES_OF_A_SECOND 1e6

/* The size that a source is given if it cannot be looked at: a capture of some megabytes. */
#define BYTES_UNKNOWN (8 << 20)

/*
 * Costs in the planner's unit, a page read in sequence (about 10 us for a capture in memory): starting workers and meters
 * takes some ms, nDPI's tables 11 ms more; a packet is walked in about 0.1 us, and gzip's bytes are decompressed at 500 MB a second.
 */
#define COST_OF_START	  400.0
#define COST_OF_DPI_START 1100.0
#define COST_OF_A_PACKET  0.01
#define COST_OF_A_LABEL	  0.5
#define COST_OF_GZIP_BYTE 2e-4

/* In a subquery that is run again and again, rows are kept, and one pass serves so many runs. */
#define RUNS_OF_A_PASS 100

/*
 * An interface has no end, and its flows are waited for: the first for some seconds, each for a tenth of a second.  In a join no other work
 * counts beside that, so that of two plans the one wins that need not have all flows before its first row: it has the other side in memory,
 * and sorts nothing.  Alone there is nothing to choose, and a scan costs too little for its first row to wait until the server has compiled
 * expressions.
 */
#define FLOWS_OF_AN_INTERFACE 1e6
#define COST_OF_FIRST_FLOW	  1e6
#define COST_OF_WAITING		  1e4

void
estimate_source(ScanEstimate *estimate, const RelOptInfo *baserel, const SourceWanted *wanted)
{
	SourceMeasure *measure = &estimate->measure;

	if (estimate->interface != NULL)
		estimate->flows = FLOWS_OF_AN_INTERFACE;
	else
	{
		*measure = source_measure_for_plan(estimate->options, wanted);
		if (measure->named == 0)
			*measure = (SourceMeasure) {.files = 1, .named = 1, .bytes = BYTES_UNKNOWN, .quick_bytes = BYTES_UNKNOWN, .captured_bytes = BYTES_UNKNOWN};
		estimate->flows = ceil(measure->captured_bytes / (estimate->options->rows == ROWS_PACKETS ? BYTES_OF_A_PACKET : BYTES_OF_A_FLOW));

		/* ANALYZE knows better: its number of flows, in proportion to the source's size now. */
		if (baserel != NULL && baserel->tuples > 0 && baserel->pages > 0)
			estimate->flows = ceil(baserel->tuples * source_pages(measure->bytes) / baserel->pages);
	}
	if (estimate->options->max_nflows > 0 && estimate->options->rows == ROWS_FLOWS)
		estimate->flows = Min(estimate->flows, estimate->options->max_nflows);
}

/* ------------------------------------------------------------------------------------------------------------------ conditions */

/* Whether all that an expression reads are such fields of a table, and none is a plugin's or unknown. */
static bool
reads_only(const ScanEstimate *estimate, const RelOptInfo *baserel, Node *expression, bool (*is_such)(ColumnField))
{
	const ScanOptions *options = estimate->options;
	Bitmapset		  *used = NULL;
	int				   member = -1;
	AttrNumber		   attribute;
	unsigned		   column;

	pull_varattnos(expression, baserel->relid, &used);
	while (attributes_next(used, &member, &attribute))
		if (meaning_of(options->table, options->schema, attribute, &column) != ATTRIBUTE_IS_COLUMN ||
			!is_such(options->schema->columns[column].field))
			return false;
	return true;
}

/* What a flow's key tells, before anything else is computed of it. */
static bool
is_on_key(ColumnField field)
{
	switch (field)
	{
		case FIELD_IP:
		case FIELD_PORT:
		case FIELD_PROTOCOL:
		case FIELD_IP_VERSION:
		case FIELD_VLAN_ID:
		case FIELD_TUNNEL_ID:
			return true;
		default:
			return false;
	}
}

static bool
is_address(ColumnField field)
{
	return field == FIELD_IP;
}

/*
 * The part of all flows of which nDPI sees the packets, if conditions on such fields decide.  A plugin may change what a condition is on: nothing
 * is decided before a flow leaves.
 */
static double
part_labelled(PlannerInfo *root, const RelOptInfo *baserel, const ScanEstimate *estimate, List *pushed, bool (*decides)(ColumnField))
{
	List	 *deciding = NIL;
	ListCell *cell;

	if (estimate->options->plugins != NIL)
		return 1;
	foreach(cell, pushed)
		if (reads_only(estimate, baserel, lfirst(cell), decides))
			deciding = lappend(deciding, lfirst(cell));
	return clauselist_selectivity(root, deciding, baserel->relid, JOIN_INNER, NULL);
}

double
estimate_labelled(PlannerInfo *root, const RelOptInfo *baserel, const ScanEstimate *estimate, List *pushed)
{
	bool is_analyzed = baserel->pages > 0;

	return part_labelled(root, baserel, estimate, pushed, is_analyzed ? is_on_key : is_address);
}

/* ---------------------------------------------------------------------------------------------------------------------- files */

/* The part of the files that is walked before the first flow leaves. */
static double
part_before_first(const ScanEstimate *estimate)
{
	double bytes = Max(estimate->measure.captured_bytes, 1),
		   first = Min(estimate->options->idle_timeout, estimate->options->active_timeout) * BYTES_OF_A_SECOND;

	if (estimate->options->rows == ROWS_PACKETS)
		return 0;
	/* Flows that are metered apart leave at the end of their file. */
	if (estimate->options->separate_files && estimate->measure.files > 1)
		first = Min(first, bytes / estimate->measure.files);
	return Min(first / bytes, 1);
}

static PassCost
cost_of_files(PlannerInfo *root, const RelOptInfo *baserel, const ScanEstimate *estimate, List *pushed, const QualCost *per_row)
{
	const SourceMeasure *measure = &estimate->measure;
	double				 walked = part_before_first(estimate),
		   labelled = part_labelled(root, baserel, estimate, pushed, is_on_key),
		   sent = clauselist_selectivity(root, pushed, baserel->relid, JOIN_INNER, NULL);
	Cost walk = measure->bytes / (double) BLCKSZ * seq_page_cost + measure->captured_bytes / BYTES_OF_A_PACKET * COST_OF_A_PACKET +
				(measure->bytes - measure->quick_bytes) * COST_OF_GZIP_BYTE;
	Cost	 rows;
	PassCost cost = {.walk = walk};

	if (estimate->has_dpi && estimate->rows_wanted == 0)
		cost.labels = estimate->flows * labelled * COST_OF_A_LABEL;
	walk += cost.labels;
	rows = estimate->flows * sent * (cpu_tuple_cost + bms_num_members(estimate->used) * cpu_operator_cost + per_row->per_tuple);
	if (estimate->has_dpi && estimate->rows_wanted > 0)
		rows += estimate->flows * sent * COST_OF_A_LABEL;
	cost.start = COST_OF_START + (estimate->has_dpi ? COST_OF_DPI_START : 0);
	cost.startup = cost.start + walk * walked + per_row->startup;
	cost.total = cost.startup + walk * (1 - walked) + rows;
	return cost;
}

/* ------------------------------------------------------------------------------------------------------------------ interfaces */

static PassCost
cost_of_interface(const PlannerInfo *root, const ScanEstimate *estimate, const QualCost *per_row)
{
	bool	 is_joined = bms_membership(root->all_baserels) == BMS_MULTIPLE;
	PassCost cost = {.startup = COST_OF_START + (estimate->has_dpi ? COST_OF_DPI_START : 0) + per_row->startup};

	if (is_joined)
		cost.startup += COST_OF_FIRST_FLOW;
	cost.total = cost.startup + estimate->flows * (cpu_tuple_cost + per_row->per_tuple + (is_joined ? COST_OF_WAITING : 0));
	return cost;
}

PassCost
estimate_pass(PlannerInfo *root, const RelOptInfo *baserel, const ScanEstimate *estimate, List *pushed, const QualCost *per_row)
{
	PassCost cost;

	if (estimate->interface != NULL)
		return cost_of_interface(root, estimate, per_row);
	cost = cost_of_files(root, baserel, estimate, pushed, per_row);
	if (estimate->is_run_again)
	{
		cost.startup /= RUNS_OF_A_PASS;
		cost.total = cost.total / RUNS_OF_A_PASS + estimate->flows * (cpu_tuple_cost + per_row->per_tuple);
	}
	return cost;
}
