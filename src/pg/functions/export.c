/*
 * export.c
 *	  The rows of a query as files of the server.
 */
#include "postgres.h"

#include "commands/progress.h"
#include "utils/backend_progress.h"

#include "pg/functions/export.h"

void
export_rows(ServerFiles *files, ExportRun run, void *query, DestReceiver *receiver, Oid relation)
{
	pgstat_progress_start_command(PROGRESS_COMMAND_COPY, relation);
	pgstat_progress_update_param(PROGRESS_COPY_COMMAND, PROGRESS_COPY_COMMAND_TO);
	pgstat_progress_update_param(PROGRESS_COPY_TYPE, PROGRESS_COPY_TYPE_FILE);
	PG_TRY();
	{
		run(query, receiver);
		server_files_finish(files);
	}
	PG_CATCH();
	{
		server_files_drop(files);
		PG_RE_THROW();
	}
	PG_END_TRY();
	pgstat_progress_end_command();
}
