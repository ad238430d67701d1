/*
 * tracker.c
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
 * Where nothing comes, the clock is moved by ticks, each of which is followed by a scan like a packet of another shard.
 *
 * At the end of the source all flows leave, in the order of their first packets.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/flow/key.h"
#include "engine/flow/tracker.h"
#include "wire/record.h"

#define SCAN_INTERVAL	10		/* ms */

/* ms: what a bigint holds.  Times beyond, of pcapng files that hold anything for a time, are taken for this one. */
#define LATEST_TIME		((uint64_t) INT64_MAX)

void
tracker_start(Tracker *tracker, const MeterRequest *request, const EngineCallbacks *callbacks, Account *account, Dpi *dpi)
{
	*tracker = (Tracker) {.request = request, .callbacks = callbacks, .account = account, .dpi = dpi};
	tracker->wants_statistics = column_set_has_group(&request->columns, GROUP_STATISTICS);
	tracker->wants_splt = column_set_has_group(&request->columns, GROUP_SPLT);
	emit_start(&tracker->emitter, request, dpi);
	shard_start(&tracker->shards, request->shards, request->shard);
	table_start(&tracker->table, callbacks->seed);
	slab_start(&tracker->statistics, sizeof(Statistics));
}

static void
free_flow(Tracker *tracker, Cell cell)
{
	Flow	   *flow = table_flow(&tracker->table, cell);

	if (tracker->dpi != NULL)
		dpi_free(tracker->dpi, &flow->dpi);
	splt_free(&flow->splt);
	if (flow->statistics != 0)
		slab_put(&tracker->statistics, flow->statistics);
	table_remove(&tracker->table, cell);
}

/* Takes all flows out of the table without a record. */
static void
give_up_flows(Tracker *tracker)
{
	Cell		cell;

	while ((cell = table_oldest(&tracker->table)) != 0)
	{
		tracker->account->counters[COUNTER_FLOWS_GIVEN_UP]++;
		tracker->account->counters[COUNTER_PACKETS_GIVEN_UP] += flow_packets(table_flow(&tracker->table, cell));
		free_flow(tracker, cell);
	}
}

void
tracker_end(Tracker *tracker)
{
	give_up_flows(tracker);
	table_end(&tracker->table);
	slab_end(&tracker->statistics);
	free(tracker->idle);
}

/* Emits a flow and forgets it. */
static void
leave(Tracker *tracker, Cell cell, Expiration expiration, uint64_t left)
{
	Flow	   *flow = table_flow(&tracker->table, cell);
	const Statistics *statistics = flow->statistics == 0 ? NULL : slab_cell(&tracker->statistics, flow->statistics);
	uint8_t    *room;

	flow->expiration = (int8_t) expiration;
	if (tracker->dpi != NULL)
		dpi_expire(tracker->dpi, &flow->dpi);
	room = tracker->callbacks->record_room(tracker->callbacks->context, emit_bound(&tracker->emitter, flow));
	tracker->callbacks->record_written(tracker->callbacks->context,
									 emit_record(&tracker->emitter, flow, statistics, left, room));
	free_flow(tracker, cell);

	tracker->account->counters[COUNTER_FLOWS]++;
	tracker->full = tracker->account->counters[COUNTER_FLOWS] == tracker->request->max_nflows;
}

/* At the bound of max_active_flows the oldest flow makes room. */
static void
make_room(Tracker *tracker)
{
	uint64_t	most = tracker->request->max_active_flows;

	if (most == 0 || tracker->table.count < most)
		return;
	leave(tracker, table_oldest(&tracker->table), EXPIRATION_IDLE, tracker->place * 2);
	tracker->account->counters[COUNTER_FLOWS_EXPIRED_EARLY]++;
}

/* A new flow for this packet, whose key no active flow has. */
static Cell
start_flow(Tracker *tracker, const Packet *packet, uint32_t hash, uint32_t file)
{
	Cell		cell = table_add(&tracker->table, hash);
	Flow	   *flow = table_flow(&tracker->table, cell);

	flow_start(flow, packet, tracker->place, file);
	if (tracker->wants_statistics)
	{
		flow->statistics = slab_get(&tracker->statistics);
		memset(slab_cell(&tracker->statistics, flow->statistics), 0, sizeof(Statistics));
	}
	return cell;
}

/* Statistics and SPLT look at the flow as it was before the packet. */
static void
analyse(Tracker *tracker, Flow *flow, const Packet *packet, ColumnSide side, uint32_t size)
{
	const Direction *same = &flow->direction[side];
	uint64_t	since_flow = flow_packets(flow) == 0 ? UINT64_MAX : packet->time - flow_last_seen(flow);

	if (tracker->wants_splt)
		splt_add(&flow->splt, tracker->request->splt_analysis,
				 (SpltPacket) {.interval = since_flow == UINT64_MAX ? 0 : since_flow, .size = size, .side = (uint8_t) side});
	if (tracker->wants_statistics)
		statistics_add(slab_cell(&tracker->statistics, flow->statistics), side, size, packet->tcp_flags, since_flow,
					   same->packets == 0 ? UINT64_MAX : packet->time - same->last_seen);
}

