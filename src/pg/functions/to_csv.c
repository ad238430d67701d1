/*
 * to_csv.c
 *	  nfstream_to_csv(): a relation with flows as CSV files of the server.
 */
#include "postgres.h"

#include "access/relation.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/functions/csv_receiver.h"
#include "pg/functions/dataset.h"
#include "pg/functions/dataset_query.h"
#include "pg/functions/export.h"

/* nfstream_to_csv()'s arguments. */
enum
{
	ARGUMENT_FLOWS,
	ARGUMENT_PATH,
	ARGUMENT_COLUMNS_TO_ANONYMIZE,
	ARGUMENT_FLOWS_PER_FILE,
	ARGUMENT_ROTATE_FILES,
	ARGUMENTS
};

static const ServerFileKind kind = {
	.example = "/exports/flows.csv",
	.on_client = "psql's \\copy writes a file on the client's.",
	.instead = "write a file on the client's machine with psql's \\copy",
	.chunked = true,
};

/* An argument that is a whole number and must not be negative. */
static uint64
natural(FunctionCallInfo fcinfo, int argument, int64 value, const char *name)
{
	if (PG_ARGISNULL(argument) || value < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 PG_ARGISNULL(argument) ? errmsg("%s cannot be NULL", name) :
										  errmsg("%s cannot be " INT64_FORMAT, name, value),
				 errdetail("Accepted: 0 or more.")));
	return (uint64) value;
}

/* Beside the first file of a table's source, with .csv after its name. */
static char *
default_path(Relation relation)
{
	const char *source = dataset_first_file(relation);

	if (source == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" has no source file that could name the CSV file", RelationGetRelationName(relation)),
				 errhint("Give a path, as \"/exports/%s.csv\".", RelationGetRelationName(relation))));
	return psprintf("%s.csv", source);
}

/* Runs the query, whose rows go to the receiver. */
static void
run(void *argument, DestReceiver *receiver)
{
	DatasetQuery	 *query = argument;
	SPIExecuteOptions options = {.dest = receiver};
	int				  result;

	SPI_connect();
	result = SPI_execute_plan_extended(dataset_prepare(query, query->select), &options);
	if (result < 0)
		elog(ERROR, "could not run \"%s\": %s", query->select, SPI_result_code_string(result));
	SPI_finish();
}

static uint64
export(Relation relation, DatasetQuery *query, const char *path, bool is_default, uint64 flows_per_file, uint64 rotate_files)
{
	ServerFiles	 *files = server_files_create(&kind, path, is_default, flows_per_file > 0);
	DestReceiver *receiver = csv_receiver_create(files, flows_per_file, flows_per_file > 0 ? rotate_files : 0);

	export_rows(files, run, query, receiver, RelationGetRelid(relation));
	return csv_receiver_rows(receiver);
}

PG_FUNCTION_INFO_V1(nfstream_to_csv);

/* nfstream_to_csv(flows, path, columns_to_anonymize, flows_per_file, rotate_files) → the number of flows */
Datum
nfstream_to_csv(PG_FUNCTION_ARGS)
{
	Relation relation;
	uint64	 flows_per_file,
		rotate_files,
		flows;
	char		 *path;
	DatasetQuery *query;

	if (PG_ARGISNULL(ARGUMENT_FLOWS) || PG_ARGISNULL(ARGUMENT_COLUMNS_TO_ANONYMIZE))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s cannot be NULL", PG_ARGISNULL(ARGUMENT_FLOWS) ? "flows" : "columns_to_anonymize"),
				 PG_ARGISNULL(ARGUMENT_FLOWS) ? errdetail("Accepted: a table or view.") :
												errdetail("Accepted: an array of names of columns, '{}' for none.")));
	flows_per_file = natural(fcinfo, ARGUMENT_FLOWS_PER_FILE, PG_GETARG_INT64(ARGUMENT_FLOWS_PER_FILE), "flows_per_file");
	rotate_files = natural(fcinfo, ARGUMENT_ROTATE_FILES, PG_GETARG_INT32(ARGUMENT_ROTATE_FILES), "rotate_files");
	server_files_check_rights(&kind);

	relation = dataset_open(PG_GETARG_OID(ARGUMENT_FLOWS));
	path = PG_ARGISNULL(ARGUMENT_PATH) ? default_path(relation) :
										 text_to_cstring(PG_GETARG_TEXT_PP(ARGUMENT_PATH));
	query = dataset_query(relation, PG_GETARG_ARRAYTYPE_P(ARGUMENT_COLUMNS_TO_ANONYMIZE),
						  get_func_namespace(fcinfo->flinfo->fn_oid));
	flows = export(relation, query, path, PG_ARGISNULL(ARGUMENT_PATH), flows_per_file, rotate_files);
	relation_close(relation, NoLock);
	PG_RETURN_INT64((int64) flows);
}
