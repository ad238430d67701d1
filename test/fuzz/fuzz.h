/*
 * fuzz.h
 *	  What the fuzz targets share: exact copies, expectations, and the captures' mutator.
 *
 * A target is a file fuzz_NAME.c with libFuzzer's LLVMFuzzerTestOneInput.  It fails by a sanitizer's finding, or by an
 * EXPECT that does not hold: whatever the input, what the code promises must be true.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/flow/analyser.h"
#include "expect.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* libFuzzer's. */
int	   LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size,
								 uint8_t *to, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* The sanitizers' options of the targets that scan. */
const char *__asan_default_options(void);

/* A copy in a block of exactly this size, so that the sanitizer sees a byte too far. */
static inline uint8_t *
exact_copy(const void *bytes, size_t length)
{
	uint8_t *copy = malloc(length);

	EXPECT(copy != NULL);
	if (length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

/* A mutator's random numbers: splitmix64. */
static inline uint64_t
fuzz_random(uint64_t *at)
{
	uint64_t z = *at += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* One of 0 ... count - 1. */
static inline size_t
fuzz_below(uint64_t *at, size_t count)
{
	return (size_t) (fuzz_random(at) % count);
}

/* In front of the capture, in the input of a target that scans one. */
#define SCAN_OPTION_BYTES 6

/* Scans the capture that follows the options, with these analysers, and columns of labels or none: fuzz_scan.c. */
void fuzz_scan(const uint8_t *data, size_t size, const Analyser *const *table, bool with_labels);

/* The mutator and the crossing over of such inputs: capture_mutator.c. */
size_t capture_mutate(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t capture_cross(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size, uint8_t *to,
					 size_t most, unsigned seed);

#endif /* FUZZ_H */
