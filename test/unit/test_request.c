/*
 * test_request.c
 *	  A request's defaults, and what makes it unacceptable.
 */
#include "cases.h"
#include "wire/request.h"

#define FILTER	"tcp port 80"

/* A request and its filter as they cross, in a block of exactly their size. */
static void *
as_sent(const MeterRequest *request, const char *filter, size_t length)
{
	uint8_t    *sent = malloc(sizeof(*request) + length);

	assert_non_null(sent);
	memcpy(sent, request, sizeof(*request));
	memcpy(sent + sizeof(*request), filter, length);
	return sent;
}

static MeterRequest
good_request(void)
{
	MeterRequest request;

	request_defaults(&request);
	request.files = 1;
	request.filter_length = strlen(FILTER);
	request_add_all_columns(&request);
	return request;
}

static void
expect_refusal(const MeterRequest *request, const char *reason)
{
	const char *filter = NULL;
	void	   *sent = as_sent(request, FILTER, strlen(FILTER));
	const char *wrong = request_check(sent, sizeof(*request) + strlen(FILTER), &filter);

	assert_non_null(wrong);
	assert_string_equal(wrong, reason);
	free(sent);
}

static void
expect_acceptance(const MeterRequest *request)
{
	const char *filter = NULL;
	void	   *sent = as_sent(request, FILTER, strlen(FILTER));

	assert_null(request_check(sent, sizeof(*request) + strlen(FILTER), &filter));
	free(sent);
}

/* METERING.md, section 13. */
CASE(defaults_are_nfstreams)
{
	MeterRequest request;

	memset(&request, 0xA5, sizeof(request));
	request_defaults(&request);
	assert_int_equal(request.idle_timeout, 120000);
	assert_int_equal(request.active_timeout, 1800000);
	assert_int_equal(request.accounting_mode, 0);
	assert_int_equal(request.n_dissections, 20);
	assert_int_equal(request.splt_analysis, 0);
	assert_int_equal(request.max_nflows, 0);
	assert_int_equal(request.max_active_flows, 0);
	assert_int_equal(request.meter_memory, 0);
	assert_int_equal(request.needs_filter, 1);
	assert_int_equal(request.list_applications, 0);
	assert_int_equal(request.statistical_analysis, 0);
	assert_int_equal(request.decode_tunnels, 1);
	assert_int_equal(request.stop_at_damage, 0);
	assert_int_equal(request.shard, 0);
	assert_int_equal(request.shards, 1);
	assert_int_equal(request.files, 0);
	assert_int_equal(request.filter_length, 0);
}

CASE(request_with_a_filter_is_accepted)
{
	const MeterRequest request = good_request();
	const char *filter = NULL;
	void	   *sent = as_sent(&request, FILTER, strlen(FILTER));

	assert_null(request_check(sent, sizeof(request) + strlen(FILTER), &filter));
	assert_memory_equal(filter, FILTER, strlen(FILTER));
	free(sent);
}

CASE(request_without_a_filter_is_accepted)
{
	MeterRequest request = good_request();
	const char *filter = NULL;

	request.filter_length = 0;
	assert_null(request_check(&request, sizeof(request), &filter));
}

CASE(request_cut_at_any_byte_is_refused)
{
	const MeterRequest request = good_request();
	const char *filter;

	for (size_t length = 0; length < sizeof(request) + strlen(FILTER); length++)
	{
		void	   *sent = as_sent(&request, FILTER, strlen(FILTER)),
				   *cut = malloc(length + 1);
		const char *wrong;

		memcpy(cut, sent, length);
		cut = realloc(cut, length == 0 ? 1 : length);
		wrong = request_check(cut, length, &filter);
		assert_non_null(wrong);
		assert_string_equal(wrong, length < sizeof(request) ? "the request is not one" :
							"the request's length is wrong");
		free(sent);
		free(cut);
	}
}

CASE(request_with_too_many_bytes_is_refused)
{
	MeterRequest request = good_request();

	request.filter_length--;
	expect_refusal(&request, "the request's length is wrong");
}

CASE(filter_longer_than_allowed_is_refused)
{
	MeterRequest request = good_request();
	char	   *text = calloc(1, REQUEST_FILTER_MAX + 1);
	const char *filter;
	void	   *sent;

	request.filter_length = REQUEST_FILTER_MAX;
	sent = as_sent(&request, text, REQUEST_FILTER_MAX);
	assert_null(request_check(sent, sizeof(request) + REQUEST_FILTER_MAX, &filter));
	free(sent);

	request.filter_length = REQUEST_FILTER_MAX + 1;
	sent = as_sent(&request, text, REQUEST_FILTER_MAX + 1);
	assert_string_equal(request_check(sent, sizeof(request) + REQUEST_FILTER_MAX + 1, &filter),
						"the request's length is wrong");
	free(sent);
	free(text);
}

