/*
 * tuple.h
 *	  From records to rows of a foreign table.
 */
#ifndef PG_ROWS_TUPLE_H
#define PG_ROWS_TUPLE_H

#include "executor/tuptable.h"
#include "nodes/bitmapset.h"
#include "utils/rel.h"

#include "pg/options/options.h"
#include "pg/source/source.h"
#include "wire/record.h"
#include "wire/socket_table.h"

typedef struct TupleBuilder TupleBuilder;

/*
 * Prepares the rows of a table, in the current memory context, which must live as long as the builder.
 *
 * attributes_used holds the attributes that the query needs (pg/base/attributes.h).  `wanted` is set to the columns that the
 * meters must compute for them: not `id`, and none that the options turn off.
 *
 * Errors if any column of the table, used or not, is none of the schema or has a type that cannot hold it.  Opens
 * no file.
 */
TupleBuilder *tuple_builder(Relation table, const ScanOptions *options, const Bitmapset *attributes_used,
							ColumnSet *wanted);

/* Whether the rows have numbers, the column `id`. */
bool tuple_builder_numbers(const TupleBuilder *builder);

/* Whether the rows, for which meters compute `wanted`, have something that goes on from file to file: such numbers, or packets'. */
bool tuple_builder_counts_on(const TupleBuilder *builder, const ColumnSet *wanted);

/* WARNINGs, if the query asks for columns that the table's options turn off, or for what no plugin leaves: they are NULL. */
void tuple_builder_warn(const TupleBuilder *builder);

/*
 * Tells the builder the names of the files, for `source_file`, at the start of each scan; copies what it keeps.
 */
void tuple_builder_set_files(TupleBuilder *builder, const SourceFile *files, int count);

/*
 * Tells the builder, at the start of each scan, whether it is of an interface: then flows have processes on this host, and are looked up
 * in a table of sockets.  Returns whether that is needed.
 */
bool tuple_builder_set_live(TupleBuilder *builder, bool is_live);

/*
 * Sets the values and nulls of a cleared slot of the table's type; the caller stores it as a virtual tuple.
 *
 * `record` holds the wanted columns.  `sockets` is where flows' processes are looked up, NULL if there is nothing.  What a value needs is allocated in the current memory context, which the caller
 * resets from row to row.  Errors if a value does not fit its type.
 */
void tuple_fill(TupleBuilder *builder, const Record *record, uint64 id, const SocketTable *sockets, TupleTableSlot *slot);

#endif /* PG_ROWS_TUPLE_H */
