/*
 * call.c
 *	  A call of a function whose rows are those of a source, and the options that its arguments are.
 *
 * Which argument is which option its name says, as CREATE FUNCTION has it: that is the one place where the arguments are listed.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "nodes/supportnodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "pg/fdw/call.h"
#include "pg/fdw/estimate.h"

/* The names of a function's arguments, in their order. */
typedef struct ArgumentNames
{
	int	   count;
	char **names;
} ArgumentNames;

/* Answers the planner's question how many rows a call has. */
static Node *
count_rows(Node *request)
{
	SupportRequestRows *rows = (SupportRequestRows *) request;
	ScanEstimate		estimate = {0};

	if (!IsA(request, SupportRequestRows) || !IsA(rows->node, FuncExpr))
		return NULL;
	estimate.options = call_options_for_plan(castNode(FuncExpr, rows->node));
	estimate.interface = source_interface_for_plan(estimate.options);
	estimate_source(&estimate, NULL, NULL);
	rows->rows = estimate.flows;
	return request;
}

PG_FUNCTION_INFO_V1(nfstream_flows_support);
PG_FUNCTION_INFO_V1(nfstream_packets_support);

/*
 * nfstream_flows_support(internal), nfstream_packets_support(internal): what the planner asks about calls of nfstreamer() and
 * nfpackets().  By asking it loads the library, with call_plan_start(), and by these the functions are known, whatever their names.
 */
Datum
nfstream_flows_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(count_rows((Node *) PG_GETARG_POINTER(0)));
}

Datum
nfstream_packets_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(count_rows((Node *) PG_GETARG_POINTER(0)));
}

static const struct
{
	PGFunction support;
	CallKind   kind;
} kinds[] = {
	{nfstream_flows_support, {"nfstreamer", "flows"}},
	{nfstream_packets_support, {"nfpackets", "packets"}},
};

const CallKind *
call_kind(Oid function)
{
	Oid		 support = get_func_support(function);
	FmgrInfo info;

	if (!OidIsValid(support))
		return NULL;
	fmgr_info(support, &info);
	for (int i = 0; i < lengthof(kinds); i++)
		if (info.fn_addr == kinds[i].support)
			return &kinds[i].kind;
	return NULL;
}

Oid
call_rows(Oid function)
{
	return get_typ_typrelid(get_func_rettype(function));
}

static ArgumentNames
argument_names(Oid function)
{
	HeapTuple	  tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	ArgumentNames names = {0};
	Oid			 *types;
	char		 *modes;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	names.count = get_func_arg_info(tuple, &types, &names.names, &modes);
	ReleaseSysCache(tuple);
	if (names.names == NULL || modes != NULL)
		elog(ERROR, "function %u has other arguments than names of options", function);
	return names;
}

static DefElem *
argument(char *name, Oid type, Datum value)
{
	Oid	 output;
	bool is_varlena;

	getTypeOutputInfo(type, &output, &is_varlena);
	return makeDefElem(name, (Node *) makeString(OidOutputFunctionCall(output, value)), -1);
}

char *
call_text(const FuncExpr *call, List *deparse_context, bool with_prefix)
{
	ArgumentNames  names = argument_names(call->funcid);
	StringInfoData text;
	ListCell	  *cell;

	initStringInfo(&text);
	foreach(cell, call->args)
	{
		const Const *constant = lfirst(cell);
		char		*name = names.names[foreach_current_index(cell)];

		if (IsA(constant, Const) &&
			(constant->constisnull || options_is_default(name, strVal(argument(name, constant->consttype, constant->constvalue)->arg))))
			continue;
		appendStringInfo(&text, "%s%s => %s", text.len > 0 ? ", " : "", quote_identifier(name),
						 deparse_expression(lfirst(cell), deparse_context, with_prefix, false));
	}
	return psprintf("%s(%s)", quote_identifier(get_func_name(call->funcid)), text.data);
}

List *
call_arguments(Oid function, const NullableDatum *arguments, int count)
{
	ArgumentNames names = argument_names(function);
	List		 *given = NIL;
	int			  type_count;
	Oid			 *types;

	(void) get_func_signature(function, &types, &type_count);
	Assert(type_count == count && names.count == count);
	for (int i = 0; i < count; i++)
		if (!arguments[i].isnull)
			given = lappend(given, argument(names.names[i], types[i], arguments[i].value));
	return given;
}

ScanOptions *
call_options(Oid function, List *arguments)
{
	const CallKind *kind = call_kind(function);

	return options_of_call(kind->function, call_rows(function),
						   lcons(makeDefElem("rows", (Node *) makeString(pstrdup(kind->rows)), -1), arguments));
}

ScanOptions *
call_options_for_plan(const FuncExpr *call)
{
	ArgumentNames names = argument_names(call->funcid);
	List		 *known = NIL;
	ListCell	 *cell;

	Assert(names.count == list_length(call->args));
	foreach(cell, call->args)
	{
		Const	*constant = lfirst(cell);
		DefElem *given;

		if (!IsA(constant, Const) || constant->constisnull)
			continue;
		given = argument(names.names[foreach_current_index(cell)], constant->consttype, constant->constvalue);
		if (options_accept(given->defname, strVal(given->arg)))
			known = lappend(known, given);
	}
	return call_options(call->funcid, known);
}
