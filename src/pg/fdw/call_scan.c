/*
 * call_scan.c
 *	  Running a call in FROM: a custom scan around what scans a foreign table.
 *
 * The wrapper's callbacks are given a foreign scan that is not in the plan: its table is the type of the call's rows, its expressions are
 * the node's.  The arguments are evaluated when the first row is asked for, and after a rescan anew if their parameters have changed; if
 * their values are others then, a new scan begins.  The options are those of whoever asks for that row.
 *
 * By its tlist the node is none of a relation, as joins are that a wrapper does itself.  So when a row is looked at again after a wait for
 * somebody else's change (EvalPlanQual), the row at hand is taken from where the server keeps it here, and not by the server.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

#include "pg/base/parameters.h"
#include "pg/fdw/call.h"
#include "pg/fdw/fdw.h"

typedef struct CallScanState
{
	CustomScanState custom; /* first, as the server knows nothing else */
	const FuncExpr *call;
	List		   *arguments;	/* ExprStates of the call's */
	Bitmapset	   *parameters; /* of these, that other nodes of the plan set */
	int				flags;		/* of BeginCustomScan */
	Index			relation;	/* the call in the query */

	/* What the wrapper's callbacks are given. */
	ForeignScan		 plan;
	ForeignScanState foreign;

	/* Of a scan that has begun. */
	MemoryContext context; /* of all that is its own */
	List		 *given;   /* call_arguments() */

	/* Of a rescan that nobody has asked a row of yet. */
	bool	   starts_again;
	Bitmapset *changed; /* parameters */
} CallScanState;

static Node *create_state(CustomScan *plan);

static const CustomScanMethods scan_methods[] = {
	{.CustomName = "nfstreamer", .CreateCustomScanState = create_state},
	{.CustomName = "nfpackets", .CreateCustomScanState = create_state},
};

const CustomScanMethods *
call_scan_methods(const CallKind *kind)
{
	for (int i = 0; i < lengthof(scan_methods); i++)
		if (strcmp(scan_methods[i].CustomName, kind->function) == 0)
			return &scan_methods[i];
	elog(ERROR, "calls of %s() cannot be scanned", kind->function);
}

void
call_scan_start(void)
{
	for (int i = 0; i < lengthof(scan_methods); i++)
		RegisterCustomScanMethods(&scan_methods[i]);
}

/* -------------------------------------------------------------------------------------------------------------- arguments */

/* As the server does where it calls a function. */
static void
check_may_execute(Oid function)
{
#if PG_VERSION_NUM >= 160000
	AclResult result = object_aclcheck(ProcedureRelationId, function, GetUserId(), ACL_EXECUTE);
#else
	AclResult result = pg_proc_aclcheck(function, GetUserId(), ACL_EXECUTE);
#endif

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FUNCTION, get_func_name(function));
	InvokeFunctionExecuteHook(function);
}

static bool
has_outer_parameter(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && castNode(Param, node)->paramkind == PARAM_EXTERN)
		return true;
	return expression_tree_walker(node, has_outer_parameter, context);
}

/* Whether the arguments have the values, whenever they are looked at, that they have when the first row is asked for. */
static bool
are_known(const CallScanState *state)
{
	Node *arguments = (Node *) state->call->args;

	return state->parameters == NULL && !contain_volatile_functions(arguments) &&
		   (state->custom.ss.ps.state->es_param_list_info != NULL || !has_outer_parameter(arguments, NULL));
}

static List *
evaluate_arguments(CallScanState *state)
{
	ExprContext	  *context = state->custom.ss.ps.ps_ExprContext;
	NullableDatum *values = palloc0(list_length(state->arguments) * sizeof(NullableDatum));
	MemoryContext  before = MemoryContextSwitchTo(context->ecxt_per_tuple_memory);
	ListCell	  *cell;

	foreach(cell, state->arguments)
	{
		NullableDatum *value = &values[foreach_current_index(cell)];

		value->value = ExecEvalExpr((ExprState *) lfirst(cell), context, &value->isnull);
	}
	MemoryContextSwitchTo(before);
	return call_arguments(state->call->funcid, values, list_length(state->arguments));
}

