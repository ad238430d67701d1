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

void
nfstream_check_is_ours(Relation relation)
{
	if (!nfstream_is_ours(relation))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a foreign table of nfstream_fdw", RelationGetRelationName(relation))));
}
