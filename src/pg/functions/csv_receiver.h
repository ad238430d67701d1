/*
 * csv_receiver.h
 *	  Rows of a query as CSV, as COPY writes it.
 */
#ifndef PG_FUNCTIONS_CSV_RECEIVER_H
#define PG_FUNCTIONS_CSV_RECEIVER_H

#include "tcop/dest.h"

#include "pg/functions/csv_file.h"

/*
 * A receiver that writes each row it gets to the files, byte for byte as COPY (FORMAT csv, HEADER) does in this session.
 *
 * rows_per_file: that many to each, 0 for all to file 0; rotate: chunk k goes to file k mod so many, 0 for file k.  A file is started
 * with its first row: without rows there is none.
 */
DestReceiver *csv_receiver_create(CsvFiles *files, uint64 rows_per_file, uint64 rotate);

/* How many rows it got. */
uint64		csv_receiver_rows(const DestReceiver *receiver);

#endif							/* PG_FUNCTIONS_CSV_RECEIVER_H */