/* ------------------------------------------------------------------------------------------------------------------- scan */

/* Expressions of one scan of many, as LATERAL has them, are not worth compiling: machine code stays until the statement ends. */
static void
begin_scan(CallScanState *state)
{
	EState		 *executor = state->custom.ss.ps.state;
	int			  jit_flags = executor->es_jit_flags;
	MemoryContext before;

	state->context = AllocSetContextCreate(executor->es_query_cxt, "nfstream call", ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(state->context);
	state->given = evaluate_arguments(state);
	executor->es_jit_flags = 0;
	nfstream_begin_with(&state->foreign, state->flags, call_options(state->call->funcid, state->given));
	executor->es_jit_flags = jit_flags;
	MemoryContextSwitchTo(before);
}

static void
end_scan(CallScanState *state)
{
	if (state->context == NULL)
		return;
	nfstream_end(&state->foreign);
	state->foreign.fdw_state = NULL;
	MemoryContextDelete(state->context);
	state->context = NULL;
}

/* Goes back to the first row, or to that of another source. */
static void
start_again(CallScanState *state)
{
	bool is_same = true;

	state->starts_again = false;
	if (bms_overlap(state->changed, state->parameters))
	{
		MemoryContext context = AllocSetContextCreate(state->context, "arguments", ALLOCSET_SMALL_SIZES),
					  before = MemoryContextSwitchTo(context);

		is_same = equal(evaluate_arguments(state), state->given);
		MemoryContextSwitchTo(before);
		MemoryContextDelete(context);
	}
	if (is_same)
	{
		state->foreign.ss.ps.chgParam = state->changed;
		nfstream_rescan(&state->foreign);
		state->foreign.ss.ps.chgParam = NULL;
	}
	else
		end_scan(state);
	bms_free(state->changed);
	state->changed = NULL;
}

/* The wrapper's row as the node's, which points to the same values. */
static TupleTableSlot *
store_row(CallScanState *state, TupleTableSlot *row)
{
	TupleTableSlot *slot = ExecClearTuple(state->custom.ss.ss_ScanTupleSlot);
	int				count = row->tts_tupleDescriptor->natts;

	if (TupIsNull(row))
		return slot;
	slot_getallattrs(row);
	memcpy(slot->tts_values, row->tts_values, count * sizeof(Datum));
	memcpy(slot->tts_isnull, row->tts_isnull, count * sizeof(bool));
	if (slot->tts_tupleDescriptor->natts > count)
	{
		slot->tts_values[count] = HeapTupleGetDatum(heap_form_tuple(RelationGetDescr(state->foreign.ss.ss_currentRelation),
																	row->tts_values, row->tts_isnull));
		slot->tts_isnull[count] = false;
	}
	return ExecStoreVirtualTuple(slot);
}

static TupleTableSlot *
next_row(ScanState *node)
{
	CallScanState *state = (CallScanState *) node;
	MemoryContext  before;

	if (state->starts_again)
		start_again(state);
	if (state->context == NULL)
		begin_scan(state);
	before = MemoryContextSwitchTo(node->ps.ps_ExprContext->ecxt_per_tuple_memory);
	store_row(state, nfstream_iterate(&state->foreign));
	MemoryContextSwitchTo(before);
	return node->ss_ScanTupleSlot;
}

/* The row that is looked at again, once. */
static bool
recheck_row(ScanState *node, TupleTableSlot *slot)
{
	CallScanState *state = (CallScanState *) node;
	EPQState	  *again = node->ps.state->es_epq_active;
	int			   relation = state->relation - 1;
	MemoryContext  before;

	if (again->relsubs_done[relation])
		return false;
	if (again->relsubs_rowmark[relation] == NULL)
		return !TupIsNull(next_row(node)); /* in a subquery, which is run anew */
	again->relsubs_done[relation] = true;
	if (!EvalPlanQualFetchRowMark(again, state->relation, state->foreign.ss.ss_ScanTupleSlot))
		return false;
	before = MemoryContextSwitchTo(node->ps.ps_ExprContext->ecxt_per_tuple_memory);
	store_row(state, state->foreign.ss.ss_ScanTupleSlot);
	MemoryContextSwitchTo(before);
	return true;
}

/* -------------------------------------------------------------------------------------------------------------- callbacks */

static void
begin(CustomScanState *node, EState *estate, int flags)
{
	CallScanState	 *state = (CallScanState *) node;
	CustomScan		 *custom = castNode(CustomScan, node->ss.ps.plan);
	ForeignScan		 *plan = &state->plan;
	ForeignScanState *foreign = &state->foreign;
	Oid				  rows;

	state->call = linitial_node(FuncExpr, custom->custom_exprs);
	check_may_execute(state->call->funcid);
	state->flags = flags;
	state->relation = bms_singleton_member(custom->custom_relids);
	state->arguments = ExecInitExprList(state->call->args, &node->ss.ps);
	state->parameters = parameters_of_plan((Node *) state->call->args);

	/* Columns in the node's expressions are those of its own rows. */
	plan->scan.plan.type = T_ForeignScan;
	plan->scan.plan.qual = custom->scan.plan.qual;
	plan->scan.scanrelid = (Index) INDEX_VAR;
	plan->fdw_exprs = list_copy_tail(custom->custom_exprs, 1);
	plan->fdw_private = custom->custom_private;
	plan->fdw_scan_tlist = custom->custom_scan_tlist;

	rows = get_typ_typrelid(state->call->funcresulttype);
	foreign->ss.ps.type = T_ForeignScanState;
	foreign->ss.ps.plan = &plan->scan.plan;
	foreign->ss.ps.state = estate;
	foreign->ss.ps.ps_ExprContext = node->ss.ps.ps_ExprContext;
	foreign->ss.ss_currentRelation = relation_open(rows, AccessShareLock);
	foreign->ss.ss_ScanTupleSlot =
		ExecInitExtraTupleSlot(estate, RelationGetDescr(foreign->ss.ss_currentRelation), &TTSOpsVirtual);
}

static TupleTableSlot *
execute(CustomScanState *node)
{
	return ExecScan(&node->ss, next_row, recheck_row);
}

static void
end(CustomScanState *node)
{
	CallScanState *state = (CallScanState *) node;

	end_scan(state);
	relation_close(state->foreign.ss.ss_currentRelation, NoLock);
}

static void
rescan(CustomScanState *node)
{
	CallScanState *state = (CallScanState *) node;

	if (state->context != NULL)
	{
		state->starts_again = true;
		state->changed = bms_add_members(state->changed, node->ss.ps.chgParam);
	}
	ExecScanReScan(&node->ss);
}

/* What a foreign scan shows; before it, the call, where that is not what the query itself says. */
static void
explain(CustomScanState *node, List *ancestors, ExplainState *es)
{
	CallScanState *state = (CallScanState *) node;
	bool		   is_known = state->context != NULL || are_known(state);
	const char	  *alias = list_nth(es->rtable_names, state->relation - 1);

	if (es->format != EXPLAIN_FORMAT_TEXT || strcmp(alias, state->custom.methods->CustomName) != 0)
		ExplainPropertyText("Alias", alias, es);
	if (es->verbose || !is_known)
		ExplainPropertyText("Function Call",
							call_text(state->call, set_deparse_context_plan(es->deparse_cxt, node->ss.ps.plan, ancestors),
									  list_length(es->rtable) > 1 || es->verbose),
							es);
	if (!is_known)
		return;
	if (state->context == NULL)
		begin_scan(state);
	nfstream_explain(&state->foreign, es);
}

#define EXEC_METHODS(name) \
	{ \
		.CustomName = name, \
		.BeginCustomScan = begin, \
		.ExecCustomScan = execute, \
		.EndCustomScan = end, \
		.ReScanCustomScan = rescan, \
		.ExplainCustomScan = explain}

/* In the order of scan_methods. */
static const CustomExecMethods exec_methods[] = {EXEC_METHODS("nfstreamer"), EXEC_METHODS("nfpackets")};

static Node *
create_state(CustomScan *plan)
{
	CallScanState *state = (CallScanState *) newNode(sizeof(CallScanState), T_CustomScanState);

	state->custom.methods = &exec_methods[plan->methods - scan_methods];
	return (Node *) state;
}