static void
join_flow(Tracker *tracker, Cell cell, const Packet *packet)
{
	Flow	   *flow = table_flow(&tracker->table, cell);
	ColumnSide	side = flow_side(flow, packet);
	uint32_t	size = packet->size[tracker->request->accounting_mode];

	if (tracker->wants_splt || tracker->wants_statistics)
		analyse(tracker, flow, packet, side, size);
	direction_add(&flow->direction[side], packet->time, size);
	table_touch(&tracker->table, cell);
	if (tracker->dpi != NULL)
		dpi_packet(tracker->dpi, &flow->dpi, flow_packets(flow), packet->ip, packet->ip_length, packet->time);
}

static void
tracker_own_packet(Tracker *tracker, const Packet *packet, uint32_t file)
{
	uint32_t	hash = key_hash(packet, tracker->table.seed);
	Cell		cell = table_find(&tracker->table, packet, hash);

	if (cell != 0)
	{
		const Flow *flow = table_flow(&tracker->table, cell);
		bool		idle = packet->time - flow_last_seen(flow) >= tracker->request->idle_timeout,
					aged = packet->time - flow->direction[SIDE_SRC2DST].first_seen >= tracker->request->active_timeout;

		if (idle || aged)
		{
			leave(tracker, cell, idle ? EXPIRATION_IDLE : EXPIRATION_ACTIVE, tracker->place * 2);
			cell = 0;
		}
	}
	if (cell == 0)
		make_room(tracker);
	if (tracker->full)
	{
		tracker->account->counters[COUNTER_PACKETS_GIVEN_UP]++;
		return;
	}
	join_flow(tracker, cell == 0 ? start_flow(tracker, packet, hash, file) : cell, packet);
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
scan(Tracker *tracker)
{
	size_t		count = 0;
	Cell		cell;

	for (cell = table_longest_idle(&tracker->table); cell != 0;)
	{
		const Flow *flow = table_flow(&tracker->table, cell);

		if (tracker->clock - flow_last_seen(flow) < tracker->request->idle_timeout)
			break;
		if (count == tracker->idle_room)
		{
			tracker->idle_room = tracker->idle_room * 2 + 64;
			tracker->idle = memory_resize(tracker->idle, tracker->idle_room * sizeof(IdleFlow));
		}
		tracker->idle[count++] = (IdleFlow) {.first_place = flow->first_place, .cell = cell};
		cell = flow->by_last_packet.after;
	}
	if (count > 1)
		qsort(tracker->idle, count, sizeof(IdleFlow), by_first_place);
	for (size_t i = 0; i < count && !tracker->full; i++)
		leave(tracker, tracker->idle[i].cell, EXPIRATION_IDLE, tracker->place * 2 + 1);
}

static void
scan_if_due(Tracker *tracker)
{
	if (tracker->clock - tracker->last_scan < SCAN_INTERVAL || tracker->full)
		return;
	tracker->last_scan = tracker->clock;
	scan(tracker);
}

void
tracker_packet(Tracker *tracker, Packet *packet, uint64_t place, uint32_t file)
{
	bool		late;

	if (packet->time > LATEST_TIME)
		packet->time = LATEST_TIME;
	late = packet->time < tracker->clock;
	tracker->place = place;
	if (late)
		packet->time = tracker->clock;
	else
		tracker->clock = packet->time;

	if (tracker->shards.count == 1 || shard_is_own(&tracker->shards, packet))
	{
		tracker->account->counters[COUNTER_PACKETS_METERED]++;
		tracker->account->counters[COUNTER_PACKETS_OUT_OF_ORDER] += late;
		tracker_own_packet(tracker, packet, file);
	}
	else
		tracker->account->counters[COUNTER_PACKETS_OF_OTHER_SHARDS]++;

	scan_if_due(tracker);
}

void
tracker_tick(Tracker *tracker, uint64_t now, uint64_t place)
{
	tracker->place = place;
	if (now > LATEST_TIME)
		now = LATEST_TIME;
	if (now > tracker->clock)
		tracker->clock = now;
	scan_if_due(tracker);
}

void
tracker_finish(Tracker *tracker)
{
	Cell		cell;

	while (!tracker->full && (cell = table_oldest(&tracker->table)) != 0)
		leave(tracker, cell, EXPIRATION_IDLE, RECORD_LEFT_AT_END);
	give_up_flows(tracker);
}
