/*
 * schema.h
 *	  A schema: the columns of one kind of row, once.
 *
 * What the meter computes and writes, what the server reads and shows, what IMPORT FOREIGN SCHEMA declares and what the
 * documentation lists all come from a schema.  Its order is the order in which a record holds the columns that a request
 * asks for.  Code that handles records is given the schema: only where flows are made is it known that there is one of
 * flows.
 */
#ifndef WIRE_SCHEMA_H
#define WIRE_SCHEMA_H

#include "wire/column.h"

/* The schemas that a request can name. */
typedef enum SchemaId
{
	SCHEMA_FLOWS,
	SCHEMA_PACKETS,
	SCHEMAS
} SchemaId;

typedef struct Schema
{
	SchemaId	  id;
	const char	 *row;			  /* what a row is, as users read it: "flow", */
	const char	 *rows;			  /* and several: "flows" */
	const char	 *foreign_schema; /* by which IMPORT FOREIGN SCHEMA declares all its columns: "nflow" */
	const Column *columns;
	unsigned	  count; /* of them, COLUMNS_MAX at most */
} Schema;

/* The greatest lengths of the texts that nDPI finds in a flow, bytes: METERING.md, section 11. */
#define SERVER_NAME_MAX		 79
#define FINGERPRINT_MAX		 47
#define FINGERPRINT_KIND_MAX 15
#define USER_AGENT_MAX		 255
#define CONTENT_TYPE_MAX	 63

/* The most bytes that are captured of a packet, of the link types that are decoded. */
#define FRAME_BYTES_MAX 262144

extern const Schema flow_schema;
extern const Schema packet_schema;

/* The schema with this id, which may be any number; NULL if there is none. */
const Schema *schema_by_id(uint32_t id);

/* The index of the column of this name, or of the first that has this field; -1 if there is none. */
int schema_column(const Schema *schema, const char *name);
int schema_column_of_field(const Schema *schema, ColumnField field);

/*
 * Whether a column shows what is in another one of its schema, to whoever looks: a packet's bytes, or a Community ID, which is made of
 * addresses and ports without a key.  Who hides the other one hides it too.
 */
bool column_shows(const Column *column, const Column *other);

/* Whether any schema has a column of this name. */
bool schemas_have_column(const char *name);

/* Whether any column of this group is in the set. */
bool schema_set_has_group(const Schema *schema, const ColumnSet *set, ColumnGroup group);

#endif /* WIRE_SCHEMA_H */
