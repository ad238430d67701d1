/*
 * key.c
 *	  Hashes and comparisons of keys.
 *
 * The hash folds 128-bit products (as wyhash and its kin do): two multiplications for an IPv4 endpoint, three for IPv6.
 */
#include <string.h>
#include <sys/random.h>

#include "engine/flow/key.h"

bool
key_seed(uint64_t *seed)
{
	return getrandom(seed, sizeof(*seed), 0) == sizeof(*seed);
}

static inline uint64_t
fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128) a * b;

	return (uint64_t) product ^ (uint64_t) (product >> 64);
}

static inline uint64_t
load(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static inline uint64_t
hash_address(const uint8_t *address, uint64_t seed)
{
	uint64_t high = load(address),
			 low = load(address + 8);

	return fold(high ^ seed, UINT64_C(0x9e3779b97f4a7c15) ^ fold(low ^ UINT64_C(0xd1b54a32d192ed03), seed | 1));
}

static inline uint64_t
hash_endpoint(const uint8_t *address, uint16_t port, uint64_t seed)
{
	return fold(hash_address(address, seed) ^ port, UINT64_C(0x8bb84b93962eacc9) ^ seed);
}

uint32_t
key_hash(const Packet *packet, uint64_t seed)
{
	uint64_t rest = (uint64_t) packet->protocol | (uint64_t) packet->vlan_id << 8 | (uint64_t) packet->tunnel << 24 |
					(uint64_t) packet->ip_version << 32;
	uint64_t endpoints = hash_endpoint(packet->source_ip, packet->source_port, seed) +
						 hash_endpoint(packet->destination_ip, packet->destination_port, seed);

	return (uint32_t) fold(endpoints ^ rest, UINT64_C(0x2d358dccaa6c78a5) ^ seed);
}

static inline bool
is_endpoint(const uint8_t *address, uint16_t port, const Flow *flow, unsigned end)
{
	return port == flow->port[end] && memcmp(address, flow->ip[end], IP_ADDRESS_BYTES) == 0;
}

bool
key_is_of(const Packet *packet, const Flow *flow)
{
	if (packet->protocol != flow->protocol || packet->vlan_id != flow->vlan_id ||
		packet->tunnel != flow->tunnel || packet->ip_version != flow->ip_version)
		return false;
	return (is_endpoint(packet->source_ip, packet->source_port, flow, 0) &&
			is_endpoint(packet->destination_ip, packet->destination_port, flow, 1)) ||
		   (is_endpoint(packet->source_ip, packet->source_port, flow, 1) &&
			is_endpoint(packet->destination_ip, packet->destination_port, flow, 0));
}

static bool
is_private(const uint8_t *ip, uint8_t version)
{
	if (version == 4)
		return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168) ||
			   (ip[0] == 169 && ip[1] == 254);
	return (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
}

unsigned
key_host(const Packet *packet)
{
	bool source = is_private(packet->source_ip, packet->ip_version),
		 destination = is_private(packet->destination_ip, packet->ip_version);

	if (source != destination)
		return source ? 0 : 1;
	return memcmp(packet->source_ip, packet->destination_ip, IP_ADDRESS_BYTES) <= 0 ? 0 : 1;
}

uint64_t
key_address_hash(const Packet *packet, unsigned endpoint, uint64_t seed)
{
	return hash_address(endpoint == 0 ? packet->source_ip : packet->destination_ip, seed);
}
