/*
 * row_mark.c
 *	  Copies of rows, for statements that wait for what others change.
 *
 * UPDATE … FROM, MERGE and SELECT … FOR UPDATE carry a copy of each row of the tables beside the one that they change or lock
 * (ROW_MARK_COPY).  A statement that had to wait for somebody else's change evaluates its conditions anew, on that copy: of it, it reads the
 * columns that it had read before, and no others.  So the copy may be NULL where the query needs nothing, and no label and no statistic is
 * computed for it.
 *
 * The planner puts the copy into the target list, as a junk entry.  The row is asked for by somebody else too if a condition, another
 * entry of the target list, HAVING or RETURNING (which shares the junk entry) has it.
 */
#include "postgres.h"

#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "utils/rel.h"

#include "pg/base/attributes.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/row_mark.h"

/* The relation in the query that this one, a partition perhaps, is a part of. */
static RelOptInfo *
relation_in_query(PlannerInfo *root, RelOptInfo *baserel)
{
	while (root->append_rel_array != NULL && root->append_rel_array[baserel->relid] != NULL)
		baserel = find_base_rel(root, root->append_rel_array[baserel->relid]->parent_relid);
	return baserel;
}

/* The name of the junk entry with the copy, or NULL if there is none. */
static const char *
name_of_copy(const PlannerInfo *root, Index relid)
{
	ListCell *cell;

	foreach(cell, root->rowMarks)
	{
		const PlanRowMark *mark = lfirst_node(PlanRowMark, cell);

		/* As preprocess_targetlist() calls it. */
		if (mark->rti == relid && (mark->allMarkTypes & (1 << ROW_MARK_COPY)) != 0)
			return psprintf("wholerow%u", mark->rowmarkId);
	}
	return NULL;
}

static bool
has_whole_row(Node *expression, Index relid)
{
	Bitmapset *attributes = NULL;

	pull_varattnos(expression, relid, &attributes);
	return attributes_have_whole_row(attributes);
}

bool
row_mark_needs_whole_row(PlannerInfo *root, RelOptInfo *baserel)
{
	RelOptInfo *relation = relation_in_query(root, baserel);
	Index		relid = relation->relid;
	const char *copy = name_of_copy(root, relid);
	int			whole_row = InvalidAttrNumber - relation->min_attr;
	ListCell   *cell;

	/* Relation 0 stands for the target list and HAVING. */
	if (copy == NULL || relation->reloptkind != RELOPT_BASEREL || relation->attr_needed == NULL ||
		!bms_equal(relation->attr_needed[whole_row], bms_make_singleton(0)))
		return false;
	if (has_whole_row((Node *) root->parse->returningList, relid) || has_whole_row(root->parse->havingQual, relid))
		return false;
	foreach(cell, root->processed_tlist)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, cell);

		if (!(entry->resjunk && entry->resname != NULL && strcmp(entry->resname, copy) == 0) &&
			has_whole_row((Node *) entry->expr, relid))
			return false;
	}
	return true;
}

/* Gives a row that comes from its copy what a copy does not have: which table it is of. */
bool
nfstream_recheck(ForeignScanState *node, TupleTableSlot *slot)
{
	slot->tts_tableOid = RelationGetRelid(node->ss.ss_currentRelation);
	return true;
}
