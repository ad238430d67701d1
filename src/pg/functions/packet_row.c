/*
 * packet_row.c
 *	  A row of a table of packets as a packet of a capture.
 *
 * A row without a frame is none, as an outer join has it.  Nothing else is made up: a capture has a time, a link type and the
 * length on the wire of every packet.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "pg/base/unix_time.h"
#include "pg/base/varlena.h"
#include "pg/functions/packet_row.h"
#include "pg/rows/exact_time.h"

/* A timestamptz, in us, of 1970. */
#define UNIX_EPOCH (-(int64) UNIX_TO_POSTGRES_US)

static const char *const names[PACKET_COLUMNS] = {
	[PACKET_CAPTURED_AT] = "captured_at",
	[PACKET_LINK_TYPE] = "link_type",
	[PACKET_CAPTURED_LENGTH] = "captured_length",
	[PACKET_RAW_SIZE] = "raw_size",
	[PACKET_FRAME] = "frame",
};

const char *
packet_column_name(PacketColumn column)
{
	return names[column];
}

static uint64
nanoseconds(Datum value, bool is_nanoseconds)
{
	if (is_nanoseconds)
	{
		int64 time = DatumGetInt64(value);

		if (time < 0)
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("captured_at " INT64_FORMAT " is before 1970", time),
					 errdetail("A number in it is nanoseconds since 1970.")));
		return (uint64) time;
	}
	else
	{
		TimestampTz time = DatumGetTimestampTz(value);

		/* Infinities are the ends of 64 bits, and so out of range too. */
		if (time < UNIX_EPOCH || time > UNIX_EPOCH + (int64) (PG_UINT64_MAX / NANOSECONDS_PER_US))
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("captured_at \"%s\" is no time of a capture", timestamptz_to_str(time)),
					 errdetail("A pcapng with nanoseconds has times from 1970 to 2554."),
					 errhint("A condition on captured_at leaves such packets out.")));
		return (uint64) (time - UNIX_EPOCH) * NANOSECONDS_PER_US;
	}
}

/* A number from 0 to `most`. */
static uint32
natural(const NullableDatum *value, PacketColumn column, uint32 most)
{
	int64 number = DatumGetInt64(value->value);

	if (number < 0 || number > most)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s cannot be " INT64_FORMAT, names[column], number),
				 errdetail("Accepted: 0 to %u.", most)));
	return (uint32) number;
}

/* Whether a comparison of the server's, as numeric_lt(), holds between a number and one of 64 bits. */
static bool
holds(PGFunction comparison, Datum number, int64 other)
{
	return DatumGetBool(DirectFunctionCall2(comparison, number, NumericGetDatum(int64_to_numeric(other))));
}

int64
packet_int64(Datum number, PacketColumn column)
{
	Numeric numeric = DatumGetNumeric(number);

	/* NaN is greater than all numbers. */
	if (!holds(numeric_gt, number, PG_INT64_MAX) && !holds(numeric_lt, number, PG_INT64_MIN))
		return DatumGetInt64(DirectFunctionCall1(numeric_int8, number));
	if (column == PACKET_CAPTURED_AT)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("captured_at %s is no time of a capture", numeric_out_sci(numeric, 6)),
				 errdetail("A number in it is nanoseconds since 1970."),
				 errhint("A condition on captured_at leaves such packets out.")));
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s cannot be %s", names[column], numeric_out_sci(numeric, 6)),
			 errhint("A condition on %s leaves such packets out.", names[column])));
}

bool
packet_of_row(const NullableDatum values[PACKET_COLUMNS], bool is_nanoseconds, PcapngPacket *packet)
{
	struct varlena *frame;
	Size			length;

	if (values[PACKET_FRAME].isnull)
		return false;
	for (int i = 0; i < PACKET_FRAME; i++)
		if (values[i].isnull)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s cannot be NULL where there is a frame", names[i])));

	packet->time = nanoseconds(values[PACKET_CAPTURED_AT].value, is_nanoseconds);
	packet->link_type = natural(&values[PACKET_LINK_TYPE], PACKET_LINK_TYPE, PCAPNG_LINK_TYPE_MAX);
	packet->captured_length = natural(&values[PACKET_CAPTURED_LENGTH], PACKET_CAPTURED_LENGTH, PCAPNG_FRAME_MAX);
	packet->wire_length = natural(&values[PACKET_RAW_SIZE], PACKET_RAW_SIZE, PG_UINT32_MAX);

	frame = PG_DETOAST_DATUM_PACKED(values[PACKET_FRAME].value);
	length = VARSIZE_ANY_EXHDR(frame);
	if (length != packet->captured_length)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("captured_length is %u, and the frame's length is %zu", packet->captured_length, length),
				 errhint("Of a frame that was cut, octet_length() is the captured length.")));
	packet->frame = VARDATA_ANY(frame);
	return true;
}
