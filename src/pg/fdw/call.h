/*
 * call.h
 *	  Functions whose rows are those of a source: nfstreamer() and nfpackets().
 *
 * A call's arguments are a table's options, by the same names, and its rows have a type whose columns are called as a table's are.
 */
#ifndef PG_FDW_CALL_H
#define PG_FDW_CALL_H

#include "nodes/primnodes.h"

#include "pg/options/options.h"

typedef struct CallKind
{
	const char *function;
	const char *rows; /* the option of this name */
} CallKind;

/* What a function of this extension gives the rows of; NULL: it is none of these. */
const CallKind *call_kind(Oid function);

/* The relation of the type of a function's rows. */
Oid call_rows(Oid function);

/*
 * The arguments of a call, as options: DefElems in the current memory context.  An argument that is NULL is not given, and has its
 * default.
 */
List *call_arguments(Oid function, const NullableDatum *arguments, int count);

/* A call in the plan as EXPLAIN shows it: by names, without arguments that have their defaults. */
char *call_text(const FuncExpr *call, List *deparse_context, bool with_prefix);

/* The options of a call by the current user, with these arguments. */
ScanOptions *call_options(Oid function, List *arguments);

/* As far as they are known while the call is planned: arguments that are not known yet, or wrong, have their defaults, or no source. */
ScanOptions *call_options_for_plan(const FuncExpr *call);

/* Makes the planner plan calls in FROM as scans; when the library is loaded. */
void call_plan_start(void);

/* call_scan.c: the plan node of a call, by the kind of its function. */
struct CustomScanMethods;
const struct CustomScanMethods *call_scan_methods(const CallKind *kind);
void							call_scan_start(void);

#endif /* PG_FDW_CALL_H */
