/*
 * tracker.c
 *	  The clock, and the life of flows from their first packet to their record.
 *
 * METERING.md, sections 6 and 8, and part one, 1.  Every packet that is decoded moves the clock, also one of another
 * shard, so that all meters of a scan have the same clock, and idle scans at the same packets.  For a packet P of this
 * shard at time t:
 *
 *	1. Its flow is known, and was idle for idle_timeout: the flow leaves, and P starts a new one.  So it does, with another
 *	   expiration_id, if the flow has been active for active_timeout.  Else P joins the flow, which leaves with it if an analyser
 *	   wants that.
 *	2. Its flow is not known: P starts one.
 *	3. If the clock moved by SCAN_INTERVAL since the latest scan, all flows that are idle leave, in the order of their first
 *	   packets.
 *
 * A flow that the condition sets aside (selection.h) leaves without a record, or with a mark in its place where it counts.  A packet
 * that can only be of such flows is not tracked at all, if they do not count.
 *
 * Where rows are packets, a packet's record is written as it joins its flow, and a flow that leaves has none.
 *
 * Where nothing comes, the clock is moved by ticks, each of which is followed by a scan like a packet of another shard.  There it is seen,
 * too, that somebody has set back the clock that packets have their times from.
 *
 * At the end of the source all flows leave, in the order of their first packets; where max_nflows is the end, they are given up,
 * unless they were asked for with expire_on_end.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/flow/key.h"
#include "engine/flow/tracker.h"
#include "wire/record.h"

#define SCAN_INTERVAL 10 /* ms */

/* ms: what a bigint holds.  Later times, which a pcapng file can hold, are taken for this one. */
#define LATEST_TIME ((uint64_t) INT64_MAX)

void
tracker_start(Tracker *tracker, const MeterRequest *request, uint64_t seed, Analysis *analysis, RecordSink sink, Account *account)
{
	*tracker = (Tracker) {.request = request, .account = account, .analysis = analysis};
	tracker->rows_are_packets = request->schema == SCHEMA_PACKETS;
	if (tracker->rows_are_packets)
		packet_rows_start(&tracker->packets, request, analysis, sink);
	else
		emit_start(&tracker->emitter, request, analysis, sink);
	tracker->selection = selection_start(request, analysis);
	/* What comes from an interface, the kernel has shared out. */
	if (request_is_live(request))
		shard_start(&tracker->shards, 1, 0);
	else
		shard_start(&tracker->shards, request->shards, request->shard);
	table_start(&tracker->table, seed, analysis->state_bytes);
}

static void
free_flow(Tracker *tracker, Cell cell)
{
	Flow *flow = table_flow(&tracker->table, cell);

	if (!flow->aside)
		analysis_free(tracker->analysis, flow);
	table_remove(&tracker->table, cell);
}

/* Takes all flows out of the table without a record. */
static void
give_up_flows(Tracker *tracker)
{
	Cell cell;

	while ((cell = table_oldest(&tracker->table)) != 0)
	{
		tracker->account->counters[COUNTER_FLOWS_GIVEN_UP]++;
		if (!tracker->rows_are_packets)
			tracker->account->counters[COUNTER_PACKETS_GIVEN_UP] += flow_packets(table_flow(&tracker->table, cell));
		free_flow(tracker, cell);
	}
}

void
tracker_end(Tracker *tracker)
{
	give_up_flows(tracker);
	table_end(&tracker->table);
	selection_end(tracker->selection);
	if (tracker->rows_are_packets)
		packet_rows_end(&tracker->packets);
	free(tracker->idle);
}

/* A flow leaves that is not wanted. */
static void
set_aside(Tracker *tracker, const Flow *flow, uint64_t left)
{
	uint64_t *counters = tracker->account->counters;

	if (tracker->request->counts_aside)
		emit_mark(&tracker->emitter, flow, left);
	counters[COUNTER_FLOWS_SET_ASIDE]++;
	counters[COUNTER_PACKETS_METERED] -= flow_packets(flow);
	counters[COUNTER_PACKETS_SET_ASIDE] += flow_packets(flow);
}

/* Emits a flow, or sets it aside, and forgets it. */
static void
leave(Tracker *tracker, Cell cell, uint64_t left)
{
	uint64_t *counters = tracker->account->counters;
	Flow	 *flow = table_flow(&tracker->table, cell);
	bool	  is_wanted = !flow->aside;

	if (is_wanted)
	{
		analysis_leave(tracker->analysis, flow);
		is_wanted = tracker->selection == NULL || selection_has_leaving(tracker->selection, flow);
	}
	if (is_wanted)
	{
		if (!tracker->rows_are_packets)
			emit_record(&tracker->emitter, flow, left);
		counters[COUNTER_FLOWS]++;
	}
	else
		set_aside(tracker, flow, left);
	free_flow(tracker, cell);
	tracker->full = tracker->request->max_nflows > 0 && !tracker->rows_are_packets &&
					counters[COUNTER_FLOWS] + counters[COUNTER_FLOWS_SET_ASIDE] == tracker->request->max_nflows;
}

