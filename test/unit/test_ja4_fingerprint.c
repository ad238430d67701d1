/*
 * test_ja4_fingerprint.c
 *	  JA4 of hellos made by hand.  What is expected is FoxIO's description's, technical_details/JA4.md of 2026, and in tables
 *	  what its rules say; hashes that it does not have are sha256sum's.
 */
#include <stdio.h>

#include "engine/plugins/ja4_fingerprint.h"
#include "hello_bytes.h"

static void
expect_of(HelloCarrier carrier, const HelloForm *form, const char *expected)
{
	HelloBytes *hello = calloc(1, sizeof(*hello));
	uint8_t	   *block;
	char		text[JA4_LENGTH + 1];

	put_hello(hello, form);
	block = malloc(hello->length);
	memcpy(block, hello->bytes, hello->length);
	assert_true(ja4_fingerprint(carrier, (Bytes) {block, block + hello->length}, text));
	assert_string_equal(text, expected);
	free(block);
	free(hello);
}

CASE(the_example)
{
	expect_of(CARRIER_TCP, &example, "t" EXAMPLE_REST);
	expect_of(CARRIER_QUIC, &example, "q" EXAMPLE_REST);
}

CASE(lists_that_are_empty)
{
	static const uint16_t without_algorithms[] = {0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
												  0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015};
	static const uint16_t grease[] = {0x0a0a},
						  outer[] = {0x0000, 0x0010};
	HelloForm form = example;

	form.extensions = without_algorithms;
	form.extensions_count = LENGTH(without_algorithms);
	form.algorithms_count = 0;
	expect_of(CARRIER_TCP, &form, "t13d1516h2_" EXAMPLE_B "_6d807ffa2a79");

	form = example;
	form.extensions = outer;
	form.extensions_count = LENGTH(outer);
	expect_of(CARRIER_TCP, &form, "t12d1502h2_" EXAMPLE_B "_000000000000");
	form.extensions_count = 0;
	expect_of(CARRIER_TCP, &form, "t12i150000_" EXAMPLE_B "_000000000000");
	form.extensions = NULL;
	form.cipher_suites_count = 0;
	expect_of(CARRIER_TCP, &form, "t12i000000_000000000000_000000000000");
	form.cipher_suites = grease;
	form.cipher_suites_count = 1;
	expect_of(CARRIER_TCP, &form, "t12i000000_000000000000_000000000000");
}

/* All of the table in "ALPN Extension Value". */
CASE(the_first_protocol)
{
	static const struct
	{
		const char *bytes;
		size_t		length;
		const char *text;
	} protocols[] = {
		{"h2", 2, "h2"},
		{"http/1.1", 8, "h1"},
		{"", 0, "00"},
		{"a", 1, "aa"},
		{"\xab", 1, "ab"},
		{"\x20", 1, "20"},
		{"\xab\xcd", 2, "ad"},
		{"\x20\x61", 2, "21"},
		{"\x30\xab", 2, "3b"},
		{"\x61\x20", 2, "60"},
		{"\x30\x31\xab\xcd", 4, "3d"},
		{"\x30\xab\xcd\x31", 4, "01"},
	};
	HelloForm form = example;
	char	  expected[JA4_LENGTH + 1];

	for (size_t i = 0; i < LENGTH(protocols); i++)
	{
		form.protocol = protocols[i].bytes;
		form.protocol_length = protocols[i].length;
		snprintf(expected, sizeof(expected), "t13d1516%s_" EXAMPLE_B "_" EXAMPLE_C, protocols[i].text);
		expect_of(CARRIER_TCP, &form, expected);
	}
	form.protocol = NULL;
	expect_of(CARRIER_TCP, &form, "t13d151600_" EXAMPLE_B "_" EXAMPLE_C);
}

