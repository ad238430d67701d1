/*
 * test_limits.c
 *	  The table of options holds together, and values are read as it says.
 */
#include "cases.h"
#include "wire/limits.h"

CASE(every_option_is_there_once_with_its_words)
{
	char accepted[OPTION_WORDS_MAX],
		fallback[OPTION_WORDS_MAX];

	for (OptionId id = 0; id < OPTIONS_COUNT; id++)
	{
		const OptionLimits *option = &option_limits[id];

		assert_non_null(option->name);
		assert_non_null(option->help);
		option_accepted(id, accepted);
		assert_true(accepted[0] != '\0' && strlen(accepted) < OPTION_WORDS_MAX - 1);
		option_fallback(id, fallback);
		assert_true((fallback[0] == '\0') == (option->type == VALUE_TEXT));
		for (OptionId other = 0; other < id; other++)
		{
			assert_string_not_equal(option->name, option_limits[other].name);
			assert_false(option_is_called(other, option->name));
		}
	}
}

/* The default is written as a user may write it, and read as what it is. */
CASE(every_default_is_accepted)
{
	char	 fallback[OPTION_WORDS_MAX];
	uint64_t value;

	for (OptionId id = 0; id < OPTIONS_COUNT; id++)
	{
		if (option_limits[id].type == VALUE_TEXT)
			continue;
		option_fallback(id, fallback);
		value = UINT64_MAX;
		assert_true(option_parse(id, fallback, &value));
		assert_int_equal(value, option_limits[id].fallback);
	}
}

static void
expect_read(OptionId id, const char *text, uint64_t expected)
{
	uint64_t value = expected + 1;

	assert_true(option_parse(id, text, &value));
	assert_true(value == expected);
}

static void
expect_refusal(OptionId id, const char *text)
{
	uint64_t value;

	assert_false(option_parse(id, text, &value));
}

CASE(numbers_are_digits_in_their_range)
{
	static const char *const wrong[] = {"", " ", "-1", "+1", " 1", "1 ", "1s", "4GB", "0x10", "1e3", "1.0", "255 ", "256", "99999999999999999999"};

	expect_read(OPTION_N_DISSECTIONS, "0", 0);
	expect_read(OPTION_N_DISSECTIONS, "255", 255);
	expect_read(OPTION_N_DISSECTIONS, "000255", 255);
	expect_read(OPTION_MAX_NFLOWS, "18446744073709551615", UINT64_MAX);
	expect_refusal(OPTION_MAX_NFLOWS, "18446744073709551616");
	expect_refusal(OPTION_METER_MEMORY, "255");
	for (size_t i = 0; i < LENGTH(wrong); i++)
		expect_refusal(OPTION_N_DISSECTIONS, wrong[i]);
}

CASE(booleans_are_words_and_their_beginnings)
{
	static const char *const		no[] = {"false", "FALSE", "f", "fal", "no", "n", "off", "of", "0"},
							 *const yes[] = {"true", "True", "t", "tru", "yes", "y", "on", "ON", "1"},
							 *const neither[] = {"", "o", "O", "2", "truee", "yess", "01", " true", "maybe"};

	for (size_t i = 0; i < LENGTH(no); i++)
		expect_read(OPTION_DECODE_TUNNELS, no[i], false);
	for (size_t i = 0; i < LENGTH(yes); i++)
		expect_read(OPTION_DECODE_TUNNELS, yes[i], true);
	for (size_t i = 0; i < LENGTH(neither); i++)
		expect_refusal(OPTION_DECODE_TUNNELS, neither[i]);
}

CASE(choices_are_whole_words_in_any_case)
{
	expect_read(OPTION_ON_DAMAGE, "warn", ON_DAMAGE_WARN);
	expect_read(OPTION_ON_DAMAGE, "ERROR", ON_DAMAGE_ERROR);
	expect_refusal(OPTION_ON_DAMAGE, "");
	expect_refusal(OPTION_ON_DAMAGE, "err");
	expect_refusal(OPTION_ON_DAMAGE, "warning");
}

CASE(texts_are_bounded)
{
	uint64_t most = option_limits[OPTION_BPF_FILTER].max,
			 untouched = 7;
	char *text = malloc(most + 2);

	assert_non_null(text);
	memset(text, 'x', most + 1);
	text[most + 1] = '\0';
	assert_false(option_parse(OPTION_BPF_FILTER, text, &untouched));
	text[most] = '\0';
	assert_true(option_parse(OPTION_BPF_FILTER, text, &untouched));
	assert_int_equal(untouched, 7);
	free(text);
}

/* As numbers, which a request may hold. */
CASE(every_type_has_a_range)
{
	assert_true(option_holds(OPTION_DECODE_TUNNELS, true));
	assert_false(option_holds(OPTION_DECODE_TUNNELS, 2));
	assert_true(option_holds(OPTION_METER_MEMORY, 256));
	assert_true(option_holds(OPTION_METER_MEMORY, 1048576));
	assert_false(option_holds(OPTION_METER_MEMORY, 255));
	assert_false(option_holds(OPTION_METER_MEMORY, 1048577));
	assert_true(option_holds(OPTION_TYPES, IMPORT_PORTABLE));
	assert_false(option_holds(OPTION_TYPES, IMPORT_PORTABLE + 1));
	assert_true(option_holds(OPTION_BPF_FILTER, 4096));
	assert_false(option_holds(OPTION_BPF_FILTER, 4097));
	assert_true(option_holds(OPTION_TABLE_NAME, UINT64_MAX)); /* no bound of its own */
}

/* doc/columns.md. */
CASE(groups_have_their_options)
{
	assert_int_equal(option_of_group(GROUP_TUNNEL), OPTION_DECODE_TUNNELS);
	assert_int_equal(option_of_group(GROUP_STATISTICS), OPTION_STATISTICAL_ANALYSIS);
	assert_int_equal(option_of_group(GROUP_SPLT), OPTION_SPLT_ANALYSIS);
	assert_int_equal(option_of_group(GROUP_DPI), OPTION_N_DISSECTIONS);
	assert_int_equal(option_of_group(GROUP_UDPS), OPTION_UDPS);
	assert_int_equal(option_of_group(GROUP_SYSTEM), OPTION_SYSTEM_VISIBILITY_MODE);
}

CASE(what_is_accepted_is_told)
{
	char words[OPTION_WORDS_MAX];

	option_accepted(OPTION_ACCOUNTING_MODE, words);
	assert_string_equal(words, "a whole number, 0 ... 3");
	option_accepted(OPTION_METER_TIMEOUT, words);
	assert_string_equal(words, "a whole number of seconds, 0 ... 86400");
	option_accepted(OPTION_ON_DAMAGE, words);
	assert_string_equal(words, "\"warn\" or \"error\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_is_there_once_with_its_words),
		cmocka_unit_test(every_default_is_accepted),
		cmocka_unit_test(numbers_are_digits_in_their_range),
		cmocka_unit_test(booleans_are_words_and_their_beginnings),
		cmocka_unit_test(choices_are_whole_words_in_any_case),
		cmocka_unit_test(texts_are_bounded),
		cmocka_unit_test(every_type_has_a_range),
		cmocka_unit_test(groups_have_their_options),
		cmocka_unit_test(what_is_accepted_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
