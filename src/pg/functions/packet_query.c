/*
 * packet_query.c
 *	  A query of packets, as a user has written it.
 *
 * It is read, planned and run as COPY does it with the query that it is given.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "tcop/tcopprot.h"
#include "utils/snapmgr.h"

#include "pg/functions/exact_query.h"
#include "pg/functions/packet_query.h"

/* What an error says of where it was found. */
static void
add_context(void *text)
{
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(text);
	}
	else
		errcontext("SQL statement \"%s\"", (const char *) text);
}

/* NULL if the text is not one statement that returns rows and changes nothing. */
static Query *
analyzed(const char *text)
{
	List  *statements = pg_parse_query(text);
	List  *queries = list_length(statements) == 1 ?
						 pg_analyze_and_rewrite_fixedparams(linitial_node(RawStmt, statements), text, NULL, 0, NULL) :
						 NIL;
	Query *query = list_length(queries) == 1 ? linitial_node(Query, queries) : NULL;
	bool   only_reads = query != NULL && query->commandType == CMD_SELECT && !query->hasModifyingCTE && query->rowMarks == NIL;

	return only_reads ? query : NULL;
}

static void
execute(PlannedStmt *plan, const char *text, DestReceiver *receiver)
{
	QueryDesc *query;

	PushCopiedSnapshot(GetActiveSnapshot());
	UpdateActiveSnapshotCommandId();
	query = CreateQueryDesc(plan, text, GetActiveSnapshot(), InvalidSnapshot, receiver, NULL, NULL, 0);
	ExecutorStart(query, 0);
#if PG_VERSION_NUM >= 180000
	ExecutorRun(query, ForwardScanDirection, 0);
#else
	ExecutorRun(query, ForwardScanDirection, 0, true);
#endif
	ExecutorFinish(query);
	ExecutorEnd(query);
	FreeQueryDesc(query);
	PopActiveSnapshot();
}

void
packet_query_run(const char *text, DestReceiver *receiver)
{
	ErrorContextCallback context = {
		.previous = error_context_stack,
		.callback = add_context,
		.arg = (void *) text,
	};

	Query *query;

	error_context_stack = &context;
	query = analyzed(text);
	if (query != NULL)
	{
		exact_query_add(query);
		execute(pg_plan_query(query, text, CURSOR_OPT_PARALLEL_OK, NULL), text, receiver);
	}
	error_context_stack = context.previous;
	if (query == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the query of packets is not one statement that only reads"),
				 errdetail("Accepted: one SELECT, TABLE or VALUES, without INTO, FOR UPDATE and WITH queries that change data.")));
}
