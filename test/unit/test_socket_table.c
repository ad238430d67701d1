/*
 * test_socket_table.c
 *	  Looking up a flow's process: which end, which socket, and what a table may hold that is no table.
 */
#include <arpa/inet.h>

#include "cases.h"
#include "wire/socket_table.h"

static SocketTable *table;

static int
start(void **state)
{
	(void) state;
	table = calloc(1, sizeof(*table));
	assert_non_null(table);
	return 0;
}

static int
end(void **state)
{
	(void) state;
	free(table);
	return 0;
}

static void
read_address(const char *text, uint8_t to[SOCKET_ADDRESS_BYTES])
{
	uint8_t bytes[SOCKET_ADDRESS_BYTES];
	int		family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(family, text, bytes), 1);
	socket_address(to, bytes, family == AF_INET ? 4 : 16);
}

/* Puts a socket into the table; remote NULL: without a peer. */
static SocketEntry *
put(uint8_t protocol, const char *local, uint16_t local_port, const char *remote, uint16_t remote_port, int32_t pid, const char *name)
{
	SocketKey key = {.protocol = protocol, .local_port = local_port, .remote_port = remote_port};
	uint32_t  buckets[2];

	read_address(local, key.local);
	if (remote != NULL)
		read_address(remote, key.remote);
	socket_buckets(table->seed, &key, buckets);
	for (int i = 0; i < 2 * SOCKET_WAYS; i++)
	{
		SocketEntry *entry = &table->buckets[buckets[i % 2]].entries[i / 2];

		if (entry->inode != 0)
			continue;
		*entry = (SocketEntry) {.key = key, .until = SOCKET_STILL_THERE, .inode = 7, .pid = pid, .name_length = (uint8_t) strlen(name)};
		memcpy(entry->name, name, strlen(name));
		return entry;
	}
	fail();
	return NULL;
}

static void
put_address(const char *text)
{
	HostAddress *address = &table->addresses[table->address_count++];

	read_address(text, address->bytes);
	address->until = SOCKET_STILL_THERE;
}

static SocketFlow
flow_of(uint8_t protocol, const char *src, uint16_t src_port, const char *dst, uint16_t dst_port)
{
	SocketFlow flow = {.protocol = protocol, .src_port = src_port, .dst_port = dst_port, .first = 1000, .last = 2000};

	read_address(src, flow.src);
	read_address(dst, flow.dst);
	return flow;
}

/* The pid that is found for a flow; -1: none. */
static int32_t
pid_of_flow(const SocketFlow *flow)
{
	SocketProcess process = {.pid = 0};

	return socket_table_find(table, flow, &process) ? process.pid : -1;
}

static int32_t
pid_of(uint8_t protocol, const char *src, uint16_t src_port, const char *dst, uint16_t dst_port)
{
	SocketFlow flow = flow_of(protocol, src, src_port, dst, dst_port);

	return pid_of_flow(&flow);
}

CASE(a_connection_is_found_from_either_end)
{
	put_address("10.0.0.1");
	put(6, "10.0.0.1", 40000, "10.0.0.2", 443, 11, "curl");
	put(6, "10.0.0.1", 22, "10.0.0.3", 50000, 12, "sshd");
	assert_int_equal(pid_of(6, "10.0.0.1", 40000, "10.0.0.2", 443), 11);
	assert_int_equal(pid_of(6, "10.0.0.3", 50000, "10.0.0.1", 22), 12);
	assert_int_equal(pid_of(17, "10.0.0.1", 40000, "10.0.0.2", 443), -1);
	assert_int_equal(pid_of(6, "10.0.0.1", 40001, "10.0.0.2", 443), -1);
	assert_int_equal(pid_of(6, "10.0.0.1", 40000, "10.0.0.2", 80), -1);
}

/* NFStream's key has the first two characters of each address only. */
CASE(whole_addresses_count)
{
	put_address("10.0.0.1");
	put(6, "10.0.0.1", 40000, "10.0.0.2", 443, 11, "curl");
	assert_int_equal(pid_of(6, "10.0.0.1", 40000, "10.0.0.20", 443), -1);
	assert_int_equal(pid_of(6, "10.0.0.10", 40000, "10.0.0.2", 443), -1);
}

CASE(of_two_ends_on_this_host_the_source_is_found)
{
	put_address("::1");
	put(6, "127.0.0.1", 40000, "127.0.0.1", 80, 21, "curl");
	put(6, "127.0.0.1", 80, "127.0.0.1", 40000, 22, "nginx");
	put(6, "0.0.0.0", 80, NULL, 0, 23, "nginx");
	assert_int_equal(pid_of(6, "127.0.0.1", 40000, "127.0.0.1", 80), 21);
	assert_int_equal(pid_of(6, "127.0.0.1", 80, "127.0.0.1", 40000), 22);

	/* A client that nobody saw is not its server. */
	assert_int_equal(pid_of(6, "127.0.0.1", 40001, "127.0.0.1", 80), -1);
	put(6, "::1", 80, "::1", 40002, 24, "nginx");
	assert_int_equal(pid_of(6, "::1", 40002, "::1", 80), -1);
}

