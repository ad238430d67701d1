/*
 * fdw.c
 *	  Which relations are foreign tables of this wrapper.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "foreign/fdwapi.h"
#include "utils/rel.h"

#include "pg/fdw/fdw.h"

bool
nfstream_is_ours(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_FOREIGN_TABLE &&
		   GetFdwRoutineByRelId(RelationGetRelid(relation))->IterateForeignScan == nfstream_iterate;
}