CASE(versions)
{
	static const struct
	{
		uint16_t	version;
		const char *text;
	} all[] = {
		{0x0304, "13"},
		{0x0303, "12"},
		{0x0302, "11"},
		{0x0301, "10"},
		{0x0300, "s3"},
		{0x0002, "s2"},
		{0xfeff, "d1"},
		{0xfefd, "d2"},
		{0xfefc, "d3"},
		{0x0100, "00"},
		{0x7f1c, "00"},
	};
	HelloForm form = example;
	char	  expected[JA4_LENGTH + 1];

	form.extensions = NULL;
	for (size_t i = 0; i < LENGTH(all); i++)
	{
		form.version = all[i].version;
		snprintf(expected, sizeof(expected), "t%si150000_" EXAMPLE_B "_000000000000", all[i].text);
		expect_of(CARRIER_TCP, &form, expected);
	}

	/* The highest that is supported counts, unless there is none. */
	form = example;
	form.version = 0x0301;
	for (size_t i = 0; i < LENGTH(all); i++)
	{
		form.versions = &all[i].version;
		form.versions_count = 1;
		snprintf(expected, sizeof(expected), "t%sd1516h2_" EXAMPLE_B "_" EXAMPLE_C, all[i].text);
		expect_of(CARRIER_TCP, &form, expected);
	}
	form.versions_count = 0;
	expect_of(CARRIER_TCP, &form, "t10d1516h2_" EXAMPLE_B "_" EXAMPLE_C);
}

CASE(more_than_99)
{
	uint16_t	many[120];
	HelloForm	form = example;
	char		text[JA4_LENGTH + 1];
	HelloBytes *hello = calloc(1, sizeof(*hello));

	for (uint16_t i = 0; i < LENGTH(many); i++)
		many[i] = (uint16_t) (0x1000 + i);
	form.cipher_suites = form.extensions = many;
	form.cipher_suites_count = form.extensions_count = LENGTH(many);
	put_hello(hello, &form);
	assert_true(ja4_fingerprint(CARRIER_TCP, (Bytes) {hello->bytes, hello->bytes + hello->length}, text));
	assert_memory_equal(text, "t12i999900_", 11);
	free(hello);
}

/* A hello that is cut in its extensions has none; before them, it is no hello. */
CASE(hellos_that_are_cut)
{
	HelloBytes *hello = calloc(1, sizeof(*hello));
	size_t		extensions = 2 + 32 + 3 + 2 + 2 * LENGTH(example_cipher_suites) + 2;
	char		text[JA4_LENGTH + 1];

	put_hello(hello, &example);
	for (size_t length = 0; length < hello->length; length++)
	{
		uint8_t *block = malloc(length + 1);

		memcpy(block, hello->bytes, length);
		assert_int_equal(ja4_fingerprint(CARRIER_TCP, (Bytes) {block, block + length}, text), length >= extensions);
		if (length >= extensions)
			assert_string_equal(text, "t12i150000_" EXAMPLE_B "_000000000000");
		free(block);
	}
	free(hello);
}

/* As tshark 4.6.9 has them: nDPI's tls_cipher_lens.pcap and tls_invalid_reads.pcap are of this kind. */
CASE(an_extension_that_is_too_long)
{
	static const uint16_t types[] = {0x0000, 0x0017};
	HelloBytes			 *hello = calloc(1, sizeof(*hello));
	HelloForm			  form = example;
	char				  text[JA4_LENGTH + 1];

	form.extensions = types;
	form.extensions_count = LENGTH(types);
	put_hello(hello, &form);
	hello->bytes[hello->length - 1] = 1;
	assert_true(ja4_fingerprint(CARRIER_TCP, (Bytes) {hello->bytes, hello->bytes + hello->length}, text));
	assert_memory_equal(text, "t12d150200_" EXAMPLE_B "_", strlen("t12d150200_" EXAMPLE_B "_"));
	free(hello);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(the_example),
		cmocka_unit_test(lists_that_are_empty),
		cmocka_unit_test(the_first_protocol),
		cmocka_unit_test(versions),
		cmocka_unit_test(more_than_99),
		cmocka_unit_test(hellos_that_are_cut),
		cmocka_unit_test(an_extension_that_is_too_long),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
