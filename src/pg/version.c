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

#include "pg/encoding.h"
#include "pg/owner.h"

PG_FUNCTION_INFO_V1(nfstream_version);

/* Starts a meter with nothing to do, and listens to what it says of itself. */
static HelloMessage
ask_meter(void)
{
	ScanJob		job = {0};
	OwnedMeter *meter;
	MeterMessage message = {0};
	HelloMessage hello;

	request_defaults(&job.request);
	meter = owner_start(&job, 0, 1);
	PG_TRY();
	{
		while (!owner_receive(meter, &message))
			owner_wait(meter);
		if (message.type != MESSAGE_HELLO)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_ERROR),
					 errmsg("the meter does not say of which version it is")));
		memcpy(&hello, message.body, sizeof(hello));
	}
	PG_FINALLY();
	{
		owner_stop(meter);
	}
	PG_END_TRY();
	return hello;
}

static void
put_row(ReturnSetInfo *result, const char *component, const char *version, size_t length)
{
	Datum		values[2];
	bool		nulls[2] = {false, false};

	values[0] = CStringGetTextDatum(component);
	values[1] = CStringGetTextDatum(encoding_valid(pnstrdup(version, length)));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* nfstream_version() → (component text, version text) */
Datum
nfstream_version(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	HelloMessage hello = ask_meter();

	InitMaterializedSRF(fcinfo, 0);
	put_row(result, "nfstream_fdw", EXTENSION_VERSION, strlen(EXTENSION_VERSION));
	put_row(result, "nfstream_meter", hello.meter_version, sizeof(hello.meter_version));
	put_row(result, "nDPI", hello.dpi_version, sizeof(hello.dpi_version));
	put_row(result, "libpcap", hello.pcap_version, sizeof(hello.pcap_version));
	return (Datum) 0;
}
