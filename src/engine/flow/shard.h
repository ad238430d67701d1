/*
 * shard.h
 *	  Which meter of a scan gets a flow.
 *
 * nDPI labels a flow partly from what it saw of the same host before, so a flow goes to the shard of its host.  A host
 * that carries more than a shard's share of the packets (a server in front of everything) is split by its peers'
 * addresses.  Which hosts those are is decided from a sample (look.h): all meters look at the same packets, and so agree.
 * A capture that the sample covers whole gains too little from splitting: no host of it is split, so that its labels stay
 * as with one meter.  The same goes for a sample that is too small to tell.
 */
#ifndef ENGINE_FLOW_SHARD_H
#define ENGINE_FLOW_SHARD_H

#include "engine/decode/packet.h"
#include "wire/request.h"

/* Packets in a full sample. */
#define SHARD_SAMPLE_PACKETS 16384u

/* Fewer tell nothing. */
#define SHARD_SAMPLE_LEAST 1024u

typedef struct HostCount
{
	uint64_t host;	  /* hash of the address */
	uint32_t packets; /* 0: empty */
} HostCount;

typedef struct Shards
{
	uint32_t count;
	uint32_t own; /* this meter's */
	uint32_t busy_count;
	uint64_t busy[SHARDS_MAX]; /* hosts that are split */

	/* While sampling; NULL otherwise. */
	HostCount *sample;
	uint32_t   sampled;
} Shards;

void shard_start(Shards *shards, uint32_t count, uint32_t own);

/* Takes a packet of the sample into account; false once the sample is full. */
bool shard_sample(Shards *shards, const Packet *packet);

/* Decides which hosts are split, if there is more than the sample, and forgets the sample. */
void shard_decide(Shards *shards, bool more);

/* Whether this packet's flow is this meter's. */
bool shard_is_own(const Shards *shards, const Packet *packet);

#endif /* ENGINE_FLOW_SHARD_H */
