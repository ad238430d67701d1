/*
 * exact_query.h
 *	  Queries of packets that tell times to the nanosecond.
 */
#ifndef PG_FUNCTIONS_EXACT_QUERY_H
#define PG_FUNCTIONS_EXACT_QUERY_H

#include "nodes/parsenodes.h"

/* The name of the column with identifiers of rows (pg/rows/exact_time.h). */
#define EXACT_QUERY_COLUMN "identifier of captured_at"

/*
 * Adds a column with the identifiers of the rows that the query's column captured_at comes from, if it comes straight from a table of packets.
 * The query is one that was analyzed and rewritten, and is not yet planned.
 */
void exact_query_add(Query *query);

#endif /* PG_FUNCTIONS_EXACT_QUERY_H */