CASE(filter_length_that_overflows_is_refused)
{
	MeterRequest request = good_request();

	request.filter_length = UINT32_MAX;
	expect_refusal(&request, "the request's length is wrong");
}

CASE(other_magic_number_is_refused)
{
	MeterRequest request = good_request();

	request.magic ^= 1;
	expect_refusal(&request, "the request is not one");
}

CASE(other_version_is_refused)
{
	MeterRequest request = good_request();

	request.version++;
	expect_refusal(&request, "the request is another version's");
	request = good_request();
	request.size += 8;
	expect_refusal(&request, "the request is another version's");
}

CASE(shard_out_of_range_is_refused)
{
	MeterRequest request = good_request();

	request.shards = 0;
	expect_refusal(&request, "the request's shard is out of range");
	request.shards = 3;
	request.shard = 3;
	expect_refusal(&request, "the request's shard is out of range");
	request.shard = 2;
	expect_acceptance(&request);
	request.shards = 64;
	request.shard = 63;
	expect_acceptance(&request);
	request.shards = 65;
	expect_refusal(&request, "the request's shard is out of range");
}

CASE(options_out_of_range_are_refused)
{
	MeterRequest request = good_request();

	request.accounting_mode = 3;
	request.n_dissections = 255;
	request.splt_analysis = 65535;
	expect_acceptance(&request);

	request.application_names = 2;
	expect_refusal(&request, "an option of the request is out of range");
	request.application_names = 1;
	request.accounting_mode = 4;
	expect_refusal(&request, "an option of the request is out of range");
	request.accounting_mode = 3;
	request.n_dissections = 256;
	expect_refusal(&request, "an option of the request is out of range");
	request.n_dissections = 255;
	request.splt_analysis = 65536;
	expect_refusal(&request, "an option of the request is out of range");
}

/* Each column that an option turns on, where the option is off. */
CASE(columns_that_the_options_turn_off_are_refused)
{
	for (unsigned i = 0; i < column_count; i++)
	{
		MeterRequest request = good_request();
		bool		needs_option = columns[i].group == GROUP_DPI || columns[i].group == GROUP_STATISTICS ||
			columns[i].group == GROUP_SPLT;

		request.columns = (ColumnSet) {0};
		column_set_add(&request.columns, i);
		request.n_dissections = 0;
		if (needs_option)
			expect_refusal(&request, "the request wants a column that its options turn off");
		else
			expect_acceptance(&request);

		request.n_dissections = 1;
		request.statistical_analysis = true;
		request.splt_analysis = 1;
		expect_acceptance(&request);
	}
}

static unsigned
columns_with(uint32_t n_dissections, bool statistics, uint32_t splt, bool tunnels)
{
	MeterRequest request;
	unsigned	count = 0;

	request_defaults(&request);
	request.n_dissections = n_dissections;
	request.statistical_analysis = statistics;
	request.splt_analysis = splt;
	request.decode_tunnels = tunnels;
	request_add_all_columns(&request);
	for (unsigned i = 0; i < COLUMNS_MAX; i++)
		count += column_set_has(&request.columns, i);
	return count;
}

/* METERING.md, section 12. */
CASE(all_columns_are_as_many_as_nfstreams)
{
	assert_int_equal(columns_with(20, false, 0, true), 38);
	assert_int_equal(columns_with(20, true, 10, true), 89);
	assert_int_equal(columns_with(0, false, 0, true), 29);
	assert_int_equal(columns_with(20, false, 0, false), 37);
	assert_int_equal(columns_with(0, false, 3, false), 31);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_nfstreams),
		cmocka_unit_test(request_with_a_filter_is_accepted),
		cmocka_unit_test(request_without_a_filter_is_accepted),
		cmocka_unit_test(request_cut_at_any_byte_is_refused),
		cmocka_unit_test(request_with_too_many_bytes_is_refused),
		cmocka_unit_test(filter_longer_than_allowed_is_refused),
		cmocka_unit_test(filter_length_that_overflows_is_refused),
		cmocka_unit_test(other_magic_number_is_refused),
		cmocka_unit_test(other_version_is_refused),
		cmocka_unit_test(shard_out_of_range_is_refused),
		cmocka_unit_test(options_out_of_range_are_refused),
		cmocka_unit_test(columns_that_the_options_turn_off_are_refused),
		cmocka_unit_test(all_columns_are_as_many_as_nfstreams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
