/*
 * test_plugin_ranges.c
 *	  What the parameters of flow_slicer, splt and wfeatures accept, and what is said of anything else.
 */
#include "cases.h"
#include "wire/bundled.h"
#include "wire/plugin_arguments.h"

/* Whether the bundled plugin takes a whole number for this parameter, with 1 for the others that it needs. */
static bool
takes(const char *plugin, const char *parameter, int64_t number, PluginWrong *wrong)
{
	static PluginOrders		 orders;
	static const int64_t	 one = 1;
	NfstreamValue			 values[PLUGIN_PARAMETERS_MAX];
	const NfstreamParameter *parameters = bundled_find(plugin, strlen(plugin))->parameters;

	orders = (PluginOrders) {0};
	assert_true(plugin_orders_add(&orders, PLUGIN_BUNDLED, plugin_text(plugin), plugin_text(""), plugin_text("")));
	for (const NfstreamParameter *other = parameters; other->name != NULL; other++)
	{
		bool	   is_asked = strcmp(other->name, parameter) == 0;
		PluginText value = {.bytes = (const char *) (is_asked ? &number : &one), .length = sizeof(int64_t)};

		if (is_asked || other->required)
			assert_true(plugin_orders_add_argument(&orders, plugin_text(other->name), PLUGIN_VALUE_INTEGER, value));
	}
	return plugin_arguments_check(&orders, 0, parameters, values, wrong);
}

typedef struct Range
{
	const char *plugin;
	const char *parameter;
	int64_t		min;
	int64_t		max;
	const char *accepted; /* as it is said */
} Range;

static const Range ranges[] = {
	{"flow_slicer", "limit", 1, INT64_MAX, "a whole number, at least 1"},
	{"splt", "sequence_length", 1, 65535, "a whole number, 1 ... 65535"},
	{"splt", "accounting_mode", 0, 3, "a whole number, 0 ... 3"},
	{"wfeatures", "active_timeout", 1, 18446744073709551, "a whole number, 1 ... 18446744073709551"},
	{"wfeatures", "levels", 1, 20, "a whole number, 1 ... 20"},
};

CASE(both_ends_of_a_range_are_accepted)
{
	PluginWrong wrong;

	for (size_t i = 0; i < LENGTH(ranges); i++)
	{
		assert_true(takes(ranges[i].plugin, ranges[i].parameter, ranges[i].min, &wrong));
		assert_true(takes(ranges[i].plugin, ranges[i].parameter, ranges[i].max, &wrong));
	}
}

CASE(what_is_outside_is_not_and_the_range_is_said)
{
	for (size_t i = 0; i < LENGTH(ranges); i++)
	{
		const int64_t outside[] = {ranges[i].min - 1, -1, INT64_MIN, ranges[i].max == INT64_MAX ? -2 : ranges[i].max + 1};

		for (size_t j = 0; j < LENGTH(outside); j++)
		{
			PluginWrong wrong = {0};

			assert_false(takes(ranges[i].plugin, ranges[i].parameter, outside[j], &wrong));
			assert_non_null(strstr(wrong.wrong, ranges[i].parameter));
			assert_non_null(strstr(wrong.wrong, ranges[i].plugin));
			assert_non_null(strstr(wrong.accepted, ranges[i].accepted));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(both_ends_of_a_range_are_accepted),
		cmocka_unit_test(what_is_outside_is_not_and_the_range_is_said),
	};

	return cmocka_run_group_tests_name("plugin ranges", cases, NULL, NULL);
}
