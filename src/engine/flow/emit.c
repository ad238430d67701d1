/*
 * emit.c
 *	  From a flow that left to its record.
 *
 * A column says which field of a flow it is and of which side; each kind of value has one function that knows the fields of
 * that kind, and one way to be written.
 */
#include <string.h>

#include "engine/flow/community_id.h"
#include "engine/flow/emit.h"
#include "wire/limits.h"
#include "wire/protocol.h"
#include "wire/record.h"

_Static_assert(DPI_NAME_MAX >= DPI_CATEGORY_MAX && DPI_NAME_MAX >= PROTOCOL_NAME_MAX && DPI_NAME_MAX >= COMMUNITY_ID_LENGTH,
			   "a buffer for the longest name");

/* ------------------------------------------------------------------------------------------------- what a column's value is */

/* TCP flags, by the bit that statistics count them under. */
static unsigned
flag_bit(ColumnField field)
{
	switch (field)
	{
		case FIELD_FIN_PACKETS:
			return 0;
		case FIELD_SYN_PACKETS:
			return 1;
		case FIELD_RST_PACKETS:
			return 2;
		case FIELD_PSH_PACKETS:
			return 3;
		case FIELD_ACK_PACKETS:
			return 4;
		case FIELD_URG_PACKETS:
			return 5;
		case FIELD_ECE_PACKETS:
			return 6;
		default:				/* FIELD_CWR_PACKETS */
			return 7;
	}
}

static uint64_t
flag_packets(const Statistics *statistics, const Column *column)
{
	unsigned	bit = flag_bit(column->field);

	if (column->side == SIDE_BOTH)
		return statistics->flags[SIDE_SRC2DST][bit] + statistics->flags[SIDE_DST2SRC][bit];
	return statistics->flags[column->side][bit];
}

/* The counters of one direction, or of both together. */
static Direction
direction(const Flow *flow, ColumnSide side)
{
	const Direction *there = &flow->direction[SIDE_SRC2DST],
			   *back = &flow->direction[SIDE_DST2SRC];

	if (side != SIDE_BOTH)
		return flow->direction[side];
	return (Direction) {
		.first_seen = there->first_seen,	/* the first packet makes the source */
		.last_seen = flow_last_seen(flow),
		.packets = there->packets + back->packets,
		.bytes = there->bytes + back->bytes,
	};
}

static uint64_t
number(const Flow *flow, const Statistics *statistics, const Column *column)
{
	switch (column->field)
	{
		case FIELD_EXPIRATION_ID:
			return (uint64_t) (int64_t) flow->expiration;
		case FIELD_PORT:
			return flow->port[column->side];
		case FIELD_PROTOCOL:
			return flow->protocol;
		case FIELD_IP_VERSION:
			return flow->ip_version;
		case FIELD_VLAN_ID:
			return flow->vlan_id;
		case FIELD_TUNNEL_ID:
			return flow->tunnel;
		case FIELD_FIRST_SEEN:
			return direction(flow, column->side).first_seen;
		case FIELD_LAST_SEEN:
			return direction(flow, column->side).last_seen;
		case FIELD_DURATION:
			return direction(flow, column->side).last_seen - direction(flow, column->side).first_seen;
		case FIELD_PACKETS:
			return direction(flow, column->side).packets;
		case FIELD_BYTES:
			return direction(flow, column->side).bytes;
		case FIELD_MIN_PS:
			return statistics->size[column->side].min;
		case FIELD_MAX_PS:
			return statistics->size[column->side].max;
		case FIELD_MIN_PIAT:
			return statistics->interval[column->side].min;
		case FIELD_MAX_PIAT:
			return statistics->interval[column->side].max;
		case FIELD_SYN_PACKETS:
		case FIELD_CWR_PACKETS:
		case FIELD_ECE_PACKETS:
		case FIELD_URG_PACKETS:
		case FIELD_ACK_PACKETS:
		case FIELD_PSH_PACKETS:
		case FIELD_RST_PACKETS:
		case FIELD_FIN_PACKETS:
			return flag_packets(statistics, column);
		case FIELD_APPLICATION_IS_GUESSED:
			return flow->dpi.guessed;
		case FIELD_APPLICATION_CONFIDENCE:
			return flow->dpi.confidence;
		case FIELD_SOURCE_FILE:
			return flow->file;
		case FIELD_FIRST_PACKET:
			return flow->first_place;
		default:				/* what no offline source has: process_pid */
			return 0;
	}
}

static double
real(const Statistics *statistics, const Column *column)
{
	switch (column->field)
	{
		case FIELD_MEAN_PS:
			return statistics->size[column->side].mean;
		case FIELD_STDDEV_PS:
			return running_deviation(&statistics->size[column->side]);
		case FIELD_MEAN_PIAT:
			return statistics->interval[column->side].mean;
		default:				/* FIELD_STDDEV_PIAT */
			return running_deviation(&statistics->interval[column->side]);
	}
}

