/*
 * test_filter_hint.c
 *	  What is said of filters that do not compile, or that nothing passes.
 */
#include "cases.h"
#include "wire/filter_hint.h"

/* The filter stands in a block of exactly its size, without NUL. */
static const char *
hint_of(const char *filter, FailureCode code)
{
	static char	   hint[FILTER_HINT_MAX];
	size_t		   length = strlen(filter);
	char		  *copy = malloc(length == 0 ? 1 : length);
	bool		   has_hint;
	FailureMessage failure = {.code = code, .text = "a reason"};

	memcpy(copy, filter, length);
	has_hint = filter_hint(copy, length, &failure, hint);
	free(copy);
	return has_hint ? hint : NULL;
}

CASE(display_filters_are_translated)
{
	static const char *const cases[][2] = {
		{"tcp.port == 443", "tcp port 443"},
		{"udp.dstport==53", "udp dst port 53"},
		{" tcp.srcport eq 80 ", "tcp src port 80"},
		{"ip.addr == 10.0.0.1", "host 10.0.0.1"},
		{"ip.src == 10.0.0.0/8", "src net 10.0.0.0/8"},
		{"ipv6.dst == 2001:db8::1", "ip6 dst host 2001:db8::1"},
		{"eth.addr == 02:00:00:00:01:01", "ether host 02:00:00:00:01:01"},
		{"vlan.id == 7", "vlan 7"},
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		const char *hint = hint_of(cases[i][0], FAILURE_FILTER),
				   *words = hint == NULL ? NULL : strstr(hint, "it is: ");

		if (words == NULL || strcmp(words + strlen("it is: "), cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], hint == NULL ? "no hint" : hint);
	}
}

CASE(others_get_an_example)
{
	static const char *const cases[] = {
		"http.host contains \"x\"", "dns", "tcp.port == 80 && ip.addr == 10.0.0.1", "tcp.flags.syn", "ip.addr in {10.0.0.1}", "tcp.port == "};

	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		const char *hint = hint_of(cases[i], FAILURE_FILTER);

		assert_int_equal(hint != NULL && strstr(hint, "looks like this") != NULL, strcmp(cases[i], "dns") != 0);
	}
}

CASE(capture_filters_get_none)
{
	static const char *const cases[] = {
		"tcp port 443 and", "host 10.0.0.1.2", "ether host 1:2:3", "port 70000", "", "host www.tcp.example.org",
		"ip[0] == 69 and nonsense"};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_null(hint_of(cases[i], FAILURE_FILTER));
	assert_non_null(strstr(hint_of("host www.example.org", FAILURE_FILTER_NAME), "not looked up"));
}

CASE(what_libpcap_cannot_read_is_explained)
{
	FailureMessage failure = {.code = FAILURE_FILTER, .text = "can't parse filter expression: syntax error"};
	char		   hint[FILTER_HINT_MAX];

	assert_true(filter_hint("no such filter", strlen("no such filter"), &failure, hint));
	assert_non_null(strstr(hint, "pcap-filter"));

	/* A text that fills its room, without a NUL. */
	memset(failure.text, 'x', sizeof(failure.text));
	assert_false(filter_hint("no such filter", strlen("no such filter"), &failure, hint));
}

CASE(long_ones_are_cut)
{
	char filter[5000];

	memset(filter, 'x', sizeof(filter) - 1);
	filter[sizeof(filter) - 1] = '\0';
	assert_null(hint_of(filter, FAILURE_FILTER));
	memcpy(filter, "tcp.port == ", 12);
	memset(filter + 12, '1', sizeof(filter) - 13);
	assert_non_null(strstr(hint_of(filter, FAILURE_FILTER), "looks like this"));
}

CASE(blind_filters)
{
	Account		account = {0};
	const char *what,
		*word;
	uint64_t packets;

	assert_false(filter_is_blind(&account, &what, &packets, &word));
	account.counters[COUNTER_PACKETS_READ] = account.counters[COUNTER_PACKETS_FILTERED] = 10;
	assert_false(filter_is_blind(&account, &what, &packets, &word));
	account.counters[COUNTER_FILTERED_VLAN] = 3;
	account.counters[COUNTER_FILTERED_MPLS] = 4;
	assert_true(filter_is_blind(&account, &what, &packets, &word));
	assert_string_equal(word, "mpls");
	assert_int_equal(packets, 4);
	account.counters[COUNTER_PACKETS_READ]++; /* one passed */
	assert_false(filter_is_blind(&account, &what, &packets, &word));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(display_filters_are_translated),
		cmocka_unit_test(others_get_an_example),
		cmocka_unit_test(capture_filters_get_none),
		cmocka_unit_test(what_libpcap_cannot_read_is_explained),
		cmocka_unit_test(long_ones_are_cut),
		cmocka_unit_test(blind_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
