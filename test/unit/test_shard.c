/*
 * test_shard.c
 *	  Which meter gets a flow: every packet has exactly one, a flow stays together, and a busy host is split.
 */
#include "engine/flow/key.h"
#include "engine/flow/shard.h"
#include "packets.h"

/* Starts all shards of a scan. */
static void
start_all(Shards *shards, uint32_t count)
{
	for (uint32_t own = 0; own < count; own++)
		shard_start(&shards[own], count, own);
}

/* The one shard whose packet this is. */
static uint32_t
owner(const Shards *shards, uint32_t count, const Packet *packet)
{
	uint32_t found = count;

	for (uint32_t i = 0; i < count; i++)
		if (shard_is_own(&shards[i], packet))
		{
			assert_int_equal(found, count);
			found = i;
		}
	assert_int_not_equal(found, count);
	return found;
}

/* A packet between a client, 10.0.x.x, and a server on the Internet. */
static Packet
client_packet(uint32_t client, uint32_t server)
{
	Packet packet = packet_between("10.0.0.0", 40000, "93.0.0.0", 443);

	packet.source_ip[2] = (uint8_t) (client >> 8);
	packet.source_ip[3] = (uint8_t) client;
	packet.destination_ip[2] = (uint8_t) (server >> 8);
	packet.destination_ip[3] = (uint8_t) server;
	return packet;
}

/* Gives all shards a full sample, of which `packets_of_client` packets are from or to client 1, the others from or to many. */
static void
sample_with_a_busy_client(Shards *shards, uint32_t count, uint32_t packets_of_client)
{
	for (uint32_t own = 0; own < count; own++)
	{
		for (uint32_t i = 0; i < SHARD_SAMPLE_PACKETS; i++)
		{
			Packet packet = client_packet(i < packets_of_client ? 1 : 1000 + i % 5000, i % 3000);

			if (i % 2 == 1)
				packet = reversed(&packet);
			assert_int_equal(shard_sample(&shards[own], &packet), i + 1 < SHARD_SAMPLE_PACKETS);
		}
		shard_decide(&shards[own], true);
		assert_null(shards[own].sample);
	}
}

CASE(every_packet_has_one_shard)
{
	static const uint32_t counts[] = {1, 2, 3, 8, 64};
	Random				  numbers = random_start();

	for (size_t i = 0; i < LENGTH(counts); i++)
	{
		Shards shards[SHARDS_MAX];

		start_all(shards, counts[i]);
		for (int j = 0; j < 500; j++)
		{
			const Packet packet = random_packet(&numbers, UINT32_MAX, 65536);

			owner(shards, counts[i], &packet);
		}
	}
}

CASE(every_shard_gets_its_share_of_the_hosts)
{
	enum
	{
		COUNT = 8,
		HOSTS = 8000
	};
	Shards	 shards[COUNT];
	uint32_t packets[COUNT] = {0};

	start_all(shards, COUNT);
	for (uint32_t host = 0; host < HOSTS; host++)
	{
		const Packet packet = client_packet(host, 1);

		packets[owner(shards, COUNT, &packet)]++;
	}
	for (int i = 0; i < COUNT; i++)
		assert_uint_in_range(packets[i], 850, 1150); /* 1000 +- 5 standard deviations */
}

CASE(shard_is_the_hosts)
{
	enum
	{
		COUNT = 8
	};
	Shards shards[COUNT];

	start_all(shards, COUNT);
	for (uint32_t client = 0; client < 100; client++)
	{
		const Packet first = client_packet(client, 0);

		for (uint32_t server = 1; server < 20; server++)
		{
			Packet packet = client_packet(client, server);

			packet.source_port = (uint16_t) server;
			packet.protocol = TCP;
			assert_int_equal(owner(shards, COUNT, &packet), owner(shards, COUNT, &first));
		}
	}
}

