/*
 * test_plugin_orders.c
 *	  Orders of plugins on their way, cut and changed anywhere; arguments against what a plugin takes; plugins on a command line.
 */
#include <sanitizer/lsan_interface.h>
#include <stdio.h>

#include "cases.h"
#include "meter/udps_argument.h"
#include "wire/plugin_arguments.h"

/* What values are kept in stays as long as a program: not lost. */
static bool
read_plugins(const char *text, PluginOrders *orders)
{
	bool read;

	__lsan_disable();
	read = udps_argument_read(text, orders);
	__lsan_enable();
	return read;
}

static PluginText
bytes_of(const void *bytes, uint32_t length)
{
	return (PluginText) {bytes, length};
}

static const int64_t seven = 7;
static const double	 half = 0.5;

static void
make_orders(PluginOrders *orders)
{
	memset(orders, 0, sizeof(*orders));
	assert_true(plugin_orders_add(orders, PLUGIN_BUNDLED, plugin_text("flow_slicer"), plugin_text(""), plugin_text("")));
	assert_true(plugin_orders_add_argument(orders, plugin_text("limit"), PLUGIN_VALUE_INTEGER, bytes_of(&seven, 8)));
	assert_true(plugin_orders_add(orders, PLUGIN_PYTHON, plugin_text("mine"), plugin_text("Mine"), plugin_text("class Mine: pass")));
	assert_true(plugin_orders_add_argument(orders, plugin_text("a"), PLUGIN_VALUE_REAL, bytes_of(&half, 8)));
	assert_true(plugin_orders_add_argument(orders, plugin_text("b"), PLUGIN_VALUE_TEXT, plugin_text("text")));
	assert_true(plugin_orders_add_argument(orders, plugin_text("c"), PLUGIN_VALUE_NULL, plugin_text("")));
	assert_true(plugin_orders_add_argument(orders, plugin_text("d"), PLUGIN_VALUE_JSON, plugin_text("[1]")));
	assert_true(plugin_orders_add_argument(orders, plugin_text("e"), PLUGIN_VALUE_PICKLE, bytes_of("\x80\0x", 3)));
}

static void
expect_text(PluginText text, const char *expected)
{
	assert_true(plugin_text_is(text, expected));
}

CASE(orders_cross)
{
	static PluginOrders orders,
		came;
	size_t	 length;
	uint8_t *piece;

	make_orders(&orders);
	length = plugin_orders_length(&orders);
	piece = malloc(length);
	plugin_orders_write(&orders, piece);
	assert_true(plugin_orders_read(piece, length, &came));
	assert_int_equal(came.count, 2);
	assert_int_equal(came.plugins[0].kind, PLUGIN_BUNDLED);
	expect_text(came.plugins[0].name, "flow_slicer");
	assert_int_equal(came.plugins[0].arguments, 1);
	assert_int_equal(plugin_argument_integer(&came.arguments[0]), 7);
	assert_int_equal(came.plugins[1].kind, PLUGIN_PYTHON);
	expect_text(came.plugins[1].class_name, "Mine");
	expect_text(came.plugins[1].source, "class Mine: pass");
	assert_int_equal(came.plugins[1].argument, 1);
	assert_int_equal(came.plugins[1].arguments, 5);
	assert_true(plugin_argument_real(&came.arguments[1]) == 0.5);
	expect_text(came.arguments[2].value, "text");
	assert_int_equal(came.arguments[3].kind, PLUGIN_VALUE_NULL);
	assert_memory_equal(came.arguments[5].value.bytes, "\x80\0x", 3);
	free(piece);
}

/* In memory of its exact length, so that the sanitizer sees a byte beyond. */
CASE(a_piece_that_is_cut_is_none)
{
	static PluginOrders orders,
		came;
	size_t	 length;
	uint8_t *piece;

	make_orders(&orders);
	length = plugin_orders_length(&orders);
	piece = malloc(length + 1);
	plugin_orders_write(&orders, piece);
	for (size_t cut = 0; cut < length; cut++)
	{
		uint8_t *part = malloc(cut + 1);

		memcpy(part + 1, piece, cut);
		assert_false(plugin_orders_read(part + 1, cut, &came));
		free(part);
	}
	piece[length] = 0;
	assert_false(plugin_orders_read(piece, length + 1, &came));
	free(piece);
}

