/*
 * csv_receiver.h
 *	  Rows of a query as CSV, as COPY writes it.
 */
#ifndef PG_FUNCTIONS_CSV_RECEIVER_H
#define PG_FUNCTIONS_CSV_RECEIVER_H

#include "tcop/dest.h"

#include "pg/functions/server_files.h"

/*
 * A receiver that writes each row that it gets to the files, byte for byte as COPY (FORMAT csv, HEADER) would in this
 * session.
 *
 * rows_per_file: how many rows each file gets, 0 for all in file 0.  rotate: the number of files among which the chunks
 * go round, 0 for a file of its own for each chunk.  A file is started with its first row: without rows there is none.
 */
DestReceiver *csv_receiver_create(ServerFiles *files, uint64 rows_per_file, uint64 rotate);

/* How many rows it got. */
uint64 csv_receiver_rows(const DestReceiver *receiver);

#endif /* PG_FUNCTIONS_CSV_RECEIVER_H */
