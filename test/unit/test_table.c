/*
 * test_table.c
 *	  The table of active flows against a plain list.
 *
 * Random packets are looked up, added, touched and removed in the table and in an array that is searched from its
 * start; after every few steps both must have the same flows in the same two orders.
 */
#include "engine/flow/key.h"
#include "engine/flow/table.h"
#include "packets.h"

#define MOST_FLOWS 6000

typedef uint32_t (*Hash)(const Packet *packet, uint64_t seed);

/* The plain list: flows by creation, each with the number of its last touch. */
typedef struct Entry
{
	Packet	 packet; /* the one that created it */
	Cell	 cell;
	uint64_t touched;
} Entry;

typedef struct Plain
{
	Entry	 entries[MOST_FLOWS];
	uint32_t count;
	uint64_t touches;
} Plain;

static Plain plain;

static uint32_t
all_in_one_place(const Packet *packet __attribute__((unused)), uint64_t seed __attribute__((unused)))
{
	return 77;
}

/* A handful of neighbouring places at the array's end, whatever its size: chains run over the end to the start. */
static uint32_t
at_the_end(const Packet *packet, uint64_t seed)
{
	return UINT32_MAX - key_hash(packet, seed) % 8;
}

/* Hashes whose low bits agree in groups, so that they meet again and again while the array grows. */
static uint32_t
alike_below(const Packet *packet, uint64_t seed)
{
	return key_hash(packet, seed) & 0xFFFF003F;
}

static bool
same_endpoints(const Packet *a, const Packet *b)
{
	return a->source_port == b->source_port && a->destination_port == b->destination_port &&
		   memcmp(a->source_ip, b->source_ip, IP_ADDRESS_BYTES) == 0 &&
		   memcmp(a->destination_ip, b->destination_ip, IP_ADDRESS_BYTES) == 0;
}

/* The index of the packet's flow in the plain list, or its count. */
static uint32_t
plain_find(const Packet *packet)
{
	const Packet back = reversed(packet);
	uint32_t	 i = 0;

	for (; i < plain.count; i++)
	{
		const Packet *first = &plain.entries[i].packet;

		if ((same_endpoints(first, packet) || same_endpoints(first, &back)) &&
			first->protocol == packet->protocol && first->ip_version == packet->ip_version &&
			first->vlan_id == packet->vlan_id && first->tunnel == packet->tunnel)
			break;
	}
	return i;
}

static void
plain_remove(uint32_t i)
{
	plain.count--;
	memmove(&plain.entries[i], &plain.entries[i + 1], (plain.count - i) * sizeof(Entry));
}

static int
by_touch(const void *a, const void *b)
{
	const Entry *x = *(const Entry *const *) a,
				*y = *(const Entry *const *) b;

	return x->touched < y->touched ? -1 : x->touched > y->touched;
}

static void
expect_equal(const Table *table)
{
	static const Entry *touched[MOST_FLOWS];
	Cell				cell = table_oldest(table),
		 before = 0;

	assert_int_equal(table->count, plain.count);
	for (uint32_t i = 0; i < plain.count; i++)
	{
		assert_int_equal(cell, plain.entries[i].cell);
		assert_int_equal(table_flow(table, cell)->by_creation.before, before);
		before = cell;
		cell = table_flow(table, cell)->by_creation.after;
		touched[i] = &plain.entries[i];
	}
	assert_int_equal(cell, 0);

	qsort(touched, plain.count, sizeof(touched[0]), by_touch);
	cell = table_longest_idle(table);
	for (uint32_t i = 0; i < plain.count; i++)
	{
		assert_int_equal(cell, touched[i]->cell);
		cell = table_flow(table, cell)->by_last_packet.after;
	}
	assert_int_equal(cell, 0);
}

static Cell
add(Table *table, const Packet *packet, uint32_t hash)
{
	Cell cell = table_add(table, hash);

	flow_start(table_flow(table, cell), packet, 1, 0);
	plain.entries[plain.count++] = (Entry) {*packet, cell, ++plain.touches};
	return cell;
}

/* One packet: its flow is looked up in both, which must agree; it is then added, touched or removed. */
static void
step(Table *table, Hash hash_of, Random *numbers, uint32_t hosts, uint32_t ports, uint32_t removals)
{
	const Packet packet = random_packet(numbers, hosts, ports);
	uint32_t	 hash = hash_of(&packet, table->seed),
			 i = plain_find(&packet);
	Cell cell = table_find(table, &packet, hash);

	assert_int_equal(cell, i == plain.count ? 0 : plain.entries[i].cell);
	if (random_below(numbers, 100) < removals)
	{
		if (cell != 0)
		{
			table_remove(table, cell);
			plain_remove(i);
		}
	}
	else if (cell != 0)
	{
		table_touch(table, cell);
		plain.entries[i].touched = ++plain.touches;
	}
	else if (plain.count < MOST_FLOWS)
		add(table, &packet, hash);
	assert_true(table->count <= (table->mask + 1) / 4 * 3);
}