/* Whatever is read out of bytes that were changed lies within them, and within the bounds. */
CASE(a_piece_that_is_changed_is_read_within_its_bounds)
{
	static PluginOrders orders,
		came;
	size_t	 length;
	uint8_t *piece;

	make_orders(&orders);
	length = plugin_orders_length(&orders);
	for (size_t at = 0; at < length; at++)
		for (unsigned change = 1; change < 256; change = change * 2 + 1)
		{
			piece = malloc(length);
			plugin_orders_write(&orders, piece);
			piece[at] ^= (uint8_t) change;
			if (plugin_orders_read(piece, length, &came))
			{
				assert_true(came.count <= PLUGIN_ORDERS_MAX && came.argument_count <= PLUGIN_ARGUMENTS_MAX);
				for (uint32_t i = 0; i < came.argument_count; i++)
					assert_true((const uint8_t *) came.arguments[i].value.bytes >= piece &&
								(const uint8_t *) came.arguments[i].value.bytes + came.arguments[i].value.length <= piece + length);
			}
			free(piece);
		}
}

CASE(too_much_is_refused)
{
	static PluginOrders orders;
	char				name[PLUGIN_NAME_BYTES + 2];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	memset(&orders, 0, sizeof(orders));
	assert_false(plugin_orders_add(&orders, PLUGIN_C, plugin_text(name), plugin_text(""), plugin_text("")));
	assert_false(plugin_orders_add(&orders, PLUGIN_C, plugin_text(""), plugin_text(""), plugin_text("")));
	assert_false(plugin_orders_add(&orders, PLUGIN_C, plugin_text("x"), plugin_text(""), bytes_of("", PLUGIN_SOURCE_BYTES_MAX + 1)));
	assert_false(plugin_orders_add_argument(&orders, plugin_text("x"), PLUGIN_VALUE_NULL, plugin_text("")));
	for (unsigned i = 0; i < PLUGIN_ORDERS_MAX; i++)
		assert_true(plugin_orders_add(&orders, PLUGIN_C, plugin_text("x"), plugin_text(""), plugin_text("")));
	assert_false(plugin_orders_add(&orders, PLUGIN_C, plugin_text("x"), plugin_text(""), plugin_text("")));
	assert_false(plugin_orders_add_argument(&orders, plugin_text("x"), PLUGIN_VALUE_INTEGER, bytes_of("", 7)));
	assert_false(plugin_orders_add_argument(&orders, plugin_text("x"), PLUGIN_VALUE_NULL, plugin_text("x")));
	for (unsigned i = 0; i < PLUGIN_ARGUMENTS_MAX; i++)
		assert_true(plugin_orders_add_argument(&orders, plugin_text("x"), PLUGIN_VALUE_NULL, plugin_text("")));
	assert_false(plugin_orders_add_argument(&orders, plugin_text("x"), PLUGIN_VALUE_NULL, plugin_text("")));
}

/* ------------------------------------------------------------------------------------------------------------- arguments */

static const NfstreamParameter parameters[] = {
	{.name = "whole", .kind = NFSTREAM_INTEGER, .fallback = 3, .min = -1, .max = 7},
	{.name = "real", .kind = NFSTREAM_REAL, .fallback = 2, .min = 0, .max = 10},
	{.name = "truth", .kind = NFSTREAM_BOOLEAN},
	{.name = "text", .kind = NFSTREAM_TEXT},
	{.name = NULL},
};

/* Checks the arguments that a command line has for a plugin. */
static bool
check(const char *arguments, NfstreamValue *values, PluginWrong *wrong)
{
	static PluginOrders orders;
	static char			text[256];

	snprintf(text, sizeof(text), "p %s", arguments);
	assert_true(read_plugins(text, &orders));
	return plugin_arguments_check(&orders, 0, parameters, values, wrong);
}

