/*
 * key.h
 *	  Which flow a packet belongs to, and which meter that flow.
 *
 * A flow's key is the unordered pair of its endpoints (address, port), the protocol, the VLAN, the tunnel and the version of
 * IP (METERING.md, section 7).  Both endpoints go through the same hash and are then added, so that the two directions meet.
 * Every hash starts from a seed that a capture's author does not know: nobody can make a capture whose flows collide.
 */
#ifndef ENGINE_FLOW_KEY_H
#define ENGINE_FLOW_KEY_H

#include "engine/flow/flow.h"

/* A seed that nobody can know beforehand; false if the system has no random number. */
bool key_seed(uint64_t *seed);

/* A hash of the packet's key, the same for both directions. */
uint32_t key_hash(const Packet *packet, uint64_t seed);

/* Whether the packet has the flow's key, in either direction. */
bool key_is_of(const Packet *packet, const Flow *flow);

/*
 * The host that decides about a packet's shard, as an index into the packet's endpoints (0 source, 1 destination): the
 * private one where exactly one is (RFC 1918, RFC 4193, RFC 3927, RFC 4291's link-local), else the lower of the two.
 */
unsigned key_host(const Packet *packet);

/* A hash of one address of the packet's, by the index that key_host gives. */
uint64_t key_address_hash(const Packet *packet, unsigned endpoint, uint64_t seed);

#endif /* ENGINE_FLOW_KEY_H */
