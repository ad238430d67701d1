/*
 * version.c
 *	  nfstream_version(): which versions work together here.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "pg/base/encoding.h"
#include "pg/workers/ask.h"
#include "pg/workers/scan_request.h"

PG_FUNCTION_INFO_V1(nfstream_version);

/* A meter's first message is what it says of itself: wire/message.c. */
static bool
take_hello(const MeterMessage *message, void *context)
{
	memcpy(context, message->body, sizeof(HelloMessage));
	return false;
}

static void
put_row(ReturnSetInfo *result, const char *component, const char *version, size_t size)
{
	Datum values[2];
	bool  nulls[2] = {false, false};

	values[0] = CStringGetTextDatum(component);
	values[1] = CStringGetTextDatum(encoding_field(version, size));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* nfstream_version() → (component text, version text) */
Datum
nfstream_version(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MeterRequest   request;
	HelloMessage   hello;

	InitMaterializedSRF(fcinfo, 0);
	scan_request_without_options(&request);
	ask_meter(&request, &(Asked) {METER_PLAIN, NULL}, take_hello, &hello);
	put_row(result, "nfstream_fdw", EXTENSION_VERSION, strlen(EXTENSION_VERSION));
	put_row(result, "nfstream_meter", hello.meter_version, sizeof(hello.meter_version));
	put_row(result, "nDPI", hello.dpi_version, sizeof(hello.dpi_version));
	put_row(result, "libpcap", hello.pcap_version, sizeof(hello.pcap_version));
	return (Datum) 0;
}
