/*
 * test_engine_shards.c
 *	  Long captures: the shards of one scan, and what is told on the way.
 */
#include "engine/flow/shard.h"
#include "engine_run.h"
#include "wire/order.h"

/* A long capture, of which two thirds of the packets are from 10.0.0.1 to many others, and one from others to them. */
static int
long_capture(uint32_t packets, uint64_t *size)
{
	File file = pcap_start(ETHERNET);
	int	 descriptor = file_of(file.bytes, file.length);

	*size = file.length;
	for (uint32_t i = 0; i < packets; i++)
	{
		file.length = 0;
		pcap_record(&file, 1000 + i / 1000, 0, 60, 60, 0, 0);
		put_udp(&file, (uint16_t) (i % 7 * 1000), (uint8_t) (i * 31 % 251));
		if (i % 3 == 0)
			file.bytes[16 + 29] = (uint8_t) (2 + i % 100); /* the source */
		file_write(descriptor, *size, file.bytes, file.length);
		*size += file.length;
	}
	return descriptor;
}

/* The shards' records in the one order, as the leader merges them. */
static void
merge_shards(const Scan shards[], uint32_t count, Scan *all)
{
	OrderStream streams[8] = {0};
	unsigned	sent[8] = {0};
	RecordOrder order = {request_order_rule(&shards[0].request), count, streams};
	OrderNext	next;
	uint32_t	from;

	assert_true(count <= LENGTH(streams));
	do
	{
		for (uint32_t i = 0; i < count; i++)
		{
			Record record;

			if (streams[i].has_record || streams[i].ended)
				continue;
			if (sent[i] == shards[i].count)
			{
				assert_null(order_end(&streams[i]));
				continue;
			}
			record = record_number(&shards[i], sent[i]++);
			assert_null(order_record(order.rule, &streams[i], record.left, record.first));
		}
		next = order_next(&order, &from);
		assert_int_not_equal(next, ORDER_WAIT);
		if (next == ORDER_RECORD)
			all->kept[all->count++] = shards[from].kept[sent[from] - 1];
	} while (next != ORDER_END);
}

static Scan *
scan_of_descriptor(int descriptor, uint64_t size)
{
	Scan *scan = scan_of(NULL, NULL);

	scan->sources[0] = descriptor;
	scan->sizes[0] = size;
	scan->request.files = 1;
	return scan;
}

static bool
has_flow_of_busy_host(const Scan *scan)
{
	for (unsigned i = 0; i < scan->count; i++)
		if (memcmp(record_number(scan, i).values[column_of_flow("src_ip")].b.bytes, "\x0a\0\0\1", 4) == 0)
			return true;
	return false;
}

/*
 * With a sample that is full, and one host that is busy, of which each shard has a part: the shards' records, merged by
 * place, are those of one meter.
 */
CASE(shards_together_are_one_meter)
{
	uint64_t size;
	int		 descriptor = long_capture(SHARD_SAMPLE_PACKETS + 5000, &size);
	Scan	*one = scan_of_descriptor(descriptor, size),
		 *shards = calloc(4, sizeof(*shards)),
		 *all = scan_of(NULL, NULL);

	run(one);
	assert_int_equal(one->count, counter(one, COUNTER_FLOWS));
	for (uint32_t i = 0; i < 4; i++)
	{
		Scan *shard = &shards[i];

		shard->request = one->request;
		shard->request.shards = 4;
		shard->request.shard = i;
		shard->sources[0] = descriptor;
		shard->sizes[0] = size;
		run(shard);
		assert_int_equal(counter(shard, COUNTER_PACKETS_READ), SHARD_SAMPLE_PACKETS + 5000);
		account_add(&all->account, &shard->account, request_account_rule(&shard->request));
		assert_true(has_flow_of_busy_host(shard));
	}
	merge_shards(shards, 4, all);
	assert_int_equal(all->count, one->count);
	for (unsigned i = 0; i < one->count; i++)
	{
		assert_int_equal(all->kept[i].length, one->kept[i].length);
		assert_memory_equal(all->kept[i].bytes, one->kept[i].bytes, one->kept[i].length);
	}
	assert_int_equal(counter(all, COUNTER_PACKETS_METERED), SHARD_SAMPLE_PACKETS + 5000);
	assert_true(account_adds_up(&all->account));
	end(one);
	free(shards);
	end(all);
}

