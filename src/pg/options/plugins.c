/*
 * plugins.c
 *	  The option udps: which plugins are called, in which order, with what arguments.
 *
 * Only of bundled plugins is it known here what they take.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "pg/base/encoding.h"
#include "pg/options/option_forms.h"
#include "pg/options/plugins.h"
#include "pg/options/suggest.h"
#include "wire/plugin_arguments.h"

#define PLUGINS_DEPTH_MAX 32 /* of arrays and objects in each other */

/* How deep arrays and objects are nested. */
static int
json_depth(JsonbContainer *root)
{
	JsonbIterator	  *iterator = JsonbIteratorInit(root);
	JsonbIteratorToken token;
	JsonbValue		   value;
	int				   depth = 0,
		deepest = 0;

	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		if (token == WJB_BEGIN_ARRAY || token == WJB_BEGIN_OBJECT)
		{
			depth++;
			deepest = Max(deepest, depth);
		}
		else if (token == WJB_END_ARRAY || token == WJB_END_OBJECT)
			depth--;
	}
	return deepest;
}

static PluginText
utf8_text(const char *text)
{
	return plugin_text(pg_server_to_any(text, strlen(text), PG_UTF8));
}

/* ------------------------------------------------------------------------------------------------------------------ arguments */

static void
set_value(ListedArgument *argument, PluginValueKind kind, const void *value, size_t length)
{
	char *bytes = palloc(length + 1);

	memcpy(bytes, value, length);
	argument->argument.kind = kind;
	argument->argument.value = (PluginText) {bytes, length};
}

static void
set_text(ListedArgument *argument, PluginValueKind kind, const char *text)
{
	argument->argument.kind = kind;
	argument->argument.value = utf8_text(text);
}

/* A number: an integer if it has no fraction and fits, a double if it has one, else the JSON, of which Python makes what it likes. */
static void
set_number(ListedArgument *argument, const char *number)
{
	char  *end;
	int64  integer;
	double real;

	errno = 0;
	if (strchr(number, '.') == NULL)
	{
		integer = strtoi64(number, &end, 10);
		if (errno == 0 && *end == '\0')
			set_value(argument, PLUGIN_VALUE_INTEGER, &integer, sizeof(integer));
		else
			set_text(argument, PLUGIN_VALUE_JSON, number);
		return;
	}
	real = strtod(number, &end);
	if (errno == 0 && *end == '\0')
		set_value(argument, PLUGIN_VALUE_REAL, &real, sizeof(real));
	else
		set_text(argument, PLUGIN_VALUE_JSON, number);
}

/* Sets an argument's value, of which `shown` is the JSON text. */
static void
set_json(ListedArgument *argument, JsonbValue *value, const char *shown)
{
	uint8 truth;

	switch (value->type)
	{
		case jbvNull:
			set_value(argument, PLUGIN_VALUE_NULL, "", 0);
			break;
		case jbvBool:
			truth = value->val.boolean;
			set_value(argument, PLUGIN_VALUE_BOOLEAN, &truth, sizeof(truth));
			break;
		case jbvNumeric:
			set_number(argument, shown);
			break;
		case jbvString:
			set_text(argument, PLUGIN_VALUE_TEXT, pnstrdup(value->val.string.val, value->val.string.len));
			break;
		default:
			set_text(argument, PLUGIN_VALUE_JSON, shown);
			break;
	}
}

void
plugins_set_json(ListedArgument *argument, const char *json)
{
	Jsonb	  *parsed = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
	JsonbValue value;

	argument->shown = JsonbToCString(NULL, &parsed->root, VARSIZE(parsed));
	if (!JsonbExtractScalar(&parsed->root, &value))
		value.type = jbvBinary;
	set_json(argument, &value, argument->shown);
}

/* Whether a value is an object that tells where the value is, {"query": ...} or {"pickle": ...}; *form and *query are that then. */
static bool
is_query(JsonbValue *value, ArgumentForm *form, char **query)
{
	static const struct
	{
		const char	*name;
		ArgumentForm form;
	} forms[] = {{"query", ARGUMENT_QUERY}, {"pickle", ARGUMENT_PICKLE}};

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data) || JsonContainerSize(value->val.binary.data) != 1)
		return false;
	for (int i = 0; i < lengthof(forms); i++)
	{
		JsonbValue	buffer;
		JsonbValue *found = getKeyJsonValueFromContainer(value->val.binary.data, forms[i].name, strlen(forms[i].name), &buffer);

		if (found == NULL || found->type != jbvString)
			continue;
		*form = forms[i].form;
		*query = pnstrdup(found->val.string.val, found->val.string.len);
		return true;
	}
	return false;
}

