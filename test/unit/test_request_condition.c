/*
 * test_request_condition.c
 *	  Requests with a condition on rows: which of them a meter refuses, and what is computed for one.
 */
#include "cases.h"
#include "flow_records.h"
#include "wire/request.h"

static const uint8_t on_label[] = {CONDITION_COMPARE, CONDITION_EQUAL, 0, 0, 0, 0, 0};

/* A condition on application_name; its column's index stands in it. */
static MeterRequest
request_with_condition(uint8_t condition[sizeof(on_label)])
{
	MeterRequest request;

	request_defaults(&request);
	request_add_all_columns(&request);
	memcpy(condition, on_label, sizeof(on_label));
	condition[2] = (uint8_t) column_of_flow("application_name");
	request.condition = sizeof(on_label);
	request.condition_bytes = condition;
	return request;
}

CASE(condition_on_what_the_options_turn_off_is_refused)
{
	uint8_t		 condition[sizeof(on_label)];
	MeterRequest request = request_with_condition(condition);
	char		 wrong[REQUEST_WRONG_MAX] = "";

	assert_true(request_check_condition(&request, wrong));
	request.columns = (ColumnSet) {0};
	request.n_dissections = 0;
	assert_false(request_check_condition(&request, wrong));
	assert_string_equal(wrong, "the request's condition is on the column application_name, which its options turn off");
}

CASE(condition_that_is_none_is_refused)
{
	uint8_t		 condition[sizeof(on_label)];
	MeterRequest request = request_with_condition(condition);
	char		 wrong[REQUEST_WRONG_MAX] = "";

	request.condition--;
	assert_false(request_check_condition(&request, wrong));
	assert_string_equal(wrong, "a condition has a bad value");
}

/* Packets are numbered anew in each of several files that are metered apart: only the leader knows how many came before. */
CASE(condition_on_a_place_that_no_meter_knows_is_refused)
{
	ConditionBuilder builder = {.schema = &flow_schema, .resize = realloc};
	MeterRequest	 request;
	char			 wrong[REQUEST_WRONG_MAX] = "";

	request_defaults(&request);
	condition_put_compare(&builder, (unsigned) column_of_flow("first_packet"), CONDITION_GREATER, &(ConditionValue) {.i = 7});
	request.condition = builder.length;
	request.condition_bytes = builder.bytes;
	assert_true(request_check_condition(&request, wrong));
	request.separate_files = true;
	assert_false(request_check_condition(&request, wrong));
	assert_string_equal(wrong, "the request's condition is on the column first_packet, which no meter knows");
	free(builder.bytes);
}

/* What counts against a bound is sent, wanted or not. */
CASE(bounds_on_flows_count_those_set_aside)
{
	static const char reason[] = "the request has a bound on flows, and does not count those that are set aside";
	uint8_t			  condition[sizeof(on_label)];
	MeterRequest	  request = request_with_condition(condition);
	char			  wrong[REQUEST_WRONG_MAX] = "";

	assert_true(request_check(&request, wrong));
	request.max_nflows = 1;
	assert_false(request_check(&request, wrong));
	assert_string_equal(wrong, reason);
	request.max_nflows = 0;
	request.max_active_flows = 1;
	assert_false(request_check(&request, wrong));
	assert_string_equal(wrong, reason);
	request.counts_aside = true;
	assert_true(request_check(&request, wrong));
}

/* Labels that a condition reads are computed, also where no record has them. */
CASE(what_a_condition_reads_is_not_turned_off)
{
	uint8_t		 condition[sizeof(on_label)];
	MeterRequest request = request_with_condition(condition);

	request.columns = (ColumnSet) {0};
	condition_columns(&flow_schema, request.condition_bytes, request.condition, &request.reads);
	request_turn_off_unwanted(&request);
	assert_true(request_computes_group(&request, GROUP_DPI));
	assert_int_equal(request.statistical_analysis, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(condition_on_what_the_options_turn_off_is_refused),
		cmocka_unit_test(condition_that_is_none_is_refused),
		cmocka_unit_test(condition_on_a_place_that_no_meter_knows_is_refused),
		cmocka_unit_test(bounds_on_flows_count_those_set_aside),
		cmocka_unit_test(what_a_condition_reads_is_not_turned_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
