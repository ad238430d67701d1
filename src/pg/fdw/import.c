/*
 * import.c
 *	  IMPORT FOREIGN SCHEMA: tables that nobody has to type.
 *
 * A foreign schema is a way to declare the one table of a source's flows: `nflow` with NFStream's columns, `conn` with a
 * few that are easy to read.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pg/fdw/fdw.h"
#include "pg/options/options.h"
#include "pg/options/planned.h"
#include "pg/options/privileges.h"
#include "pg/rows/convert.h"
#include "pg/rows/hidden.h"

/* A column of the schema conn, and the attribute that it stands for. */
static const struct
{
	const char *name;
	const char *attribute;
} conn_columns[] =
	{
		{"began", "bidirectional_first_seen_ms"},
		{"lasted", "bidirectional_duration_ms"},
		{"src", "src_ip"},
		{"src_port", "src_port"},
		{"dst", "dst_ip"},
		{"dst_port", "dst_port"},
		{"protocol", "protocol_name"},
		{"application", "application_name"},
		{"carrier", "application_protocol"},
		{"server_name", "requested_server_name"},
		{"packets_up", "src2dst_packets"},
		{"packets_down", "dst2src_packets"},
		{"bytes_up", "src2dst_bytes"},
		{"bytes_down", "dst2src_bytes"},
};

typedef struct Import
{
	const ImportForeignSchemaStmt *statement;
	const ScanOptions			  *options;
	const List					  *hidden; /* hidden_names() of the options */
	const char					  *table;
	StringInfoData				   columns; /* what stands between the parentheses */
} Import;

/* The type with which a column is declared: it holds every value that a capture can lead to. */
static Oid
import_type(const Column *column, ImportTypes types)
{
	if (types == IMPORT_POSTGRES && column->unit == UNIT_TIME_MS)
		return TIMESTAMPTZOID;
	if (types == IMPORT_POSTGRES && column->unit == UNIT_DURATION_MS && column->kind != COLUMN_INTEGERS)
		return INTERVALOID;
	if (types == IMPORT_PORTABLE && (column->kind == COLUMN_ADDRESS || column->kind == COLUMN_MAC))
		return TEXTOID;

	switch (column->kind)
	{
		case COLUMN_UINT8:
		case COLUMN_UINT16:
		case COLUMN_INT32:
			return INT4OID;
		case COLUMN_UINT32:
		case COLUMN_UINT64:
		case COLUMN_INT64:
			return INT8OID;
		case COLUMN_DOUBLE:
			return FLOAT8OID;
		case COLUMN_ADDRESS:
			return INETOID;
		case COLUMN_MAC:
			return MACADDROID;
		case COLUMN_INTEGERS:
			return column->field == FIELD_SPLT_DIRECTION ? INT4ARRAYOID : INT8ARRAYOID;
		case COLUMN_JSON:
			return JSONBOID;
		case COLUMN_BYTES:
			return BYTEAOID;
		case COLUMN_OUI:
		case COLUMN_TEXT:
		case COLUMN_LONG_TEXT:
		case COLUMN_FILE:
			break;
	}
	return TEXTOID;
}

/* Declares a column, if the options turn it on. */
static void
add_column(Import *import, const char *name, const Column *column, ImportTypes types)
{
	Oid type = import_type(column, types);

	if (!options_group_is_on(import->options, column->group))
		return;
	if (hidden_names_have(import->hidden, column, name))
		type = TEXTOID;
	appendStringInfo(&import->columns, "%s\n\t%s %s", import->columns.len > 0 ? "," : "", quote_identifier(name),
					 format_type_be_qualified(type));
	if (strcmp(name, column->name) != 0)
		appendStringInfo(&import->columns, " OPTIONS (attribute %s)", quote_literal_cstr(column->name));
}

static void
add_all_columns(Import *import)
{
	const Schema *schema = import->options->schema;

	hidden_check_names(import->options, import->hidden, NIL);
	for (unsigned i = 0; i < schema->count; i++)
		if (!schema->columns[i].extra || import->options->extra_columns)
			add_column(import, schema->columns[i].name, &schema->columns[i], import->options->types);
}

static bool
conn_has(const char *attribute)
{
	for (int i = 0; i < lengthof(conn_columns); i++)
		if (strcmp(conn_columns[i].attribute, attribute) == 0)
			return true;
	return false;
}

/* Times always have the server's own types. */
static void
add_conn_columns(Import *import)
{
	const Schema *schema = import->options->schema;
	bool		  portable = import->options->types == IMPORT_PORTABLE;
	List		 *names = NIL;

	for (int i = 0; i < lengthof(conn_columns); i++)
		names = lappend(names, unconstify(char *, conn_columns[i].name));
	hidden_check_names(import->options, import->hidden, names);
	for (int i = 0; i < lengthof(conn_columns); i++)
	{
		int			  attribute = schema_column(schema, conn_columns[i].attribute);
		const Column *column = &schema->columns[attribute];

		Assert(attribute >= 0);
		add_column(import, conn_columns[i].name, column,
				   portable && column->kind == COLUMN_ADDRESS ? IMPORT_PORTABLE : IMPORT_POSTGRES);
	}
	if (import->options->extra_columns)
		for (unsigned i = 0; i < schema->count; i++)
			if (schema->columns[i].extra && !conn_has(schema->columns[i].name))
				add_column(import, schema->columns[i].name, &schema->columns[i], IMPORT_POSTGRES);
}

