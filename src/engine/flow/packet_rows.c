/*
 * packet_rows.c
 *	  From a packet to its record, where rows are packets.
 *
 * Only what is asked for is read, and nothing is copied but into the record: a frame stands in the source's memory.  What of a packet
 * is its flow's is NFStream's choice: the MACs are those of the flow's first packet, and addresses that a plugin has written over are
 * seen in the packets after that one.
 */
#include <assert.h>

#include "engine/flow/packet_rows.h"
#include "engine/source/capture.h"

_Static_assert(CAPTURE_SNAPSHOT_MAX <= FRAME_BYTES_MAX, "a record holds every frame that is decoded");

/* libpcap's number of packets that begin with IP; in files it is another. */
#define LINK_RAW	  12
#define LINK_RAW_FILE 101

/* Milliseconds whose nanoseconds fit. */
#define CAPTURED_MAX (UINT64_MAX / 1000000 - 1)

/* The column of flows with this field and side; NULL if there is none. */
static const Column *
column_of_flow(ColumnField field, ColumnSide side)
{
	for (unsigned i = 0; i < flow_schema.count; i++)
		if (flow_schema.columns[i].field == field && flow_schema.columns[i].side == side)
			return &flow_schema.columns[i];
	return NULL;
}

void
packet_rows_start(PacketRows *rows, const MeterRequest *request, const Analysis *analysis, RecordSink sink)
{
	*rows = (PacketRows) {
		.sink = sink,
		.has_flows = request_tracks_flows(request),
		.condition = {.first = PROGRAM_CAN_BE},
		.fixed_bytes = RECORD_HEADER_BYTES,
		.rewriter = analysis->rewriter,
	};
	for (unsigned i = 0; i < packet_schema.count; i++)
	{
		const Column *column = &packet_schema.columns[i];

		if (column->field == FIELD_IP || column_is_hardware(column))
		{
			rows->overwritten[i][SIDE_SRC2DST] = column_of_flow(column->field, column->side);
			rows->overwritten[i][SIDE_DST2SRC] = column_of_flow(column->field, column->side == SIDE_SRC2DST ? SIDE_DST2SRC : SIDE_SRC2DST);
		}
		if (!column_set_has(&request->columns, i))
			continue;
		rows->columns[rows->count++] = (uint8_t) i;
		rows->fixed_bytes += record_bound(column);
	}
	if (request->condition > 0)
	{
		const ColumnSet all = {{UINT64_MAX, UINT64_MAX}};

		program_make(&rows->condition, &packet_schema, request->condition_bytes, request->condition, &all);
	}
}

void
packet_rows_end(PacketRows *rows)
{
	program_free(&rows->condition);
}

static uint64_t
captured_at(const Frame *frame)
{
	return frame->time > CAPTURED_MAX ? UINT64_MAX : frame->time * 1000000 + frame->nanoseconds;
}

/* The MAC of one end of the packet, as its flow has it. */
static const uint8_t *
mac_of(const Flow *flow, const FlowPacket *joining, ColumnSide end)
{
	return flow->mac[joining->side == SIDE_SRC2DST ? end : !end];
}

/* TCP flags, by their fields from FIELD_SYN on. */
static const uint8_t flags[] = {
	[FIELD_SYN - FIELD_SYN] = TCP_SYN,
	[FIELD_CWR -
		FIELD_SYN] = TCP_CWR,
	[FIELD_ECE -
		FIELD_SYN] = TCP_ECE,
	[FIELD_URG -
		FIELD_SYN] = TCP_URG,
	[FIELD_ACK -
		FIELD_SYN] = TCP_ACK,
	[FIELD_PSH -
		FIELD_SYN] = TCP_PSH,
	[FIELD_RST -
		FIELD_SYN] = TCP_RST,
	[FIELD_FIN -
		FIELD_SYN] = TCP_FIN,
};

/* A packet on its way to a row. */
typedef struct RowOfPacket
{
	const PacketRows *rows;
	const Packet	 *packet;
	uint64_t		  place;
	uint32_t		  file;
	Flow			 *flow; /* NULL: none is kept, and no column needs one */
	const FlowPacket *joining;
} RowOfPacket;

