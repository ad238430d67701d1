/*
 * exclusion.c
 *	  What a query's conditions exclude before anything is opened: a whole table by its constants, files by their names.
 *
 * The conditions stay in the plan, and are evaluated here too, on a row that has nothing but the table's constants and the name of a file: what is
 * not true for that is not true for any row of the file.  While a query is planned, constants take the place of their columns: what is false then
 * leaves no scan.  That needs values that are the same whenever the plan is run; others are looked at when a pass starts.
 *
 * Names of files and constants may be hidden from whoever wrote a condition, by the conditions of a view or a policy: so a condition is only
 * evaluated early where the server itself would do so, and while planning, when rights are not checked yet, for those who may read the table.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/base/encoding.h"
#include "pg/base/parameters.h"
#include "pg/fdw/exclusion.h"
#include "pg/rows/constant.h"
#include "pg/rows/hidden.h"
#include "pg/rows/meaning.h"

/* What a column of the table is, before any row is there. */
typedef enum KnownKind
{
	NOT_KNOWN,
	KNOWN_CONSTANT,
	KNOWN_FILE
} KnownKind;

/* The table in a query, and what is found in a condition. */
typedef struct Search
{
	const ScanOptions *options;
	List			  *hidden; /* hidden_names() */
	Index			   relation;
	bool			   has_constant;
	bool			   has_file;
	bool			   has_unknown;
	bool			   has_parameters; /* or columns of other tables, which become some */
} Search;

/* Conditions that are evaluated together. */
typedef struct Conditions
{
	List	  *clauses;
	Bitmapset *parameters; /* that other nodes of the plan set */
	ExprState *state;	   /* NULL: there are none, or they are not to be evaluated any more */
} Conditions;

struct Exclusion
{
	Conditions		table;
	Conditions		files;
	ExprContext	   *context;
	TupleTableSlot *slot;
	List		   *file_attributes; /* columns of the slot that are the file's name */
	SourceWanted	wanted;
};

/* -------------------------------------------------------------------------------------------------------- what is known early */

/* The name of a file is compared as the text that it is; a type with a modifier or a domain could make another of it, or an error. */
static bool
is_plain_text(Oid table, AttrNumber attribute)
{
	Oid type,
		collation;
	int32 modifier;

	get_atttypetypmodcoll(table, attribute, &type, &modifier, &collation);
	return (type == TEXTOID || type == VARCHAROID) && modifier < 0;
}

static KnownKind
known_kind(const Search *search, AttrNumber attribute)
{
	const ScanOptions *options = search->options;
	const char		  *name;
	unsigned		   column;

	if (attribute <= 0)
		return NOT_KNOWN;
	name = get_attname(options->table, attribute, false);
	switch (meaning_of(options->table, options->schema, attribute, &column))
	{
		case ATTRIBUTE_IS_CONSTANT:
			return hidden_names_have_constant(search->hidden, name) ? NOT_KNOWN : KNOWN_CONSTANT;
		case ATTRIBUTE_IS_COLUMN:
			return options->schema->columns[column].kind == COLUMN_FILE && is_plain_text(options->table, attribute) &&
						   !hidden_names_have(search->hidden, &options->schema->columns[column], name) ?
					   KNOWN_FILE :
					   NOT_KNOWN;
		default:
			return NOT_KNOWN;
	}
}

static bool
search_node(Node *node, void *context)
{
	Search *search = context;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		const Var *variable = castNode(Var, node);
		KnownKind  kind;

		if (variable->varno != search->relation || variable->varlevelsup > 0)
		{
			search->has_parameters = true;
			return false;
		}
		kind = known_kind(search, variable->varattno);
		search->has_constant |= kind == KNOWN_CONSTANT;
		search->has_file |= kind == KNOWN_FILE;
		search->has_unknown |= kind == NOT_KNOWN;
		return search->has_unknown;
	}
	if (IsA(node, PlaceHolderVar))
	{
		search->has_parameters = true;
		return false;
	}
	search->has_parameters |= IsA(node, Param);
	return expression_tree_walker(node, search_node, search);
}

static Search
search_clause(const ScanOptions *options, Index relation, Node *clause)
{
	Search search = {.options = options, .hidden = hidden_names(options), .relation = relation};

	(void) search_node(clause, &search);
	return search;
}

/* Whether a condition excludes something, and may do so. */
static bool
is_early(const RelOptInfo *baserel, const ScanOptions *options, RestrictInfo *condition, Search *search)
{
	if (condition->pseudoconstant || !restriction_is_securely_promotable(condition, unconstify(RelOptInfo *, baserel)))
		return false;
	*search = search_clause(options, baserel->relid, (Node *) condition->clause);
	return !search->has_unknown && (search->has_constant || search->has_file) &&
		   !contain_volatile_functions((Node *) condition->clause) && !contain_subplans((Node *) condition->clause);
}

/* ----------------------------------------------------------------------------------------------------------------- evaluating */

