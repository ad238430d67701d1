/*
 * dataset.c
 *	  Relations with flows as the source of a data set.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/dataset.h"
#include "pg/fdw.h"
#include "pg/privileges.h"
#include "pg/source.h"

/* What a query of it would find out too; but then the name of its first file has been looked for already. */
static void
check_select(Relation relation)
{
	Oid			id = RelationGetRelid(relation);

	if (pg_class_aclcheck(id, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(id, GetUserId(), ACL_SELECT, ACLMASK_ALL) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(relation->rd_rel->relkind), RelationGetRelationName(relation));
}

Relation
dataset_open(Oid relation)
{
	Relation	opened = relation_open(relation, AccessShareLock);

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

const char *
dataset_first_file(Relation relation)
{
	ScanOptions *options;
	const char *path;
	int			count;

	if (!nfstream_is_ours(relation))
		return NULL;
	options = options_of_table(RelationGetRelid(relation));
	options_check_available(options);
	privileges_check_source(options);
	path = source_resolve(options, &count)[0].path;
	return options->directory == NULL || is_absolute_path(path) ? path : psprintf("%s/%s", options->directory, path);
}

/* Which of the relation's columns have a name in the array, by index.  Errors at a name that none has. */
static bool *
find_columns(Relation relation, ArrayType *names)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	bool	   *found = palloc0(descriptor->natts * sizeof(bool));
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		const char *name = nulls[i] ? NULL : TextDatumGetCString(elements[i]);
		AttrNumber	attribute = name == NULL ? InvalidAttrNumber : get_attnum(RelationGetRelid(relation), name);

		if (name == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the name of a column to anonymize cannot be NULL")));
		if (attribute <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist", name, RelationGetRelationName(relation)),
					 errdetail("It is one of the columns to anonymize.")));
		found[attribute - 1] = true;
	}
	return found;
}

/* What dataset_query() selects. */
static const char *
select_list(Relation relation, ArrayType *hashed, Oid extension)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	const bool *is_hashed = find_columns(relation, hashed);
	bool		any_hashed = false;
	const char *schema = quote_identifier(get_namespace_name(extension));
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		const char *name = quote_identifier(NameStr(attribute->attname));

		if (attribute->attisdropped)
			continue;
		any_hashed |= is_hashed[i];
		if (list.len > 0)
			appendStringInfoString(&list, ", ");
		if (is_hashed[i])
			appendStringInfo(&list, "%s.nfstream_anonymize(%s) AS %s", schema, name, name);
		else
			appendStringInfoString(&list, name);
	}
	if (list.len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("relation \"%s\" has no columns", RelationGetRelationName(relation))));
	return any_hashed ? list.data : "*";
}

char *
dataset_query(Relation relation, ArrayType *hashed, Oid extension)
{
	return psprintf("SELECT %s FROM %s", select_list(relation, hashed, extension),
					quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
											   RelationGetRelationName(relation)));
}
