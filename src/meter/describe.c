/*
 * describe.c
 *	  What the plugins of a request are, as messages say it.
 */
#include <string.h>

#include "meter/describe.h"

static void
put(JsonText *text, const char *constant)
{
	json_put(text, constant, strlen(constant));
}

static void
put_text(JsonText *text, const char *before, const char *value)
{
	put(text, before);
	if (value == NULL)
		put(text, "null");
	else
		json_put_text(text, value, strlen(value));
}

static const char *
type_of(NfstreamKind kind)
{
	switch (kind)
	{
		case NFSTREAM_BOOLEAN:
			return "boolean";
		case NFSTREAM_INTEGER:
			return "bigint";
		case NFSTREAM_REAL:
			return "double precision";
		case NFSTREAM_TEXT:
			return "text";
		default:
			return "json";
	}
}

static void
put_parameter(JsonText *text, const NfstreamParameter *parameter)
{
	bool is_number = parameter->kind == NFSTREAM_INTEGER || parameter->kind == NFSTREAM_REAL;

	put_text(text, "{\"name\":", parameter->name);
	put_text(text, ",\"type\":", type_of(parameter->kind));
	put(text, parameter->required ? ",\"required\":true" : ",\"required\":false");
	if (!parameter->required && is_number)
	{
		put(text, ",\"default\":");
		json_put_integer(text, parameter->fallback);
	}
	else if (!parameter->required && parameter->kind == NFSTREAM_BOOLEAN)
		put(text, parameter->fallback ? ",\"default\":true" : ",\"default\":false");
	if (is_number)
	{
		put(text, ",\"min\":");
		json_put_integer(text, parameter->min);
		put(text, ",\"max\":");
		json_put_integer(text, parameter->max);
	}
	put_text(text, ",\"help\":", parameter->help);
	put(text, "}");
}

static void
put_output(JsonText *text, const NfstreamOutput *output)
{
	put_text(text, "{\"name\":", output->name);
	put_text(text, ",\"type\":", output->type);
	put_text(text, ",\"help\":", output->help);
	put(text, "}");
}

void
describe_plugin_of_c(const NfstreamPlugin *plugin, JsonText *text)
{
	put_text(text, "{\"help\":", plugin->help);
	put(text, ",\"parameters\":[");
	for (const NfstreamParameter *parameter = plugin->parameters; parameter != NULL && parameter->name != NULL; parameter++)
	{
		put(text, parameter == plugin->parameters ? "" : ",");
		put_parameter(text, parameter);
	}
	put(text, "],\"outputs\":[");
	for (const NfstreamOutput *output = plugin->outputs; output != NULL && output->name != NULL; output++)
	{
		put(text, output == plugin->outputs ? "" : ",");
		put_output(text, output);
	}
	put(text, "],\"reads\":[");
	for (const char *const *name = plugin->reads; name != NULL && *name != NULL; name++)
		put_text(text, name == plugin->reads ? "" : ",", *name);
	put(text, "]}");
}
