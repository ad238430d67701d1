/*
 * export.h
 *	  The rows of a statement as files of the server.
 */
#ifndef PG_FUNCTIONS_EXPORT_H
#define PG_FUNCTIONS_EXPORT_H

#include "executor/spi.h"

#include "pg/functions/server_files.h"

/*
 * Runs the plan, whose rows go to the receiver, which writes the files; puts these into their places, or removes them if anything
 * raises an error.  SPI must be connected.  pg_stat_progress_copy has a row meanwhile, of which the receiver keeps the figures.
 *
 * relation: for that row; InvalidOid for a query.  read_only: the plan sees what the caller's statement sees.
 */
void export_rows(ServerFiles *files, SPIPlanPtr plan, DestReceiver *receiver, Oid relation, bool read_only);

#endif /* PG_FUNCTIONS_EXPORT_H */