CASE(udp_without_a_peer_is_found_by_its_port)
{
	put_address("10.0.0.1");
	put_address("fd00::1");
	put(17, "0.0.0.0", 5353, NULL, 0, 31, "resolver");
	put(17, "10.0.0.1", 53, NULL, 0, 32, "named");
	put(17, "::", 53, NULL, 0, 33, "named");
	assert_int_equal(pid_of(17, "10.0.0.1", 5353, "192.0.2.1", 53), 31);
	assert_int_equal(pid_of(17, "192.0.2.1", 1024, "10.0.0.1", 53), 32);
	assert_int_equal(pid_of(17, "2001:db8::9", 1024, "fd00::1", 53), 33);
	assert_int_equal(pid_of(17, "10.0.0.1", 5353, "10.0.0.1", 53), 31);

	/* Traffic that only passes by. */
	assert_int_equal(pid_of(17, "192.0.2.1", 5353, "192.0.2.2", 53), -1);
	assert_int_equal(pid_of(17, "192.0.2.1", 1024, "10.0.0.2", 53), -1);
	/* IPv6 alone. */
	assert_int_equal(pid_of(17, "127.0.0.1", 1024, "127.0.0.2", 53), -1);
}

CASE(a_connection_that_nobody_saw_is_its_listeners)
{
	put_address("10.0.0.1");
	put(6, "0.0.0.0", 80, NULL, 0, 41, "nginx");
	put(6, "10.0.0.1", 80, "10.0.0.2", 5000, 42, "worker");
	assert_int_equal(pid_of(6, "10.0.0.2", 5000, "10.0.0.1", 80), 42);
	assert_int_equal(pid_of(6, "10.0.0.2", 5001, "10.0.0.1", 80), 41);
	assert_int_equal(pid_of(6, "10.0.0.1", 80, "10.0.0.2", 5002), 41);
	assert_int_equal(pid_of(6, "10.0.0.2", 5001, "10.0.0.3", 80), -1);
}

