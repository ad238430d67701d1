/*
 * cases.h
 *	  What every test program starts with.
 *
 * A case is a function, CASE(its_name), that is listed in main().  Random cases take their numbers from one seed,
 * which is printed; NFSTREAM_TEST_SEED repeats a run.
 */
#ifndef CASES_H
#define CASES_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

/* cmocka 2 tells signed from unsigned; before, there was one for both, which compares as unsigned. */
#ifndef assert_uint_in_range
#define assert_uint_in_range(value, least, most) assert_in_range(value, least, most)
#endif

#define CASE(name)	  static void name(void **state __attribute__((unused)))

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A stretch of bytes of an initialiser's values, as two arguments: where they are, and how many. */
#define BYTES(...) (const uint8_t[]) {__VA_ARGS__}, sizeof((const uint8_t[]) {__VA_ARGS__})

/* Random numbers: splitmix64. */
typedef struct Random
{
	uint64_t at;
} Random;

static inline uint64_t
random_number(Random *numbers)
{
	uint64_t z = numbers->at += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* One of 0 ... count - 1. */
static inline uint32_t
random_below(Random *numbers, uint32_t count)
{
	return (uint32_t) ((random_number(numbers) >> 32) * count >> 32);
}

static inline Random
random_start(void)
{
	const char *given = getenv("NFSTREAM_TEST_SEED");
	Random		numbers = {0};

	if (given != NULL)
		numbers.at = strtoull(given, NULL, 0);
	else
		assert_int_equal(getrandom(&numbers.at, sizeof(numbers.at), 0), sizeof(numbers.at));
	print_message("# NFSTREAM_TEST_SEED=%" PRIu64 "\n", numbers.at);
	return numbers;
}

#endif /* CASES_H */
