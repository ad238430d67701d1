/*
 * statistics.c
 *	  What the planner knows of columns of a table that was never analyzed.
 *
 * `id` and `packet_number` are another in each row, and so is a flow's `first_packet`; the packets of one flow share it, of which there are
 * as many as captures have on average.  Without that the planner takes 200 different values for any column: packets that are joined with
 * their flows would be expected by the hundred million.  Of others there are few: two versions of IP, and hardly more protocols than TCP and
 * UDP; with 200 of each, what is asked of TCP over IPv4 would be one flow of 40,000, and joined as if it were a single row.  What ANALYZE has
 * found goes before.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_statistic.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

#include "pg/fdw/estimate.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/statistics.h"
#include "pg/rows/meaning.h"

static get_relation_stats_hook_type hook_before = NULL;

/*
 * How many values a few are that any row may have: about as many as would be alike frequent, as the most frequent are asked for most.  Nine of
 * ten flows are TCP or UDP; tagged frames, tunnels and flags are there or not.
 */
#define PROTOCOLS_OF_A_CAPTURE 3
#define TWO_VALUES			   2

/* As stadistinct has it: how many different values there are, or, negated, as a part of the rows; 0: that is not known. */
static float4
distinct_values(const ScanOptions *options, AttrNumber attribute)
{
	unsigned column;

	if (attribute <= 0 || meaning_of(options->table, options->schema, attribute, &column) != ATTRIBUTE_IS_COLUMN)
		return 0;
	switch (options->schema->columns[column].field)
	{
		case FIELD_ID:
		case FIELD_PACKET_NUMBER:
			return -1;
		case FIELD_FIRST_PACKET:
			return options->rows == ROWS_PACKETS ? -BYTES_OF_A_PACKET / BYTES_OF_A_FLOW : -1;
		case FIELD_PROTOCOL:
		case FIELD_PROTOCOL_NAME:
			return PROTOCOLS_OF_A_CAPTURE;
		case FIELD_IP_VERSION:
		case FIELD_VLAN_ID:
		case FIELD_TUNNEL_ID:
		case FIELD_DIRECTION:
		case FIELD_LINK_TYPE:
			return TWO_VALUES;
		default:
			return 0;
	}
}

/* A row of pg_statistic that knows no more than this of a column that is never NULL. */
static HeapTuple
statistics_tuple(Oid table, AttrNumber attribute, float4 distinct)
{
	Relation  catalog = table_open(StatisticRelationId, AccessShareLock);
	Datum	  values[Natts_pg_statistic] = {0};
	bool	  nulls[Natts_pg_statistic] = {false};
	HeapTuple tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(table);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(attribute);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(sizeof(int64));
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(distinct);
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
		nulls[Anum_pg_statistic_stanumbers1 - 1 + i] = nulls[Anum_pg_statistic_stavalues1 - 1 + i] = true;
	tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	table_close(catalog, AccessShareLock);
	return tuple;
}

/* The estimate of a relation of the planner's that is this foreign table of ours, whose size is known; NULL if it is another. */
static const ScanEstimate *
estimate_of(PlannerInfo *root, const RelOptInfo *relation, const RangeTblEntry *entry)
{
	if (relation == NULL || relation->reloptkind == RELOPT_JOINREL || relation->fdwroutine == NULL || relation->fdw_private == NULL ||
		relation->fdwroutine->GetForeignRelSize != nfstream_get_rel_size)
		return NULL;
	return planner_rt_fetch(relation->relid, root) == entry ? relation->fdw_private : NULL;
}

/* The planner asks what is known of a column; false: what it knows itself. */
static bool
find_statistics(PlannerInfo *root, RangeTblEntry *entry, AttrNumber attribute, VariableStatData *variable)
{
	const ScanEstimate *estimate;
	float4				distinct;

	if (hook_before != NULL && hook_before(root, entry, attribute, variable))
		return true;
	estimate = estimate_of(root, variable->rel, entry);
	if (estimate == NULL || SearchSysCacheExists3(STATRELATTINH, ObjectIdGetDatum(entry->relid), Int16GetDatum(attribute), BoolGetDatum(entry->inh)))
		return false;
	distinct = distinct_values(estimate->options, attribute);
	if (distinct == 0)
		return false;
	variable->statsTuple = statistics_tuple(entry->relid, attribute, distinct);
	variable->freefunc = heap_freetuple;
	return true;
}

void
statistics_start(void)
{
	hook_before = get_relation_stats_hook;
	get_relation_stats_hook = find_statistics;
}