/* What is sampled is not what happens to come first: a source of four packets, and then the busy host. */
CASE(busy_host_of_a_later_source_is_split)
{
	const File tiny = two_flows(999);
	Scan	  *scan = scan_of(&tiny, NULL);

	scan->sources[1] = long_capture(SHARD_SAMPLE_PACKETS + 5000, &scan->sizes[1]);
	scan->request.files = 2;
	scan->request.shards = 4;
	for (scan->request.shard = 0; scan->request.shard < 4; scan->request.shard++)
	{
		run(scan);
		assert_int_equal(scan->opened, 4);
		assert_int_equal(counter(scan, COUNTER_PACKETS_READ), SHARD_SAMPLE_PACKETS + 5004);
		assert_true(has_flow_of_busy_host(scan));
	}
	end(scan);
}

/* A filter that lets one packet in seven pass: the sample looks at no more than it may, and still finds the busy host. */
CASE(busy_host_is_found_behind_a_filter)
{
	uint64_t size;
	int		 descriptor = long_capture(6 * SHARD_SAMPLE_PACKETS, &size);
	Scan	*scan = scan_of_descriptor(descriptor, size);

	scan->filter = "src port 3000";
	scan->request.shards = 4;
	for (scan->request.shard = 0; scan->request.shard < 4; scan->request.shard++)
	{
		run(scan);
		assert_true(has_flow_of_busy_host(scan));
	}
	end(scan);
}

/* Who watches from outside sees a meter move though there is no packet for it to show. */
CASE(progress_without_packets)
{
	File				 file = {0};
	uint64_t			 size;
	int					 descriptor;
	Scan				*scan;
	static const uint8_t nothing[1 << 20];

	ng_section(&file);
	descriptor = file_of(file.bytes, file.length);
	size = file.length;
	for (int i = 0; i < 8; i++)
	{
		const uint32_t head[] = {0x0bad, sizeof(nothing) + 12};

		file_write(descriptor, size, (const uint8_t *) head, sizeof(head));
		file_write(descriptor, size + sizeof(head), nothing, sizeof(nothing));
		file_write(descriptor, size + sizeof(head) + sizeof(nothing), (const uint8_t *) &head[1], 4);
		size += sizeof(nothing) + 12;
	}
	scan = scan_of_descriptor(descriptor, size);
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->damages, 0);
	assert_int_equal(counter(scan, COUNTER_BYTES_READ), size);
	assert_true(scan->progress.pieces >= 8);
	end(scan);
}

CASE(place_is_told_now_and_then)
{
	uint64_t size;
	int		 descriptor = long_capture(40000, &size);
	Scan	*scan = scan_of_descriptor(descriptor, size);
	unsigned came = 0;

	run(scan);
	assert_int_equal(scan->places, 2);
	assert_int_equal(scan->place.packets_read, 32768);
	assert_int_equal(scan->place.left, 2 * 32768 + 1);
	assert_uint_in_range(scan->place.bytes_read, 24 + 32767 * 76, 24 + 32768 * 76);
	for (unsigned i = 0; i < scan->count; i++)
		came += record_number(scan, i).first <= 32768;
	assert_int_equal(scan->place.active_flows, came);
	end(scan);
}

CASE(reading_ends_with_the_last_flow_that_is_wanted)
{
	File  file = two_flows(1000);
	Scan *scan;

	pcap_udp(&file, 2000, 3);
	pcap_udp(&file, 2001, 4);
	scan = scan_of(&file, NULL);
	scan->request.max_nflows = 1;
	run(scan);
	assert_true(scan->succeeded);
	assert_int_equal(scan->count, 1);
	assert_int_equal(counter(scan, COUNTER_PACKETS_READ), 5);
	assert_int_equal(counter(scan, COUNTER_FLOWS_GIVEN_UP), 2);
	assert_int_equal(counter(scan, COUNTER_PACKETS_GIVEN_UP), 3);
	end(scan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shards_together_are_one_meter),
		cmocka_unit_test(busy_host_of_a_later_source_is_split),
		cmocka_unit_test(busy_host_is_found_behind_a_filter),
		cmocka_unit_test(progress_without_packets),
		cmocka_unit_test(place_is_told_now_and_then),
		cmocka_unit_test(reading_ends_with_the_last_flow_that_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
