/*
 * test_reads.c
 *	  Which attributes of a flow a plugin's source in Python may read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "meter/python/reads.h"

/* Asserts what is found: names with a blank after each, or "all". */
static void
check(const char *source, const char *wanted)
{
	const Schema *schema = schema_by_id(SCHEMA_FLOWS);
	char		  found[4096] = "";
	bool		  all;
	ColumnSet	  reads = reads_find(schema, source, strlen(source), &all);

	for (unsigned i = 0; i < schema->count; i++)
		if (column_set_has(&reads, i) && !all)
			strcat(strcat(found, schema->columns[i].name), " ");
		else if (all && !schema->columns[i].extra)
			assert_true(column_set_has(&reads, i));
	assert_string_equal(all ? "all" : found, wanted);
}

static void
test_words(void **state)
{
	(void) state;
	check("", "");
	check("self.limit == flow.bidirectional_packets", "bidirectional_packets ");
	check("flow.src_ip.x + flow . dst_ip", "src_ip dst_ip ");
	check("reads = ('splt_ps',) # bidirectional_mean_ps", "bidirectional_mean_ps splt_ps ");
	check("f'{flow.src_port:>5}'", "src_port ");
	check("my_src_port src_portx src_port2 \xC3\xA4src_port src_port\xC3\xA4", "");
	check("src_port", "src_port ");
}

static void
test_all(void **state)
{
	static const char *const sources[] = {"getattr(flow, name)", "vars(flow)", "x = eval(text)", "flow.__dict__", "print(flow)",
										  "print(1, str(flow))", "repr( flow )", "f'{flow}'", "f'{flow!r}'", "f'{ flow }'", "flow.keys()",
										  "zip(flow.keys(), flow.values())", "'{}'.format(flow)", "print(a.b(c), flow)", "f = flow\n", "flow.udps.me = flow"};

	(void) state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		check(sources[i], "all");
}

static void
test_not_all(void **state)
{
	static const char *const sources[] = {"print(flow.x)", "str(flow.udps.x)", "f'{flow.udps.x}'", "d.keys()", "def f(flow): pass",
										  "print(1); g(flow)", "str", "print(", "f(flow", "flow", "x = flow.udps"};

	(void) state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		check(sources[i], strstr(sources[i], "udps") != NULL ? "udps " : "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_not_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
