/*
 * plugin_query.c
 *	  Values of plugins' parameters that a query returns.
 *
 * Whoever reads a table makes its owner's query run: so nothing of the reader's session may decide what it does.  It runs as the
 * owner, in a security-restricted operation, on a search_path of its own, and cannot write, not even in functions that it calls.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/fdw/plugin_query.h"

/* Two rows tell that there is more than one. */
#define ROWS_WANTED 2

/* What runs now, and within which other: a query may scan other tables with plugins, but not its own. */
typedef struct RunningQuery
{
	const PluginQuery		  *query;
	const struct RunningQuery *outer;
} RunningQuery;

static const RunningQuery *running = NULL;

/* What a session may have set, and what decides how a query is read and what its values look like. */
static const struct
{
	const char *name;
	const char *value;
} settings[] = {
	{"standard_conforming_strings", "on"},
	{"transform_null_equals", "off"},
	{"array_nulls", "on"},
	{"row_security", "on"},
	{"TimeZone", "UTC"},
	{"DateStyle", "ISO"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
	{"xmloption", "content"},
	{"lc_monetary", "C"},
	{"lc_numeric", "C"},
	{"lc_time", "C"},
	{"default_text_search_config", "pg_catalog.simple"},
};

/* Makes something of the value, in a context that lasts. */
typedef void (*TakeValue)(Datum value, Oid type, MemoryContext lasting, void *result);

static void
add_context(void *argument)
{
	const PluginQuery *query = argument;

	errcontext("query of parameter \"%s\" of plugin \"%s\"", query->parameter, query->plugin);
}

/* With temporary tables last: nobody's takes the place of one that is there. */
static char *
search_path_of(const PluginQuery *query)
{
	const char *schema = OidIsValid(query->schema) ? get_namespace_name(query->schema) : NULL;

	return schema == NULL ? pstrdup("pg_catalog, pg_temp") : psprintf("pg_catalog, %s, pg_temp", quote_identifier(schema));
}

static _Noreturn void
refuse_result(int sqlstate, const char *what)
{
	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg("%s", what),
			 errdetail("The value of a parameter is the one column of the one row of its query.")));
}

static SPIPlanPtr
prepare(const char *query)
{
	SPIPlanPtr plan = SPI_prepare(query, 0, NULL);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	if (!SPI_is_cursor_plan(plan))
		refuse_result(ERRCODE_FEATURE_NOT_SUPPORTED, "the query of a parameter is not one statement that returns rows");
	return plan;
}

/* Runs the query, which errors if it does not return one value. */
static void
run(const char *query, TakeValue take, MemoryContext lasting, void *result)
{
	SPIPlanPtr plan;
	Datum	   value;
	bool	   is_null;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	plan = prepare(query);
	if (SPI_execute_plan(plan, NULL, NULL, true, ROWS_WANTED) < 0 || SPI_tuptable == NULL)
		refuse_result(ERRCODE_FEATURE_NOT_SUPPORTED, "the query of a parameter is not one statement that returns rows");
	if (SPI_tuptable->tupdesc->natts != 1)
		refuse_result(ERRCODE_INVALID_PARAMETER_VALUE,
					  psprintf("the query of a parameter returns %d columns", SPI_tuptable->tupdesc->natts));
	if (SPI_gettypeid(SPI_tuptable->tupdesc, 1) == VOIDOID)
		refuse_result(ERRCODE_DATATYPE_MISMATCH, "the query of a parameter returns void");
	if (SPI_processed != 1)
		refuse_result(SPI_processed == 0 ? ERRCODE_NO_DATA_FOUND : ERRCODE_CARDINALITY_VIOLATION,
					  SPI_processed == 0 ? "the query of a parameter returns no row" :
										   "the query of a parameter returns more than one row");
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
	if (is_null)
		refuse_result(ERRCODE_NULL_VALUE_NOT_ALLOWED, "the query of a parameter returns NULL");
	take(value, SPI_gettypeid(SPI_tuptable->tupdesc, 1), lasting, result);
	SPI_finish();
}

/* Sets a setting up to the end of the nesting level. */
static void
set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Runs it with nothing of the session's own. */
static void
run_apart(const PluginQuery *query, TakeValue take, MemoryContext lasting, void *result)
{
	Oid user;
	int context,
		level = NewGUCNestLevel();
	bool was_read_only = XactReadOnly;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(query->owner, context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	if (OidIsValid(query->table))
		set("search_path", search_path_of(query));
	for (int i = 0; i < lengthof(settings); i++)
		set(settings[i].name, settings[i].value);
	XactReadOnly = true;
	PG_TRY();
	{
		run(query->text, take, lasting, result);
	}
	PG_FINALLY();
	{
		XactReadOnly = was_read_only;
	}
	PG_END_TRY();
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(user, context);
}

static void
find_value(const PluginQuery *query, TakeValue take, void *result)
{
	RunningQuery		 this = {.query = query, .outer = running};
	ErrorContextCallback callback = {
		.callback = add_context,
		.arg = (void *) query,
		.previous = error_context_stack,
	};

	for (const RunningQuery *other = running; other != NULL; other = other->outer)
		if (OidIsValid(query->table) && other->query->table == query->table)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_RECURSION),
					 errmsg("the query of parameter \"%s\" of plugin \"%s\" reads the table \"%s\", for whose scan it runs",
							query->parameter, query->plugin, get_rel_name(query->table))));
	error_context_stack = &callback;
	running = &this;
	PG_TRY();
	{
		run_apart(query, take, CurrentMemoryContext, result);
	}
	PG_FINALLY();
	{
		running = this.outer;
	}
	PG_END_TRY();
	error_context_stack = callback.previous;
}

/* ------------------------------------------------------------------------------------------------------------------- forms */

/* Numbers, truth values and JSON as they are, arrays and rows as JSON, all else as a text. */
static void
take_json(Datum value, Oid type, MemoryContext lasting, void *result)
{
	bool is_null;

	if (SPI_execute_with_args("SELECT pg_catalog.to_json($1)::pg_catalog.text", 1, &type, &value, NULL, true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "to_json() failed");
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
	*(char **) result = MemoryContextStrdup(lasting, TextDatumGetCString(value));
}

char *
plugin_query_json(const PluginQuery *query)
{
	char *json = NULL;

	find_value(query, take_json, &json);
	return json;
}

static void
take_pickle(Datum value, Oid type, MemoryContext lasting, void *result)
{
	struct varlena *stored = (struct varlena *) DatumGetPointer(value);
	PluginText	   *pickle = result;
	Size			length;
	char		   *bytes;

	if (getBaseType(type) != BYTEAOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the query of a pickle returns %s and not bytea", format_type_be(type)),
				 errhint("A pickle is what Python's pickle.dumps() makes; a value of another type is written as {\"query\": ...}.")));
	length = toast_raw_datum_size(value) - VARHDRSZ;
	if (length > PLUGIN_VALUE_BYTES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a pickle is too large"),
				 errdetail("It has %zu bytes, and may have %u.", length, PLUGIN_VALUE_BYTES_MAX)));
	stored = PG_DETOAST_DATUM_PACKED(value);
	bytes = MemoryContextAlloc(lasting, Max(length, 1));
	memcpy(bytes, VARDATA_ANY(stored), length);
	*pickle = (PluginText) {bytes, (uint32) length};
}

PluginText
plugin_query_pickle(const PluginQuery *query)
{
	PluginText pickle = {0};

	find_value(query, take_pickle, &pickle);
	return pickle;
}
