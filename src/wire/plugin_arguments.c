/*
 * plugin_arguments.c
 *	  What a plugin is given against what it takes.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/plugin_arguments.h"

void
plugin_parameter_accepted(const NfstreamParameter *parameter, char accepted[PLUGIN_ACCEPTED_MAX])
{
	const char *what = "";
	bool		is_bounded = parameter->min != INT64_MIN || parameter->max != INT64_MAX;

	switch (parameter->kind)
	{
		case NFSTREAM_BOOLEAN:
			snprintf(accepted, PLUGIN_ACCEPTED_MAX, "true or false");
			return;
		case NFSTREAM_INTEGER:
			what = "a whole number";
			break;
		case NFSTREAM_REAL:
			what = "a number";
			is_bounded = parameter->min != 0 || parameter->max != 0;
			break;
		case NFSTREAM_TEXT:
			snprintf(accepted, PLUGIN_ACCEPTED_MAX, "a text");
			return;
		default:
			snprintf(accepted, PLUGIN_ACCEPTED_MAX, "any JSON");
			return;
	}
	if (is_bounded && parameter->max == INT64_MAX)
		snprintf(accepted, PLUGIN_ACCEPTED_MAX, "%s, at least %" PRId64, what, parameter->min);
	else if (is_bounded)
		snprintf(accepted, PLUGIN_ACCEPTED_MAX, "%s, %" PRId64 " ... %" PRId64, what, parameter->min, parameter->max);
	else
		snprintf(accepted, PLUGIN_ACCEPTED_MAX, "%s", what);
}

/* All parameters by their names. */
static void
list_parameters(const NfstreamParameter *parameters, char accepted[PLUGIN_ACCEPTED_MAX])
{
	size_t length = 0;

	accepted[0] = '\0';
	if (parameters->name == NULL)
		snprintf(accepted, PLUGIN_ACCEPTED_MAX, "It takes no parameters.");
	for (const NfstreamParameter *parameter = parameters; parameter->name != NULL && length < PLUGIN_ACCEPTED_MAX; parameter++)
		length += (size_t) snprintf(accepted + length, PLUGIN_ACCEPTED_MAX - length, "%s\"%s\"%s",
									length == 0 ? "Its parameters are " : ", ", parameter->name, parameter[1].name == NULL ? "." : "");
}

__attribute__((format(printf, 2, 3))) static bool
refuse(PluginWrong *wrong, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(wrong->wrong, sizeof(wrong->wrong), format, arguments);
	va_end(arguments);
	return false;
}

static void
accept(PluginWrong *wrong, const NfstreamParameter *parameter)
{
	char words[PLUGIN_ACCEPTED_MAX];

	plugin_parameter_accepted(parameter, words);
	snprintf(wrong->accepted, sizeof(wrong->accepted), "Accepted is %.*s.", PLUGIN_ACCEPTED_MAX - 16, words);
}

NfstreamValue
plugin_parameter_fallback(const NfstreamParameter *parameter)
{
	switch (parameter->kind)
	{
		case NFSTREAM_BOOLEAN:
		case NFSTREAM_INTEGER:
			return (NfstreamValue) {.kind = parameter->kind, .integer = parameter->fallback};
		case NFSTREAM_REAL:
			return (NfstreamValue) {.kind = NFSTREAM_REAL, .real = (double) parameter->fallback};
		default:
			return (NfstreamValue) {.kind = NFSTREAM_NULL};
	}
}

bool
plugin_argument_take(const PluginArgument *argument, const NfstreamParameter *parameter, NfstreamValue *value)
{
	*value = (NfstreamValue) {.kind = parameter->kind};
	switch (parameter->kind)
	{
		case NFSTREAM_BOOLEAN:
			if (argument->kind != PLUGIN_VALUE_BOOLEAN)
				return false;
			value->integer = plugin_argument_boolean(argument);
			return true;
		case NFSTREAM_INTEGER:
			if (argument->kind != PLUGIN_VALUE_INTEGER)
				return false;
			value->integer = plugin_argument_integer(argument);
			return value->integer >= parameter->min && value->integer <= parameter->max;
		case NFSTREAM_REAL:
			if (argument->kind == PLUGIN_VALUE_INTEGER)
				value->real = (double) plugin_argument_integer(argument);
			else if (argument->kind == PLUGIN_VALUE_REAL)
				value->real = plugin_argument_real(argument);
			else
				return false;
			return (parameter->min == 0 && parameter->max == 0) ||
				   (value->real >= (double) parameter->min && value->real <= (double) parameter->max);
		case NFSTREAM_TEXT:
			value->text = (NfstreamText) {argument->value.bytes, argument->value.length};
			return argument->kind == PLUGIN_VALUE_TEXT;
		default: /* NFSTREAM_JSON */
			value->text = (NfstreamText) {argument->value.bytes, argument->value.length};
			return argument->kind == PLUGIN_VALUE_JSON;
	}
}

bool
plugin_arguments_check(const PluginOrders *orders, uint32_t plugin, const NfstreamParameter *parameters,
					   NfstreamValue values[PLUGIN_PARAMETERS_MAX], PluginWrong *wrong)
{
	const PluginOrder *order = &orders->plugins[plugin];
	const int		   length = (int) order->name.length;
	const char		  *name = order->name.bytes;
	bool			   given[PLUGIN_PARAMETERS_MAX] = {false};

	memset(wrong, 0, sizeof(*wrong));
	for (uint32_t i = order->argument; i < order->argument + order->arguments; i++)
	{
		const PluginArgument *argument = &orders->arguments[i];
		uint32_t			  which = 0;

		while (parameters[which].name != NULL && !plugin_text_is(argument->name, parameters[which].name))
			which++;
		if (parameters[which].name == NULL)
		{
			list_parameters(parameters, wrong->accepted);
			return refuse(wrong, "plugin \"%.*s\" has no parameter \"%.*s\"", length, name, (int) argument->name.length,
						  argument->name.bytes);
		}
		accept(wrong, &parameters[which]);
		if (given[which])
			return refuse(wrong, "parameter \"%s\" of plugin \"%.*s\" is given twice", parameters[which].name, length, name);
		given[which] = true;
		if (!plugin_argument_take(argument, &parameters[which], &values[which]))
			return refuse(wrong, "parameter \"%s\" of plugin \"%.*s\" does not accept its value", parameters[which].name, length, name);
	}
	for (uint32_t i = 0; parameters[i].name != NULL; i++)
	{
		if (given[i])
			continue;
		accept(wrong, &parameters[i]);
		if (parameters[i].required)
			return refuse(wrong, "plugin \"%.*s\" needs the parameter \"%s\"", length, name, parameters[i].name);
		values[i] = plugin_parameter_fallback(&parameters[i]);
	}
	wrong->accepted[0] = '\0';
	return true;
}
