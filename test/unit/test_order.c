/*
 * test_order.c
 *	  The three orders of a scan's records, and what cannot have come in them.
 */
#include "cases.h"
#include "wire/order.h"
#include "wire/record.h"

#define STREAMS_MOST 3

typedef struct Streams
{
	RecordOrder order;
	OrderStream list[STREAMS_MOST];
} Streams;

static void
start(Streams *streams, OrderRule rule, uint32_t count)
{
	*streams = (Streams) {.order = {.rule = rule, .count = count}};
	streams->order.streams = streams->list;
}

static void
record_comes(Streams *streams, uint32_t stream, uint64_t left, uint64_t first)
{
	assert_null(order_record(streams->order.rule, &streams->list[stream], left, first));
}

static void
place_comes(Streams *streams, uint32_t stream, uint64_t place)
{
	assert_null(order_place(streams->order.rule, &streams->list[stream], place));
}

static void
file_comes(Streams *streams, uint32_t stream, uint32_t turn)
{
	assert_null(order_file(streams->order.rule, &streams->list[stream], turn, 10));
}

static void
end_comes(Streams *streams, uint32_t stream)
{
	assert_null(order_end(&streams->list[stream]));
}

static void
expect_next(Streams *streams, OrderNext next, uint32_t stream)
{
	uint32_t got = UINT32_MAX;

	assert_int_equal(order_next(&streams->order, &got), next);
	if (next == ORDER_RECORD || next == ORDER_FILE_END)
		assert_int_equal(got, stream);
}

#define EXPECT_RECORD(streams, stream)	 expect_next(streams, ORDER_RECORD, stream)
#define EXPECT_FILE_END(streams, stream) expect_next(streams, ORDER_FILE_END, stream)
#define EXPECT_WAIT(streams)			 expect_next(streams, ORDER_WAIT, 0)
#define EXPECT_END(streams)				 expect_next(streams, ORDER_END, 0)

/* ------------------------------------------------------------------------------------------------------------- of places */

CASE(least_record_is_next_once_all_streams_have_one)
{
	Streams streams;

	start(&streams, ORDER_OF_PLACES, 2);
	record_comes(&streams, 0, 8, 3);
	EXPECT_WAIT(&streams);
	record_comes(&streams, 1, 8, 2);
	EXPECT_RECORD(&streams, 1);
	EXPECT_WAIT(&streams);
	record_comes(&streams, 1, RECORD_LEFT_AT_END, 4);
	EXPECT_RECORD(&streams, 0);
	EXPECT_WAIT(&streams);
	end_comes(&streams, 0);
	EXPECT_RECORD(&streams, 1);
	EXPECT_WAIT(&streams);
	end_comes(&streams, 1);
	EXPECT_END(&streams);
}

CASE(record_waits_for_the_places_of_streams_without_one)
{
	Streams streams;

	start(&streams, ORDER_OF_PLACES, 3);
	record_comes(&streams, 0, 8, 3);
	place_comes(&streams, 1, 9);
	place_comes(&streams, 2, 7);
	EXPECT_WAIT(&streams);
	place_comes(&streams, 2, 8);
	EXPECT_RECORD(&streams, 0);
	EXPECT_WAIT(&streams);
}

/* Random streams, cut out of one ascending row, come out as that row, whatever the order in which they come. */
CASE(random_streams_come_out_in_order_of_places)
{
	Random random = random_start();

	for (unsigned round = 0; round < 200; round++)
	{
		uint64_t left[100];
		uint32_t from[100];
		unsigned sent[STREAMS_MOST] = {0},
				 got = 0;
		Streams streams;

		start(&streams, ORDER_OF_PLACES, STREAMS_MOST);
		for (unsigned i = 0; i < LENGTH(left); i++)
		{
			left[i] = (i == 0 ? 2 : left[i - 1]) + random_below(&random, 3);
			from[i] = random_below(&random, STREAMS_MOST);
		}
		for (;;)
		{
			uint32_t  stream = random_below(&random, STREAMS_MOST);
			unsigned *at = &sent[stream];
			OrderNext next;

			if (!streams.list[stream].has_record && !streams.list[stream].ended)
			{
				while (*at < LENGTH(left) && from[*at] != stream)
					++*at;
				if (*at == LENGTH(left))
					end_comes(&streams, stream);
				else
				{
					record_comes(&streams, stream, left[*at], *at + 1);
					++*at;
				}
			}
			next = order_next(&streams.order, &stream);
			if (next == ORDER_END)
				break;
			if (next == ORDER_RECORD)
				assert_int_equal(streams.list[stream].first, ++got);
		}
		assert_int_equal(got, LENGTH(left));
	}
}

CASE(what_cannot_have_come_in_order_of_places)
{
	Streams		 streams;
	OrderStream *stream = &streams.list[0];

	start(&streams, ORDER_OF_PLACES, 1);
	place_comes(&streams, 0, 9);
	assert_non_null(order_place(ORDER_OF_PLACES, stream, 9));
	assert_non_null(order_record(ORDER_OF_PLACES, stream, 9, 2));
	record_comes(&streams, 0, 10, 2);
	EXPECT_RECORD(&streams, 0);
	assert_non_null(order_record(ORDER_OF_PLACES, stream, 10, 2));
	assert_non_null(order_record(ORDER_OF_PLACES, stream, 10, 1));
	assert_non_null(order_place(ORDER_OF_PLACES, stream, 9));
	assert_non_null(order_place(ORDER_OF_PLACES, stream, RECORD_LEFT_AT_END));
	assert_non_null(order_file(ORDER_OF_PLACES, stream, 0, 10));
	assert_non_null(order_file_end(stream));
	record_comes(&streams, 0, 10, 3);
}

