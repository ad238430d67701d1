/*
 * call_plan.c
 *	  Planning a call in FROM as the scan of a foreign table is planned.
 *
 * The server would call the function for all of its rows, keep them, and only then look which of them, and which of their columns, the
 * query has a use for.  So a call that stands in FROM by itself becomes a scan: the paths and the plan that the wrapper makes for a
 * foreign table with the same options, with a custom scan around them, as the server knows foreign scans of nothing but tables.  Where a
 * call stands elsewhere (in ROWS FROM with others, WITH ORDINALITY, in a SELECT list), the function itself is called.
 *
 * A row comes out of the node as it comes out of the function, all columns in their places, and after them the whole row if the query has
 * a use for that.
 */
#include "postgres.h"

#include "access/relation.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "utils/rel.h"

#include "pg/base/attributes.h"
#include "pg/fdw/call.h"
#include "pg/fdw/fdw.h"

static set_rel_pathlist_hook_type hook_before = NULL;

/* The call that a range table entry is; NULL if it is anything else. */
static FuncExpr *
call_of_entry(const RangeTblEntry *entry)
{
	RangeTblFunction *function;

	if (entry->rtekind != RTE_FUNCTION || list_length(entry->functions) != 1 || entry->funcordinality)
		return NULL;
	function = linitial_node(RangeTblFunction, entry->functions);
	if (!IsA(function->funcexpr, FuncExpr) || call_kind(castNode(FuncExpr, function->funcexpr)->funcid) == NULL)
		return NULL;
	return castNode(FuncExpr, function->funcexpr);
}

/* ------------------------------------------------------------------------------------------------------------------- plan */

/* What the node's rows have: the columns of the relation `rows`, and the whole row of that type if it is needed. */
static List *
scan_columns(Index relation, Oid rows, Oid type, bool has_whole_row)
{
	Relation  opened = relation_open(rows, AccessShareLock);
	TupleDesc descriptor = RelationGetDescr(opened);
	List	 *columns = NIL;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		Expr			 *column = attribute->attisdropped ?
									   (Expr *) makeNullConst(INT4OID, -1, InvalidOid) :
									   (Expr *) makeVar(relation, i + 1, attribute->atttypid, attribute->atttypmod, attribute->attcollation, 0);

		columns = lappend(columns, makeTargetEntry(column, i + 1, pstrdup(NameStr(attribute->attname)), false));
	}
	if (has_whole_row)
		columns = lappend(columns, makeTargetEntry((Expr *) makeVar(relation, InvalidAttrNumber, type, -1, InvalidOid, 0),
												   descriptor->natts + 1, NULL, false));
	relation_close(opened, NoLock);
	return columns;
}

/* The plan's own target is not what to ask: the server may put another into its place when the node is planned. */
static bool
needs_whole_row(const RelOptInfo *rel, List *clauses)
{
	Bitmapset *attributes = NULL;

	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &attributes);
	pull_varattnos((Node *) extract_actual_clauses(clauses, false), rel->relid, &attributes);
	return attributes_have_whole_row(attributes);
}

static Plan *
plan_path(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *target, List *clauses, List *plans)
{
	FuncExpr	*call = call_of_entry(planner_rt_fetch(rel->relid, root));
	Oid			 rows = call_rows(call->funcid);
	ForeignScan *scan = nfstream_get_plan(root, rel, rows, linitial(path->custom_private), target, clauses, NULL);
	CustomScan	*custom = makeNode(CustomScan);

	custom->scan.plan.targetlist = target;
	custom->scan.plan.qual = scan->scan.plan.qual;
	custom->flags = path->flags;
	custom->custom_exprs = lcons(call, scan->fdw_exprs);
	custom->custom_private = scan->fdw_private;
	custom->custom_scan_tlist = scan_columns(rel->relid, rows, call->funcresulttype, needs_whole_row(rel, clauses));
	custom->methods = call_scan_methods(call_kind(call->funcid));

	/* The plan is none any more when the type changes. */
	root->glob->relationOids = lappend_oid(root->glob->relationOids, rows);
	return (Plan *) custom;
}

/* ------------------------------------------------------------------------------------------------------------------ paths */

static const CustomPathMethods path_methods = {
	.CustomName = "nfstream call",
	.PlanCustomPath = plan_path,
};

/* A path of the wrapper's as one of the call. */
static Path *
path_of_call(Path *path)
{
	CustomPath *custom;

	if (IsA(path, MaterialPath))
	{
		MaterialPath *material = (MaterialPath *) path;

		material->subpath = path_of_call(material->subpath);
		return path;
	}
	Assert(IsA(path, ForeignPath));
	custom = makeNode(CustomPath);
	custom->path = *path;
	custom->path.type = T_CustomPath;
	custom->path.pathtype = T_CustomScan;
	custom->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	custom->custom_private = list_make1(path);
	custom->methods = &path_methods;
	return (Path *) custom;
}

static void
plan_relation(PlannerInfo *root, RelOptInfo *rel, Index relation, RangeTblEntry *entry)
{
	FuncExpr	*call;
	ScanOptions *options;
	ListCell	*cell;

	if (hook_before != NULL)
		hook_before(root, rel, relation, entry);
	call = IS_DUMMY_REL(rel) ? NULL : call_of_entry(entry);
	if (call == NULL)
		return;
	options = call_options_for_plan(call);
	nfstream_get_size_with(root, rel, options);
	if (IS_DUMMY_REL(rel))
		return; /* by its conditions */
	rel->pathlist = NIL;
	nfstream_get_paths(root, rel, options->table);
	foreach(cell, rel->pathlist)
		lfirst(cell) = path_of_call(lfirst(cell));
}

void
call_plan_start(void)
{
	call_scan_start();
	hook_before = set_rel_pathlist_hook;
	set_rel_pathlist_hook = plan_relation;
}
