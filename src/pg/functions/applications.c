/*
 * applications.c
 *	  nfstream_applications(): what the linked nDPI can find.
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

PG_FUNCTION_INFO_V1(nfstream_applications);

static bool
take_application(const MeterMessage *message, void *context)
{
	ReturnSetInfo	  *result = context;
	ApplicationMessage application;
	Datum			   values[3];
	bool			   nulls[3] = {false, false, false};

	if (message->type == MESSAGE_APPLICATION)
	{
		memcpy(&application, message->body, sizeof(application));
		nulls[0] = nulls[1] = application.number == APPLICATION_NONE;
		values[0] = Int32GetDatum((int32) application.number);
		values[1] = CStringGetTextDatum(encoding_field(application.name, sizeof(application.name)));
		values[2] = CStringGetTextDatum(encoding_field(application.category, sizeof(application.category)));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return true;
}

/* nfstream_applications() → (id integer, application_name text, application_category_name text) */
Datum
nfstream_applications(PG_FUNCTION_ARGS)
{
	MeterRequest request;

	InitMaterializedSRF(fcinfo, 0);
	scan_request_without_options(&request);
	request.list_applications = true;
	ask_meter(&request, &(Asked) {METER_PLAIN, NULL}, take_application, fcinfo->resultinfo);
	return (Datum) 0;
}
