/*
 * own_table.h
 *	  Tables of the extension, which are read and written here as catalogs are.
 *
 * They are ordinary tables of the extension's schema, but no query is made of them, in which names would be looked for on some user's
 * search_path.
 */
#ifndef PG_BASE_OWN_TABLE_H
#define PG_BASE_OWN_TABLE_H

#include "utils/rel.h"

typedef struct OwnTable
{
	const char *name;
	const Oid  *types; /* of its first columns, in the order of nfstream_fdw--1.0.sql */
	int			columns;
} OwnTable;

/* Whether the extension is there: a library that is loaded needs none. */
bool own_table_has_extension(void);

/* For table_close(); errors if it is missing, or its first columns are not those that were made. */
Relation own_table_open(const OwnTable *table, LOCKMODE mode);

/* For heap_form_tuple(): values of all columns, of which the first `columns` are to be filled; those that somebody has added are NULL. */
void own_table_row(TupleDesc descriptor, int columns, Datum **values, bool **nulls);

#endif /* PG_BASE_OWN_TABLE_H */
