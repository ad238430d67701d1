/*
 * test_protocol.c
 *	  Names of protocols, against those that the system's own list (/etc/protocols) has beside them.
 */
#include <netdb.h>
#include <string.h>

#include "cases.h"
#include "wire/protocol.h"

static void
expect(uint8_t protocol, const char *name)
{
	char got[PROTOCOL_NAME_MAX + 1];

	protocol_name(protocol, got);
	assert_string_equal(got, name);
}

/* https://www.iana.org/assignments/protocol-numbers */
CASE(keywords_in_lower_case)
{
	expect(0, "hopopt");
	expect(1, "icmp");
	expect(4, "ipv4");
	expect(6, "tcp");
	expect(17, "udp");
	expect(47, "gre");
	expect(50, "esp");
	expect(58, "ipv6-icmp");
	expect(89, "ospfigp");
	expect(132, "sctp");
	expect(134, "rsvp-e2e-ignore");
	expect(147, "bit-emu");
}

CASE(numbers_where_there_is_no_keyword)
{
	expect(61, "61");
	expect(114, "114");
	expect(148, "148");
	expect(255, "255");
}

CASE(every_name_is_of_one_protocol)
{
	char names[256][PROTOCOL_NAME_MAX + 1];

	for (unsigned i = 0; i < 256; i++)
	{
		protocol_name((uint8_t) i, names[i]);
		assert_true(strlen(names[i]) > 0);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(names[i], names[j]);
	}
}

/* The system's list knows some by other names: those that it knows by ours are the same protocols. */
CASE(the_systems_names_agree)
{
	for (unsigned i = 0; i < 256; i++)
	{
		char				   name[PROTOCOL_NAME_MAX + 1];
		const struct protoent *known;

		protocol_name((uint8_t) i, name);
		known = getprotobyname(name);
		if (known != NULL)
			assert_int_equal(known->p_proto, i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keywords_in_lower_case),
		cmocka_unit_test(numbers_where_there_is_no_keyword),
		cmocka_unit_test(every_name_is_of_one_protocol),
		cmocka_unit_test(the_systems_names_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
