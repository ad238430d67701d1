/*
 * progress.c
 *	  nfstream_meters(): how far the meters of the whole cluster are.
 *
 * Who sees what is as with the server's own views of progress: that a session meters is everyone's to see; what, and how far it is, that
 * of those who have its user's rights, and of members of pg_read_all_stats.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "pg/base/encoding.h"
#include "pg/base/settings.h"
#include "pg/workers/board.h"

PG_FUNCTION_INFO_V1(nfstream_meters);

typedef enum Shown
{
	PID,
	LEADER,
	DATABASE,
	USER,
	TABLE,
	SOURCE,
	THIS_FILE,
	METER,
	SECONDS,
	BYTES_READ,
	BYTES_TOTAL,
	PACKETS_READ,
	PACKETS_IGNORED,
	PACKETS_RECEIVED,
	DROPPED_BY_KERNEL,
	ACTIVE_FLOWS,
	FLOWS_SENT,
	COLUMNS
} Shown;

typedef struct Values
{
	Datum values[COLUMNS];
	bool  nulls[COLUMNS];
} Values;

static void
put_number(Values *row, Shown column, uint64 number)
{
	row->nulls[column] = number == COUNT_NOT_KNOWN;
	row->values[column] = Int64GetDatum((int64) Min(number, (uint64) PG_INT64_MAX));
}

static void
put_id(Values *row, Shown column, Oid id)
{
	row->nulls[column] = !OidIsValid(id);
	row->values[column] = ObjectIdGetDatum(id);
}

static void
put_meter(ReturnSetInfo *result, const BoardEntry *entry)
{
	bool   sees = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) || has_privs_of_role(GetUserId(), entry->user);
	Values row;

	memset(row.nulls, !sees, sizeof(row.nulls));
	row.nulls[PID] = false;
	row.values[PID] = Int32GetDatum(entry->pid);
	row.nulls[LEADER] = entry->leader == 0;
	row.values[LEADER] = Int32GetDatum(entry->leader);
	put_id(&row, DATABASE, entry->database);
	put_id(&row, USER, entry->user);
	if (sees)
	{
		put_id(&row, TABLE, entry->table);
		row.values[SOURCE] = CStringGetTextDatum(encoding_valid(entry->source));
		row.nulls[THIS_FILE] = entry->file[0] == '\0';
		row.values[THIS_FILE] = CStringGetTextDatum(encoding_valid(entry->file));
		row.values[METER] = Int32GetDatum((int32) entry->meter);
		row.values[SECONDS] = Float8GetDatum((GetCurrentTimestamp() - entry->started) / (double) USECS_PER_SEC);
		put_number(&row, BYTES_READ, entry->place.bytes_read);
		put_number(&row, BYTES_TOTAL, entry->bytes_total);
		put_number(&row, PACKETS_READ, entry->place.packets_read);
		put_number(&row, PACKETS_IGNORED, entry->place.packets_ignored);
		put_number(&row, PACKETS_RECEIVED, entry->place.packets_received);
		put_number(&row, DROPPED_BY_KERNEL, entry->place.dropped_by_kernel);
		put_number(&row, ACTIVE_FLOWS, entry->place.active_flows);
		put_number(&row, FLOWS_SENT, entry->flows_sent);
	}
	tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
}

/* nfstream_meters() → one row for each meter, as the view nfstream_progress has it */
Datum
nfstream_meters(PG_FUNCTION_ARGS)
{
	BoardEntry entry;

	if (!board_is_there())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the progress of scans is not known"),
#if PG_VERSION_NUM >= 170000
				 errdetail("The server had no shared memory for it when it was first needed. Its log says why."),
#else
				 errdetail("nfstream_fdw keeps it in memory that it can only have from the server's start on."),
#endif
				 errhint("Have an administrator add \"nfstream_fdw\" to the setting \"shared_preload_libraries\" and restart the server.")));
	InitMaterializedSRF(fcinfo, 0);
	for (int number = 0; number < SLOTS_MAX; number++)
		if (board_read(number, &entry))
			put_meter((ReturnSetInfo *) fcinfo->resultinfo, &entry);
	return (Datum) 0;
}
