/*
 * fuzz_engine.c
 *	  The whole engine on a capture, without nDPI: fuzz_scan.c has what the input is.
 */
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, NULL);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	return capture_mutate(data, size, most, seed);
}

size_t
LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size, uint8_t *to,
						  size_t most, unsigned seed)
{
	return capture_cross(first, first_size, second, second_size, to, most, seed);
}
