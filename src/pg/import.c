/*
 * import.c
 *	  IMPORT FOREIGN SCHEMA: tables that need not be typed.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pg/anonymizer.h"
#include "pg/convert.h"
#include "pg/fdw.h"
#include "pg/options.h"
#include "pg/privileges.h"

#define DEFAULT_TABLE_NAME	"flows"

static void
check_schema(const char *schema)
{
	if (strcmp(schema, "nflow") == 0)
		return;
	if (strcmp(schema, "captures") == 0 || strcmp(schema, "nfpacket") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("foreign schema \"%s\" is not available yet", schema),
				 errhint("Foreign schema \"nflow\" is the table of flows.")));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
			 errmsg("foreign schema \"%s\" does not exist", schema),
			 errhint("Foreign schema \"nflow\" is the table of flows.")));
}

/* The option table_name, else the one name that LIMIT TO asks for, else the default. */
static const char *
table_name(const ImportForeignSchemaStmt *statement, const ScanOptions *options)
{
	if (options->table_name != NULL)
		return options->table_name;
	if (statement->list_type == FDW_IMPORT_SCHEMA_LIMIT_TO && list_length(statement->table_list) == 1)
		return linitial_node(RangeVar, statement->table_list)->relname;
	return DEFAULT_TABLE_NAME;
}

static void
append_columns(StringInfo command, const ScanOptions *options)
{
	const char *separator = "";

	for (unsigned i = 0; i < column_count; i++)
	{
		const Column *column = &columns[i];

		/* What is not NFStream's is there for those who declare it. */
		if (column->extra || !options_group_is_on(options, column->group))
			continue;
		appendStringInfo(command, "%s\n\t%s %s", separator, quote_identifier(column->name),
						 format_type_be(anonymizer_names(options, column) ? TEXTOID : convert_import_type(column, IMPORT_NFSTREAM)));
		separator = ",";
	}
}

static void
append_options(StringInfo command, List *table_options)
{
	const char *separator = "\nOPTIONS (";
	ListCell   *cell;

	foreach(cell, table_options)
	{
		DefElem    *definition = lfirst_node(DefElem, cell);

		appendStringInfo(command, "%s%s %s", separator, quote_identifier(definition->defname),
						 quote_literal_cstr(defGetString(definition)));
		separator = ", ";
	}
	if (table_options != NIL)
		appendStringInfoChar(command, ')');
}

/* One CREATE FOREIGN TABLE; the server puts it into the local schema, or leaves it out by LIMIT TO and EXCEPT. */
List *
nfstream_import(ImportForeignSchemaStmt *statement, Oid server)
{
	ScanOptions *options = options_of_import(server, statement->options);
	StringInfoData command;

	check_schema(statement->remote_schema);
	anonymizer_check_names(options);
	if (options->source != NULL && !options->source_on_server)
		privileges_check_source(options);

	initStringInfo(&command);
	appendStringInfo(&command, "CREATE FOREIGN TABLE %s (", quote_identifier(table_name(statement, options)));
	append_columns(&command, options);
	appendStringInfo(&command, "\n) SERVER %s", quote_identifier(statement->server_name));
	append_options(&command, options_for_imported_table(statement->options));
	return list_make1(command.data);
}
