/*
 * fuzz_dpi.c
 *	  The whole engine on a capture, with nDPI: fuzz_scan.c has what the input is.
 *
 * nDPI is the system's, without sanitizers' instrumentation: what is found in it are reads and writes that its process does
 * not survive, and those through functions that the sanitizer intercepts.  It starts once, so what it remembers of other
 * hosts goes from one input to the next.
 */
#include "fuzz.h"
#include "wire/request.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Dpi *dpi;

	if (dpi == NULL)
	{
		MeterRequest request;

		request_defaults(&request);
		request_add_all_columns(&request);
		column_set_add(&request.columns, (unsigned) column_by_name("fingerprint_kind"));
		dpi = dpi_start(request.n_dissections, &request.columns, false);
		EXPECT(dpi != NULL);
	}
	fuzz_scan(data, size, dpi);
	return 0;
}