CASE(both_directions_are_in_one_shard)
{
	enum
	{
		COUNT = 8
	};
	Random numbers = random_start();
	Shards shards[COUNT];

	start_all(shards, COUNT);
	for (int i = 0; i < 2000; i++)
	{
		const Packet there = random_packet(&numbers, UINT32_MAX, 65536),
					 back = reversed(&there);

		assert_int_equal(owner(shards, COUNT, &there), owner(shards, COUNT, &back));
	}
}

CASE(busy_host_is_split_by_its_peers)
{
	enum
	{
		COUNT = 4,
		SERVERS = 4000
	};
	Shards	 shards[COUNT];
	uint32_t packets[COUNT] = {0};

	start_all(shards, COUNT);
	sample_with_a_busy_client(shards, COUNT, SHARD_SAMPLE_PACKETS / 2);
	assert_int_equal(shards[0].busy_count, 1);
	for (uint32_t server = 0; server < SERVERS; server++)
	{
		const Packet there = client_packet(1, server),
					 back = reversed(&there);

		assert_int_equal(owner(shards, COUNT, &there), owner(shards, COUNT, &back));
		packets[owner(shards, COUNT, &there)]++;
	}
	for (int i = 0; i < COUNT; i++)
		assert_uint_in_range(packets[i], 850, 1150);
}

CASE(other_hosts_are_not_split_beside_a_busy_one)
{
	enum
	{
		COUNT = 4
	};
	Shards before[COUNT],
		shards[COUNT];

	start_all(before, COUNT);
	start_all(shards, COUNT);
	sample_with_a_busy_client(shards, COUNT, SHARD_SAMPLE_PACKETS / 2);
	for (uint32_t client = 1000; client < 1100; client++)
		for (uint32_t server = 0; server < 20; server++)
		{
			const Packet packet = client_packet(client, server);

			assert_int_equal(owner(shards, COUNT, &packet), owner(before, COUNT, &packet));
		}
}

/* Busy is who has more than a shard's share of the packets, and not who has just that. */
CASE(host_with_its_share_is_not_busy)
{
	enum
	{
		COUNT = 4
	};
	Shards shards[COUNT];

	start_all(shards, COUNT);
	sample_with_a_busy_client(shards, COUNT, SHARD_SAMPLE_PACKETS / 4);
	assert_int_equal(shards[0].busy_count, 0);

	start_all(shards, COUNT);
	sample_with_a_busy_client(shards, COUNT, SHARD_SAMPLE_PACKETS / 4 + 1);
	assert_int_equal(shards[0].busy_count, 1);
}

/* Two busy hosts that talk to each other: one shard for all that they say, the same from both ends. */
CASE(conversation_of_two_busy_hosts_stays_together)
{
	enum
	{
		COUNT = 8
	};
	Shards		 shards[COUNT];
	const Packet there = packet_between("10.0.0.1", 1, "10.0.0.2", 2),
				 back = reversed(&there);

	start_all(shards, COUNT);
	for (uint32_t own = 0; own < COUNT; own++)
	{
		for (uint32_t i = 0; i < SHARD_SAMPLE_PACKETS; i++)
		{
			const Packet first = packet_between("10.0.0.1", 1, "8.8.8.8", 2),
						 second = packet_between("10.0.0.2", 1, "8.8.8.8", 2);

			shard_sample(&shards[own], i % 2 == 0 ? &first : &second);
		}
		shard_decide(&shards[own], true);
		assert_int_equal(shards[own].busy_count, 2);
	}
	assert_int_equal(owner(shards, COUNT, &there), owner(shards, COUNT, &back));
}

/*
 * Hosts that are all busy, and talk to each other: the packets of the highest of them are split as well, though it is
 * never the host that decides.
 */
