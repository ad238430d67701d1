/*
 * udps_argument.c
 *	  Plugins on the command line of a meter by hand.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "meter/udps_argument.h"
#include "wire/bundled.h"

static const char *
skip_space(const char *at)
{
	while (isspace((unsigned char) *at))
		at++;
	return at;
}

static PluginText
take_name(const char **at)
{
	const char *start = *at;

	while (isalnum((unsigned char) **at) || **at == '_')
		(*at)++;
	return (PluginText) {start, (uint32_t) (*at - start)};
}

/* Bytes that stay, for a value. */
static PluginText
keep(const void *bytes, size_t length)
{
	return (PluginText) {memcpy(memory_get(length), bytes, length), (uint32_t) length};
}

static bool
add_value(PluginOrders *orders, PluginText name, const char *text, size_t length)
{
	char *copy = memory_get(length + 1),
		 *end;
	int64_t integer;
	double	real;
	uint8_t truth;

	memcpy(copy, text, length);
	errno = 0;
	integer = strtoll(copy, &end, 10);
	if (*end == '\0' && length > 0 && errno == 0 && !isspace((unsigned char) *copy))
		return plugin_orders_add_argument(orders, name, PLUGIN_VALUE_INTEGER, keep(&integer, sizeof(integer)));
	real = strtod(copy, &end);
	if (*end == '\0' && length > 0 && (isdigit((unsigned char) *copy) || strchr("+-.", *copy) != NULL))
		return plugin_orders_add_argument(orders, name, PLUGIN_VALUE_REAL, keep(&real, sizeof(real)));
	truth = strcmp(copy, "true") == 0;
	if (truth || strcmp(copy, "false") == 0)
		return plugin_orders_add_argument(orders, name, PLUGIN_VALUE_BOOLEAN, keep(&truth, sizeof(truth)));
	if (strcmp(copy, "null") == 0)
		return plugin_orders_add_argument(orders, name, PLUGIN_VALUE_NULL, (PluginText) {copy, 0});
	return plugin_orders_add_argument(orders, name, PLUGIN_VALUE_TEXT, (PluginText) {copy, (uint32_t) length});
}

static bool
take_argument(const char **at, PluginOrders *orders)
{
	PluginText	name = take_name(at);
	const char *start;

	if (name.length == 0 || **at != '=')
		return false;
	start = ++*at;
	if (*start == '\'')
	{
		const char *end = strchr(start + 1, '\'');

		if (end == NULL)
			return false;
		*at = end + 1;
		return plugin_orders_add_argument(orders, name, PLUGIN_VALUE_TEXT, (PluginText) {start + 1, (uint32_t) (end - start - 1)});
	}
	while (**at != '\0' && **at != ';' && !isspace((unsigned char) **at))
		(*at)++;
	return add_value(orders, name, start, (size_t) (*at - start));
}

bool
udps_argument_read(const char *text, PluginOrders *orders)
{
	const char *at = skip_space(text);

	memset(orders, 0, sizeof(*orders));
	while (*at != '\0')
	{
		PluginText name = take_name(&at);
		PluginKind kind = bundled_find(name.bytes, name.length) != NULL ? PLUGIN_BUNDLED : PLUGIN_C;

		if (!plugin_orders_add(orders, kind, name, plugin_text(""), plugin_text("")))
			return false;
		for (at = skip_space(at); *at != '\0' && *at != ';'; at = skip_space(at))
			if (!take_argument(&at, orders))
				return false;
		if (*at == ';')
			at = skip_space(at + 1);
	}
	return true;
}
