/*
 * csv_receiver.c
 *	  Rows of a query as CSV, as COPY writes it.
 *
 * The form is COPY's (copyto.c, CopyAttributeOutCSV): a value is quoted if it holds a comma, a quote or an end of line,
 * or if it is empty, which tells it from NULL.  COPY itself cannot be used, as it writes a query to one file only.
 */
#include "postgres.h"

#include "commands/progress.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/backend_progress.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/functions/csv_receiver.h"

/* Bytes that are written at once. */
#define WRITE_BYTES (64 * 1024)

typedef struct CsvReceiver
{
	DestReceiver   pub;
	ServerFiles	  *files;
	uint64		   rows_per_file;
	uint64		   rotate;
	uint64		   rows;
	uint64		   bytes;
	int			   encoding; /* of the files, which is the client's */
	bool		   converts; /* from the server's encoding */
	bool		   embeds_ascii;
	int			   columns;
	char		 **names;
	FmgrInfo	  *output; /* output functions, by column */
	MemoryContext  row_context;
	StringInfoData buffer;
} CsvReceiver;

/* Bytes of the character at `value`.  Only an encoding that no server can have may hold ASCII bytes inside a character. */
static inline int
character_bytes(const CsvReceiver *csv, const char *value)
{
	return csv->embeds_ascii && IS_HIGHBIT_SET(*value) ? pg_encoding_mblen(csv->encoding, value) : 1;
}

static bool
needs_quotes(const CsvReceiver *csv, const char *value, const char *end)
{
	if (value == end)
		return true;
	/* Alone in a line this ends the data of COPY FROM, up to PostgreSQL 17. */
	if (csv->columns == 1 && strcmp(value, "\\.") == 0)
		return true;
	for (; value < end; value += character_bytes(csv, value))
		if (*value == ',' || *value == '"' || *value == '\n' || *value == '\r')
			return true;
	return false;
}

static void
append_value(CsvReceiver *csv, const char *value)
{
	const char *end;

	if (csv->converts)
		value = pg_server_to_any(value, strlen(value), csv->encoding);
	end = value + strlen(value);
	if (!needs_quotes(csv, value, end))
	{
		appendBinaryStringInfo(&csv->buffer, value, end - value);
		return;
	}
	appendStringInfoCharMacro(&csv->buffer, '"');
	while (value < end)
	{
		int length = character_bytes(csv, value);

		if (*value == '"')
			appendStringInfoCharMacro(&csv->buffer, '"');
		appendBinaryStringInfo(&csv->buffer, value, length);
		value += length;
	}
	appendStringInfoCharMacro(&csv->buffer, '"');
}

static void
flush(CsvReceiver *csv)
{
	csv->bytes += csv->buffer.len;
	server_files_write(csv->files, &csv->buffer);
	pgstat_progress_update_param(PROGRESS_COPY_BYTES_PROCESSED, csv->bytes);
}

/* The next row is the first of a chunk. */
static void
start_chunk(CsvReceiver *csv)
{
	uint64 chunk = csv->rows_per_file == 0 ? 0 : csv->rows / csv->rows_per_file;

	if (csv->buffer.len > 0)
		flush(csv);
	server_files_start(csv->files, csv->rotate == 0 ? chunk : chunk % csv->rotate);
	for (int i = 0; i < csv->columns; i++)
	{
		if (i > 0)
			appendStringInfoCharMacro(&csv->buffer, ',');
		append_value(csv, csv->names[i]);
	}
	appendStringInfoCharMacro(&csv->buffer, '\n');
}

static void
start_up(DestReceiver *self, int operation, TupleDesc descriptor)
{
	CsvReceiver *csv = (CsvReceiver *) self;

	(void) operation;
	csv->columns = descriptor->natts;
	csv->names = palloc(csv->columns * sizeof(char *));
	csv->output = palloc(csv->columns * sizeof(FmgrInfo));
	for (int i = 0; i < csv->columns; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		Oid				  function;
		bool			  is_varlena;

		getTypeOutputInfo(attribute->atttypid, &function, &is_varlena);
		fmgr_info(function, &csv->output[i]);
		csv->names[i] = pstrdup(NameStr(attribute->attname));
	}
	csv->row_context = AllocSetContextCreate(CurrentMemoryContext, "CSV row", ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&csv->buffer);
}

static bool
receive_slot(TupleTableSlot *slot, DestReceiver *self)
{
	CsvReceiver	 *csv = (CsvReceiver *) self;
	MemoryContext before = MemoryContextSwitchTo(csv->row_context);

	slot_getallattrs(slot);
	if (csv->rows_per_file == 0 ? csv->rows == 0 : csv->rows % csv->rows_per_file == 0)
		start_chunk(csv);
	for (int i = 0; i < csv->columns; i++)
	{
		if (i > 0)
			appendStringInfoCharMacro(&csv->buffer, ',');
		if (!slot->tts_isnull[i])
			append_value(csv, OutputFunctionCall(&csv->output[i], slot->tts_values[i]));
	}
	appendStringInfoCharMacro(&csv->buffer, '\n');
	if (csv->buffer.len >= WRITE_BYTES)
		flush(csv);
	pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, ++csv->rows);
	MemoryContextSwitchTo(before);
	MemoryContextReset(csv->row_context);
	return true;
}

static void
shut_down(DestReceiver *self)
{
	CsvReceiver *csv = (CsvReceiver *) self;

	if (csv->buffer.len > 0)
		flush(csv);
}

static void
destroy(DestReceiver *self)
{
	pfree(self);
}

DestReceiver *
csv_receiver_create(ServerFiles *files, uint64 rows_per_file, uint64 rotate)
{
	CsvReceiver *csv = palloc0(sizeof(*csv));

	csv->pub = (DestReceiver) {
		.receiveSlot = receive_slot,
		.rStartup = start_up,
		.rShutdown = shut_down,
		.rDestroy = destroy,
		.mydest = DestCopyOut,
	};
	csv->files = files;
	csv->rows_per_file = rows_per_file;
	csv->rotate = rotate;
	csv->encoding = pg_get_client_encoding();
	csv->converts = csv->encoding != GetDatabaseEncoding();
	csv->embeds_ascii = PG_ENCODING_IS_CLIENT_ONLY(csv->encoding);
	return &csv->pub;
}

uint64
csv_receiver_rows(const DestReceiver *receiver)
{
	return ((const CsvReceiver *) receiver)->rows;
}
