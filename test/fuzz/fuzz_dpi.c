/*
 * fuzz_dpi.c
 *	  The whole engine on a capture, with nDPI: fuzz_scan.c has what the input is.
 *
 * nDPI is the system's, without sanitizers' instrumentation: what is found in it are reads and writes that its process does
 * not survive, and those through functions that the sanitizer intercepts.  It starts once, so what it remembers of other
 * hosts goes from one input to the next.
 */
#include "engine/analyse/labels.h"
#include "engine/analyse/splt.h"
#include "engine/analyse/statistics.h"
#include "flow_records.h"
#include "fuzz.h"

static void *labels;

static bool
always(const MeterRequest *request)
{
	(void) request;
	return true;
}

/* What was opened for the first input, with all columns. */
static bool
open_again(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure)
{
	(void) request;
	(void) analysis;
	(void) failure;
	*own = labels;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Analyser				 labels_once;
	static const Analyser *const table[] = {&labels_once, &splt_analyser, &statistics_analyser, NULL};

	if (labels == NULL)
	{
		FailureMessage	failure;
		static Analysis analysis;
		MeterRequest	request;

		request_defaults(&request);
		request_add_all_columns(&request);
		column_set_add(&request.columns, (unsigned) column_of_flow("fingerprint_kind"));
		EXPECT(labels_analyser.open(&request, &analysis, &labels, &failure));
		labels_once = labels_analyser;
		labels_once.wanted = always;
		labels_once.open = open_again;
		labels_once.close = NULL;
	}
	fuzz_scan(data, size, table, true);
	return 0;
}
