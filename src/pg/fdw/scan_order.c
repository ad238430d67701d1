/*
 * scan_order.c
 *	  The order in which rows of a scan come, as the planner knows orders.
 *
 * Rows are numbered as they come, by `id`, for any number of meters and of any source, and packets come in the order of `packet_number`:
 * whoever orders by it needs no sort.  In a table that is one of several under an Append, ids begin anew, and a MergeAppend puts the
 * tables' orders together.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "optimizer/paths.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "pg/base/attributes.h"
#include "pg/fdw/scan_order.h"
#include "pg/rows/meaning.h"
#include "pg/source/source.h"

/* Whether rows come in the ascending order of a column with this attribute. */
static bool
is_in_order(const ScanOptions *options, ColumnField field)
{
	/* The meters of an interface each count packets of their own. */
	if (field == FIELD_PACKET_NUMBER)
		return source_interface_for_plan(options) == NULL || options->n_meters <= 1;
	return field == FIELD_ID;
}

/* The pathkeys of the order by one column; NIL if the query has no use for it, or its type has another order than numbers have. */
static List *
order_by(PlannerInfo *root, RelOptInfo *baserel, Oid table, AttrNumber attribute)
{
	Oid type,
		collation;
	int32 modifier;
	char  category;
	bool  is_preferred;
	Var	 *column;
	Oid	  less;

	get_atttypetypmodcoll(table, attribute, &type, &modifier, &collation);
	get_type_category_preferred(getBaseType(type), &category, &is_preferred);
	less = lookup_type_cache(type, TYPECACHE_LT_OPR)->lt_opr;
	if (category != TYPCATEGORY_NUMERIC || !OidIsValid(less))
		return NIL;
	column = makeVar(baserel->relid, attribute, type, modifier, collation, 0);
#if PG_VERSION_NUM >= 160000
	return build_expression_pathkey(root, (Expr *) column, less, baserel->relids, false);
#else
	return build_expression_pathkey(root, (Expr *) column, NULL, less, baserel->relids, false);
#endif
}

List *
scan_order(PlannerInfo *root, RelOptInfo *baserel, const ScanOptions *options, const Bitmapset *used)
{
	for (AttrNumber attribute = 1; attribute <= baserel->max_attr; attribute++)
	{
		unsigned column;
		List	*order;

		/* A column that nobody uses may stand for nothing, and that is no error. */
		if (!attributes_have(used, attribute) ||
			meaning_of(options->table, options->schema, attribute, &column) != ATTRIBUTE_IS_COLUMN ||
			!is_in_order(options, options->schema->columns[column].field))
			continue;
		order = order_by(root, baserel, options->table, attribute);
		if (order != NIL)
			return truncate_useless_pathkeys(root, baserel, order);
	}
	return NIL;
}
