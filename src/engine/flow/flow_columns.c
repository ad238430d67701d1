/*
 * flow_columns.c
 *	  The columns that a flow fills itself: its key and its counters.
 */
#include <string.h>

#include "engine/flow/flow_columns.h"
#include "wire/protocol.h"

/* The counters of one direction, or of both together. */
static Direction
direction(const Flow *flow, ColumnSide side)
{
	const Direction *there = &flow->direction[SIDE_SRC2DST],
					*back = &flow->direction[SIDE_DST2SRC];

	if (side != SIDE_BOTH)
		return flow->direction[side];
	return (Direction) {
		.first_seen = there->first_seen, /* the sender of the first packet is the source */
		.last_seen = flow_last_seen(flow),
		.packets = there->packets + back->packets,
		.bytes = there->bytes + back->bytes,
	};
}

void
flow_column(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value)
{
	(void) state;
	switch (column->field)
	{
		case FIELD_EXPIRATION_ID:
			value->i = flow->expiration;
			return;
		case FIELD_IP:
			record_value_set(value, flow->ip[column->side], flow->ip_version == 4 ? 4 : IP_ADDRESS_BYTES);
			return;
		case FIELD_MAC:
			record_value_set(value, flow->mac[column->side], MAC_ADDRESS_BYTES);
			return;
		case FIELD_OUI:
			record_value_set(value, flow->mac[column->side], 3);
			return;
		case FIELD_PORT:
			value->u = flow->port[column->side];
			return;
		case FIELD_PROTOCOL:
			value->u = flow->protocol;
			return;
		case FIELD_PROTOCOL_NAME:
			protocol_name(flow->protocol, own);
			record_value_set(value, own, strlen(own));
			return;
		case FIELD_IP_VERSION:
			value->u = flow->ip_version;
			return;
		case FIELD_VLAN_ID:
			value->u = flow->vlan_id;
			return;
		case FIELD_TUNNEL_ID:
			value->u = flow->tunnel;
			return;
		case FIELD_FIRST_SEEN:
			value->u = direction(flow, column->side).first_seen;
			return;
		case FIELD_LAST_SEEN:
			value->u = direction(flow, column->side).last_seen;
			return;
		case FIELD_DURATION:
			value->u = direction(flow, column->side).last_seen - direction(flow, column->side).first_seen;
			return;
		case FIELD_PACKETS:
			value->u = direction(flow, column->side).packets;
			return;
		case FIELD_BYTES:
			value->u = direction(flow, column->side).bytes;
			return;
		case FIELD_SOURCE_FILE:
			value->u = flow->file;
			return;
		case FIELD_FIRST_PACKET:
			value->u = flow->first_place;
			return;
		case FIELD_UDPS:
			record_value_set(value, "{}", 2);
			return;
		default: /* what no source has yet: process_pid */
			memset(value, 0, sizeof(*value));
	}
}
