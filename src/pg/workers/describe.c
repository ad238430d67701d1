/*
 * describe.c
 *	  What a plugin is, as a meter in its sandbox finds it.
 *
 * A meter's answer may be anything: it is parsed as JSON, and only what has the right form is taken over.
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/syscache.h"

#include "pg/base/encoding.h"
#include "pg/base/settings.h"
#include "pg/options/plugin_names.h"
#include "pg/options/plugin_outputs.h"
#include "pg/options/python_plugins.h"
#include "pg/workers/ask.h"
#include "pg/workers/describe.h"
#include "pg/workers/failure.h"
#include "pg/workers/scan_request.h"
#include "wire/json.h"
#include "wire/plugin_orders.h"

/* Names that a description has of one kind, at most. */
#define NAMES_MAX 1024

/* Only texts of this length are looked at as types. */
#define TYPE_BYTES_MAX 256

static void
check(bool is_right)
{
	if (!is_right)
		failure_raise_fault(FAULT_CONTENT, "a description of a plugin that is none", NULL);
}

/* ------------------------------------------------------------------------------------------------------------------ the answer */

/* A member of an object; NULL if it is not there, or null. */
static JsonbValue *
member(JsonbContainer *object, const char *name)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), NULL);

	return value == NULL || value->type == jbvNull ? NULL : value;
}

static char *
text_member(JsonbContainer *object, const char *name)
{
	JsonbValue *value = member(object, name);

	if (value == NULL)
		return NULL;
	check(value->type == jbvString);
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* An array of so many elements at most; NULL where there is none. */
static JsonbValue *
array_member(JsonbContainer *object, const char *name)
{
	JsonbValue *value = member(object, name);

	check(value == NULL || (value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data) &&
							JsonContainerSize(value->val.binary.data) <= NAMES_MAX));
	return value;
}

/* An object of an array, which has a name. */
static JsonbContainer *
object_in(JsonbContainer *array, uint32 index)
{
	JsonbValue *element = getIthJsonbValueFromContainer(array, index);

	check(element->type == jbvBinary && JsonContainerIsObject(element->val.binary.data) &&
		  text_member(element->val.binary.data, "name") != NULL);
	return element->val.binary.data;
}

/* Looks a type up; false, or *type as it was, if it is missing. */
static bool
find_type(const char *written, Oid *type, int32 *modifier)
{
#if PG_VERSION_NUM >= 160000
	ErrorSaveContext missing = {T_ErrorSaveContext};

	return parseTypeString(written, type, modifier, (Node *) &missing);
#else
	parseTypeString(written, type, modifier, true);
	return true;
#endif
}

/* A type as it is written here, whatever the search_path is later. */
static char *
type_name(const char *plugin, const char *output, const char *written)
{
	Oid	  type = InvalidOid;
	int32 modifier = -1;
	Oid	  schema;

	if (strlen(written) > TYPE_BYTES_MAX || !find_type(written, &type, &modifier) || !OidIsValid(type))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("output \"%s\" of plugin \"%s\" has a type that does not exist: \"%s\"", encoding_clipped(output), plugin,
						encoding_clipped(written))));
	schema = GetSysCacheOid1(TYPEOID, Anum_pg_type_typnamespace, ObjectIdGetDatum(type));
	return format_type_extended(type, modifier,
								FORMAT_TYPE_TYPEMOD_GIVEN | (schema == PG_CATALOG_NAMESPACE ? 0 : FORMAT_TYPE_FORCE_QUALIFY));
}

/* ----------------------------------------------------------------------------------------------------------- what is made of it */

static void
push_text(JsonbParseState **state, const char *key, const char *text)
{
	JsonbValue name = {.type = jbvString, .val.string = {.val = unconstify(char *, key), .len = strlen(key)}},
			   value = {.type = jbvNull};

	if (text != NULL)
		value = (JsonbValue) {.type = jbvString, .val.string = {.val = unconstify(char *, text), .len = strlen(text)}};
	pushJsonbValue(state, WJB_KEY, &name);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static Jsonb *
outputs_of(const char *plugin, JsonbValue *array)
{
	JsonbParseState *state = NULL;
	uint32			 count = array == NULL ? 0 : JsonContainerSize(array->val.binary.data);

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (uint32 i = 0; i < count; i++)
	{
		JsonbContainer *output = object_in(array->val.binary.data, i);
		char		   *name = text_member(output, "name"),
			 *type = text_member(output, "type");

		check(type != NULL);
		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_text(&state, "name", name);
		push_text(&state, "type", type_name(plugin, name, type));
		push_text(&state, "help", text_member(output, "help"));
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL));
}

