/*
 * shard.c
 *	  Which meter of a scan gets a flow.
 */
#include <assert.h>
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/flow/key.h"
#include "engine/flow/shard.h"

#define SAMPLE_ENTRIES (2 * SHARD_SAMPLE_PACKETS)

/* The same in all meters and all scans, so that the same capture is always split, and labelled, in the same way. */
#define SHARD_SEED UINT64_C(0x5ca1ab1e0ddba115)

void
shard_start(Shards *shards, uint32_t count, uint32_t own)
{
	assert(own < count && count <= SHARDS_MAX);
	*shards = (Shards) {.count = count, .own = own};
}

static uint64_t
host_of(const Packet *packet)
{
	return key_address_hash(packet, key_host(packet), SHARD_SEED);
}

bool
shard_sample(Shards *shards, const Packet *packet)
{
	uint64_t host = host_of(packet);
	uint32_t i = (uint32_t) host % SAMPLE_ENTRIES;

	assert(shards->sampled < SHARD_SAMPLE_PACKETS);
	if (shards->sample == NULL)
		shards->sample = memory_get(SAMPLE_ENTRIES * sizeof(HostCount));
	while (shards->sample[i].packets != 0 && shards->sample[i].host != host)
		i = (i + 1) % SAMPLE_ENTRIES;
	shards->sample[i].host = host;
	shards->sample[i].packets++;
	return ++shards->sampled < SHARD_SAMPLE_PACKETS;
}

void
shard_decide(Shards *shards, bool more)
{
	/* Fewer than `count` hosts can each have more than one part in `count`. */
	if (more && shards->sampled >= SHARD_SAMPLE_LEAST)
		for (uint32_t i = 0; i < SAMPLE_ENTRIES; i++)
			if ((uint64_t) shards->sample[i].packets * shards->count > shards->sampled)
			{
				assert(shards->busy_count < shards->count - 1);
				shards->busy[shards->busy_count++] = shards->sample[i].host;
			}
	free(shards->sample);
	shards->sample = NULL;
}

static bool
is_busy(const Shards *shards, uint64_t host)
{
	for (uint32_t i = 0; i < shards->busy_count; i++)
		if (shards->busy[i] == host)
			return true;
	return false;
}

bool
shard_is_own(const Shards *shards, const Packet *packet)
{
	unsigned end = key_host(packet);
	uint64_t host = key_address_hash(packet, end, SHARD_SEED);

	if (shards->busy_count > 0 && is_busy(shards, host))
	{
		uint64_t peer = key_address_hash(packet, 1 - end, SHARD_SEED);

		host = is_busy(shards, peer) ? host + peer : peer;
	}
	return ((host >> 32) * shards->count) >> 32 == shards->own;
}
