/*
 * exclusion.h
 *	  What a query's conditions exclude before anything is opened: a whole table by its constants, files by their names.
 *
 * Conditions that have nothing of the table but constants (the column option `value`) and `source_file` are the server's to evaluate, each as it
 * stands: for the table, and for each file.
 */
#ifndef PG_FDW_EXCLUSION_H
#define PG_FDW_EXCLUSION_H

#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"

#include "pg/options/options.h"
#include "pg/source/source.h"

typedef struct Exclusion Exclusion;

/*
 * While a query is planned.  Returns what is known by then to exclude files, for sizes; NULL if nothing does.  *excluded: no row of the table
 * can meet the conditions.  Conditions that are decided so have nothing more to do with how many rows are expected.
 */
Exclusion *exclusion_of_planner(PlannerInfo *root, RelOptInfo *baserel, const ScanOptions *options, bool *excluded);

/* Those of a plan's conditions that exclude something: by their numbers in its qual, which extract_actual_clauses() makes of them. */
List *exclusion_clauses(const RelOptInfo *baserel, const ScanOptions *options, const List *scan_clauses);

/* The same when the plan is run, in the current memory context; NULL if there are none. */
Exclusion *exclusion_prepare(ForeignScanState *node, const ScanOptions *options, const List *clauses);

/* Lets go of what it has of the executor's before that ends. */
void exclusion_end(Exclusion *exclusion);

/*
 * These parameters, by their numbers, have changed, and may again.  Whether rows may be others by that: then conditions with parameters that
 * other nodes of the plan set exclude nothing from now on, so that rows that are kept stay.
 */
bool exclusion_changed(Exclusion *exclusion, const Bitmapset *parameters);

/* Whether rows may be expected of the table at all, as far as its constants tell. */
bool exclusion_admits_table(Exclusion *exclusion);

/* Whether rows may be expected of files, which is asked by their names; NULL if no condition is about files.  Goes with the exclusion. */
const SourceWanted *exclusion_of_files(Exclusion *exclusion);

/* Whether it can be asked where nothing is run: no value comes from other nodes of the plan. */
bool exclusion_is_known(const Exclusion *exclusion);

/* The conditions about the table's constants alone, and those that are about files: expressions. */
List *exclusion_table_clauses(const Exclusion *exclusion);
List *exclusion_file_clauses(const Exclusion *exclusion);

#endif /* PG_FDW_EXCLUSION_H */