static Jsonb *
parameters_of(JsonbValue *array)
{
	if (array == NULL)
		return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("[]")));
	for (uint32 i = 0; i < JsonContainerSize(array->val.binary.data); i++)
		(void) object_in(array->val.binary.data, i);
	return JsonbValueToJsonb(array);
}

static List *
names_of(JsonbValue *array)
{
	List *names = NIL;

	for (uint32 i = 0; i < JsonContainerSize(array->val.binary.data); i++)
	{
		JsonbValue *name = getIthJsonbValueFromContainer(array->val.binary.data, i);

		check(name->type == jbvString);
		names = lappend(names, pnstrdup(name->val.string.val, name->val.string.len));
	}
	return names;
}

/* Where an answer is put. */
typedef struct Answer
{
	const char		  *plugin;
	PluginDescription *description;
} Answer;

static bool
take_description(const MeterMessage *message, void *context)
{
	Answer		   *answer = context;
	JsonbContainer *root;
	JsonbValue	   *reads;

	if (message->type != MESSAGE_DESCRIPTION)
		return true;
	check(answer->description == NULL && json_is_plain(message->body, message->length));
	root = &DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text_to_cstring(encoding_from_utf8(message->body, message->length)))))->root;
	check(JsonContainerIsObject(root));
	answer->description = palloc0(sizeof(*answer->description));
	answer->description->class = text_member(root, "class");
	check(answer->description->class == NULL || strlen(answer->description->class) <= PLUGIN_NAME_BYTES);
	answer->description->help = text_member(root, "help");
	answer->description->parameters = parameters_of(array_member(root, "parameters"));
	answer->description->outputs = outputs_of(answer->plugin, array_member(root, "outputs"));
	reads = array_member(root, "reads");
	answer->description->reads_all = reads == NULL;
	if (reads != NULL)
		answer->description->reads = names_of(reads);
	return true;
}

/* Asks a meter of what kind it takes to describe the one plugin of these orders. */
static PluginDescription *
ask(const char *plugin, const PluginOrders *orders, MeterProgram which)
{
	MeterRequest request;
	Answer		 answer = {.plugin = plugin};
	uint8		*piece;

	scan_request_without_options(&request);
	request.describe_plugins = true;
	request.plugins = plugin_orders_length(orders);
	piece = palloc(request.plugins);
	plugin_orders_write(orders, piece);
	ask_meter(&request, &(Asked) {which, piece}, take_description, &answer);
	pfree(piece);
	check(answer.description != NULL && (which == METER_PLAIN || answer.description->class != NULL));
	return answer.description;
}

static PluginText
utf8_text(const char *text)
{
	return plugin_text(pg_server_to_any(text, strlen(text), PG_UTF8));
}

PluginDescription *
describe_python(const char *name, const char *class, const char *source)
{
	PluginOrders *orders = palloc0(sizeof(*orders));

	if (!plugin_orders_add(orders, PLUGIN_PYTHON, plugin_text(name), utf8_text(class == NULL ? "" : class), utf8_text(source)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid class of a plugin: \"%s\"", class == NULL ? "" : encoding_clipped(class)),
				 errdetail("A name has up to %d bytes.", PLUGIN_NAME_BYTES)));
	orders->python_prefix = utf8_text(setting_python_prefix);
	return ask(name, orders, METER_PYTHON);
}

PluginDescription *
describe_shared_object(const char *name)
{
	PluginOrders	*orders = palloc0(sizeof(*orders));
	const PluginText nothing = {0};

	(void) plugin_orders_add(orders, PLUGIN_C, plugin_text(name), nothing, nothing);
	return ask(name, orders, METER_PLAIN);
}

List *
describe_outputs(const List *plugins, bool *complete)
{
	List *untold,
		*outputs = plugins_outputs(plugins, &untold);
	ListCell *cell;

	*complete = true;
	foreach(cell, untold)
	{
		const ListedPlugin *plugin = lfirst(cell);

		if (plugin_is_shared_object(plugin->name) && python_plugin_find(plugin->name) == NULL)
			outputs = plugins_add_outputs(outputs, plugin_described_outputs(describe_shared_object(plugin->name)->outputs));
		else
			*complete = false;
	}
	return outputs;
}
