/*
 * pcap_aggregate.c
 *	  The aggregate nfstream_pcap(): packets as a capture.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"

#include "pg/base/varlena.h"
#include "pg/functions/packet_row.h"
#include "pg/functions/pcapng.h"

/* The most bytes that a value can have. */
#define VALUE_MAX (MaxAllocSize - VARHDRSZ - 1)

/* The first of the aggregate's own arguments, after the state. */
#define ARGUMENTS_AFTER 1

typedef struct PcapState
{
	Pcapng		   pcapng;
	StringInfoData bytes;
	MemoryContext  context;
} PcapState;

static PcapState *
create_state(FunctionCallInfo fcinfo)
{
	MemoryContext context,
		before;
	PcapState *state;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	before = MemoryContextSwitchTo(context);
	state = palloc(sizeof(*state));
	state->context = context;
	initStringInfo(&state->bytes);
	pcapng_start(&state->pcapng, &state->bytes);
	MemoryContextSwitchTo(before);
	return state;
}

static Datum
add(FunctionCallInfo fcinfo, bool is_nanoseconds)
{
	PcapState	 *state = PG_ARGISNULL(0) ? NULL : (PcapState *) PG_GETARG_POINTER(0);
	NullableDatum values[PACKET_COLUMNS];
	PcapngPacket  packet;
	MemoryContext before;

	for (int i = 0; i < PACKET_COLUMNS; i++)
		values[i] = fcinfo->args[ARGUMENTS_AFTER + i];
	values[PACKET_LINK_TYPE].value = Int64GetDatum(DatumGetInt32(values[PACKET_LINK_TYPE].value));
	if (packet_of_row(values, is_nanoseconds, &packet))
	{
		if (state == NULL)
			state = create_state(fcinfo);
		if (state->bytes.len + packet.captured_length + PCAPNG_PACKET_FIELDS > VALUE_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("a capture of more than 1 GB cannot be a value"),
					 errhint("nfstream_to_pcap() writes one of any size to a file of the server.")));
		before = MemoryContextSwitchTo(state->context);
		pcapng_append(&state->pcapng, &state->bytes, &packet);
		MemoryContextSwitchTo(before);
	}
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(nfstream_pcap_add);

/* nfstream_pcap_add(state, captured_at timestamptz, link_type, captured_length, raw_size, frame) → state */
Datum
nfstream_pcap_add(PG_FUNCTION_ARGS)
{
	return add(fcinfo, false);
}

PG_FUNCTION_INFO_V1(nfstream_pcap_add_nanoseconds);

/* nfstream_pcap_add(state, captured_at bigint, link_type, captured_length, raw_size, frame) → state */
Datum
nfstream_pcap_add_nanoseconds(PG_FUNCTION_ARGS)
{
	return add(fcinfo, true);
}

PG_FUNCTION_INFO_V1(nfstream_pcap_end);

/* nfstream_pcap_end(state) → the capture, NULL without packets */
Datum
nfstream_pcap_end(PG_FUNCTION_ARGS)
{
	PcapState *state = PG_ARGISNULL(0) ? NULL : (PcapState *) PG_GETARG_POINTER(0);
	bytea	  *capture;

	if (state == NULL)
		PG_RETURN_NULL();
	capture = palloc(VARHDRSZ + state->bytes.len);
	SET_VARSIZE(capture, VARHDRSZ + state->bytes.len);
	memcpy(VARDATA(capture), state->bytes.data, state->bytes.len);
	PG_RETURN_BYTEA_P(capture);
}
