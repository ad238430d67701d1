/*
 * dataset.c
 *	  Relations with flows as the source of a data set.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "pg/fdw/fdw.h"
#include "pg/functions/dataset.h"
#include "pg/options/privileges.h"
#include "pg/source/source.h"

/* A query of the table would find this out too, but only after the name of its first file was looked for. */
static void
check_select(Relation relation)
{
	Oid id = RelationGetRelid(relation);

	if (pg_class_aclcheck(id, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(id, GetUserId(), ACL_SELECT, ACLMASK_ALL) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(relation->rd_rel->relkind), RelationGetRelationName(relation));
}

Relation
dataset_open(Oid relation)
{
	Relation opened = relation_open(relation, AccessShareLock);

	switch (opened->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_FOREIGN_TABLE:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
			check_select(opened);
			return opened;
	}
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("\"%s\" is neither a table nor a view", RelationGetRelationName(opened))));
}

bool
dataset_is_own(Oid relation)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(RelationRelationId, relation, GetUserId());
#else
	return pg_class_ownercheck(relation, GetUserId());
#endif
}

const char *
dataset_first_file(Relation relation)
{
	ScanOptions *options;
	const char	*path;
	int			 count;

	if (!nfstream_is_ours(relation))
		return NULL;
	options = options_of_table(RelationGetRelid(relation));
	options_check_available(options);
	privileges_check_source(options);
	path = source_resolve(options, &count)[0].path;
	return options->directory == NULL || is_absolute_path(path) ? path : psprintf("%s/%s", options->directory, path);
}
