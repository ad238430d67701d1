/*
 * dataset_query.h
 *	  The query for a relation's rows, some columns as hashes.
 */
#ifndef PG_FUNCTIONS_DATASET_QUERY_H
#define PG_FUNCTIONS_DATASET_QUERY_H

#include "executor/spi.h"
#include "utils/array.h"
#include "utils/rel.h"

/* A query for all columns of a relation, some of them as hashes with this session's key. */
typedef struct DatasetQuery
{
	char  *select;	/* $n stands for the hash of column n */
	int	   columns; /* of the relation, dropped ones included */
	char **names;	/* of these; NULL: dropped */
	bool  *hashed;
	Oid	   function; /* nfstream_anonymize(anyelement) */
} DatasetQuery;

/*
 * The query for a relation, in the current memory context; its columns whose names are in `hashed` (an array of text) become
 * hashes.
 *
 * schema: of the extension's functions.  Errors if a name is no column, nor a plugin's value that one stands for, or if such a
 * value is hashed and the column udps is not.
 */
DatasetQuery *dataset_query(Relation relation, ArrayType *hashed, Oid schema);

/*
 * Prepares a statement that is the query's SELECT or has it in it.  SPI must be connected, and the query must live as
 * long as the plan.
 *
 * No name in the SELECT is looked up along a search_path: the relation's is qualified, the function is called by its OID,
 * and there are no others.
 */
SPIPlanPtr dataset_prepare(DatasetQuery *query, const char *statement);

#endif /* PG_FUNCTIONS_DATASET_QUERY_H */
