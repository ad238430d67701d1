/*
 * export.h
 *	  The rows of a query as files of the server.
 */
#ifndef PG_FUNCTIONS_EXPORT_H
#define PG_FUNCTIONS_EXPORT_H

#include "tcop/dest.h"

#include "pg/functions/server_files.h"

/* Runs a query, whose rows go to the receiver. */
typedef void (*ExportRun)(void *query, DestReceiver *receiver);

/*
 * Runs the query, whose receiver writes the files; puts these into their places, or removes them if anything raises an error.
 * pg_stat_progress_copy has a row meanwhile, of which the receiver keeps the figures.
 *
 * relation: for that row; InvalidOid for a query.
 */
void export_rows(ServerFiles *files, ExportRun run, void *query, DestReceiver *receiver, Oid relation);

#endif /* PG_FUNCTIONS_EXPORT_H */
