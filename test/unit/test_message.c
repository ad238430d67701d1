/*
 * test_message.c
 *	  Which message may come from whom, how long, and when.
 */
#include "cases.h"
#include "wire/message.h"
#include "wire/request.h"

#define SENDERS 2

/* message.h's picture of the conversation, and what each body is. */
static const struct
{
	uint32_t	  type;
	MessageSender sender;
	uint32_t	  least;
	uint32_t	  most;
} expected[] = {
	{MESSAGE_REQUEST, SENT_BY_OWNER, sizeof(RequestHeader), REQUEST_BYTES_MAX},
	{MESSAGE_FILE, SENT_BY_OWNER, 16, 16},
	{MESSAGE_HELLO, SENT_BY_METER, 4 + 32 + 64 + 96, 4 + 32 + 64 + 96},
	{MESSAGE_NEXT_FILE, SENT_BY_METER, 4, 4},
	{MESSAGE_RECORDS, SENT_BY_METER, 1, 4 << 20},
	{MESSAGE_PLACE, SENT_BY_METER, 72, 72},
	{MESSAGE_DAMAGE, SENT_BY_METER, 4 + 4 + 4 + 4 + 8 + 8 + 1024 + 2048, 4 + 4 + 4 + 4 + 8 + 8 + 1024 + 2048},
	{MESSAGE_FAILURE, SENT_BY_METER, 4 + 4 + 4 + 4 + 8 + 8 + 1024 + 2048, 4 + 4 + 4 + 4 + 8 + 8 + 1024 + 2048},
	{MESSAGE_END, SENT_BY_METER, 8 * COUNTERS, 8 * COUNTERS},
	{MESSAGE_APPLICATION, SENT_BY_METER, 4 + 2 * 64, 4 + 2 * 64},
	{MESSAGE_OVERLAP, SENT_BY_METER, 4 + 4 + 8 + 8, 4 + 4 + 8 + 8},
	{MESSAGE_ORDER, SENT_BY_METER, 4, 4 << 20},
	{MESSAGE_TAKE_FILE, SENT_BY_METER, 4, 4},
	{MESSAGE_TAKEN_FILE, SENT_BY_OWNER, 4, 4},
	{MESSAGE_FILE_END, SENT_BY_METER, 8, 8},
	{MESSAGE_DESCRIPTION, SENT_BY_METER, 2, 256 << 10},
	{MESSAGE_PLUGINS, SENT_BY_OWNER, 8, 8},
	{MESSAGE_PRINTED, SENT_BY_METER, 8, 8 + 1023},
	{MESSAGE_OPENED, SENT_BY_METER, 4, 4},
	{MESSAGE_JOIN, SENT_BY_OWNER, 4, 4},
	{MESSAGE_JOINED, SENT_BY_METER, 4, 4},
	{MESSAGE_READY, SENT_BY_METER, 4, 4},
	{MESSAGE_CAPTURE, SENT_BY_OWNER, 4, 4},
	{MESSAGE_STOP, SENT_BY_OWNER, 4, 4},
	{MESSAGE_CONDITION, SENT_BY_OWNER, 1, 1 << 20},
	{MESSAGE_FILE_TIMES, SENT_BY_METER, 4 + 4 + 8 + 8 + 8 + 4 + 4, 4 + 4 + 8 + 8 + 8 + 4 + 4},
};

CASE(every_message_is_known)
{
	assert_int_equal(LENGTH(expected), MESSAGE_TYPES - 1);
	for (size_t i = 0; i < LENGTH(expected); i++)
		assert_int_equal(expected[i].type, i + 1);
}

CASE(messages_come_from_their_senders_only)
{
	for (size_t i = 0; i < LENGTH(expected); i++)
		for (int sender = 0; sender < SENDERS; sender++)
		{
			assert_int_equal(message_allowed((MessageSender) sender, expected[i].type, expected[i].least),
							 (MessageSender) sender == expected[i].sender);
			assert_int_equal(message_allowed((MessageSender) sender, expected[i].type, expected[i].most),
							 (MessageSender) sender == expected[i].sender);
		}
}

CASE(messages_are_neither_longer_nor_shorter)
{
	for (size_t i = 0; i < LENGTH(expected); i++)
	{
		assert_false(message_allowed(expected[i].sender, expected[i].type, expected[i].least - 1));
		assert_false(message_allowed(expected[i].sender, expected[i].type, expected[i].most + 1));
		assert_false(message_allowed(expected[i].sender, expected[i].type, 0));
		assert_false(message_allowed(expected[i].sender, expected[i].type, UINT32_MAX));
	}
}

