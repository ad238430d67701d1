/*
 * import.c
 *	  IMPORT FOREIGN SCHEMA: tables that nobody has to type.
 *
 * A foreign schema is a way to declare one table of a source: its flows, `nflow` with NFStream's columns, `conn` with a few that are
 * easy to read; its packets, `nfpacket`.  And `captures` is a table for each capture in a directory: import_captures.c.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "pg/fdw/fdw.h"
#include "pg/fdw/import.h"
#include "pg/options/options.h"
#include "pg/options/plugin_outputs.h"
#include "pg/options/privileges.h"
#include "pg/rows/convert.h"
#include "pg/rows/hidden.h"
#include "pg/workers/describe.h"

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
	List						  *names;  /* of the columns, C strings */
	const char					  *table;
	StringInfoData				   columns; /* what stands between the parentheses */
} Import;

/* The type with which a column is declared: it holds every value that a capture can lead to. */
static Oid
import_type(const Column *column, ImportTypes types)
{
	if (column->unit == UNIT_TIME_NS || (types == IMPORT_POSTGRES && column->unit == UNIT_TIME_MS))
		return TIMESTAMPTZOID;
	if (column_is_tcp_flag(column))
		return BOOLOID;
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

/* Declares a column that stands for this attribute. */
static void
declare(Import *import, const char *name, const char *type, const char *attribute)
{
	appendStringInfo(&import->columns, "%s\n\t%s %s", import->columns.len > 0 ? "," : "", quote_identifier(name), type);
	if (strcmp(name, attribute) != 0)
		appendStringInfo(&import->columns, " OPTIONS (attribute %s)", quote_literal_cstr(attribute));
}

/* Declares a column, if the options turn it on. */
static void
add_column(Import *import, const char *name, const Column *column, ImportTypes types)
{
	Oid type = import_type(column, types);

	if (!options_group_is_on(import->options, column->group))
		return;
	if (hidden_names_have(import->hidden, column, name) || hidden_names_have_shown(import->hidden, import->options->schema, column))
		type = TEXTOID;
	declare(import, name, format_type_be_qualified(type), column->name);
}

/* Whether the schema nflow has this column with these options. */
static bool
nflow_has(const Import *import, const Column *column)
{
	return options_group_is_on(import->options, column->group) && column->group != GROUP_UDPS &&
		   (!column->extra || import->options->extra_columns);
}

static bool
is_taken(const List *names, const char *name)
{
	ListCell *cell;

	foreach(cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/* A column's name for a value that a plugin leaves: its own, or the nearest that no column has. */
static char *
free_name(const Import *import, const char *output)
{
	char *name = pnstrdup(output, pg_mbcliplen(output, strlen(output), NAMEDATALEN - 1));

	if (is_taken(import->names, name))
		name = makeObjectName("udps", output, NULL);
	for (int i = 2; is_taken(import->names, name); i++)
		name = makeObjectName("udps", output, psprintf("%d", i));
	return name;
}

/*
 * Whether a type runs nobody's code but that of superusers and of the user: whoever makes a plugin names types for columns of other
 * users' tables, and what a domain checks is executed by whoever reads them.
 */
static bool
is_trusted(Oid type)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Oid		  owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	owner = ((Form_pg_type) GETSTRUCT(tuple))->typowner;
	ReleaseSysCache(tuple);
	return owner == GetUserId() || superuser_arg(owner);
}

/* The type of a value that a plugin leaves, as the server writes it; jsonb for one that is not trusted. */
static char *
output_type(const PluginOutput *output)
{
	Oid	  type = JSONBOID;
	int32 modifier = -1;

	if (output->type != NULL)
#if PG_VERSION_NUM >= 160000
		(void) parseTypeString(output->type, &type, &modifier, NULL);
#else
		parseTypeString(output->type, &type, &modifier, false);
#endif
	if (!is_trusted(type))
	{
		ereport(NOTICE,
				(errmsg("\"%s\", which a plugin leaves, is declared as jsonb and not as %s", output->name, format_type_be_qualified(type)),
				 errdetail("The type belongs to another user, whose code would run where the table is read."),
				 errhint("ALTER FOREIGN TABLE ... ALTER COLUMN ... TYPE gives the column that type if the user is trusted.")));
		type = JSONBOID;
		modifier = -1;
	}
	return format_type_extended(type, modifier, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
}

/* A column that is to be declared for a value that a plugin leaves. */
typedef struct PluginColumn
{
	char			   *name;
	const PluginOutput *output;
} PluginColumn;

/* Finds a name for each value that plugins leave; *complete as of describe_outputs(). */
static List *
name_plugin_columns(Import *import, bool *complete)
{
	List	 *columns = NIL;
	ListCell *cell;

	foreach(cell, describe_outputs(import->options->plugins, complete))
	{
		PluginColumn *column = palloc(sizeof(*column));

		column->output = lfirst(cell);
		column->name = free_name(import, column->output->name);
		import->names = lappend(import->names, column->name);
		columns = lappend(columns, column);
	}
	return columns;
}

static void
add_plugin_columns(Import *import, const List *columns)
{
	ListCell *cell;

	foreach(cell, columns)
	{
		const PluginColumn *column = lfirst(cell);
		bool				is_hidden = hidden_names_have_plugin_value(import->hidden, column->output->name, column->name);

		declare(import, column->name, is_hidden ? format_type_be_qualified(TEXTOID) : output_type(column->output),
				psprintf(ATTRIBUTE_UDPS_PREFIX "%s", column->output->name));
	}
}

/*
 * All columns; in the place of udps those of what plugins leave, and udps itself if they may leave more than they tell.
 */
static void
add_all_columns(Import *import)
{
	const Schema *schema = import->options->schema;
	bool		  complete;
	List		 *plugin_columns;

	for (unsigned i = 0; i < schema->count; i++)
		if (nflow_has(import, &schema->columns[i]) || schema->columns[i].field == FIELD_UDPS)
			import->names = lappend(import->names, unconstify(char *, schema->columns[i].name));
	plugin_columns = name_plugin_columns(import, &complete);
	hidden_check_names(import->options, import->hidden, import->names);
	for (unsigned i = 0; i < schema->count; i++)
	{
		const Column *column = &schema->columns[i];

		if (column->field == FIELD_UDPS)
			add_plugin_columns(import, plugin_columns);
		if (nflow_has(import, column) || (column->field == FIELD_UDPS && !complete))
			add_column(import, column->name, column, import->options->types);
	}
}

/* A capture has all of them, whatever the options. */
static void
add_packet_columns(Import *import)
{
	const Schema *schema = import->options->schema;

	hidden_check_names(import->options, import->hidden, NIL);
	for (unsigned i = 0; i < schema->count; i++)
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
		{"nfpacket", "packets", &packet_schema, add_packet_columns},
};

#define CONN 1

/* The index of the foreign schema that the statement names. */
static int
find_schema(const char *name)
{
	static const char *const hint = "The foreign schemas are \"nflow\", flows with all their columns by NFStream's names, "
									"\"conn\", flows in a few columns to read, \"nfpacket\", packets, "
									"and \"captures\", a table for each capture in a directory.";

	for (int i = 0; i < lengthof(schemas); i++)
		if (strcmp(schemas[i].name, name) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
			 errmsg("foreign schema \"%s\" does not exist", name),
			 errhint("%s", hint)));
}

/* The option rows may say again what the foreign schema does, and nothing else. */
static void
take_schema(ScanOptions *options, const ImportForeignSchemaStmt *statement, const Schema *schema)
{
	ListCell *cell;

	foreach(cell, statement->options)
		if (strcmp(lfirst_node(DefElem, cell)->defname, "rows") == 0 && options->schema != schema)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the rows of foreign schema \"%s\" are %s", statement->remote_schema, schema->rows),
					 errhint("Leave the option \"rows\" out.")));
	options->schema = schema;
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
				 errhint("Set the option \"source\" in this statement, or on server \"%s\" for all its tables, to a capture file or an interface.",
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
 * The table's options: those of the statement that a table can have; nfpacket says what its rows are; and conn shows the application's
 * own name, whatever its server's options say.
 */
static char *
options_text(const Import *import, bool is_conn)
{
	StringInfoData text;
	bool		   names_given = false,
		 rows_given = false;
	ListCell *cell;

	initStringInfo(&text);
	foreach(cell, options_for_imported_table(import->statement->options))
	{
		DefElem *definition = lfirst_node(DefElem, cell);

		append_option(&text, definition->defname, defGetString(definition));
		names_given = names_given || strcmp(definition->defname, "application_names") == 0;
		rows_given = rows_given || strcmp(definition->defname, "rows") == 0;
	}
	if (import->options->schema->id == SCHEMA_PACKETS && !rows_given)
		append_option(&text, "rows", "packets");
	if (is_conn && !names_given && import->options->application_names != APPLICATION_NAMES_SHORT)
		append_option(&text, "application_names", "short");
	return text.data;
}

char *
import_table(const ImportForeignSchemaStmt *statement, const char *name, const ImportTexts *texts)
{
	return psprintf("CREATE FOREIGN TABLE %s (%s\n) SERVER %s%s", quote_identifier(name), texts->columns,
					quote_identifier(statement->server_name),
					*texts->options == '\0' ? "" : psprintf("\nOPTIONS (%s)", texts->options));
}

ImportTexts
import_texts(const ImportForeignSchemaStmt *statement, const ScanOptions *options)
{
	Import import = {.statement = statement, .options = options, .hidden = hidden_names(options)};

	initStringInfo(&import.columns);
	if (options->schema->id == SCHEMA_PACKETS)
		add_packet_columns(&import);
	else
		add_all_columns(&import);
	return (ImportTexts) {import.columns.data, options_text(&import, false)};
}

/* CREATE FOREIGN TABLE, one or for each capture, which the server runs for the local schema. */
List *
nfstream_import(ImportForeignSchemaStmt *statement, Oid server)
{
	ScanOptions *options;
	Import		 import = {.statement = statement};
	int			 schema;

	if (strcmp(statement->remote_schema, IMPORT_CAPTURES) == 0)
		return import_captures(statement, server);
	schema = find_schema(statement->remote_schema);
	import.options = options = options_of_import(server, statement->options);
	take_schema(options, statement, schemas[schema].schema);
	import.hidden = hidden_names(options);
	import.table = table_name(statement, import.options, schemas[schema].table);
	check_table_is_wanted(&import);
	check_source(&import);
	initStringInfo(&import.columns);
	schemas[schema].add_columns(&import);
	return list_make1(import_table(statement, import.table, &(ImportTexts) {import.columns.data, options_text(&import, schema == CONN)}));
}