/* -------------------------------------------------------------------------------------------------------------- of files */

CASE(files_are_taken_in_their_turns)
{
	Streams streams;

	start(&streams, ORDER_OF_FILES, 2);
	file_comes(&streams, 0, 1);
	record_comes(&streams, 0, 2, 1);
	EXPECT_WAIT(&streams);
	file_comes(&streams, 1, 0);
	EXPECT_WAIT(&streams);
	record_comes(&streams, 1, 200, 100);
	EXPECT_RECORD(&streams, 1);
	EXPECT_WAIT(&streams);
	assert_null(order_file_end(&streams.list[1]));
	EXPECT_FILE_END(&streams, 1);
	EXPECT_RECORD(&streams, 0);
	file_comes(&streams, 1, 2);
	assert_null(order_file_end(&streams.list[1]));
	EXPECT_WAIT(&streams);
	assert_null(order_file_end(&streams.list[0]));
	EXPECT_FILE_END(&streams, 0);
	EXPECT_FILE_END(&streams, 1);
	EXPECT_WAIT(&streams);
	assert_null(order_file(ORDER_OF_FILES, &streams.list[0], 10, 10));
	end_comes(&streams, 0);
	EXPECT_WAIT(&streams);
	end_comes(&streams, 1);
	EXPECT_END(&streams);
}

/* Each file's places begin anew, and nothing comes without a file. */
CASE(what_cannot_have_come_in_order_of_files)
{
	Streams		 streams;
	OrderStream *stream = &streams.list[0];

	start(&streams, ORDER_OF_FILES, 1);
	assert_non_null(order_record(ORDER_OF_FILES, stream, 2, 1));
	assert_non_null(order_file_end(stream));
	file_comes(&streams, 0, 0);
	assert_non_null(order_file(ORDER_OF_FILES, stream, 1, 10));
	record_comes(&streams, 0, 20, 10);
	EXPECT_RECORD(&streams, 0);
	assert_non_null(order_record(ORDER_OF_FILES, stream, 18, 10));
	assert_non_null(order_end(stream));
	assert_null(order_file_end(stream));
	assert_non_null(order_file_end(stream));
	assert_non_null(order_record(ORDER_OF_FILES, stream, 30, 11));
	EXPECT_FILE_END(&streams, 0);
	file_comes(&streams, 0, 1);
	record_comes(&streams, 0, 2, 1);
}

/* ------------------------------------------------------------------------------------------------------------ of arrival */

CASE(what_has_arrived_waits_for_nobody)
{
	Streams streams;

	start(&streams, ORDER_OF_ARRIVAL, 3);
	EXPECT_WAIT(&streams);
	record_comes(&streams, 2, 400, 100);
	EXPECT_RECORD(&streams, 2);
	record_comes(&streams, 1, 2, 1);
	EXPECT_RECORD(&streams, 1);
	EXPECT_WAIT(&streams);
	end_comes(&streams, 0);
	end_comes(&streams, 1);
	record_comes(&streams, 2, 401, 90);
	end_comes(&streams, 2);
	EXPECT_RECORD(&streams, 2);
	EXPECT_END(&streams);
}

CASE(streams_that_have_records_take_turns)
{
	Streams streams;

	start(&streams, ORDER_OF_ARRIVAL, 3);
	for (uint64_t i = 1; i <= 6; i++)
	{
		for (uint32_t stream = 0; stream < 3; stream++)
			if (!streams.list[stream].has_record)
				record_comes(&streams, stream, 2 * i, i);
		EXPECT_RECORD(&streams, (uint32_t) i % 3);
	}
}

/* While nothing comes flows leave at one place, again and again, the later begun perhaps first; nothing goes back. */
CASE(what_cannot_have_come_in_order_of_arrival)
{
	Streams		 streams;
	OrderStream *stream = &streams.list[0];

	start(&streams, ORDER_OF_ARRIVAL, 1);
	record_comes(&streams, 0, 21, 9);
	EXPECT_RECORD(&streams, 0);
	place_comes(&streams, 0, 21);
	place_comes(&streams, 0, 21);
	record_comes(&streams, 0, 21, 3);
	EXPECT_RECORD(&streams, 0);
	place_comes(&streams, 0, 31);
	assert_non_null(order_record(ORDER_OF_ARRIVAL, stream, 30, 10));
	assert_non_null(order_place(ORDER_OF_ARRIVAL, stream, 29));
	assert_non_null(order_file(ORDER_OF_ARRIVAL, stream, 0, 10));
	record_comes(&streams, 0, 40, 12);
	EXPECT_RECORD(&streams, 0);
	assert_non_null(order_record(ORDER_OF_ARRIVAL, stream, 39, 13));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_record_is_next_once_all_streams_have_one),
		cmocka_unit_test(record_waits_for_the_places_of_streams_without_one),
		cmocka_unit_test(random_streams_come_out_in_order_of_places),
		cmocka_unit_test(what_cannot_have_come_in_order_of_places),
		cmocka_unit_test(files_are_taken_in_their_turns),
		cmocka_unit_test(what_cannot_have_come_in_order_of_files),
		cmocka_unit_test(what_has_arrived_waits_for_nobody),
		cmocka_unit_test(streams_that_have_records_take_turns),
		cmocka_unit_test(what_cannot_have_come_in_order_of_arrival),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
