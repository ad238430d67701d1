/*
 * plugin_list.c
 *	  nfstream_c_plugins(): the plugins that are not in Python, for the view nfstream_plugins.
 *
 * Shared objects are never loaded into the server: a meter in its sandbox tells what they are.  One that is none there is a
 * WARNING, and has nothing but its name.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

#include "pg/options/plugin_names.h"
#include "pg/workers/describe.h"
#include "wire/bundled.h"

#define RESULT_COLUMNS 5

PG_FUNCTION_INFO_V1(nfstream_c_plugins);

/* -------------------------------------------------------------------------------------------------------- bundled plugins */

/* A parameter's kind, as users write its value in JSON. */
static const char *
kind_name(NfstreamKind kind)
{
	switch (kind)
	{
		case NFSTREAM_BOOLEAN:
			return "boolean";
		case NFSTREAM_INTEGER:
			return "integer";
		case NFSTREAM_REAL:
			return "number";
		case NFSTREAM_TEXT:
			return "text";
		default:
			return "json";
	}
}

static void
push(JsonbParseState **state, const char *key, JsonbValue value)
{
	JsonbValue name = {.type = jbvString, .val.string = {.val = unconstify(char *, key), .len = strlen(key)}};

	pushJsonbValue(state, WJB_KEY, &name);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_text(JsonbParseState **state, const char *key, const char *text)
{
	if (text != NULL)
		push(state, key, (JsonbValue) {.type = jbvString, .val.string = {.val = unconstify(char *, text), .len = strlen(text)}});
}

static void
push_boolean(JsonbParseState **state, const char *key, bool truth)
{
	push(state, key, (JsonbValue) {.type = jbvBool, .val.boolean = truth});
}

static void
push_number(JsonbParseState **state, const char *key, int64 number)
{
	push(state, key, (JsonbValue) {.type = jbvNumeric, .val.numeric = DatumGetNumeric(DirectFunctionCall1(int8_numeric, Int64GetDatum(number)))});
}

static bool
has_range(const NfstreamParameter *parameter)
{
	return (parameter->kind == NFSTREAM_INTEGER || parameter->kind == NFSTREAM_REAL) && parameter->min < parameter->max;
}

static Datum
parameters_of(const BundledPlugin *plugin)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (const NfstreamParameter *parameter = plugin->parameters; parameter->name != NULL; parameter++)
	{
		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_text(&state, "name", parameter->name);
		push_text(&state, "type", kind_name(parameter->kind));
		push_boolean(&state, "required", parameter->required);
		if (!parameter->required && parameter->kind == NFSTREAM_BOOLEAN)
			push_boolean(&state, "default", parameter->fallback != 0);
		else if (!parameter->required && (parameter->kind == NFSTREAM_INTEGER || parameter->kind == NFSTREAM_REAL))
			push_number(&state, "default", parameter->fallback);
		if (has_range(parameter))
		{
			push_number(&state, "min", parameter->min);
			push_number(&state, "max", parameter->max);
		}
		push_text(&state, "help", parameter->help);
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

/* Whether one output is the next of a numbered row, as f_p_k_8 is after f_p_k_7: but for the number they are the same. */
static bool
is_next(const NfstreamOutput *output, const NfstreamOutput *next)
{
	const char *number = strrchr(output->name, '_');

	return next->name != NULL && number != NULL && strcmp(output->type, next->type) == 0 && strcmp(output->help, next->help) == 0 &&
		   strcmp(next->name, psprintf("%.*s_%d", (int) (number - output->name), output->name, atoi(number + 1) + 1)) == 0;
}

/* What a plugin leaves; a numbered row is one object, with the first as its name and the last as up_to. */
static Datum
outputs_of(const BundledPlugin *plugin)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (const NfstreamOutput *output = plugin->outputs; output->name != NULL; output++)
	{
		const NfstreamOutput *first = output;

		while (is_next(output, output + 1))
			output++;
		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_text(&state, "name", first->name);
		if (output != first)
			push_text(&state, "up_to", output->name);
		push_text(&state, "type", first->type);
		push_text(&state, "help", first->help);
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

static void
put_bundled(const BundledPlugin *plugin, ReturnSetInfo *result)
{
	Datum values[RESULT_COLUMNS] = {CStringGetTextDatum(plugin->name), CStringGetTextDatum("bundled"), parameters_of(plugin),
									outputs_of(plugin), CStringGetTextDatum(plugin->help)};
	bool  nulls[RESULT_COLUMNS] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* --------------------------------------------------------------------------------------------------------- shared objects */

/* What a meter says of a shared object; NULL, with a WARNING, if it is no plugin there. */
static PluginDescription *
try_describe(const char *name)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	PluginDescription *volatile description = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		description = describe_shared_object(name);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("plugin \"%s\" cannot be described: %s", name, error->message)));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return description;
}

static void
put_shared_object(const char *name, ReturnSetInfo *result)
{
	const PluginDescription *description = try_describe(name);
	Datum					 values[RESULT_COLUMNS] = {CStringGetTextDatum(name), CStringGetTextDatum("c")};
	bool					 nulls[RESULT_COLUMNS] = {false, false, true, true, true};

	if (description != NULL)
	{
		nulls[2] = nulls[3] = false;
		values[2] = JsonbPGetDatum(description->parameters);
		values[3] = JsonbPGetDatum(description->outputs);
		nulls[4] = description->help == NULL;
		values[4] = nulls[4] ? (Datum) 0 : CStringGetTextDatum(description->help);
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* nfstream_c_plugins() → (name text, kind text, parameters jsonb, outputs jsonb, help text) */
Datum
nfstream_c_plugins(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell	  *cell;

	InitMaterializedSRF(fcinfo, 0);
	for (const BundledPlugin *plugin = bundled_plugins; plugin->name != NULL; plugin++)
		put_bundled(plugin, result);
	foreach(cell, plugin_shared_objects())
		put_shared_object(lfirst(cell), result);
	return (Datum) 0;
}