CASE(arguments_become_values_in_the_order_of_the_parameters)
{
	NfstreamValue values[PLUGIN_PARAMETERS_MAX];
	PluginWrong	  wrong;

	assert_true(check("", values, &wrong));
	assert_int_equal(values[0].integer, 3);
	assert_true(values[1].real == 2.0);
	assert_int_equal(values[2].integer, false);
	assert_int_equal(values[3].kind, NFSTREAM_NULL);
	assert_true(check("text='a b' truth=true real=3 whole=-1", values, &wrong));
	assert_int_equal(values[0].integer, -1);
	assert_true(values[1].real == 3.0);
	assert_int_equal(values[2].integer, true);
	assert_int_equal(values[3].text.length, 3);
	assert_memory_equal(values[3].text.bytes, "a b", 3);
	assert_true(check("real=0.25 whole=7", values, &wrong));
	assert_true(values[1].real == 0.25);
}

CASE(arguments_that_are_not_accepted)
{
	static const char *const refused[][3] = {
		{"whole=8", "parameter \"whole\" of plugin \"p\" does not accept its value", "Accepted is a whole number, -1 ... 7."},
		{"whole=-2", "parameter \"whole\" of plugin \"p\" does not accept its value", "Accepted is a whole number, -1 ... 7."},
		{"whole=1.5", "parameter \"whole\" of plugin \"p\" does not accept its value", "Accepted is a whole number, -1 ... 7."},
		{"whole=x", "parameter \"whole\" of plugin \"p\" does not accept its value", "Accepted is a whole number, -1 ... 7."},
		{"whole=9223372036854775808", "parameter \"whole\" of plugin \"p\" does not accept its value", "Accepted is a whole number, -1 ... 7."},
		{"real=10.5", "parameter \"real\" of plugin \"p\" does not accept its value", "Accepted is a number, 0 ... 10."},
		{"real=true", "parameter \"real\" of plugin \"p\" does not accept its value", "Accepted is a number, 0 ... 10."},
		{"truth=1", "parameter \"truth\" of plugin \"p\" does not accept its value", "Accepted is true or false."},
		{"text=1", "parameter \"text\" of plugin \"p\" does not accept its value", "Accepted is a text."},
		{"whole=1 whole=1", "parameter \"whole\" of plugin \"p\" is given twice", "Accepted is a whole number, -1 ... 7."},
		{"hole=1", "plugin \"p\" has no parameter \"hole\"", "Its parameters are \"whole\", \"real\", \"truth\", \"text\"."},
	};

	for (size_t i = 0; i < LENGTH(refused); i++)
	{
		NfstreamValue values[PLUGIN_PARAMETERS_MAX];
		PluginWrong	  wrong;

		assert_false(check(refused[i][0], values, &wrong));
		assert_string_equal(wrong.wrong, refused[i][1]);
		assert_string_equal(wrong.accepted, refused[i][2]);
	}
}

CASE(a_command_line_names_plugins)
{
	static const char *const none[] = {";", "=", "p limit", "p limit=1 =2", "p 'x'", "p a='b", "ü", "../p", "p;q;;"};
	static PluginOrders		 orders;

	assert_true(read_plugins("  flow_slicer limit=7 ;splt sequence_length=10  accounting_mode=0; ", &orders));
	assert_int_equal(orders.count, 2);
	assert_int_equal(orders.plugins[0].kind, PLUGIN_BUNDLED);
	assert_int_equal(orders.plugins[1].arguments, 2);
	expect_text(orders.arguments[2].name, "accounting_mode");
	assert_true(read_plugins("", &orders));
	assert_int_equal(orders.count, 0);
	assert_true(read_plugins("p x=null y='null' z=1e3 v=-.5 w=inf", &orders));
	assert_int_equal(orders.plugins[0].kind, PLUGIN_C);
	assert_int_equal(orders.arguments[0].kind, PLUGIN_VALUE_NULL);
	assert_int_equal(orders.arguments[1].kind, PLUGIN_VALUE_TEXT);
	assert_true(plugin_argument_real(&orders.arguments[2]) == 1000);
	assert_true(plugin_argument_real(&orders.arguments[3]) == -0.5);
	assert_int_equal(orders.arguments[4].kind, PLUGIN_VALUE_TEXT);
	for (size_t i = 0; i < LENGTH(none); i++)
		assert_false(read_plugins(none[i], &orders));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_cross),
		cmocka_unit_test(a_piece_that_is_cut_is_none),
		cmocka_unit_test(a_piece_that_is_changed_is_read_within_its_bounds),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(arguments_become_values_in_the_order_of_the_parameters),
		cmocka_unit_test(arguments_that_are_not_accepted),
		cmocka_unit_test(a_command_line_names_plugins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
