/*
 * test_request_live.c
 *	  A request for an interface.
 */
#include "cases.h"
#include "wire/request.h"

static MeterRequest
live_request(void)
{
	MeterRequest request;

	request_defaults(&request);
	assert_false(request_is_live(&request));
	assert_int_equal(request.promiscuous_mode, 1);
	assert_int_equal(request.snapshot_length, 1536);
	assert_int_equal(request.socket_buffer_size, 0);
	assert_int_equal(request.expire_on_end, 0);
	assert_int_equal(request_order_rule(&request), ORDER_OF_PLACES);
	assert_int_equal(request_account_rule(&request), ACCOUNT_OF_SHARDS);
	request.interface = (RequestText) {"enp0s31f6.12345", 15};
	request_add_all_columns(&request);
	return request;
}

static void
expect_refusal(const MeterRequest *request, const char *reason)
{
	char wrong[REQUEST_WRONG_MAX] = "";

	assert_false(request_check(request, wrong));
	assert_string_equal(wrong, reason);
}

/* An interface takes the place of files: its meters' records come as they arrive, and their accounts are of different packets. */
CASE(interface_crosses)
{
	MeterRequest request = live_request(),
				 read;
	uint8_t *bytes;
	char	 wrong[REQUEST_WRONG_MAX];

	bytes = malloc(request_length(&request));
	assert_non_null(bytes);
	request_write(&request, bytes);
	assert_true(request_read(bytes, request_length(&request), &read, wrong));
	assert_true(request_is_live(&read));
	assert_int_equal(read.interface.length, 15);
	assert_memory_equal(read.interface.bytes, "enp0s31f6.12345", 15);
	assert_int_equal(request_order_rule(&read), ORDER_OF_ARRIVAL);
	assert_int_equal(request_account_rule(&read), ACCOUNT_OF_PARTS);
	free(bytes);
}

CASE(interface_that_cannot_be_is_refused)
{
	MeterRequest request = live_request();

	request.files = 1;
	expect_refusal(&request, "the request has both files and an interface");
	request.files = 0;
	request.interface = (RequestText) {"enp0s31f6.123456", 16};
	expect_refusal(&request, "field \"interface\" of the request is out of range");
	request.interface = (RequestText) {"lo", 2};
	request.snapshot_length = 0;
	expect_refusal(&request, "field \"snapshot_length\" of the request is out of range");
	request.snapshot_length = 262145;
	expect_refusal(&request, "field \"snapshot_length\" of the request is out of range");
}

/* What the kernel calls no interface, it would take as another's name, or look for in vain. */
CASE(names_are_those_that_the_kernel_gives)
{
	static const char *const names[] = {"a", "eth0.100", "enp0s31f6.12345", "...", "x@if7", "\xc3\xa9", "-", "%d"};
	static const char *const others[] = {"", ".", "..", "eth0:1", ":", "a/b", "a b", "a\t",
										 "\na", "a\vb", "a\fb", "a\rb", "\xa0", "abcdefghijklmnop"};
	MeterRequest			 request = live_request();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(request_interface_name_is_valid(names[i], strlen(names[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(request_interface_name_is_valid(others[i], strlen(others[i])));
	assert_false(request_interface_name_is_valid("lo\0", 3));
	request.interface = (RequestText) {"lo:1", 4};
	expect_refusal(&request, "no interface has the name of the request");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interface_crosses),
		cmocka_unit_test(interface_that_cannot_be_is_refused),
		cmocka_unit_test(names_are_those_that_the_kernel_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
