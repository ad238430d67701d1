/*
 * import_captures.c
 *	  IMPORT FOREIGN SCHEMA captures: a table for each capture in a directory.
 *
 * A table is called as its file is, without its ending (`.pcap`, `.pcap.gz`): in lower case, with an underscore for what is no letter, digit or
 * underscore, and one in front of a digit.  Of several with one name the second gets _2, the third _3, in the order of the files' names.  LIMIT TO and EXCEPT do not change
 * what a table is called.
 */
#include "postgres.h"

#include <ctype.h>

#include "commands/defrem.h"
#include "foreign/fdwapi.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

#include "pg/fdw/import.h"
#include "pg/options/privileges.h"
#include "pg/workers/probe.h"

/* Bytes of a name that are left for its number. */
#define NUMBER_BYTES 8

typedef struct TakenName
{
	char name[NAMEDATALEN];
	int	 number; /* the last that it was given with */
} TakenName;

/* The statement without its option `directory`, which is no table's, and the value of that; NULL where it has none. */
static ImportForeignSchemaStmt *
without_directory(const ImportForeignSchemaStmt *statement, const char **directory)
{
	ImportForeignSchemaStmt *rest = palloc(sizeof(*rest));
	ListCell				*cell;

	*rest = *statement;
	rest->options = NIL;
	*directory = NULL;
	foreach(cell, statement->options)
	{
		DefElem *definition = lfirst_node(DefElem, cell);

		if (strcmp(definition->defname, "directory") == 0)
			*directory = defGetString(definition);
		else
			rest->options = lappend(rest->options, definition);
	}
	return rest;
}

static void
check_options(const ImportForeignSchemaStmt *statement)
{
	ListCell *cell;

	foreach(cell, statement->options)
	{
		const char *name = lfirst_node(DefElem, cell)->defname;

		if (strcmp(name, "source") == 0 || strcmp(name, "table_name") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("foreign schema \"captures\" does not have the option \"%s\"", name),
					 errdetail("It is a table for each capture in a directory, called as the capture's file is."),
					 errhint("The foreign schema \"nflow\" is one table of one source.")));
	}
}

void
import_check_directory(ScanOptions *options, const char *server, const char *directory)
{
	options->source = NULL;
	options->source_owner = GetUserId();
	options->source_on_server = false;
	if (options->directory == NULL && (directory == NULL || !is_absolute_path(directory)))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("there is no directory to look for captures in"),
				 errhint("Name one by an absolute path, or set the option \"directory\" of server \"%s\".", server)));
	(void) privileges_check_files(options, ERROR);
}

/* How many bytes of a file's name stand before its ending, and that of what compresses it. */
static size_t
length_without_ending(const char *file)
{
	static const char *const compressed[] = {".gz", ".zst", ".zstd"};
	size_t					 length = strlen(file);

	for (int i = 0; i < lengthof(compressed); i++)
		if (length > strlen(compressed[i]) && pg_strcasecmp(file + length - strlen(compressed[i]), compressed[i]) == 0)
		{
			length -= strlen(compressed[i]);
			break;
		}
	for (size_t dot = length; dot > 1; dot--)
		if (file[dot - 1] == '.')
			return dot - 1;
	return length;
}

/* A table's name for a file, before it is made unique. */
static void
name_of_file(const char *path, char name[NAMEDATALEN])
{
	const char *file = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
	size_t		length = length_without_ending(file),
		   at = 0;

	if (length == 0 || isdigit((unsigned char) *file))
		name[at++] = '_';
	length = pg_mbcliplen(file, length, NAMEDATALEN - 1 - NUMBER_BYTES - at);
	for (size_t i = 0; i < length; i++)
	{
		unsigned char byte = file[i];

		name[at++] = IS_HIGHBIT_SET(byte) || isalnum(byte) ? pg_ascii_tolower(byte) : '_';
	}
	name[at] = '\0';
}

/* The names of all tables, in the order of the captures. */
static char **
name_tables(const CaptureFile *captures, int count)
{
	HASHCTL control = {.keysize = NAMEDATALEN, .entrysize = sizeof(TakenName), .hcxt = CurrentMemoryContext};
	HTAB   *taken = hash_create("names of tables", 256, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	char  **names = palloc_extended(Max(count, 1) * sizeof(char *), MCXT_ALLOC_HUGE);

	for (int i = 0; i < count; i++)
	{
		char name[NAMEDATALEN],
			numbered[NAMEDATALEN];
		TakenName *first;
		bool	   found;

		name_of_file(captures[i].file.path, name);
		first = hash_search(taken, name, HASH_ENTER, &found);
		if (!found)
			first->number = 1;
		strlcpy(numbered, name, NAMEDATALEN);
		while (found)
		{
			TakenName *other;

			snprintf(numbered, NAMEDATALEN, "%s_%d", name, ++first->number);
			other = hash_search(taken, numbered, HASH_ENTER, &found);
			if (!found)
				other->number = 1;
		}
		names[i] = pstrdup(numbered);
	}
	hash_destroy(taken);
	return names;
}

List *
import_captures(ImportForeignSchemaStmt *statement, Oid server)
{
	const char				*directory;
	ImportForeignSchemaStmt *rest = without_directory(statement, &directory);
	ScanOptions				*options;
	CaptureFile				*captures;
	ImportTexts				 texts;
	char				   **names;
	List					*tables = NIL;
	int						 count;

	check_options(rest);
	options = options_of_import(server, rest->options);
	import_check_directory(options, statement->server_name, directory);
	captures = probe_directory(options, directory, &count);
	names = name_tables(captures, count);
	texts = import_texts(rest, options);
	for (int i = 0; i < count; i++)
	{
		ImportTexts with_source = texts;

		CHECK_FOR_INTERRUPTS();
		if (!IsImportableForeignTable(names[i], statement))
			continue;
		with_source.options = psprintf("source %s%s%s", quote_literal_cstr(captures[i].file.path), *texts.options == '\0' ? "" : ", ", texts.options);
		tables = lappend(tables, import_table(statement, names[i], &with_source));
	}
	if (tables == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
				 errmsg("there is no table to import"),
				 errdetail("Captures in the directory: %d.", count),
				 errhint("nfstream_captures() lists them.")));
	return tables;
}
