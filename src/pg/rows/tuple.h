/*
 * tuple.h
 *	  From flow records to rows of a foreign table.
 */
#ifndef PG_ROWS_TUPLE_H
#define PG_ROWS_TUPLE_H

#include "executor/tuptable.h"
#include "nodes/bitmapset.h"
#include "utils/rel.h"

#include "pg/options/options.h"
#include "pg/source/source.h"
#include "wire/record.h"

typedef struct TupleBuilder TupleBuilder;

/*
 * Prepares the rows of a table, in the current memory context, which must live as long as the builder.
 *
 * attributes_used holds the attribute numbers that the query needs, as pull_varattnos() gives them (offset by
 * FirstLowInvalidHeapAttributeNumber; a whole-row reference stands for all columns, system columns for none).  `wanted`
 * is set to the columns that the meters must compute for them: not `id`, and none that the options turn off.
 *
 * Errors if any column of the table, used or not, is no attribute of a flow or has a type that cannot hold it.  Opens
 * no file.
 */
TupleBuilder *tuple_builder(Relation table, const ScanOptions *options, const Bitmapset *attributes_used,
							ColumnSet *wanted);

/* A WARNING, if the query asks for columns that the table's options turn off: they are NULL. */
void		tuple_builder_warn(const TupleBuilder *builder);

/*
 * Tells the builder the names of the files, for `source_file`, at the start of each scan; copies what it keeps.
 */
void		tuple_builder_set_files(TupleBuilder *builder, const SourceFile *files, int count);

/*
 * Sets the values and nulls of a cleared slot of the table's type; the caller stores it as a virtual tuple.
 *
 * `record` holds the wanted columns.  What a value needs is allocated in the current memory context, which the caller
 * resets from row to row.  Errors if a value does not fit its type.
 */
void		tuple_fill(TupleBuilder *builder, const Record *record, uint64 id, TupleTableSlot *slot);

/*
 * The index of the column that an attribute of the table stands for; -1 for a plugin's value (`udps.x`) and for dropped,
 * system and virtual generated attributes.  Errors as tuple_builder() does if it stands for none.
 */
int			tuple_column_of_attribute(Oid table, AttrNumber attribute);

/* The help text of that column; NULL where there is none. */
const char *tuple_help_of_attribute(Oid table, AttrNumber attribute);

#endif							/* PG_ROWS_TUPLE_H */