/* The row of what is known: the constants, and the name of a file, which admits_file() puts into it.  Lives as long as the exclusion. */
static void
fill_slot(Exclusion *exclusion, TupleDesc descriptor, const ScanOptions *options)
{
	Search search = {.options = options, .hidden = hidden_names(options)};

	exclusion->slot = MakeSingleTupleTableSlot(CreateTupleDescCopy(descriptor), &TTSOpsVirtual);
	for (int i = 0; i < descriptor->natts; i++)
	{
		KnownKind kind = TupleDescAttr(descriptor, i)->attisdropped ? NOT_KNOWN : known_kind(&search, i + 1);

		exclusion->slot->tts_isnull[i] = kind != KNOWN_CONSTANT;
		exclusion->slot->tts_values[i] = (Datum) 0;
		if (kind == KNOWN_CONSTANT)
			exclusion->slot->tts_values[i] = constant_read(options->table, i + 1, options_value(options->table, i + 1));
		else if (kind == KNOWN_FILE)
			exclusion->file_attributes = lappend_int(exclusion->file_attributes, i);
	}
	ExecStoreVirtualTuple(exclusion->slot);
}

static bool
are_met(const Exclusion *exclusion, const Conditions *conditions)
{
	bool met;

	if (conditions->state == NULL)
		return true;
	exclusion->context->ecxt_scantuple = exclusion->slot;
	met = ExecQual(conditions->state, exclusion->context);
	ResetExprContext(exclusion->context);
	return met;
}

bool
exclusion_admits_table(Exclusion *exclusion)
{
	return are_met(exclusion, &exclusion->table);
}

static bool
admits_file(void *context, const char *path)
{
	Exclusion *exclusion = context;
	text	  *name = cstring_to_text(encoding_valid(path));
	ListCell  *cell;
	bool	   admits;

	foreach(cell, exclusion->file_attributes)
	{
		exclusion->slot->tts_values[lfirst_int(cell)] = PointerGetDatum(name);
		exclusion->slot->tts_isnull[lfirst_int(cell)] = false;
	}
	admits = are_met(exclusion, &exclusion->files);
	pfree(name);
	return admits;
}

const SourceWanted *
exclusion_of_files(Exclusion *exclusion)
{
	return exclusion != NULL && exclusion->files.state != NULL ? &exclusion->wanted : NULL;
}

/* -------------------------------------------------------------------------------------------------------------------- planning */

/* Puts values in the places of the table's constants; *lasting is false if one of them may be another when the plan is run. */
typedef struct Replacing
{
	const ScanOptions *options;
	Index			   relation;
	bool			   lasting;
} Replacing;

static Node *
replace_constants(Node *node, void *context)
{
	Replacing *replacing = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && castNode(Var, node)->varno == (int) replacing->relation && castNode(Var, node)->varlevelsup == 0)
	{
		const Var  *variable = castNode(Var, node);
		const char *value = options_value(replacing->options->table, variable->varattno);

		if (!constant_is_lasting(getBaseType(variable->vartype), value))
			replacing->lasting = false;
		return (Node *) makeConst(variable->vartype, variable->vartypmod, variable->varcollid, get_typlen(variable->vartype),
								  constant_read(replacing->options->table, variable->varattno, value), false,
								  get_typbyval(variable->vartype));
	}
	return expression_tree_mutator(node, replace_constants, context);
}

/* Whether a condition on constants alone is known to be true, or not to be; neither if that depends on when the plan is run. */
static void
decide(PlannerInfo *root, Index relation, const ScanOptions *options, const RestrictInfo *condition, bool *met, bool *unmet)
{
	Replacing replacing = {.options = options, .relation = relation, .lasting = true};
	Node	 *clause = eval_const_expressions(root, replace_constants((Node *) condition->clause, &replacing));

	*met = *unmet = false;
	if (!IsA(clause, Const) || !replacing.lasting)
		return;
	*met = !castNode(Const, clause)->constisnull && DatumGetBool(castNode(Const, clause)->constvalue);
	*unmet = !*met;
}

/* How many rows are expected does not depend on a condition: what it leaves is known. */
static void
set_decided(RestrictInfo *condition)
{
	condition->norm_selec = condition->outer_selec = 1;
}

/* Rights are those of the table or, where it is a partition, of the one that the query names; of a call, those that its source asks for. */
static bool
may_read(const PlannerInfo *root, const RelOptInfo *baserel)
{
	Index relation = baserel->relid;
#if PG_VERSION_NUM >= 160000
	Oid role = baserel->userid;
#else
	Oid role = planner_rt_fetch(relation, root)->checkAsUser;
#endif

	if (planner_rt_fetch(relation, root)->rtekind == RTE_FUNCTION)
		return true;
	if (!OidIsValid(role))
		role = GetUserId();
	for (;;)
	{
		const AppendRelInfo *parent = root->append_rel_array == NULL ? NULL : root->append_rel_array[relation];

		if (pg_class_aclcheck(planner_rt_fetch(relation, root)->relid, role, ACL_SELECT) == ACLCHECK_OK)
			return true;
		if (parent == NULL || planner_rt_fetch(parent->parent_relid, root)->rtekind != RTE_RELATION)
			return false;
		relation = parent->parent_relid;
	}
}