static ListedArgument *
parse_argument(const JsonbValue *name, JsonbValue *value)
{
	ListedArgument *argument = palloc0(sizeof(*argument));
	Jsonb		   *json = JsonbValueToJsonb(value);

	argument->name = pnstrdup(name->val.string.val, name->val.string.len);
	argument->argument.name = utf8_text(argument->name);
	argument->shown = JsonbToCString(NULL, &json->root, VARSIZE(json));
	if (!is_query(value, &argument->form, &argument->query))
		set_json(argument, value, argument->shown);
	return argument;
}

/* ---------------------------------------------------------------------------------------------- what bundled plugins take */

static char *
accepted_text(const NfstreamParameter *parameter)
{
	char *accepted = palloc(PLUGIN_ACCEPTED_MAX);

	plugin_parameter_accepted(parameter, accepted);
	return accepted;
}

/* The names of a plugin's parameters, with commas; '' if it has none. */
static char *
parameter_names(const BundledPlugin *plugin)
{
	StringInfoData names;

	initStringInfo(&names);
	for (const NfstreamParameter *parameter = plugin->parameters; parameter->name != NULL; parameter++)
		appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "", parameter->name);
	return names.data;
}

static void
refuse_parameter(const BundledPlugin *plugin, const char *name)
{
	Suggestions near;
	char	   *perhaps;

	suggest_start(&near, name);
	for (const NfstreamParameter *parameter = plugin->parameters; parameter->name != NULL; parameter++)
		suggest_offer(&near, parameter->name);
	perhaps = suggest_text(&near);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("plugin \"%s\" has no parameter \"%s\"", plugin->name, encoding_clipped(name)),
			 plugin->parameters->name == NULL ? errdetail("It has no parameters.") :
												errdetail("Its parameters are: %s.", parameter_names(plugin)),
			 perhaps != NULL ? errhint("Perhaps you meant %s.", perhaps) : errhint("Leave it out.")));
}

static void
refuse_argument(const BundledPlugin *plugin, const NfstreamParameter *parameter, const char *shown)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for parameter \"%s\" of plugin \"%s\": %s", parameter->name, plugin->name, encoding_clipped(shown)),
			 errdetail("Accepted: %s.", accepted_text(parameter)),
			 errhint("\"%s\" means: %s.", parameter->name, parameter->help)));
}

/* The parameter of this name; errors if the plugin has none. */
static const NfstreamParameter *
find_parameter(const BundledPlugin *plugin, const char *name)
{
	for (const NfstreamParameter *parameter = plugin->parameters; parameter->name != NULL; parameter++)
		if (strcmp(parameter->name, name) == 0)
			return parameter;
	refuse_parameter(plugin, name);
	return NULL;
}

void
plugins_check_argument(const ListedPlugin *plugin, const ListedArgument *argument)
{
	const NfstreamParameter *parameter;
	NfstreamValue			 value;

	if (plugin->bundled == NULL)
		return;
	parameter = find_parameter(plugin->bundled, argument->name);
	if (argument->form == ARGUMENT_PICKLE || !plugin_argument_take(&argument->argument, parameter, &value))
		refuse_argument(plugin->bundled, parameter, argument->shown);
}

