/*
 * test_column.c
 *	  The table of columns against the list of METERING.md, section 12, written out here.
 */
#include <stdio.h>

#include "cases.h"
#include "flow_records.h"

#define NAME_MAX_BYTES 64

static const char *const first_names[] = {
	"id", "expiration_id", "src_ip", "src_mac", "src_oui", "src_port", "dst_ip", "dst_mac", "dst_oui", "dst_port",
	"protocol", "ip_version", "vlan_id", "tunnel_id",
	"bidirectional_first_seen_ms", "bidirectional_last_seen_ms", "bidirectional_duration_ms", "bidirectional_packets",
	"bidirectional_bytes",
	"src2dst_first_seen_ms", "src2dst_last_seen_ms", "src2dst_duration_ms", "src2dst_packets", "src2dst_bytes",
	"dst2src_first_seen_ms", "dst2src_last_seen_ms", "dst2src_duration_ms", "dst2src_packets", "dst2src_bytes"};

/* The statistics' names are their side, %s, and these. */
static const char *const sides[] = {"bidirectional", "src2dst", "dst2src"};
static const char *const size_names[] = {"%s_min_ps", "%s_mean_ps", "%s_stddev_ps", "%s_max_ps"};
static const char *const interval_names[] = {"%s_min_piat_ms", "%s_mean_piat_ms", "%s_stddev_piat_ms",
											 "%s_max_piat_ms"};
static const char *const flag_names[] = {"%s_syn_packets", "%s_cwr_packets", "%s_ece_packets", "%s_urg_packets",
										 "%s_ack_packets", "%s_psh_packets", "%s_rst_packets", "%s_fin_packets"};

static const char *const last_names[] = {
	"splt_direction", "splt_ps", "splt_piat_ms",
	"application_name", "application_category_name", "application_is_guessed", "application_confidence",
	"requested_server_name", "client_fingerprint", "server_fingerprint", "user_agent", "content_type",
	"udps", "process_pid", "process_name",
	"source_file", "first_packet", "protocol_name", "community_id", "application_protocol", "fingerprint_kind" /* beyond NFStream */
};

/* Of NFStream's columns. */
static unsigned
count_of(ColumnGroup group)
{
	unsigned count = 0;

	for (unsigned i = 0; i < flow_schema.count; i++)
		count += flow_schema.columns[i].group == group && !flow_schema.columns[i].extra;
	return count;
}

/* Compares names from column `at` on; returns the column after them. */
static unsigned
expect_names(unsigned at, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++, at++)
	{
		assert_true(at < flow_schema.count);
		assert_string_equal(flow_schema.columns[at].name, names[i]);
	}
	return at;
}

static unsigned
expect_statistics(unsigned at, const char *const *forms, size_t count)
{
	for (size_t side = 0; side < LENGTH(sides); side++)
		for (size_t i = 0; i < count; i++, at++)
		{
			char name[NAME_MAX_BYTES];

			snprintf(name, sizeof(name), forms[i], sides[side]);
			assert_true(at < flow_schema.count);
			assert_string_equal(flow_schema.columns[at].name, name);
			assert_int_equal(flow_schema.columns[at].group, GROUP_STATISTICS);
		}
	return at;
}

CASE(names_stand_in_the_specified_order)
{
	unsigned at = expect_names(0, first_names, LENGTH(first_names));

	at = expect_statistics(at, size_names, LENGTH(size_names));
	at = expect_statistics(at, interval_names, LENGTH(interval_names));
	at = expect_statistics(at, flag_names, LENGTH(flag_names));
	at = expect_names(at, last_names, LENGTH(last_names));
	assert_int_equal(at, flow_schema.count);
}