/* Conditions on files, which are evaluated while the query is planned. */
static Exclusion *
exclusion_of_clauses(const ScanOptions *options, List *files)
{
	Exclusion *exclusion = palloc0(sizeof(*exclusion));
	EState	  *state = CreateExecutorState(); /* goes with the planner's memory */
	Relation   relation = relation_open(options->table, AccessShareLock);

	fill_slot(exclusion, RelationGetDescr(relation), options);
	relation_close(relation, NoLock);
	exclusion->context = CreateExprContext(state);
	exclusion->files.clauses = files;
	exclusion->files.state = ExecPrepareQual(files, state);
	exclusion->wanted = (SourceWanted) {.admits = admits_file, .context = exclusion};
	return exclusion;
}

Exclusion *
exclusion_of_planner(PlannerInfo *root, RelOptInfo *baserel, const ScanOptions *options, bool *excluded)
{
	List	 *files = NIL;
	ListCell *cell;

	*excluded = false;
	if (!may_read(root, baserel))
		return NULL;
	foreach(cell, baserel->baserestrictinfo)
	{
		RestrictInfo *condition = lfirst_node(RestrictInfo, cell);
		Search		  search;
		bool		  met,
			unmet;

		if (!is_early(baserel, options, condition, &search) || search.has_parameters)
			continue;
		if (search.has_file)
		{
			files = lappend(files, condition->clause);
			if (options->separate_files)
				set_decided(condition);
			continue;
		}
		decide(root, baserel->relid, options, condition, &met, &unmet);
		if (met)
			set_decided(condition);
		*excluded |= unmet;
	}
	return files == NIL ? NULL : exclusion_of_clauses(options, files);
}

List *
exclusion_clauses(const RelOptInfo *baserel, const ScanOptions *options, const List *scan_clauses)
{
	List	 *numbers = NIL;
	ListCell *cell;
	int		  number = 0;

	foreach(cell, scan_clauses)
	{
		RestrictInfo *condition = lfirst_node(RestrictInfo, cell);
		Search		  search;

		if (condition->pseudoconstant)
			continue;
		if (is_early(baserel, options, condition, &search))
			numbers = lappend_int(numbers, number);
		number++;
	}
	return numbers;
}

/* ------------------------------------------------------------------------------------------------------------------- executing */

static void
prepare_conditions(Conditions *conditions, PlanState *parent)
{
	if (conditions->clauses != NIL)
		conditions->state = ExecInitQual(conditions->clauses, parent);
}

Exclusion *
exclusion_prepare(ForeignScanState *node, const ScanOptions *options, const List *clauses)
{
	const ForeignScan *plan = castNode(ForeignScan, node->ss.ps.plan);
	Exclusion		  *exclusion;
	ListCell		  *cell;

	if (clauses == NIL)
		return NULL;
	exclusion = palloc0(sizeof(*exclusion));
	foreach(cell, clauses)
	{
		Node	   *clause = list_nth(plan->scan.plan.qual, lfirst_int(cell));
		Search		search = search_clause(options, plan->scan.scanrelid, clause);
		Conditions *conditions = search.has_file ? &exclusion->files : &exclusion->table;

		conditions->clauses = lappend(conditions->clauses, clause);
		conditions->parameters = bms_join(conditions->parameters, parameters_of_plan(clause));
	}
	fill_slot(exclusion, RelationGetDescr(node->ss.ss_currentRelation), options);
	exclusion->context = CreateExprContext(node->ss.ps.state);
	exclusion->wanted = (SourceWanted) {.admits = admits_file, .context = exclusion};
	prepare_conditions(&exclusion->table, &node->ss.ps);
	prepare_conditions(&exclusion->files, &node->ss.ps);
	return exclusion;
}

void
exclusion_end(Exclusion *exclusion)
{
	FreeExprContext(exclusion->context, true);
}

/* Only those without such parameters are left. */
static bool
drop_changing(Conditions *conditions, const Bitmapset *parameters)
{
	if (conditions->state == NULL || !bms_overlap(conditions->parameters, parameters))
		return false;
	conditions->state = NULL;
	return true;
}

bool
exclusion_changed(Exclusion *exclusion, const Bitmapset *parameters)
{
	bool table = drop_changing(&exclusion->table, parameters),
		 files = drop_changing(&exclusion->files, parameters);

	return table || files;
}

bool
exclusion_is_known(const Exclusion *exclusion)
{
	return bms_is_empty(exclusion->table.parameters) && bms_is_empty(exclusion->files.parameters);
}

List *
exclusion_table_clauses(const Exclusion *exclusion)
{
	return exclusion->table.clauses;
}

List *
exclusion_file_clauses(const Exclusion *exclusion)
{
	return exclusion->files.clauses;
}