static ListedArgument *
find_argument(const ListedPlugin *plugin, const char *name)
{
	ListCell *cell;

	foreach(cell, plugin->arguments)
		if (strcmp(((ListedArgument *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	return NULL;
}

void
plugins_values(const ListedPlugin *plugin, NfstreamValue *values)
{
	for (const NfstreamParameter *parameter = plugin->bundled->parameters; parameter->name != NULL; parameter++, values++)
	{
		const ListedArgument *argument = find_argument(plugin, parameter->name);

		if (argument == NULL || !plugin_argument_take(&argument->argument, parameter, values))
			*values = plugin_parameter_fallback(parameter);
	}
}

/* Checks what a bundled plugin is given, as far as it is known, and puts it in the order of its parameters. */
static void
check_arguments(ListedPlugin *plugin)
{
	List	 *ordered = NIL;
	ListCell *cell;

	foreach(cell, plugin->arguments)
	{
		const ListedArgument *argument = lfirst(cell);

		if (argument->form == ARGUMENT_QUERY)
			(void) find_parameter(plugin->bundled, argument->name);
		else
			plugins_check_argument(plugin, argument);
	}
	for (const NfstreamParameter *parameter = plugin->bundled->parameters; parameter->name != NULL; parameter++)
	{
		ListedArgument *argument = find_argument(plugin, parameter->name);

		if (argument != NULL)
			ordered = lappend(ordered, argument);
		else if (parameter->required)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("plugin \"%s\" needs the parameter \"%s\"", plugin->name, parameter->name),
					 errdetail("Accepted: %s.", accepted_text(parameter)),
					 errhint("Write it as [{\"plugin\": \"%s\", \"%s\": ...}]; it means: %s.", plugin->name, parameter->name,
							 parameter->help)));
	}
	plugin->arguments = ordered;
}

/* --------------------------------------------------------------------------------------------------------------------- the list */

/* A plugin of this name with the arguments of an object, which is NULL where there is only the name. */
static ListedPlugin *
parse_plugin(const char *name, JsonbContainer *object)
{
	ListedPlugin	  *plugin = palloc0(sizeof(*plugin));
	JsonbIterator	  *iterator;
	JsonbIteratorToken token;
	JsonbValue		   key,
		value;

	plugin->name = pstrdup(name);
	plugin->bundled = bundled_find(name, strlen(name));
	if (object != NULL)
	{
		iterator = JsonbIteratorInit(object);
		while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
		{
			if (token != WJB_KEY)
				continue;
			(void) JsonbIteratorNext(&iterator, &value, true);
			if (key.val.string.len != strlen("plugin") || memcmp(key.val.string.val, "plugin", key.val.string.len) != 0)
				plugin->arguments = lappend(plugin->arguments, parse_argument(&key, &value));
		}
	}
	if (plugin->bundled != NULL)
		check_arguments(plugin);
	return plugin;
}

/* An element of the array: a plugin's name, or an object with that; NULL if it is neither. */
static ListedPlugin *
parse_element(JsonbValue *element)
{
	JsonbContainer *object = NULL;
	JsonbValue		buffer;
	char		   *name;

	if (element->type == jbvBinary && JsonContainerIsObject(element->val.binary.data))
	{
		object = element->val.binary.data;
		element = getKeyJsonValueFromContainer(object, "plugin", strlen("plugin"), &buffer);
	}
	if (element == NULL || element->type != jbvString)
		return NULL;
	name = pnstrdup(element->val.string.val, element->val.string.len);
	return form_is_plugin_name(name) ? parse_plugin(name, object) : NULL;
}

List *
plugins_parse(const char *value)
{
	List		   *plugins = NIL;
	Datum			json;
	JsonbContainer *root;
	uint32			count;

	if (form_is_plugin_name(value))
		return list_make1(parse_plugin(value, NULL));
	if (!form_parse_json(value, &json))
		return NIL;
	root = &DatumGetJsonbP(json)->root;
	count = JsonContainerSize(root);
	if (!JsonContainerIsArray(root) || JsonContainerIsScalar(root) || count > PLUGIN_ORDERS_MAX || json_depth(root) > PLUGINS_DEPTH_MAX)
		return NIL;
	for (uint32 i = 0; i < count; i++)
	{
		ListedPlugin *plugin = parse_element(getIthJsonbValueFromContainer(root, i));

		if (plugin == NULL)
			return NIL;
		plugins = lappend(plugins, plugin);
	}
	return plugins;
}

List *
plugins_shown(const List *plugins)
{
	List	 *shown = NIL;
	ListCell *cell,
		*argument_cell;

	foreach(cell, plugins)
	{
		const ListedPlugin *plugin = lfirst(cell);
		StringInfoData		text;

		initStringInfo(&text);
		appendStringInfoString(&text, plugin->name);
		foreach(argument_cell, plugin->arguments)
		{
			const ListedArgument *argument = lfirst(argument_cell);

			appendStringInfo(&text, "%s%s %s", foreach_current_index(argument_cell) == 0 ? "(" : ", ", argument->name,
							 encoding_clipped(argument->shown));
		}
		if (plugin->arguments != NIL)
			appendStringInfoChar(&text, ')');
		shown = lappend(shown, text.data);
	}
	return shown;
}
