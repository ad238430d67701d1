/*
 * fuzz_engine.c
 *	  The whole engine on a capture, without nDPI: fuzz_scan.c has what the input is.
 */
#include "engine/analyse/analysers.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, analysers, false);
	return 0;
}
