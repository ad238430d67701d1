/*
 * dataset.h
 *	  Relations with flows as the source of a data set: a foreign table, a view over one, a table of flows.
 */
#ifndef PG_FUNCTIONS_DATASET_H
#define PG_FUNCTIONS_DATASET_H

#include "utils/rel.h"

/* Opens a relation, with a lock that stays.  Errors if it cannot be read, as an index, or not by the current user. */
Relation dataset_open(Oid relation);

/* Whether the current user has the rights of the relation's owner. */
bool dataset_is_own(Oid relation);

/*
 * The path of the first file of a foreign table of flows, a relative one only where it starts in the server's data directory;
 * NULL if the relation is none.  Errors if its owner may not read the source, or it is no file.
 */
const char *dataset_first_file(Relation relation);

/* The column of this name, or of a foreign table of ours the one that stands for it, as NFStream calls a plugin's value udps.x; 0 if none. */
AttrNumber dataset_column(Relation relation, const char *name);

/*
 * Errors if a plugin's value is to be hashed that can be read in another column of the same foreign table, udps.  hashed: by the
 * relation's columns.
 */
void dataset_check_udps(Relation relation, const bool *hashed);

#endif /* PG_FUNCTIONS_DATASET_H */