static const struct
{
	const char	 *name;
	const char	 *table;  /* its default name */
	const Schema *schema; /* what the table's rows are */
	void (*add_columns)(Import *import);
} schemas[] =
	{
		{"nflow", "flows", &flow_schema, add_all_columns},
		{"conn", "conn", &flow_schema, add_conn_columns},
};

#define CONN 1

/* The index of the foreign schema that the statement names. */
static int
find_schema(const char *name)
{
	static const char *const hint = "The foreign schemas are \"nflow\", flows with all their columns by NFStream's names, "
									"and \"conn\", flows in a few columns to read.";

	for (int i = 0; i < lengthof(schemas); i++)
		if (strcmp(schemas[i].name, name) == 0)
			return i;
	if (is_planned(PLANNED_SCHEMA, name))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("foreign schema \"%s\" is not available yet", name),
				 errhint("%s", hint)));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
			 errmsg("foreign schema \"%s\" does not exist", name),
			 errhint("%s", hint)));
}

/* The option table_name, else the one name that LIMIT TO asks for, else the default. */
static const char *
table_name(const ImportForeignSchemaStmt *statement, const ScanOptions *options, const char *fallback)
{
	if (options->table_name != NULL)
		return options->table_name;
	if (statement->list_type == FDW_IMPORT_SCHEMA_LIMIT_TO && list_length(statement->table_list) == 1)
		return linitial_node(RangeVar, statement->table_list)->relname;
	return fallback;
}

/* The server would leave the table out without a word. */
static void
check_table_is_wanted(const Import *import)
{
	bool limited = import->statement->list_type == FDW_IMPORT_SCHEMA_LIMIT_TO;

	if (IsImportableForeignTable(import->table, unconstify(ImportForeignSchemaStmt *, import->statement)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
			 errmsg("there is no table to import"),
			 limited ? errdetail("Foreign schema \"%s\" is one table, \"%s\", which LIMIT TO does not name.",
								 import->statement->remote_schema, import->table) :
					   errdetail("Foreign schema \"%s\" is one table, \"%s\", which EXCEPT leaves out.",
								 import->statement->remote_schema, import->table),
			 limited ? errhint("Name one table in LIMIT TO, which is then called so, or set the option \"table_name\".") :
					   errhint("Leave EXCEPT out, or set the option \"table_name\".")));
}

static void
check_source(const Import *import)
{
	if (import->options->source == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("there is no source to import a table from"),
				 errhint("Set the option \"source\" in this statement, or on server \"%s\" for all its tables, to a capture file.",
						 import->statement->server_name)));
	if (!import->options->source_on_server)
		privileges_check_source(import->options);
}

static void
append_option(StringInfo command, const char *name, const char *value)
{
	appendStringInfo(command, "%s%s %s", command->len > 0 ? ", " : "", quote_identifier(name), quote_literal_cstr(value));
}

/*
 * The table's options: those of the statement that a table can have; and conn shows the application's own name, whatever
 * its server's options say.
 */
static char *
options_text(const Import *import, bool is_conn)
{
	StringInfoData text;
	bool		   names_given = false;
	ListCell	  *cell;

	initStringInfo(&text);
	foreach(cell, options_for_imported_table(import->statement->options))
	{
		DefElem *definition = lfirst_node(DefElem, cell);

		append_option(&text, definition->defname, defGetString(definition));
		names_given = names_given || strcmp(definition->defname, "application_names") == 0;
	}
	if (is_conn && !names_given && import->options->application_names != APPLICATION_NAMES_SHORT)
		append_option(&text, "application_names", "short");
	return text.len == 0 ? "" : psprintf("\nOPTIONS (%s)", text.data);
}

/* One CREATE FOREIGN TABLE, which the server runs for the local schema. */
List *
nfstream_import(ImportForeignSchemaStmt *statement, Oid server)
{
	int			 schema = find_schema(statement->remote_schema);
	ScanOptions *options = options_of_import(server, statement->options);
	Import		 import = {.statement = statement, .options = options};

	options->schema = schemas[schema].schema;
	import.hidden = hidden_names(options);
	import.table = table_name(statement, import.options, schemas[schema].table);
	check_table_is_wanted(&import);
	check_source(&import);
	initStringInfo(&import.columns);
	schemas[schema].add_columns(&import);
	return list_make1(psprintf("CREATE FOREIGN TABLE %s (%s\n) SERVER %s%s", quote_identifier(import.table), import.columns.data,
							   quote_identifier(statement->server_name), options_text(&import, schema == CONN)));
}