/* `buffer` has room for the longest name. */
static const char *
text(const Emitter *emitter, const Flow *flow, const Column *column, char *buffer)
{
	switch (column->field)
	{
		case FIELD_APPLICATION_NAME:
			if (emitter->full_names)
				dpi_full_application_name(emitter->dpi, &flow->dpi, buffer);
			else
				dpi_application_name(emitter->dpi, &flow->dpi, buffer);
			return buffer;
		case FIELD_APPLICATION_PROTOCOL:
			dpi_application_protocol(emitter->dpi, &flow->dpi, buffer);
			return buffer;
		case FIELD_PROTOCOL_NAME:
			protocol_name(flow->protocol, buffer);
			return buffer;
		case FIELD_COMMUNITY_ID:
			community_id(flow, buffer);
			return buffer;
		case FIELD_APPLICATION_CATEGORY_NAME:
			dpi_category_name(emitter->dpi, &flow->dpi, buffer);
			return buffer;
		case FIELD_REQUESTED_SERVER_NAME:
			return dpi_text(&flow->dpi, DPI_SERVER_NAME);
		case FIELD_CLIENT_FINGERPRINT:
			return dpi_text(&flow->dpi, DPI_CLIENT_FINGERPRINT);
		case FIELD_SERVER_FINGERPRINT:
			return dpi_text(&flow->dpi, DPI_SERVER_FINGERPRINT);
		case FIELD_FINGERPRINT_KIND:
			return dpi_text(&flow->dpi, DPI_FINGERPRINT_KIND);
		case FIELD_USER_AGENT:
			return dpi_text(&flow->dpi, DPI_USER_AGENT);
		case FIELD_CONTENT_TYPE:
			return dpi_text(&flow->dpi, DPI_CONTENT_TYPE);
		default:
			return "";
	}
}

static int64_t
splt_value(const SpltPacket *packet, ColumnField field)
{
	switch (field)
	{
		case FIELD_SPLT_DIRECTION:
			return packet->side;
		case FIELD_SPLT_PS:
			return packet->size;
		default:				/* FIELD_SPLT_PIAT */
			return (int64_t) packet->interval;
	}
}

/* --------------------------------------------------------------------------------------------------------- how it is written */

static inline uint8_t *
put(uint8_t *to, const void *bytes, size_t length)
{
	memcpy(to, bytes, length);
	return to + length;
}

#define PUT_NUMBER(type, value) \
	do { \
		type		as_written = (type) (value); \
		to = put(to, &as_written, sizeof(as_written)); \
	} while (0)

static uint8_t *
put_splt(uint8_t *to, const Emitter *emitter, const Flow *flow, ColumnField field)
{
	PUT_NUMBER(uint32_t, emitter->splt_count);
	PUT_NUMBER(uint32_t, flow->splt.count);
	for (uint32_t i = 0; i < flow->splt.count; i++)
		PUT_NUMBER(int64_t, splt_value(&flow->splt.packets[i], field));
	return to;
}

static uint8_t *
put_value(uint8_t *to, const Emitter *emitter, const Flow *flow, const Statistics *statistics, const Column *column)
{
	switch (column->kind)
	{
		case COLUMN_UINT8:
			PUT_NUMBER(uint8_t, number(flow, statistics, column));
			return to;
		case COLUMN_UINT16:
			PUT_NUMBER(uint16_t, number(flow, statistics, column));
			return to;
		case COLUMN_UINT32:
		case COLUMN_INT32:
		case COLUMN_FILE:
			PUT_NUMBER(uint32_t, number(flow, statistics, column));
			return to;
		case COLUMN_UINT64:
		case COLUMN_INT64:
			PUT_NUMBER(uint64_t, number(flow, statistics, column));
			return to;
		case COLUMN_DOUBLE:
			PUT_NUMBER(double, real(statistics, column));
			return to;
		case COLUMN_ADDRESS:
			PUT_NUMBER(uint8_t, flow->ip_version);
			return put(to, flow->ip[column->side], flow->ip_version == 4 ? 4 : 16);
		case COLUMN_MAC:
			return put(to, flow->mac[column->side], MAC_ADDRESS_BYTES);
		case COLUMN_OUI:
			return put(to, flow->mac[column->side], 3);
		case COLUMN_INTEGERS:
			return put_splt(to, emitter, flow, column->field);
		case COLUMN_TEXT:
		case COLUMN_JSON:
			{
				char		buffer[DPI_NAME_MAX + 1];
				const char *value = text(emitter, flow, column, buffer);
				size_t		length = strlen(value);

				PUT_NUMBER(uint16_t, length);
				return put(to, value, length);
			}
	}
	return to;
}

/* The most bytes that a value takes, SPLT elements apart. */
static size_t
value_bound(const Column *column)
{
	switch (column->kind)
	{
		case COLUMN_ADDRESS:
			return 1 + IP_ADDRESS_BYTES;
		case COLUMN_TEXT:
		case COLUMN_JSON:
			return sizeof(uint16_t) + RECORD_TEXT_MAX;
		default:
			return sizeof(uint64_t);
	}
}

void
emit_start(Emitter *emitter, const MeterRequest *request, Dpi *dpi)
{
	*emitter = (Emitter) {
		.splt_count = request->splt_analysis,
		.full_names = request->application_names == APPLICATION_NAMES_FULL,
		.fixed_bytes = RECORD_HEADER_BYTES,
		.dpi = dpi,
	};
	for (unsigned i = 0; i < column_count; i++)
	{
		if (!column_set_has(&request->columns, i))
			continue;
		emitter->wanted[emitter->wanted_count++] = &columns[i];
		emitter->fixed_bytes += value_bound(&columns[i]);
		if (columns[i].kind == COLUMN_INTEGERS)
			emitter->splt_columns++;
	}
}

size_t
emit_bound(const Emitter *emitter, const Flow *flow)
{
	return emitter->fixed_bytes + (size_t) emitter->splt_columns * flow->splt.count * sizeof(int64_t);
}

size_t
emit_record(const Emitter *emitter, const Flow *flow, const Statistics *statistics, uint64_t left, uint8_t *record)
{
	uint8_t    *to = record + sizeof(uint32_t);

	PUT_NUMBER(uint64_t, left);
	PUT_NUMBER(uint64_t, flow->first_place);
	for (unsigned i = 0; i < emitter->wanted_count; i++)
		to = put_value(to, emitter, flow, statistics, emitter->wanted[i]);
	put(record, &(uint32_t) {(uint32_t) (to - record)}, sizeof(uint32_t));
	return (size_t) (to - record);
}
