/*
 * kept_rows.c
 *	  Rows of a scan that are kept, so that a rescan does not meter its source again.
 *
 * Two passes over a capture give the same rows, and a pass costs thousands of times what it costs to read its rows from memory.  So of the
 * second pass all rows are kept, and of the first too where the plan says that a rescan is likely: the executor asks for it, or the scan
 * stands in a subquery that is run again for each row outside.  They stay within work_mem and go to disk beyond that, as those of a
 * Material node, whose place this takes where the planner expected no rescan.
 *
 * A pass that is kept goes on where a rescan finds it half-way: its rows up to there are read again, and then the rest is metered.
 *
 * Identifiers that tell the nanoseconds of packets' times (pg/rows/exact_time.h) are no part of a tuple that is stored: they are kept in a
 * column of their own.
 *
 * A live source cannot be read a second time, and nothing of it is kept.
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "pg/fdw/kept_rows.h"
#include "pg/rows/exact_time.h"

struct KeptRows
{
	FlowScan		*scan;
	TupleDesc		 descriptor;
	MemoryContext	 context;
	bool			 keeps; /* what is metered from now on */
	bool			 whole; /* all rows are kept */
	Tuplestorestate *store; /* NULL: nothing is kept */
	TupleTableSlot	*slot;	/* for rows of the store */
	TupleTableSlot	*wide;	/* the same, with nanoseconds in a column of their own; NULL: rows tell none */
	KeptAccount		 account;
};

KeptRows *
kept_rows(FlowScan *scan, TupleDesc descriptor, bool from_first)
{
	KeptRows *kept = palloc0(sizeof(*kept));

	kept->scan = scan;
	kept->descriptor = descriptor;
	kept->context = CurrentMemoryContext;
	kept->keeps = from_first;
	return kept;
}

/* The table's columns, and one more. */
static TupleDesc
with_nanoseconds(TupleDesc descriptor)
{
	TupleDesc wide = CreateTemplateTupleDesc(descriptor->natts + 1);

	for (int i = 1; i <= descriptor->natts; i++)
		TupleDescCopyEntry(wide, i, descriptor, i);
	TupleDescInitEntry(wide, descriptor->natts + 1, "nanoseconds", INT2OID, -1, 0);
	return wide;
}

/* An empty store.  Once it was read to its end, a row that is put into it counts as read. */
static void
start_store(KeptRows *kept)
{
	MemoryContext before = MemoryContextSwitchTo(kept->context);

	kept->store = tuplestore_begin_heap(false, false, work_mem);
	tuplestore_set_eflags(kept->store, EXEC_FLAG_REWIND);
	if (kept->slot == NULL && kept->scan->tells_nanoseconds)
	{
		kept->slot = MakeSingleTupleTableSlot(kept->descriptor, &TTSOpsVirtual);
		kept->wide = MakeSingleTupleTableSlot(with_nanoseconds(kept->descriptor), &TTSOpsMinimalTuple);
	}
	else if (kept->slot == NULL)
		kept->slot = MakeSingleTupleTableSlot(kept->descriptor, &TTSOpsMinimalTuple);
	MemoryContextSwitchTo(before);
}

/* The row in the wide slot as one of the table. */
static void
narrow(KeptRows *kept)
{
	int columns = kept->descriptor->natts;

	slot_getallattrs(kept->wide);
	ExecClearTuple(kept->slot);
	memcpy(kept->slot->tts_values, kept->wide->tts_values, columns * sizeof(Datum));
	memcpy(kept->slot->tts_isnull, kept->wide->tts_isnull, columns * sizeof(bool));
	ExecStoreVirtualTuple(kept->slot);
	exact_time_put(&kept->slot->tts_tid, DatumGetInt16(kept->wide->tts_values[columns]));
}

/* The next of the rows that are kept; false if the store is read to its end.  From disk, a row is the slot's to free, whenever that is. */
static bool
read_store(KeptRows *kept)
{
	MemoryContext before = MemoryContextSwitchTo(kept->context);
	bool		  found = tuplestore_gettupleslot(kept->store, true, false, kept->wide == NULL ? kept->slot : kept->wide);

	if (found && kept->wide != NULL)
		narrow(kept);
	MemoryContextSwitchTo(before);
	return found;
}

static void
keep(KeptRows *kept, TupleTableSlot *slot)
{
	if (kept->wide == NULL)
		tuplestore_puttupleslot(kept->store, slot);
	else
	{
		int	   columns = kept->descriptor->natts;
		Datum *values = kept->wide->tts_values;

		ExecClearTuple(kept->wide);
		memcpy(values, slot->tts_values, columns * sizeof(Datum));
		memcpy(kept->wide->tts_isnull, slot->tts_isnull, columns * sizeof(bool));
		values[columns] = Int16GetDatum(exact_time_get(&slot->tts_tid));
		kept->wide->tts_isnull[columns] = false;
		tuplestore_putvalues(kept->store, kept->wide->tts_tupleDescriptor, values, kept->wide->tts_isnull);
	}
	kept->account.rows++;
}

TupleTableSlot *
kept_next(KeptRows *kept, MemoryContext parent, TupleTableSlot *slot)
{
	bool is_first,
		found;

	if (kept->store != NULL && read_store(kept))
		return kept->slot;
	if (kept->whole)
		return ExecClearTuple(slot);
	is_first = kept->scan->context == NULL;
	found = pass_next(kept->scan, parent, slot);
	if (is_first && kept->scan->context != NULL)
		kept->account.passes++;
	if (!kept->keeps || kept->scan->interface != NULL || kept->scan->is_waiting)
		return slot;
	if (kept->store == NULL)
	{
		start_store(kept);
		(void) read_store(kept); /* which puts it at its end */
	}
	if (!found)
		kept->whole = true;
	else
		keep(kept, slot);
	return slot;
}

void
kept_rewind(KeptRows *kept)
{
	if (kept->store != NULL)
	{
		tuplestore_rescan(kept->store);
		kept->account.reads++;
		return;
	}
	if (kept->scan->context != NULL)
		kept->keeps = true;
	pass_rewind(kept->scan);
}

void
kept_forget(KeptRows *kept)
{
	if (kept->store != NULL)
		tuplestore_end(kept->store);
	kept->store = NULL;
	kept->whole = false;
	kept->keeps = true;
	kept->account.rows = 0;
	pass_rewind(kept->scan);
}

void
kept_end(KeptRows *kept)
{
	if (kept->slot != NULL)
		ExecDropSingleTupleTableSlot(kept->slot);
	if (kept->store != NULL)
		tuplestore_end(kept->store);
	if (kept->wide != NULL)
		ExecDropSingleTupleTableSlot(kept->wide);
	kept->slot = kept->wide = NULL;
	kept->store = NULL;
	pass_stop(kept->scan);
}

KeptAccount
kept_account(const KeptRows *kept)
{
	KeptAccount account = kept->account;

	account.in_memory = kept->store == NULL || tuplestore_in_memory(kept->store);
	return account;
}