CASE(names_are_unique)
{
	for (unsigned i = 0; i < flow_schema.count; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(flow_schema.columns[i].name, flow_schema.columns[j].name);
}

CASE(names_find_their_columns)
{
	for (unsigned i = 0; i < flow_schema.count; i++)
		assert_int_equal(column_of_flow(flow_schema.columns[i].name), i);
}

CASE(other_names_find_nothing)
{
	assert_int_equal(column_of_flow(""), -1);
	assert_int_equal(column_of_flow("src_ip "), -1);
	assert_int_equal(column_of_flow("SRC_IP"), -1);
	assert_int_equal(column_of_flow("src_i"), -1);
	assert_int_equal(column_of_flow("system_process_pid"), -1);
}

/* METERING.md: 38 columns by default, 89 with statistics and SPLT, 29 plain without nDPI, one less without tunnels. */
CASE(groups_have_as_many_columns_as_nfstream)
{
	unsigned plain = count_of(GROUP_CORE) + count_of(GROUP_TUNNEL) + count_of(GROUP_DPI);

	assert_int_equal(plain, 38);
	assert_int_equal(plain + count_of(GROUP_STATISTICS) + count_of(GROUP_SPLT), 89);
	assert_int_equal(plain - count_of(GROUP_DPI), 29);
	assert_int_equal(count_of(GROUP_TUNNEL), 1);
	assert_int_equal(count_of(GROUP_UDPS), 1);
	assert_int_equal(count_of(GROUP_SYSTEM), 2);
}

/* The endpoints' sides: a source's value is the side that sends to the destination. */
CASE(names_and_sides_agree)
{
	static const struct
	{
		const char *prefix;
		ColumnSide	side;
	} prefixes[] = {
		{"bidirectional_", SIDE_BOTH},
		{"src2dst_", SIDE_SRC2DST},
		{"dst2src_", SIDE_DST2SRC},
		{"src_", SIDE_SRC2DST},
		{"dst_", SIDE_DST2SRC},
	};

	for (unsigned i = 0; i < flow_schema.count; i++)
		for (size_t j = 0; j < LENGTH(prefixes); j++)
			if (strncmp(flow_schema.columns[i].name, prefixes[j].prefix, strlen(prefixes[j].prefix)) == 0)
				assert_int_equal(flow_schema.columns[i].side, prefixes[j].side);
}

CASE(names_and_units_agree)
{
	static const struct
	{
		const char *suffix;
		ColumnUnit	unit;
	} suffixes[] = {
		{"_seen_ms", UNIT_TIME_MS},
		{"_duration_ms", UNIT_DURATION_MS},
		{"_piat_ms", UNIT_DURATION_MS},
		{"_packets", UNIT_PACKETS},
		{"_bytes", UNIT_BYTES},
		{"_ps", UNIT_BYTES},
	};

	for (unsigned i = 0; i < flow_schema.count; i++)
	{
		ColumnUnit unit = UNIT_NONE;

		for (size_t j = 0; j < LENGTH(suffixes); j++)
			if (strlen(flow_schema.columns[i].name) > strlen(suffixes[j].suffix) &&
				strcmp(flow_schema.columns[i].name + strlen(flow_schema.columns[i].name) - strlen(suffixes[j].suffix), suffixes[j].suffix) == 0)
				unit = suffixes[j].unit;
		assert_int_equal(flow_schema.columns[i].unit, unit);
	}
}

/* No two columns are the same value of a flow. */
CASE(fields_and_sides_are_unique)
{
	for (unsigned i = 0; i < flow_schema.count; i++)
		for (unsigned j = 0; j < i; j++)
			assert_false(flow_schema.columns[i].field == flow_schema.columns[j].field && flow_schema.columns[i].side == flow_schema.columns[j].side);
}

CASE(every_column_has_a_help_text)
{
	for (unsigned i = 0; i < flow_schema.count; i++)
		assert_true(strlen(flow_schema.columns[i].help) > 5);
}

CASE(set_has_what_was_added)
{
	for (unsigned i = 0; i < COLUMNS_MAX; i++)
	{
		ColumnSet set = {0};

		column_set_add(&set, i);
		for (unsigned j = 0; j < COLUMNS_MAX; j++)
			assert_int_equal(column_set_has(&set, j), i == j);
	}
}

CASE(set_knows_its_groups)
{
	for (unsigned i = 0; i < flow_schema.count; i++)
	{
		ColumnSet set = {0};

		column_set_add(&set, i);
		for (int group = GROUP_CORE; group < COLUMN_GROUPS; group++)
			assert_int_equal(schema_set_has_group(&flow_schema, &set, (ColumnGroup) group), flow_schema.columns[i].group == (ColumnGroup) group);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_stand_in_the_specified_order),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(names_find_their_columns),
		cmocka_unit_test(other_names_find_nothing),
		cmocka_unit_test(groups_have_as_many_columns_as_nfstream),
		cmocka_unit_test(names_and_sides_agree),
		cmocka_unit_test(names_and_units_agree),
		cmocka_unit_test(fields_and_sides_are_unique),
		cmocka_unit_test(every_column_has_a_help_text),
		cmocka_unit_test(set_has_what_was_added),
		cmocka_unit_test(set_knows_its_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
