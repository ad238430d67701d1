/*
 * meter.c
 *	  The clock, and the life of flows from their first packet to their record.
 *
 * METERING.md, sections 6 and 8, and part one, 1.  Every packet that is decoded moves the clock, one of another shard too, so
 * that all meters of a scan share clock and scan points.  For a packet P of this shard at time t:
 *
 *	1. Its flow is known, and was idle for idle_timeout: the flow leaves, and P starts a new one.  So it does, with another
 *	   expiration_id, if the flow has been active for active_timeout.  Else P joins the flow.
 *	2. Its flow is not known: P starts one.
 *	3. If the clock moved by SCAN_INTERVAL since the latest scan, all flows that are idle leave, in the order of their first
 *	   packets.
 *
 * At the end of the sources all flows leave, in the order of their first packets.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/flow/key.h"
#include "engine/flow/meter.h"
#include "wire/record.h"

#define SCAN_INTERVAL	10		/* ms */

/* ms: what a bigint holds.  Times beyond, of pcapng files that hold anything for a time, are taken for this one. */
#define LATEST_TIME		((uint64_t) INT64_MAX)

void
meter_start(Meter *meter, const MeterRequest *request, const EngineProgram *program, Account *account, Dpi *dpi)
{
	*meter = (Meter) {.request = request, .program = program, .account = account, .dpi = dpi};
	meter->wants_statistics = column_set_has_group(&request->columns, GROUP_STATISTICS);
	meter->wants_splt = column_set_has_group(&request->columns, GROUP_SPLT);
	emit_start(&meter->emitter, request, dpi);
	shard_start(&meter->shards, request->shards, request->shard);
	table_start(&meter->table, program->seed);
	slab_start(&meter->statistics, sizeof(Statistics));
}

static void
free_flow(Meter *meter, Cell cell)
{
	Flow	   *flow = table_flow(&meter->table, cell);

	if (meter->dpi != NULL)
		dpi_free(meter->dpi, &flow->dpi);
	splt_free(&flow->splt);
	if (flow->statistics != 0)
		slab_put(&meter->statistics, flow->statistics);
	table_remove(&meter->table, cell);
}

/* Takes all flows out of the table without a record. */
static void
give_up_flows(Meter *meter)
{
	Cell		cell;

	while ((cell = table_oldest(&meter->table)) != 0)
	{
		meter->account->counters[COUNTER_FLOWS_GIVEN_UP]++;
		meter->account->counters[COUNTER_PACKETS_GIVEN_UP] += flow_packets(table_flow(&meter->table, cell));
		free_flow(meter, cell);
	}
}

void
meter_end(Meter *meter)
{
	give_up_flows(meter);
	table_end(&meter->table);
	slab_end(&meter->statistics);
	free(meter->idle);
}

/* Emits a flow and forgets it. */
static void
leave(Meter *meter, Cell cell, Expiration expiration, uint64_t left)
{
	Flow	   *flow = table_flow(&meter->table, cell);
	const Statistics *statistics = flow->statistics == 0 ? NULL : slab_cell(&meter->statistics, flow->statistics);
	uint8_t    *room;

	flow->expiration = (int8_t) expiration;
	if (meter->dpi != NULL)
		dpi_expire(meter->dpi, &flow->dpi);
	room = meter->program->record_room(meter->program->context, emit_bound(&meter->emitter, flow));
	meter->program->record_written(meter->program->context,
								   emit_record(&meter->emitter, flow, statistics, left, room));
	free_flow(meter, cell);

	meter->account->counters[COUNTER_FLOWS]++;
	meter->full = meter->account->counters[COUNTER_FLOWS] == meter->request->max_nflows;
}

/* At the bound of max_active_flows the oldest flow makes room. */
static void
make_room(Meter *meter)
{
	uint64_t	most = meter->request->max_active_flows;

	if (most == 0 || meter->table.count < most)
		return;
	leave(meter, table_oldest(&meter->table), EXPIRATION_IDLE, meter->place * 2);
	meter->account->counters[COUNTER_FLOWS_EXPIRED_EARLY]++;
}

/* A new flow for this packet, whose key no active flow has. */
static Cell
start_flow(Meter *meter, const Packet *packet, uint32_t hash, uint32_t file)
{
	Cell		cell = table_add(&meter->table, hash);
	Flow	   *flow = table_flow(&meter->table, cell);

	flow_start(flow, packet, meter->place, file);
	if (meter->wants_statistics)
	{
		flow->statistics = slab_get(&meter->statistics);
		memset(slab_cell(&meter->statistics, flow->statistics), 0, sizeof(Statistics));
	}
	return cell;
}

