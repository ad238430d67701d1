/*
 * tracker.h
 *	  The clock, and the life of flows from their first packet to their record.
 *
 * Where rows are packets, each has its record at once; flows are only kept if something about their packets is asked for.
 */
#ifndef ENGINE_FLOW_TRACKER_H
#define ENGINE_FLOW_TRACKER_H

#include "engine/flow/packet_rows.h"
#include "engine/flow/selection.h"
#include "engine/flow/shard.h"
#include "engine/flow/table.h"

/* A flow that an idle scan found. */
typedef struct IdleFlow
{
	uint64_t first_place;
	Cell	 cell;
} IdleFlow;

typedef struct Tracker
{
	const MeterRequest *request;
	Account			   *account;
	const Analysis	   *analysis;
	bool				rows_are_packets;
	Emitter				emitter;   /* of flows' records, */
	PacketRows			packets;   /* or of packets' */
	Selection		   *selection; /* NULL: all rows are wanted */
	Shards				shards;
	Table				table;

	uint64_t clock;		/* ms; starts at 0 and never runs backwards, unless it is set back */
	uint64_t last_scan; /* the clock at the latest idle scan */
	uint64_t place;		/* number of the packet at hand, from 1, through all files */
	bool	 full;		/* max_nflows records, and marks, were emitted: there are no more rows */

	IdleFlow *idle; /* what the current scan found */
	size_t	  idle_room;
} Tracker;

/* The analysis is opened, and stays the caller's.  seed: where hashes start from, as of key_seed(). */
void tracker_start(Tracker *tracker, const MeterRequest *request, uint64_t seed, Analysis *analysis, RecordSink sink,
				   Account *account);
void tracker_end(Tracker *tracker);

/* Meters one packet, number `place` of the source, from its file `file`; moves its time on to the clock's if it is earlier. */
void tracker_packet(Tracker *tracker, Packet *packet, uint64_t place, uint32_t file);

/*
 * It is `now` (ms since 1970), and no packet came after the one at `place`: idle flows leave as in the scan that follows that
 * packet.  A time before the clock's moves nothing.
 */
void tracker_tick(Tracker *tracker, uint64_t now, uint64_t place);

/*
 * The clock that packets have their times from was set back, and it is `now`: all flows leave, as none of them could be told to be idle before
 * that clock is where it was, and time begins anew.
 */
void tracker_set_back(Tracker *tracker, uint64_t now, uint64_t place);

/* The source is over: emits what is still active. */
void tracker_finish(Tracker *tracker);

#endif /* ENGINE_FLOW_TRACKER_H */
