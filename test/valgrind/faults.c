/*
 * faults.c
 *	  Faults that valgrind must find in a server, or it finds none: a function makes the one that it is asked for.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define LENGTH 1000

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(fault);

Datum
fault(PG_FUNCTION_ARGS)
{
	const char	  *what = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MemoryContext  context = AllocSetContextCreate(CurrentMemoryContext, "fault", ALLOCSET_DEFAULT_SIZES);
	volatile char *chunk = MemoryContextAlloc(context, LENGTH);
	volatile char *after = chunk + LENGTH;
	int			   branches = 0;

	if (strcmp(what, "a branch on what was never written") == 0)
		branches += chunk[LENGTH / 2] != 0;
	else if (strcmp(what, "a read past a chunk") == 0)
		branches += *after == 1;
	else if (strcmp(what, "a write past a chunk") == 0)
		*after = 1;
	else if (strcmp(what, "a read from a context that is gone") == 0)
	{
		MemoryContextDelete(context);
		branches += *chunk == 1;
	}
	else if (strcmp(what, "a failed assertion") == 0)
		Assert(fcinfo->nargs == 2);
	else
		elog(ERROR, "unknown fault: %s", what);
	PG_RETURN_INT32(branches > 0 ? 1 : 0);
}
