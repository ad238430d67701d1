/*
 * analyze.c
 *	  ANALYZE: a sample of a source's flows, for the planner's statistics.
 *
 * The whole source is metered, because a flow is known only when all of it was read.  The sample is drawn with Vitter's
 * reservoir algorithm, as for the server's own tables; nothing is made of rows that it passes over.
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
#include "pg/base/unix_time.h"
#include "pg/base/varlena.h"
#include "pg/fdw/fdw.h"
#include "pg/fdw/pass.h"
#include "pg/rows/meaning.h"
#include "pg/source/known_files.h"

/* Wider values are compressed; the server's statistics only look at narrower ones. */
#define WIDE_BYTES 1024

/* Bytes of lists of SPLT in all rows of a sample, before they are compressed; and how many rows it has, whatever they are. */
#define LISTS_MOST ((double) (256 << 20))
#define ROWS_LEAST 100

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

/*
 * How many rows the sample has at most: as many as the server asks for, but of rows with long lists of SPLT, which take as long to compress as
 * thousands of others, no more than have so many bytes; and some in any case.
 */
static int
most_rows(Relation table, const ScanOptions *options, int target)
{
	TupleDesc descriptor = RelationGetDescr(table);
	double	  bytes = 0;

	for (int i = 0; i < descriptor->natts; i++)
	{
		unsigned column;

		if (meaning_of(RelationGetRelid(table), options->schema, i + 1, &column) == ATTRIBUTE_IS_COLUMN &&
			options->schema->columns[column].group == GROUP_SPLT)
			bytes += (double) options->splt_analysis * sizeof(int64);
	}
	return bytes * target > LISTS_MOST ? Min(target, Max(LISTS_MOST / bytes, ROWS_LEAST)) : target;
}

/* Where the row of the sample goes that is read next, or -1 if that is passed over: Vitter's algorithm. */
static int
place_of_next(ReservoirState reservoir, double *to_skip, double rows, int target)
{
	if (rows < target)
		return rows;
	if (*to_skip < 0)
		*to_skip = reservoir_get_next_S(reservoir, rows, target);
	return (*to_skip)-- <= 0 ? (int) (target * sampler_random_fract(&reservoir->randstate)) : -1;
}

/*
 * Keeps what the meters have told of the files.  Of one of which they have told nothing there is no packet, unless they were to read no more than
 * some flows: then it may not have been read.
 */
static void
keep_files(const FlowScan *scan, int64 looked_at)
{
	uint32 files = scan->job == NULL ? 0 : scan->job->request.files;

	if (scan->file_times == NULL || scan->interface != NULL)
		return;
	if (scan->options->max_nflows == 0)
		for (uint32 i = 0; i < files; i++)
			scan->file_times[i].file = i;
	known_files_keep(scan->options->table, scan->job->files, scan->file_times, files, looked_at);
}

static int
acquire_sample(Relation table, int level, HeapTuple *rows, int asked, double *total, double *dead)
{
	FlowScan	   *scan = pass_prepare(table, options_of_table(RelationGetRelid(table)), attributes_whole_row());
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(table), &TTSOpsVirtual);
	MemoryContext	context = AllocSetContextCreate(CurrentMemoryContext, "nfstream sample", ALLOCSET_DEFAULT_SIZES),
				  before = CurrentMemoryContext;
	int				   target = most_rows(table, scan->options, asked);
	ReservoirStateData reservoir;
	double			   to_skip = -1; /* rows before the next that is taken; < 0: not decided */
	struct timespec	   looked_at;
	int				   count;

	scan->asks_file_times = true;
	clock_gettime(CLOCK_REALTIME, &looked_at);
	reservoir_init_selection_state(&reservoir, target);
	*total = *dead = 0;
	MemoryContextSwitchTo(context);
	for (;;)
	{
		int place = place_of_next(&reservoir, &to_skip, *total, target);

		MemoryContextReset(context);
		if (!pass_next(scan, before, place < 0 ? NULL : slot))
			break;
		if (place >= 0)
		{
			if (*total >= target)
				heap_freetuple(rows[place]);
			rows[place] = keep_row(slot, before);
		}
		*total += 1;
	}
	count = Min(*total, target);
	MemoryContextSwitchTo(before);
	keep_files(scan, unix_nanoseconds(&looked_at));
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
