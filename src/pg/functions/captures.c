/*
 * captures.c
 *	  nfstream_captures(): the captures in a directory.
 */
#include "postgres.h"

#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "pg/fdw/import.h"
#include "pg/options/privileges.h"
#include "pg/source/known_files.h"
#include "pg/workers/probe.h"

PG_FUNCTION_INFO_V1(nfstream_captures);

/* nfstream_captures(server name, directory text) → (file text, format text, size bigint, packets bigint) */
Datum
nfstream_captures(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const char	  *directory = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	const char	  *name;
	ScanOptions	  *options;
	CaptureFile	  *captures;
	KnownFiles	  *files;
	Oid			   server;
	int			   count;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("server cannot be NULL")));
	name = NameStr(*PG_GETARG_NAME(0));
	server = get_foreign_server_oid(name, false);
	if (!options_is_own_server(server))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a server of nfstream_fdw", name)));
	options = options_of_import(server, NIL);
	options->function = "nfstream_captures";
	import_check_directory(options, name, directory);
	InitMaterializedSRF(fcinfo, 0);
	captures = probe_directory(options, directory, &count);
	files = known_files(InvalidOid);
	for (int i = 0; i < count; i++)
	{
		KnownFile known = known_file(files, &captures[i].file);
		Datum	  values[4] = {CStringGetTextDatum(captures[i].file.path), CStringGetTextDatum(capture_format_names[captures[i].format]),
							   Int64GetDatum((int64) captures[i].file.size), Int64GetDatum((int64) known.packets)};
		bool	  nulls[4] = {false, false, false, !known_is_current(&known)};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