CASE(other_types_are_refused)
{
	static const uint32_t others[] = {0, MESSAGE_TYPES, MESSAGE_TYPES + 1, 256, INT32_MAX, UINT32_MAX};

	for (size_t i = 0; i < LENGTH(others); i++)
		for (int sender = 0; sender < SENDERS; sender++)
			for (uint32_t length = 0; length < 5000; length++)
				assert_false(message_allowed((MessageSender) sender, others[i], length));
}

CASE(conversation_of_one_source_is_in_order)
{
	static const uint32_t types[] = {MESSAGE_HELLO, MESSAGE_NEXT_FILE, MESSAGE_RECORDS, MESSAGE_PLACE, MESSAGE_RECORDS,
									 MESSAGE_DAMAGE, MESSAGE_NEXT_FILE, MESSAGE_RECORDS, MESSAGE_END};
	uint32_t			  last = 0;

	for (size_t i = 0; i < LENGTH(types); i++)
	{
		assert_true(message_in_order(&last, types[i]));
		assert_int_equal(last, types[i]);
	}
}

CASE(conversation_of_an_interface_is_in_order)
{
	static const uint32_t types[] = {MESSAGE_HELLO, MESSAGE_OPENED, MESSAGE_JOINED, MESSAGE_READY, MESSAGE_PLACE,
									 MESSAGE_RECORDS, MESSAGE_PLACE, MESSAGE_PLACE, MESSAGE_RECORDS, MESSAGE_FAILURE};
	uint32_t			  last = 0;

	for (size_t i = 0; i < LENGTH(types); i++)
		assert_true(message_in_order(&last, types[i]));
	assert_false(message_in_order(&last, MESSAGE_RECORDS));
}

CASE(first_message_is_hello_or_failure)
{
	for (uint32_t type = 1; type < MESSAGE_TYPES; type++)
	{
		uint32_t last = 0;

		assert_int_equal(message_in_order(&last, type), type == MESSAGE_HELLO || type == MESSAGE_FAILURE);
	}
}

CASE(hello_is_said_once)
{
	for (uint32_t before = 1; before < MESSAGE_TYPES; before++)
	{
		uint32_t last = before;

		assert_false(message_in_order(&last, MESSAGE_HELLO));
	}
}

CASE(nothing_follows_the_end)
{
	for (uint32_t type = 1; type < MESSAGE_TYPES; type++)
	{
		uint32_t last = MESSAGE_END;

		assert_false(message_in_order(&last, type));
	}
}

CASE(nothing_follows_a_failure)
{
	for (uint32_t type = 1; type < MESSAGE_TYPES; type++)
	{
		uint32_t last = MESSAGE_FAILURE;

		assert_false(message_in_order(&last, type));
	}
}

CASE(failure_may_come_at_any_time)
{
	static const uint32_t before[] = {0, MESSAGE_HELLO, MESSAGE_NEXT_FILE, MESSAGE_RECORDS, MESSAGE_PLACE,
									  MESSAGE_DAMAGE};

	for (size_t i = 0; i < LENGTH(before); i++)
	{
		uint32_t last = before[i];

		assert_true(message_in_order(&last, MESSAGE_FAILURE));
	}
}

/* A record of the longest kind (all columns, SPLT of 65,535 packets) fits a message. */
CASE(longest_record_fits_a_message)
{
	assert_true(MESSAGE_BODY_MAX > 3u * 65535 * sizeof(int64_t) + COLUMNS_MAX * 512);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_is_known),
		cmocka_unit_test(messages_come_from_their_senders_only),
		cmocka_unit_test(messages_are_neither_longer_nor_shorter),
		cmocka_unit_test(other_types_are_refused),
		cmocka_unit_test(conversation_of_one_source_is_in_order),
		cmocka_unit_test(conversation_of_an_interface_is_in_order),
		cmocka_unit_test(first_message_is_hello_or_failure),
		cmocka_unit_test(hello_is_said_once),
		cmocka_unit_test(nothing_follows_the_end),
		cmocka_unit_test(nothing_follows_a_failure),
		cmocka_unit_test(failure_may_come_at_any_time),
		cmocka_unit_test(longest_record_fits_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