CASE(a_mapped_address_is_the_ipv4_address)
{
	uint8_t address[SOCKET_ADDRESS_BYTES],
		wildcard[SOCKET_ADDRESS_BYTES];

	put_address("::ffff:10.0.0.1");
	put(6, "::ffff:10.0.0.1", 80, "::ffff:10.0.0.2", 5000, 51, "java");
	assert_int_equal(pid_of(6, "10.0.0.2", 5000, "10.0.0.1", 80), 51);
	read_address("10.0.0.1", address);
	socket_wildcard(wildcard, address);
	assert_memory_equal(wildcard, "\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\0", 16);
	read_address("fe80::1", address);
	socket_wildcard(wildcard, address);
	assert_memory_equal(wildcard, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

CASE(of_sockets_that_had_the_same_port_the_one_of_the_time_is_found)
{
	SocketFlow	 flow = flow_of(17, "10.0.0.1", 40000, "192.0.2.1", 53);
	SocketEntry *earlier = put(17, "0.0.0.0", 40000, NULL, 0, 61, "first"),
				*later = put(17, "0.0.0.0", 40000, NULL, 0, 62, "second");

	put_address("10.0.0.1");
	earlier->until = 1500;
	later->since = 1600;
	flow.first = 100, flow.last = 200;
	assert_int_equal(pid_of_flow(&flow), 61);
	flow.first = 1500, flow.last = 1599;
	assert_int_equal(pid_of_flow(&flow), 61);
	flow.first = 1501;
	assert_int_equal(pid_of_flow(&flow), -1);
	flow.first = 1590, flow.last = 1600;
	assert_int_equal(pid_of_flow(&flow), 62);
	flow.first = 1400, flow.last = 3000; /* of both: the one that had more of it */
	assert_int_equal(pid_of_flow(&flow), 62);
	flow.first = 0, flow.last = 1700;
	assert_int_equal(pid_of_flow(&flow), 61);
}

CASE(an_address_counts_as_long_as_the_host_had_it)
{
	SocketFlow flow = flow_of(17, "10.0.0.1", 40000, "192.0.2.1", 53);

	put_address("10.0.0.1");
	table->addresses[0].until = 999;
	put(17, "0.0.0.0", 40000, NULL, 0, 71, "dig");
	assert_int_equal(pid_of_flow(&flow), -1);
	flow.first = 999;
	assert_int_equal(pid_of_flow(&flow), 71);
}

CASE(the_name_comes_with_it)
{
	SocketFlow	  flow = flow_of(6, "10.0.0.1", 40000, "10.0.0.2", 443);
	SocketProcess process;
	SocketEntry	 *entry = put(6, "10.0.0.1", 40000, "10.0.0.2", 443, 81, "na\xc3\xafve");

	assert_true(socket_table_find(table, &flow, &process));
	assert_int_equal(process.name_length, 6);
	assert_memory_equal(process.name, "na\xc3\xafve", 6);
	entry->name_length = 0;
	assert_true(socket_table_find(table, &flow, &process));
	assert_int_equal(process.name_length, 0);
}

CASE(what_cannot_be_is_not_found)
{
	SocketFlow	 flow = flow_of(6, "10.0.0.1", 40000, "10.0.0.2", 443);
	SocketEntry *entry = put(6, "10.0.0.1", 40000, "10.0.0.2", 443, 91, "name");
	uint32_t	 buckets[2];

	assert_int_equal(pid_of_flow(&flow), 91);
	entry->pid = 0;
	assert_int_equal(pid_of_flow(&flow), -1);
	entry->pid = -91;
	assert_int_equal(pid_of_flow(&flow), -1);
	entry->pid = 91;
	entry->name_length = SOCKET_NAME_MAX + 1;
	assert_int_equal(pid_of_flow(&flow), -1);
	entry->name_length = 255;
	assert_int_equal(pid_of_flow(&flow), -1);
	entry->name_length = 4;
	memcpy(entry->name, "n\xff.e", 4);
	assert_int_equal(pid_of_flow(&flow), -1);
	memcpy(entry->name, "n\0me", 4);
	assert_int_equal(pid_of_flow(&flow), -1);
	memcpy(entry->name, "name", 4);
	entry->since = UINT64_MAX;
	assert_int_equal(pid_of_flow(&flow), -1);
	entry->since = 0;

	/* A writer that has died, or does not want to be read. */
	socket_buckets(table->seed, &entry->key, buckets);
	table->buckets[buckets[0]].sequence = 1;
	table->buckets[buckets[1]].sequence = 1;
	assert_int_equal(pid_of_flow(&flow), -1);
	table->buckets[buckets[0]].sequence = 2;
	table->buckets[buckets[1]].sequence = UINT32_MAX - 1;
	assert_int_equal(pid_of_flow(&flow), 91);
}

CASE(any_bytes_are_survived)
{
	Random		  numbers = random_start();
	SocketProcess process;

	for (int round = 0; round < 20; round++)
	{
		uint8_t *bytes = (uint8_t *) table;

		for (size_t i = 0; i < sizeof(*table); i += 8)
		{
			uint64_t word = random_number(&numbers) & random_number(&numbers);

			memcpy(bytes + i, &word, sizeof(word) < sizeof(*table) - i ? sizeof(word) : sizeof(*table) - i);
		}
		table->address_count = (uint32_t) random_number(&numbers);
		for (int i = 0; i < 200; i++)
		{
			uint32_t		   bucket = random_below(&numbers, SOCKET_BUCKETS);
			const SocketEntry *entry = &table->buckets[bucket].entries[random_below(&numbers, SOCKET_WAYS)];
			SocketFlow		   flow = {
						.protocol = entry->key.protocol,
						.src_port = entry->key.local_port,
						.dst_port = entry->key.remote_port,
						.first = random_number(&numbers),
						.last = UINT64_MAX,
			};

			memcpy(flow.src, entry->key.local, sizeof(flow.src));
			memcpy(flow.dst, entry->key.remote, sizeof(flow.dst));
			if (socket_table_find(table, &flow, &process))
				assert_true(process.pid > 0 && process.name_length <= SOCKET_NAME_MAX);
		}
	}
}

CASE(keys_spread)
{
	static uint32_t hits[SOCKET_BUCKETS];
	uint32_t		most = 0;

	for (uint32_t i = 0; i < 4 * SOCKET_BUCKETS; i++)
	{
		SocketKey key = {.protocol = 6, .local_port = (uint16_t) i, .remote_port = 443};
		uint32_t  buckets[2];

		key.remote[15] = (uint8_t) (i >> 16);
		socket_buckets(12345, &key, buckets);
		assert_in_range(buckets[0], 0, SOCKET_BUCKETS - 1);
		assert_in_range(buckets[1], 0, SOCKET_BUCKETS - 1);
		hits[buckets[0]]++;
	}
	for (uint32_t i = 0; i < SOCKET_BUCKETS; i++)
		most = hits[i] > most ? hits[i] : most;
	assert_in_range(most, 4, 24);
}

#define TABLE_CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		TABLE_CASE(a_connection_is_found_from_either_end),
		TABLE_CASE(whole_addresses_count),
		TABLE_CASE(of_two_ends_on_this_host_the_source_is_found),
		TABLE_CASE(udp_without_a_peer_is_found_by_its_port),
		TABLE_CASE(a_connection_that_nobody_saw_is_its_listeners),
		TABLE_CASE(a_mapped_address_is_the_ipv4_address),
		TABLE_CASE(of_sockets_that_had_the_same_port_the_one_of_the_time_is_found),
		TABLE_CASE(an_address_counts_as_long_as_the_host_had_it),
		TABLE_CASE(the_name_comes_with_it),
		TABLE_CASE(what_cannot_be_is_not_found),
		TABLE_CASE(any_bytes_are_survived),
		cmocka_unit_test(keys_spread),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
