/*
 * socket_table.c
 *	  Looking up a flow's process in the table of the host's sockets.
 */
#include <stddef.h>
#include <string.h>

#include "wire/record.h"
#include "wire/socket_table.h"

/* How often a bucket is copied that is being written to; a writer needs it for far less than a copy takes. */
#define COPIES_MAX 1000

_Static_assert(sizeof(SocketKey) == 40 && sizeof(SocketEntry) == 128, "keys are compared as bytes, and entries fill their lines");

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

void
socket_address(uint8_t to[SOCKET_ADDRESS_BYTES], const uint8_t *bytes, unsigned length)
{
	if (length == SOCKET_ADDRESS_BYTES)
	{
		memcpy(to, bytes, SOCKET_ADDRESS_BYTES);
		return;
	}
	memcpy(to, mapped, sizeof(mapped));
	memcpy(to + sizeof(mapped), bytes, 4);
}

static bool
is_ipv4(const uint8_t address[SOCKET_ADDRESS_BYTES])
{
	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

void
socket_wildcard(uint8_t to[SOCKET_ADDRESS_BYTES], const uint8_t address[SOCKET_ADDRESS_BYTES])
{
	memset(to, 0, SOCKET_ADDRESS_BYTES);
	if (is_ipv4(address))
		memcpy(to, mapped, sizeof(mapped));
}

/* The finalizer of splitmix64: each bit of the input changes half of the output's. */
static uint64_t
mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
socket_buckets(uint64_t seed, const SocketKey *key, uint32_t buckets[2])
{
	uint64_t words[sizeof(*key) / sizeof(uint64_t)];
	uint64_t hash = seed;

	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = mix(hash ^ words[i]) + UINT64_C(0x9e3779b97f4a7c15);
	hash = mix(hash);
	buckets[0] = (uint32_t) hash % SOCKET_BUCKETS;
	buckets[1] = (uint32_t) (hash >> 32) % SOCKET_BUCKETS;
}

/* Copies what a sequence number guards; false if it is being written to all the time. */
static bool
copy_guarded(void *to, const void *from, size_t length, const uint32_t *sequence)
{
	for (int i = 0; i < COPIES_MAX; i++)
	{
		uint32_t before = __atomic_load_n(sequence, __ATOMIC_ACQUIRE);

		memcpy(to, from, length);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (before % 2 == 0 && __atomic_load_n(sequence, __ATOMIC_RELAXED) == before)
			return true;
	}
	return false;
}

/* For how many ms, counted from 1, a socket was there while the flow had packets; 0: it was not. */
static uint64_t
overlap(const SocketEntry *entry, const SocketFlow *flow)
{
	uint64_t begin = entry->since > flow->first ? entry->since : flow->first;
	uint64_t end = entry->until < flow->last ? entry->until : flow->last;

	return begin > end ? 0 : end - begin < UINT64_MAX ? end - begin + 1 :
														UINT64_MAX;
}

static bool
is_text(const uint8_t *text, size_t length)
{
	for (size_t at = 0; at < length;)
	{
		unsigned bytes = utf8_character(text + at, length - at);

		if (bytes == 0)
			return false;
		at += bytes;
	}
	return true;
}

static bool
take(const SocketEntry *entry, SocketProcess *process)
{
	if (entry->pid <= 0 || entry->name_length > SOCKET_NAME_MAX || !is_text(entry->name, entry->name_length))
		return false;
	process->pid = entry->pid;
	process->name_length = entry->name_length;
	memcpy(process->name, entry->name, entry->name_length);
	return true;
}

/* Of several sockets that had the same ends, the one that was there for most of the flow; of equal ones the latest. */
static bool
find_key(const SocketTable *table, const SocketKey *key, const SocketFlow *flow, SocketProcess *process)
{
	SocketEntry best = {.inode = 0};
	uint64_t	best_overlap = 0;
	uint32_t	buckets[2];

	socket_buckets(__atomic_load_n(&table->seed, __ATOMIC_RELAXED), key, buckets);
	for (int i = 0; i < (buckets[0] == buckets[1] ? 1 : 2); i++)
	{
		const SocketBucket *bucket = &table->buckets[buckets[i]];
		SocketEntry			entries[SOCKET_WAYS];

		if (!copy_guarded(entries, bucket->entries, sizeof(entries), &bucket->sequence))
			continue;
		for (int j = 0; j < SOCKET_WAYS; j++)
		{
			uint64_t now;

			if (entries[j].inode == 0 || memcmp(&entries[j].key, key, sizeof(*key)) != 0)
				continue;
			now = overlap(&entries[j], flow);
			if (now > best_overlap || (now > 0 && now == best_overlap && entries[j].since > best.since))
			{
				best = entries[j];
				best_overlap = now;
			}
		}
	}
	return best_overlap > 0 && take(&best, process);
}

/* 127.0.0.0/8 is this host's, all of it; RFC 1122, 3.2.1.3. */
static bool
is_of_host(const SocketTable *table, const uint8_t address[SOCKET_ADDRESS_BYTES], const SocketFlow *flow)
{
	uint32_t count = __atomic_load_n(&table->address_count, __ATOMIC_RELAXED);

	if (is_ipv4(address) && address[sizeof(mapped)] == 127)
		return true;
	for (uint32_t i = 0; i < count && i < HOST_ADDRESSES_MAX; i++)
	{
		HostAddress host;

		if (!copy_guarded(&host, &table->addresses[i], sizeof(host), &table->addresses_sequence))
			return false;
		if (memcmp(host.bytes, address, sizeof(host.bytes)) == 0 && host.until >= flow->first)
			return true;
	}
	return false;
}

static SocketKey
key_of(const SocketFlow *flow, bool src_is_local)
{
	SocketKey key = {.protocol = flow->protocol};

	memcpy(key.local, src_is_local ? flow->src : flow->dst, sizeof(key.local));
	memcpy(key.remote, src_is_local ? flow->dst : flow->src, sizeof(key.remote));
	key.local_port = src_is_local ? flow->src_port : flow->dst_port;
	key.remote_port = src_is_local ? flow->dst_port : flow->src_port;
	return key;
}

/* The socket that has this end's port without a peer: bound to its address, else to all. */
static bool
find_without_peer(const SocketTable *table, const SocketKey *connected, const SocketFlow *flow, SocketProcess *process)
{
	SocketKey key = {.protocol = connected->protocol, .local_port = connected->local_port};

	memcpy(key.local, connected->local, sizeof(key.local));
	if (find_key(table, &key, flow, process))
		return true;
	socket_wildcard(key.local, connected->local);
	return find_key(table, &key, flow, process);
}

bool
socket_table_find(const SocketTable *table, const SocketFlow *flow, SocketProcess *process)
{
	SocketKey key = key_of(flow, true);

	if (find_key(table, &key, flow, process))
		return true;
	if (is_of_host(table, flow->src, flow))
		return find_without_peer(table, &key, flow, process);
	key = key_of(flow, false);
	if (find_key(table, &key, flow, process))
		return true;
	return is_of_host(table, flow->dst, flow) && find_without_peer(table, &key, flow, process);
}
