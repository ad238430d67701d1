/*
 * import.h
 *	  What IMPORT FOREIGN SCHEMA makes: statements for the server to run.
 */
#ifndef PG_FDW_IMPORT_H
#define PG_FDW_IMPORT_H

#include "nodes/parsenodes.h"

#include "pg/options/options.h"

/* The foreign schema that is a table for each capture in a directory. */
#define IMPORT_CAPTURES "captures"

/* What stands between the parentheses of a table, and between those of its OPTIONS. */
typedef struct ImportTexts
{
	char *columns;
	char *options;
} ImportTexts;

/* Those of a table of flows, or of packets if that is what its options say; the options as the statement has them, without a source. */
ImportTexts import_texts(const ImportForeignSchemaStmt *statement, const ScanOptions *options);

/* CREATE FOREIGN TABLE. */
char *import_table(const ImportForeignSchemaStmt *statement, const char *name, const ImportTexts *texts);

/*
 * Takes away the options' source, and errors if there is no directory in which captures may be looked for, or the current user may not do that.  The
 * server, by its name, is that of the options.
 */
void import_check_directory(ScanOptions *options, const char *server, const char *directory);

List *import_captures(ImportForeignSchemaStmt *statement, Oid server);

#endif /* PG_FDW_IMPORT_H */