/* At the bound of max_active_flows the oldest flow makes room. */
static void
make_room(Tracker *tracker)
{
	uint64_t most = tracker->request->max_active_flows;

	if (most == 0 || tracker->table.count < most)
		return;
	leave(tracker, table_oldest(&tracker->table), tracker->place * 2);
	tracker->account->counters[COUNTER_FLOWS_EXPIRED_EARLY]++;
}

/* A new flow for this packet, whose key no active flow has. */
static Cell
start_flow(Tracker *tracker, const Packet *packet, uint32_t hash, uint32_t file)
{
	Cell  cell = table_add(&tracker->table, hash);
	Flow *flow = table_flow(&tracker->table, cell);

	flow_start(flow, packet, tracker->place, file);
	flow->aside = tracker->selection != NULL && !selection_has_start(tracker->selection, flow);
	if (!flow->aside)
		analysis_start(tracker->analysis, flow);
	return cell;
}

/* The packet's record, if it is wanted. */
static void
row_of_packet(Tracker *tracker, const Packet *packet, uint32_t file, Flow *flow, const FlowPacket *joining)
{
	if (packet_row(&tracker->packets, packet, tracker->place, file, flow, joining))
		return;
	tracker->account->counters[COUNTER_PACKETS_METERED]--;
	tracker->account->counters[COUNTER_PACKETS_SET_ASIDE]++;
}

static void
join_flow(Tracker *tracker, Cell cell, const Packet *packet, uint32_t file)
{
	Flow			*flow = table_flow(&tracker->table, cell);
	ColumnSide		 side = flow_side(flow, packet);
	Direction		*same = &flow->direction[side];
	const FlowPacket joining = {
		.packet = packet,
		.side = side,
		.size = packet->size[tracker->request->accounting_mode],
		.since_flow = flow_packets(flow) == 0 ? UINT64_MAX : packet->time - flow_last_seen(flow),
		.since_side = same->packets == 0 ? UINT64_MAX : packet->time - same->last_seen,
	};

	if (tracker->rows_are_packets)
		row_of_packet(tracker, packet, file, flow, &joining);
	if (!flow->aside)
		analysis_packet(tracker->analysis, flow, &joining);
	direction_add(same, packet->time, joining.size);
	table_touch(&tracker->table, cell);
	if (flow->aside)
		return;
	analysis_joined(tracker->analysis, flow, &joining);
	if (flow->expiration == EXPIRATION_PLUGIN)
		leave(tracker, cell, tracker->place * 2);
}

static void
own_packet(Tracker *tracker, const Packet *packet, uint32_t file)
{
	uint32_t hash = key_hash(packet, tracker->table.seed);
	Cell	 cell = table_find(&tracker->table, packet, hash);

	if (cell != 0)
	{
		Flow *flow = table_flow(&tracker->table, cell);
		bool  idle = packet->time - flow_last_seen(flow) >= tracker->request->idle_timeout,
			 aged = packet->time - flow->direction[SIDE_SRC2DST].first_seen >= tracker->request->active_timeout;

		if (idle || aged)
		{
			flow->expiration = idle ? EXPIRATION_IDLE : EXPIRATION_ACTIVE;
			leave(tracker, cell, tracker->place * 2);
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
	join_flow(tracker, cell == 0 ? start_flow(tracker, packet, hash, file) : cell, packet, file);
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
	size_t count = 0;
	Cell   cell;

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
		leave(tracker, tracker->idle[i].cell, tracker->place * 2 + 1);
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
	bool late;

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
		tracker->account->counters[COUNTER_PACKETS_OUT_OF_ORDER] += late;
		if (tracker->selection == NULL || selection_has_packet(tracker->selection, packet))
		{
			tracker->account->counters[COUNTER_PACKETS_METERED]++;
			if (tracker->rows_are_packets && !tracker->packets.has_flows)
				row_of_packet(tracker, packet, file, NULL, NULL);
			else
				own_packet(tracker, packet, file);
		}
		else
			tracker->account->counters[COUNTER_PACKETS_SET_ASIDE]++;
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
tracker_set_back(Tracker *tracker, uint64_t now, uint64_t place)
{
	Cell cell;

	tracker->place = place;
	while (!tracker->full && (cell = table_oldest(&tracker->table)) != 0)
	{
		leave(tracker, cell, place * 2 + 1);
		tracker->account->counters[COUNTER_FLOWS_EXPIRED_EARLY]++;
	}
	tracker->clock = tracker->last_scan = now;
}

void
tracker_finish(Tracker *tracker)
{
	bool goes_on = request_is_live(tracker->request) && tracker->request->expire_on_end;
	Cell cell;

	while ((goes_on || !tracker->full) && (cell = table_oldest(&tracker->table)) != 0)
		leave(tracker, cell, RECORD_LEFT_AT_END);
	give_up_flows(tracker);
}
