/*
 * nfstream_fdw.c
 *	  Module entry: the foreign data wrapper's table of callbacks.
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/base/settings.h"
#include "pg/fdw/call.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/statistics.h"
#include "pg/workers/board.h"

#if PG_VERSION_NUM < 150000
#error nfstream_fdw needs PostgreSQL 15 or later
#endif

PG_MODULE_MAGIC;

void _PG_init(void);

void
_PG_init(void)
{
	settings_define();
	board_request();
	call_plan_start();
	statistics_start();
}

PG_FUNCTION_INFO_V1(nfstream_fdw_handler);

/*
 * What is not set cannot be done: without callbacks for them, the server itself refuses INSERT, UPDATE, DELETE and
 * TRUNCATE.
 */
Datum
nfstream_fdw_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	routine->GetForeignRelSize = nfstream_get_rel_size;
	routine->GetForeignPaths = nfstream_get_paths;
	routine->GetForeignPlan = nfstream_get_plan;
	routine->BeginForeignScan = nfstream_begin;
	routine->IterateForeignScan = nfstream_iterate;
	routine->ReScanForeignScan = nfstream_rescan;
	routine->EndForeignScan = nfstream_end;
	routine->RecheckForeignScan = nfstream_recheck;
	routine->ExplainForeignScan = nfstream_explain;
	routine->IsForeignPathAsyncCapable = nfstream_is_async_capable;
	routine->ForeignAsyncRequest = nfstream_async_request;
	routine->ForeignAsyncConfigureWait = nfstream_async_configure_wait;
	routine->ForeignAsyncNotify = nfstream_async_notify;
	routine->IsForeignScanParallelSafe = nfstream_is_parallel_safe;
	routine->EstimateDSMForeignScan = nfstream_estimate_dsm;
	routine->InitializeDSMForeignScan = nfstream_initialize_dsm;
	routine->ReInitializeDSMForeignScan = nfstream_reinitialize_dsm;
	routine->InitializeWorkerForeignScan = nfstream_initialize_worker;
	routine->ShutdownForeignScan = nfstream_shutdown;
	routine->AnalyzeForeignTable = nfstream_analyze;
	routine->ImportForeignSchema = nfstream_import;
	PG_RETURN_POINTER(routine);
}
