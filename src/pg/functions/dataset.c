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
#include "utils/lsyscache.h"

#include "pg/fdw/fdw.h"
#include "pg/functions/dataset.h"
#include "pg/options/option_forms.h"
#include "pg/options/privileges.h"
#include "pg/rows/meaning.h"
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
	int			 count,
		named;

	if (!nfstream_is_ours(relation))
		return NULL;
	options = options_of_table(RelationGetRelid(relation));
	(void) options_check_source(options, ERROR);
	privileges_check_source(options);
	if (source_interface(options) != NULL)
		return NULL;
	path = source_resolve(options, NULL, &count, &named)[0].path;
	return options->directory == NULL || is_absolute_path(path) ? path : psprintf("%s/%s", options->directory, path);
}

AttrNumber
dataset_column(Relation relation, const char *name)
{
	TupleDesc  descriptor = RelationGetDescr(relation);
	AttrNumber attribute = get_attnum(RelationGetRelid(relation), name);

	if (attribute != InvalidAttrNumber || !nfstream_is_ours(relation) || form_after_prefix(name, ATTRIBUTE_UDPS_PREFIX) == NULL)
		return attribute;
	for (int i = 0; i < descriptor->natts; i++)
	{
		char *stands_for = TupleDescAttr(descriptor, i)->attisdropped ? NULL : options_attribute(RelationGetRelid(relation), i + 1);

		if (stands_for != NULL && strcmp(stands_for, name) == 0)
			return i + 1;
	}
	return InvalidAttrNumber;
}

void
dataset_check_udps(Relation relation, const bool *hashed)
{
	Oid			  table = RelationGetRelid(relation);
	const Schema *schema;
	int			  value = -1,
		udps = -1;

	if (!nfstream_is_ours(relation))
		return;
	schema = options_of_table(table)->schema;
	for (int i = 0; i < RelationGetDescr(relation)->natts; i++)
	{
		unsigned		 column;
		AttributeMeaning meaning = meaning_of(table, schema, i + 1, &column);

		if (meaning == ATTRIBUTE_IS_PLUGIN_VALUE && hashed[i])
			value = i;
		else if (meaning == ATTRIBUTE_IS_COLUMN && schema->columns[column].field == FIELD_UDPS && !hashed[i])
			udps = i;
	}
	if (value >= 0 && udps >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column \"%s\" shows what is to be anonymized in column \"%s\"",
						NameStr(TupleDescAttr(RelationGetDescr(relation), udps)->attname),
						NameStr(TupleDescAttr(RelationGetDescr(relation), value)->attname)),
				 errhint("Name both, or set the option \"columns_to_anonymize\" of the foreign table, which hides a value in both.")));
}
