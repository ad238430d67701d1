/*
 * schema.c
 *	  The schemas, and how their columns are found.
 */
#include <string.h>

#include "wire/schema.h"

static const Schema *const schemas[SCHEMAS] = {
	[SCHEMA_FLOWS] = &flow_schema,
	[SCHEMA_PACKETS] = &packet_schema,
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
column_shows(const Column *column, const Column *other)
{
	switch (other->field)
	{
		case FIELD_IP:
		case FIELD_PORT:
			return column->field == FIELD_COMMUNITY_ID || column->field == FIELD_IP_PACKET || column->field == FIELD_FRAME;
		case FIELD_MAC:
		case FIELD_OUI:
		case FIELD_VLAN_ID:
		case FIELD_IP_PACKET:
			return column->field == FIELD_FRAME;
		default:
			return false;
	}
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