CASE(conversations_of_busy_hosts_are_split)
{
	enum
	{
		COUNT = 32,
		HOSTS = 30
	};
	Shards	 shards[COUNT];
	bool	 used[COUNT] = {false};
	unsigned of_the_highest = 0;

	start_all(shards, COUNT);
	for (uint32_t own = 0; own < COUNT; own++)
	{
		for (uint32_t i = 0; i < SHARD_SAMPLE_PACKETS; i++)
		{
			const Packet packet = client_packet(i % HOSTS, 1);

			shard_sample(&shards[own], &packet);
		}
		shard_decide(&shards[own], true);
		assert_int_equal(shards[own].busy_count, HOSTS);
	}
	for (uint8_t host = 0; host < HOSTS - 1; host++)
	{
		Packet packet = packet_between("10.0.0.0", 1, "10.0.0.29", 2);

		packet.source_ip[3] = host;
		used[owner(shards, COUNT, &packet)] = true;
	}
	for (int i = 0; i < COUNT; i++)
		of_the_highest += used[i];
	assert_uint_in_range(of_the_highest, 10, HOSTS - 1);
}

static uint32_t
busy_hosts_of(uint32_t packets, bool more)
{
	Shards		 shards;
	const Packet packet = client_packet(1, 1);

	shard_start(&shards, 4, 0);
	for (uint32_t i = 0; i < packets; i++)
		shard_sample(&shards, &packet);
	shard_decide(&shards, more);
	assert_null(shards.sample);
	return shards.busy_count;
}

/* A capture that the sample covers is too small to gain from splitting. */
CASE(sample_that_is_all_there_is_splits_nobody)
{
	assert_int_equal(busy_hosts_of(SHARD_SAMPLE_PACKETS, false), 0);
	assert_int_equal(busy_hosts_of(SHARD_SAMPLE_PACKETS, true), 1);
}

/* Where a filter lets few packets pass, those that do are enough, if they are not too few. */
CASE(sample_that_is_not_full_splits_if_it_tells_something)
{
	assert_int_equal(busy_hosts_of(SHARD_SAMPLE_LEAST - 1, true), 0);
	assert_int_equal(busy_hosts_of(SHARD_SAMPLE_LEAST, true), 1);
}

CASE(no_sample_splits_nobody)
{
	Shards shards;

	shard_start(&shards, 4, 0);
	shard_decide(&shards, true);
	assert_int_equal(shards.busy_count, 0);
}

/* As many busy hosts as there can be: 63 of 64 shards' shares. */
CASE(as_many_busy_hosts_as_there_can_be)
{
	Shards shards;

	shard_start(&shards, SHARDS_MAX, 0);
	for (uint32_t i = 0; i < SHARD_SAMPLE_PACKETS; i++)
	{
		const Packet packet = client_packet(i % (SHARDS_MAX - 1), 1);

		shard_sample(&shards, &packet);
	}
	shard_decide(&shards, true);
	assert_int_equal(shards.busy_count, SHARDS_MAX - 1);
}

CASE(sample_of_as_many_hosts_as_packets_is_held)
{
	Shards shards;

	shard_start(&shards, 64, 0);
	for (uint32_t i = 0; i < SHARD_SAMPLE_PACKETS; i++)
	{
		const Packet packet = client_packet(i, 1);

		shard_sample(&shards, &packet);
	}
	shard_decide(&shards, true);
	assert_int_equal(shards.busy_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packet_has_one_shard),
		cmocka_unit_test(every_shard_gets_its_share_of_the_hosts),
		cmocka_unit_test(shard_is_the_hosts),
		cmocka_unit_test(both_directions_are_in_one_shard),
		cmocka_unit_test(busy_host_is_split_by_its_peers),
		cmocka_unit_test(other_hosts_are_not_split_beside_a_busy_one),
		cmocka_unit_test(host_with_its_share_is_not_busy),
		cmocka_unit_test(conversation_of_two_busy_hosts_stays_together),
		cmocka_unit_test(conversations_of_busy_hosts_are_split),
		cmocka_unit_test(sample_that_is_all_there_is_splits_nobody),
		cmocka_unit_test(sample_that_is_not_full_splits_if_it_tells_something),
		cmocka_unit_test(no_sample_splits_nobody),
		cmocka_unit_test(as_many_busy_hosts_as_there_can_be),
		cmocka_unit_test(sample_of_as_many_hosts_as_packets_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