/* Grows for the first half of the steps, shrinks in the second. */
static void
compare(Hash hash_of, uint32_t hosts, uint32_t ports, int steps)
{
	Random numbers = random_start();
	Table  table;

	memset(&plain, 0, sizeof(plain));
	table_start(&table, random_number(&numbers), 0);
	for (int i = 0; i < steps; i++)
	{
		step(&table, hash_of, &numbers, hosts, ports, i < steps / 2 ? 20 : 80);
		if (i % 197 == 0)
			expect_equal(&table);
	}
	while (plain.count > 0)
	{
		uint32_t i = random_below(&numbers, plain.count);

		table_remove(&table, plain.entries[i].cell);
		plain_remove(i);
		if (plain.count % 61 == 0)
			expect_equal(&table);
	}
	for (uint32_t i = 0; i <= table.mask; i++)
		assert_int_equal(table.entries[i].cell, 0);
	table_end(&table);
}

CASE(few_flows_that_come_and_go)
{
	compare(key_hash, 3, 3, 20000);
}

CASE(many_flows_that_let_the_table_grow)
{
	compare(key_hash, 60, 60, 8000);
}

CASE(flows_with_one_hash)
{
	compare(all_in_one_place, 5, 4, 6000);
}

CASE(flows_at_the_end_of_the_array)
{
	compare(at_the_end, 6, 5, 10000);
}

CASE(flows_with_hashes_alike_while_the_table_grows)
{
	compare(alike_below, 30, 30, 10000);
}

CASE(empty_table_finds_nothing)
{
	const Packet packet = packet_between("10.0.0.1", 1, "10.0.0.2", 2);
	Table		 table;

	table_start(&table, 1, 0);
	for (uint32_t hash = 0; hash < 5000; hash++)
		assert_int_equal(table_find(&table, &packet, hash), 0);
	assert_int_equal(table_oldest(&table), 0);
	assert_int_equal(table_longest_idle(&table), 0);
	table_end(&table);
}

CASE(flow_is_found_both_ways)
{
	const Packet there = packet_between("10.0.0.1", 1, "10.0.0.2", 2),
				 back = reversed(&there);
	Table table;
	Cell  cell;

	table_start(&table, 1, 0);
	memset(&plain, 0, sizeof(plain));
	cell = add(&table, &there, key_hash(&there, 1));
	assert_int_equal(table_find(&table, &there, key_hash(&there, 1)), cell);
	assert_int_equal(table_find(&table, &back, key_hash(&back, 1)), cell);
	table_end(&table);
}

/* A flow with the same hash is not taken for the packet's. */
CASE(other_key_with_the_same_hash_is_not_found)
{
	const Packet one = packet_between("10.0.0.1", 1, "10.0.0.2", 2),
				 other = packet_between("10.0.0.1", 1, "10.0.0.2", 3);
	Table table;

	table_start(&table, 1, 0);
	memset(&plain, 0, sizeof(plain));
	add(&table, &one, 5);
	assert_int_equal(table_find(&table, &other, 5), 0);
	table_end(&table);
}

/* The cells of flows do not move while the table grows: what was written into them stays. */
CASE(flows_keep_their_contents_while_the_table_grows)
{
	Table table;

	table_start(&table, 1, 0);
	memset(&plain, 0, sizeof(plain));
	for (uint32_t i = 0; i < MOST_FLOWS; i++)
	{
		const Packet packet = packet_between("10.0.0.1", (uint16_t) i, "10.0.0.2", 2);

		add(&table, &packet, key_hash(&packet, 1));
	}
	assert_int_equal(table.mask + 1, 8192);
	for (uint32_t i = 0; i < MOST_FLOWS; i++)
	{
		const Packet packet = packet_between("10.0.0.1", (uint16_t) i, "10.0.0.2", 2);
		Cell		 cell = table_find(&table, &packet, key_hash(&packet, 1));

		assert_int_equal(cell, plain.entries[i].cell);
		assert_int_equal(table_flow(&table, cell)->port[0], i);
	}
	table_end(&table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_flows_that_come_and_go),
		cmocka_unit_test(many_flows_that_let_the_table_grow),
		cmocka_unit_test(flows_with_one_hash),
		cmocka_unit_test(flows_at_the_end_of_the_array),
		cmocka_unit_test(flows_with_hashes_alike_while_the_table_grows),
		cmocka_unit_test(empty_table_finds_nothing),
		cmocka_unit_test(flow_is_found_both_ways),
		cmocka_unit_test(other_key_with_the_same_hash_is_not_found),
		cmocka_unit_test(flows_keep_their_contents_while_the_table_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
