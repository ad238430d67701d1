/*
 * analyze.c
 *	  ANALYZE: a sample of a source's flows, for the planner's statistics.
 *
 * The whole source is metered, because a flow is known only when all of it was read.  The sample is drawn with Vitter's
 * reservoir algorithm, as for the server's own tables.
 *
 * Rows of the sample stay in memory until their statistics are made, and lists of SPLT can have 65535 elements each: wide
 * values are kept compressed, as a table would hold them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/toast_internals.h"
#include "commands/vacuum.h"
#include "executor/tuptable.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"

#include "pg/base/attributes.h"
#include "pg/base/varlena.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/pass.h"

/* Wider values are compressed; the server's statistics only look at narrower ones. */
#define WIDE_BYTES 1024

/* A copy of the row in the slot, in the context `kept`; what is needed on the way is in the current one. */
static HeapTuple
keep_row(TupleTableSlot *slot, MemoryContext kept)
{
	TupleDesc	  descriptor = slot->tts_tupleDescriptor;
	Datum		 *values = palloc(descriptor->natts * sizeof(Datum));
	MemoryContext before;
	HeapTuple	  row;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		values[i] = slot->tts_values[i];
		if (!slot->tts_isnull[i] && attribute->attlen == -1 && attribute->attstorage != TYPSTORAGE_PLAIN &&
			VARSIZE_ANY(DatumGetPointer(values[i])) > WIDE_BYTES)
		{
			Datum compressed = toast_compress_datum(values[i], attribute->attcompression);

			if (DatumGetPointer(compressed) != NULL)
				values[i] = compressed;
		}
	}
	before = MemoryContextSwitchTo(kept);
	row = heap_form_tuple(descriptor, values, slot->tts_isnull);
	MemoryContextSwitchTo(before);
	return row;
}

static int
acquire_sample(Relation table, int level, HeapTuple *rows, int target, double *total, double *dead)
{
	FlowScan	   *scan = pass_prepare(table, attributes_whole_row());
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(table), &TTSOpsVirtual);
	MemoryContext	context = AllocSetContextCreate(CurrentMemoryContext, "nfstream sample", ALLOCSET_DEFAULT_SIZES),
				  before = CurrentMemoryContext;
	ReservoirStateData reservoir;
	double			   to_skip = -1; /* rows before the next that is taken; < 0: not decided */
	int				   count = 0;

	reservoir_init_selection_state(&reservoir, target);
	*total = *dead = 0;
	for (;;)
	{
		bool found;

		MemoryContextReset(context);
		MemoryContextSwitchTo(context);
		found = pass_next(scan, before, slot);
		if (!found)
			break;

		if (count < target)
			rows[count++] = keep_row(slot, before);
		else
		{
			if (to_skip < 0)
				to_skip = reservoir_get_next_S(&reservoir, *total, target);
			if (to_skip <= 0)
			{
				int i = (int) (target * sampler_random_fract(&reservoir.randstate));

				heap_freetuple(rows[i]);
				rows[i] = keep_row(slot, before);
			}
			to_skip--;
		}
		*total += 1;
	}
	MemoryContextSwitchTo(before);
	pass_stop(scan);
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(context);
	ereport(level,
			(errmsg("\"%s\": %.0f %s, %d of them in the sample", RelationGetRelationName(table), *total, scan->options->schema->rows, count)));
	return count;
}

/* False for a source that cannot be looked at: the server says so, and an ANALYZE of the whole database goes on. */
bool
nfstream_analyze(Relation table, AcquireSampleRowsFunc *acquire, BlockNumber *pages)
{
	int64 bytes = source_size_for_analyze(options_of_table(RelationGetRelid(table)));

	if (bytes < 0)
		return false;
	*acquire = acquire_sample;
	*pages = source_pages(bytes);
	return true;
}
