/*
 * pcap_receiver.c
 *	  Rows of a query as the packets of a capture.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/progress.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/backend_progress.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/functions/exact_query.h"
#include "pg/functions/packet_row.h"
#include "pg/functions/pcap_receiver.h"
#include "pg/rows/exact_time.h"

/* Bytes that are written at once. */
#define WRITE_BYTES (64 * 1024)

/* What a column's value is made into, and of which types it can be made. */
typedef enum Form
{
	FORM_INT64,
	FORM_TIMESTAMPTZ,
	FORM_BYTEA
} Form;

typedef struct PacketType
{
	Oid		   type;
	Form	   form;
	PGFunction convert; /* NULL: it has the form, or is a numeric */
} PacketType;

static const PacketType types[] = {
	{INT2OID, FORM_INT64, int28},
	{INT4OID, FORM_INT64, int48},
	{INT8OID, FORM_INT64, NULL},
	{NUMERICOID, FORM_INT64, NULL},
	{TIMESTAMPTZOID, FORM_TIMESTAMPTZ, NULL},
	{TIMESTAMPOID, FORM_TIMESTAMPTZ, timestamp_timestamptz},
	{BYTEAOID, FORM_BYTEA, NULL},
};

typedef struct PcapReceiver
{
	DestReceiver	  pub;
	ServerFiles		 *files;
	Pcapng			  pcapng;
	StringInfoData	  buffer;
	int				  columns[PACKET_COLUMNS]; /* indexes in a row */
	const PacketType *types[PACKET_COLUMNS];
	int				  identifier; /* index of what exact_query_add() has added; -1: nothing */
	MemoryContext	  context;
	MemoryContext	  row_context;
	uint64			  packets;
	uint64			  bytes;
} PcapReceiver;

static bool
takes(PacketColumn column, Form form)
{
	switch (column)
	{
		case PACKET_CAPTURED_AT:
			return form != FORM_BYTEA;
		case PACKET_FRAME:
			return form == FORM_BYTEA;
		default:
			return form == FORM_INT64;
	}
}

static const char *
accepted(PacketColumn column)
{
	switch (column)
	{
		case PACKET_CAPTURED_AT:
			return "timestamptz, timestamp, and as nanoseconds since 1970 bigint or numeric";
		case PACKET_FRAME:
			return "bytea";
		default:
			return "smallint, integer, bigint or numeric";
	}
}

static void
find_column(PcapReceiver *pcap, TupleDesc descriptor, PacketColumn column)
{
	const char *name = packet_column_name(column);
	int			found = -1;
	Oid			type;

	for (int i = 0; i < descriptor->natts; i++)
	{
		if (strcmp(NameStr(TupleDescAttr(descriptor, i)->attname), name) != 0)
			continue;
		if (found >= 0)
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_COLUMN),
					 errmsg("the query has two columns \"%s\"", name),
					 errhint("Select the columns of one table of packets, as \"packets.*\".")));
		found = i;
	}
	if (found < 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("the query has no column \"%s\"", name),
				 errdetail("A packet is made of captured_at, link_type, captured_length, raw_size and frame."),
				 errhint("SELECT * FROM a table of packets has them all.")));

	type = getBaseType(TupleDescAttr(descriptor, found)->atttypid);
	pcap->columns[column] = found;
	pcap->types[column] = NULL;
	for (int i = 0; i < lengthof(types); i++)
		if (types[i].type == type && takes(column, types[i].form))
			pcap->types[column] = &types[i];
	if (pcap->types[column] == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the query is of type %s", name, format_type_be(TupleDescAttr(descriptor, found)->atttypid)),
				 errdetail("Accepted: %s.", accepted(column))));
}

/* The index of the column with the identifiers of rows, which is the last one, if there is one. */
static int
find_identifier(TupleDesc descriptor)
{
	Form_pg_attribute last = TupleDescAttr(descriptor, descriptor->natts - 1);

	return last->atttypid == TIDOID && strcmp(NameStr(last->attname), EXACT_QUERY_COLUMN) == 0 ? descriptor->natts - 1 : -1;
}

static void
flush(PcapReceiver *pcap)
{
	pcap->bytes += pcap->buffer.len;
	server_files_write(pcap->files, &pcap->buffer);
	pgstat_progress_update_param(PROGRESS_COPY_BYTES_PROCESSED, pcap->bytes);
}

static void
start_up(DestReceiver *self, int operation, TupleDesc descriptor)
{
	PcapReceiver *pcap = (PcapReceiver *) self;

	for (int i = 0; i < PACKET_COLUMNS; i++)
		find_column(pcap, descriptor, i);
	pcap->identifier = find_identifier(descriptor);
	pcap->context = CurrentMemoryContext;
	pcap->row_context = AllocSetContextCreate(CurrentMemoryContext, "packet of a capture", ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&pcap->buffer);
	server_files_start(pcap->files, 0);
	pcapng_start(&pcap->pcapng, &pcap->buffer);
}

static bool
receive_slot(TupleTableSlot *slot, DestReceiver *self)
{
	PcapReceiver *pcap = (PcapReceiver *) self;
	MemoryContext before = MemoryContextSwitchTo(pcap->row_context);
	NullableDatum values[PACKET_COLUMNS];
	PcapngPacket  packet;
	bool		  is_packet;

	slot_getallattrs(slot);
	for (int i = 0; i < PACKET_COLUMNS; i++)
	{
		PGFunction convert = pcap->types[i]->convert;

		values[i].value = slot->tts_values[pcap->columns[i]];
		values[i].isnull = slot->tts_isnull[pcap->columns[i]];
		if (values[i].isnull)
			continue;
		if (pcap->types[i]->type == NUMERICOID)
			values[i].value = Int64GetDatum(packet_int64(values[i].value, i));
		else if (convert != NULL)
			values[i].value = DirectFunctionCall1(convert, values[i].value);
	}
	is_packet = packet_of_row(values, pcap->types[PACKET_CAPTURED_AT]->form == FORM_INT64, &packet);

	MemoryContextSwitchTo(pcap->context);
	if (is_packet)
	{
		if (pcap->identifier >= 0 && !slot->tts_isnull[pcap->identifier])
			packet.time += exact_time_get((ItemPointer) DatumGetPointer(slot->tts_values[pcap->identifier]));
		pcapng_append(&pcap->pcapng, &pcap->buffer, &packet);
		if (pcap->buffer.len >= WRITE_BYTES)
			flush(pcap);
		pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, ++pcap->packets);
	}
	MemoryContextSwitchTo(before);
	MemoryContextReset(pcap->row_context);
	return true;
}

static void
shut_down(DestReceiver *self)
{
	flush((PcapReceiver *) self);
}

static void
destroy(DestReceiver *self)
{
	pfree(self);
}

DestReceiver *
pcap_receiver_create(ServerFiles *files)
{
	PcapReceiver *pcap = palloc0(sizeof(*pcap));

	pcap->pub = (DestReceiver) {
		.receiveSlot = receive_slot,
		.rStartup = start_up,
		.rShutdown = shut_down,
		.rDestroy = destroy,
		.mydest = DestNone,
	};
	pcap->files = files;
	return &pcap->pub;
}

uint64
pcap_receiver_packets(const DestReceiver *receiver)
{
	return ((const PcapReceiver *) receiver)->packets;
}
