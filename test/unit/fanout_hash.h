/*
 * fanout_hash.h
 *	  What the program of a group makes of a packet, written once more in C: the hash of its host.
 */
#ifndef TEST_UNIT_FANOUT_HASH_H
#define TEST_UNIT_FANOUT_HASH_H

#include "engine/flow/key.h"

static inline uint32_t
host_hash(const Packet *packet)
{
	const uint8_t *host = key_host(packet) == 0 ? packet->source_ip : packet->destination_ip;
	uint32_t	   hash = 0;

	for (int i = 0; i < (packet->ip_version == 4 ? 4 : 16); i += 4)
	{
		hash ^= (uint32_t) host[i] << 24 | (uint32_t) host[i + 1] << 16 | (uint32_t) host[i + 2] << 8 | host[i + 3];
		hash = (hash ^ hash >> 16) * 0x7FEB352D;
		hash = (hash ^ hash >> 15) * 0x846CA68B;
		hash ^= hash >> 16;
	}
	return hash;
}

#endif /* TEST_UNIT_FANOUT_HASH_H */