/* The packet's own value of a column. */
static void
own_value(const RowOfPacket *row, const Column *column, RecordValue *value)
{
	const Packet	 *packet = row->packet;
	const Frame		 *frame = packet->frame;
	const FlowPacket *joining = row->joining;
	const bool		  is_source = column->side == SIDE_SRC2DST;

	switch (column->field)
	{
		case FIELD_TIME:
			value->u = packet->time;
			return;
		case FIELD_DELTA_TIME:
			value->u = joining->since_flow == UINT64_MAX ? 0 : joining->since_flow;
			return;
		case FIELD_DIRECTION:
			value->u = joining->side;
			return;
		case FIELD_RAW_SIZE:
			value->u = packet->size[ACCOUNTING_LINK];
			return;
		case FIELD_IP_SIZE:
			value->u = packet->size[ACCOUNTING_IP];
			return;
		case FIELD_TRANSPORT_SIZE:
			value->u = packet->size[ACCOUNTING_TRANSPORT];
			return;
		case FIELD_PAYLOAD_SIZE:
			value->u = packet->size[ACCOUNTING_PAYLOAD];
			return;
		case FIELD_IP:
			record_value_set(value, is_source ? packet->source_ip : packet->destination_ip, packet->ip_version == 4 ? 4 : IP_ADDRESS_BYTES);
			return;
		case FIELD_MAC:
			record_value_set(value, mac_of(row->flow, joining, column->side), MAC_ADDRESS_BYTES);
			return;
		case FIELD_OUI:
			record_value_set(value, mac_of(row->flow, joining, column->side), 3);
			return;
		case FIELD_PORT:
			value->u = is_source ? packet->source_port : packet->destination_port;
			return;
		case FIELD_PROTOCOL:
			value->u = packet->protocol;
			return;
		case FIELD_VLAN_ID:
			value->u = packet->vlan_id;
			return;
		case FIELD_IP_VERSION:
			value->u = packet->ip_version;
			return;
		case FIELD_IP_PACKET:
			record_value_set(value, packet->ip, packet->ip_length);
			return;
		case FIELD_SYN:
		case FIELD_CWR:
		case FIELD_ECE:
		case FIELD_URG:
		case FIELD_ACK:
		case FIELD_PSH:
		case FIELD_RST:
		case FIELD_FIN:
			value->u = (packet->tcp_flags & flags[column->field - FIELD_SYN]) != 0;
			return;
		case FIELD_TUNNEL_ID:
			value->u = packet->tunnel;
			return;
		case FIELD_PACKET_NUMBER:
			value->u = row->place;
			return;
		case FIELD_FIRST_PACKET:
			value->u = row->flow->first_place;
			return;
		case FIELD_SOURCE_FILE:
			value->u = row->file;
			return;
		case FIELD_CAPTURED_AT:
			value->u = captured_at(frame);
			return;
		case FIELD_CAPTURED_LENGTH:
			value->i = (int32_t) frame->captured_length;
			return;
		case FIELD_LINK_TYPE:
			value->u = frame->link_type == LINK_RAW ? LINK_RAW_FILE : frame->link_type;
			return;
		case FIELD_FRAME:
			record_value_set(value, frame->bytes, frame->captured_length);
			return;
		default:
			assert(false);
			*value = (RecordValue) {0};
	}
}

/* A column's value as the row has it: where plugins have written over the flow's, what they wrote. */
static void
read_column(void *context, unsigned column, RecordValue *value)
{
	const RowOfPacket *row = context;
	const Column	  *overwritten;

	own_value(row, &packet_schema.columns[column], value);
	if (row->flow == NULL || !row->flow->rewritten || (overwritten = row->rows->overwritten[column][row->joining->side]) == NULL)
		return;
	row->rows->rewriter.analyser->rewrite(row->rows->rewriter.own, analyser_state(&row->rows->rewriter, row->flow), overwritten, value);
}

bool
packet_row(const PacketRows *rows, const Packet *packet, uint64_t place, uint32_t file, Flow *flow, const FlowPacket *joining)
{
	RowOfPacket row = {rows, packet, place, file, flow, joining};
	RecordValue values[COLUMNS_MAX];
	size_t		bound = rows->fixed_bytes;
	uint8_t	   *record,
		*to;

	if (!program_can_be(&rows->condition, &packet_schema, read_column, &row))
		return false;
	for (unsigned i = 0; i < rows->count; i++)
	{
		read_column(&row, rows->columns[i], &values[i]);
		bound += record_bound_of(packet_schema.columns[rows->columns[i]].kind, &values[i]);
	}
	record = rows->sink.room(rows->sink.context, bound);
	to = record_begin(record, place * 2, place);
	for (unsigned i = 0; i < rows->count; i++)
		to = record_put(to, packet_schema.columns[rows->columns[i]].kind, &values[i]);
	assert((size_t) (to - record) <= bound);
	rows->sink.written(rows->sink.context, record_end(record, to));
	return true;
}
