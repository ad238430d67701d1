/*
 * flow.c
 *	  A flow's beginning, and the direction of its packets.
 */
#include <string.h>

#include "engine/flow/flow.h"

void
flow_start(Flow *flow, const Packet *packet, uint64_t place, uint32_t file)
{
	memcpy(flow->ip[0], packet->source_ip, IP_ADDRESS_BYTES);
	memcpy(flow->ip[1], packet->destination_ip, IP_ADDRESS_BYTES);
	flow->port[0] = packet->source_port;
	flow->port[1] = packet->destination_port;
	memcpy(flow->other_port, packet->other_port, sizeof(flow->other_port));
	flow->vlan_id = packet->vlan_id;
	flow->protocol = packet->protocol;
	flow->ip_version = packet->ip_version;
	flow->tunnel = packet->tunnel;
	flow->expiration = EXPIRATION_IDLE;
	flow->rewritten = false;
	flow->aside = false;
	memcpy(flow->mac[0], packet->source_mac, MAC_ADDRESS_BYTES);
	memcpy(flow->mac[1], packet->destination_mac, MAC_ADDRESS_BYTES);
	flow->file = file;
	flow->first_place = place;
	memset(flow->direction, 0, sizeof(flow->direction));
	flow->direction[SIDE_SRC2DST].first_seen = packet->time;
}

ColumnSide
flow_side(const Flow *flow, const Packet *packet)
{
	if (packet->source_port != flow->port[0] || packet->destination_port != flow->port[1] ||
		memcmp(packet->source_ip, flow->ip[0], IP_ADDRESS_BYTES) != 0 ||
		memcmp(packet->destination_ip, flow->ip[1], IP_ADDRESS_BYTES) != 0)
		return SIDE_DST2SRC;
	return SIDE_SRC2DST;
}