/* Statistics and SPLT look at the flow as it was before the packet. */
static void
analyse(Meter *meter, Flow *flow, const Packet *packet, ColumnSide side, uint32_t size)
{
	const Direction *same = &flow->direction[side];
	uint64_t	since_flow = flow_packets(flow) == 0 ? UINT64_MAX : packet->time - flow_last_seen(flow);

	if (meter->wants_splt)
		splt_add(&flow->splt, meter->request->splt_analysis,
				 (SpltPacket) {.interval = since_flow == UINT64_MAX ? 0 : since_flow, .size = size, .side = (uint8_t) side});
	if (meter->wants_statistics)
		statistics_add(slab_cell(&meter->statistics, flow->statistics), side, size, packet->tcp_flags, since_flow,
					   same->packets == 0 ? UINT64_MAX : packet->time - same->last_seen);
}

static void
join_flow(Meter *meter, Cell cell, const Packet *packet)
{
	Flow	   *flow = table_flow(&meter->table, cell);
	ColumnSide	side = flow_side(flow, packet);
	uint32_t	size = packet->size[meter->request->accounting_mode];

	if (meter->wants_splt || meter->wants_statistics)
		analyse(meter, flow, packet, side, size);
	direction_add(&flow->direction[side], packet->time, size);
	table_touch(&meter->table, cell);
	if (meter->dpi != NULL)
		dpi_packet(meter->dpi, &flow->dpi, flow_packets(flow), packet->ip, packet->ip_length, packet->time);
}

static void
meter_own_packet(Meter *meter, const Packet *packet, uint32_t file)
{
	uint32_t	hash = key_hash(packet, meter->table.seed);
	Cell		cell = table_find(&meter->table, packet, hash);

	if (cell != 0)
	{
		const Flow *flow = table_flow(&meter->table, cell);
		bool		idle = packet->time - flow_last_seen(flow) >= meter->request->idle_timeout,
					aged = packet->time - flow->direction[SIDE_SRC2DST].first_seen >= meter->request->active_timeout;

		if (idle || aged)
		{
			leave(meter, cell, idle ? EXPIRATION_IDLE : EXPIRATION_ACTIVE, meter->place * 2);
			cell = 0;
		}
	}
	if (cell == 0)
		make_room(meter);
	if (meter->full)
	{
		meter->account->counters[COUNTER_PACKETS_GIVEN_UP]++;
		return;
	}
	join_flow(meter, cell == 0 ? start_flow(meter, packet, hash, file) : cell, packet);
}

static int
by_first_place(const void *a, const void *b)
{
	const IdleFlow *x = a,
			   *y = b;

	return x->first_place < y->first_place ? -1 : x->first_place > y->first_place;
}

/* All flows that are idle leave. */
static void
scan(Meter *meter)
{
	size_t		count = 0;
	Cell		cell;

	for (cell = table_longest_idle(&meter->table); cell != 0;)
	{
		const Flow *flow = table_flow(&meter->table, cell);

		if (meter->clock - flow_last_seen(flow) < meter->request->idle_timeout)
			break;
		if (count == meter->idle_room)
		{
			meter->idle_room = meter->idle_room * 2 + 64;
			meter->idle = memory_resize(meter->idle, meter->idle_room * sizeof(IdleFlow));
		}
		meter->idle[count++] = (IdleFlow) {.first_place = flow->first_place, .cell = cell};
		cell = flow->by_last_packet.after;
	}
	if (count > 1)
		qsort(meter->idle, count, sizeof(IdleFlow), by_first_place);
	for (size_t i = 0; i < count && !meter->full; i++)
		leave(meter, meter->idle[i].cell, EXPIRATION_IDLE, meter->place * 2 + 1);
}

void
meter_packet(Meter *meter, Packet *packet, uint64_t place, uint32_t file)
{
	bool		late;

	if (packet->time > LATEST_TIME)
		packet->time = LATEST_TIME;
	late = packet->time < meter->clock;
	meter->place = place;
	if (late)
		packet->time = meter->clock;
	else
		meter->clock = packet->time;

	if (meter->shards.count == 1 || shard_is_own(&meter->shards, packet))
	{
		meter->account->counters[COUNTER_PACKETS_METERED]++;
		meter->account->counters[COUNTER_PACKETS_OUT_OF_ORDER] += late;
		meter_own_packet(meter, packet, file);
	}
	else
		meter->account->counters[COUNTER_PACKETS_OF_OTHER_SHARDS]++;

	if (meter->clock - meter->last_scan >= SCAN_INTERVAL && !meter->full)
	{
		meter->last_scan = meter->clock;
		scan(meter);
	}
}

void
meter_finish(Meter *meter)
{
	Cell		cell;

	while (!meter->full && (cell = table_oldest(&meter->table)) != 0)
		leave(meter, cell, EXPIRATION_IDLE, RECORD_LEFT_AT_END);
	give_up_flows(meter);
}
