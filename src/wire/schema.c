/*
 * schema.c
 *	  The schemas, and how their columns are found.
 */
#include <string.h>

#include "wire/schema.h"

static const Schema *const schemas[SCHEMAS] = {
	[SCHEMA_FLOWS] = &flow_schema,
};

const Schema *
schema_by_id(uint32_t id)
{
	return id < SCHEMAS ? schemas[id] : NULL;
}

int
schema_column(const Schema *schema, const char *name)
{
	for (unsigned i = 0; i < schema->count; i++)
		if (strcmp(schema->columns[i].name, name) == 0)
			return (int) i;
	return -1;
}

int
schema_column_of_field(const Schema *schema, ColumnField field)
{
	for (unsigned i = 0; i < schema->count; i++)
		if (schema->columns[i].field == field)
			return (int) i;
	return -1;
}

bool
schemas_have_column(const char *name)
{
	for (SchemaId id = 0; id < SCHEMAS; id++)
		if (schema_column(schemas[id], name) >= 0)
			return true;
	return false;
}

bool
schema_set_has_group(const Schema *schema, const ColumnSet *set, ColumnGroup group)
{
	for (unsigned i = 0; i < schema->count; i++)
		if (schema->columns[i].group == group && column_set_has(set, i))
			return true;
	return false;
}
