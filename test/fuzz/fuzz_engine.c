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
