/*
 * test_csv.c
 *	  Numbers as the server writes them.
 */
#include <math.h>
#include <stdio.h>

#include "cases.h"
#include "meter/csv.h"

static void
expect_text(double number, const char *expected)
{
	char   text[CSV_DOUBLE_MAX];
	size_t length = csv_double(number, text);

	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(text));
}

/* What PostgreSQL 15 answers to SELECT number::float8. */
CASE(numbers_are_the_servers)
{
	expect_text(0, "0");
	expect_text(1, "1");
	expect_text(54, "54");
	expect_text(100, "100");
	expect_text(0.5, "0.5");
	expect_text(0.0625, "0.0625");
	expect_text(0.1, "0.1");
	expect_text(0.0001, "0.0001");
	expect_text(0.00001234, "1.234e-05");
	expect_text(1.0 / 3, "0.3333333333333333");
	expect_text(2.0 / 3, "0.6666666666666666");
	expect_text(1000.0 / 3, "333.3333333333333");
	expect_text(10.05, "10.05");
	expect_text(123456.789, "123456.789");
	expect_text(0.1 + 0.2, "0.30000000000000004");
	expect_text(999999999999999, "999999999999999");
	expect_text(1e15, "1e+15");
	expect_text(1234567890123456, "1.234567890123456e+15");
	expect_text(100000000000000.5, "100000000000000.5");
	expect_text(1e22, "1e+22");
	expect_text(1.7976931348623157e308, "1.7976931348623157e+308");
}

/* Powers of two, whose neighbours are not equally near, and whole numbers that have a decimal number in the middle between them. */
CASE(ends_of_what_reads_back)
{
	expect_text(0x1p-24, "5.960464477539063e-08");
	expect_text(0x1p-44, "5.684341886080802e-14");
	expect_text(0x1p53, "9.007199254740992e+15");
	expect_text(0x1p64, "1.8446744073709552e+19");
	expect_text(18014398509481988, "1.8014398509481988e+16");
	expect_text(18014398509481992, "1.8014398509481992e+16");
	expect_text(36028797018963976, "3.6028797018963976e+16");
	expect_text(9007199254740994, "9.007199254740994e+15");
}

CASE(random_numbers_read_back_and_have_no_digit_too_many)
{
	Random random = random_start();

	for (int i = 0; i < 100000; i++)
	{
		double number = ldexp((double) (random_number(&random) >> 11), (int) random_below(&random, 90) - 60);
		char   text[CSV_DOUBLE_MAX],
			shorter[CSV_DOUBLE_MAX];
		int digits = 0;

		csv_double(number, text);
		assert_true(strtod(text, NULL) == number);
		if (strchr(text, '.') == NULL)
			continue;
		for (const char *at = text; *at != '\0' && *at != 'e'; at++)
			digits += *at >= '0' && *at <= '9' && (digits > 0 || *at != '0');
		snprintf(shorter, sizeof(shorter), "%.*e", digits - 2, number);
		assert_true(digits < 2 || number > 0x1p53 || strtod(shorter, NULL) != number);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_servers),
		cmocka_unit_test(ends_of_what_reads_back),
		cmocka_unit_test(random_numbers_read_back_and_have_no_digit_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
