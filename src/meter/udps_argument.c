/*
 * udps_argument.c
 *	  Plugins on the command line of a meter by hand.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "meter/udps_argument.h"
#include "wire/bundled.h"

/* Of a file that holds a plugin in Python. */
#define PYTHON_ENDING ".py"

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

/* A file's bytes, which stay; false if it cannot be read, or has more than `most`. */
static bool
read_file(const char *name, size_t length, size_t most, PluginText *text)
{
	char *path = strndup(name, length);
	FILE *file = path == NULL ? NULL : fopen(path, "re");
	char *bytes = NULL;
	long  size = -1;

	if (file != NULL && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && (size_t) size <= most)
	{
		rewind(file);
		bytes = memory_get((size_t) size + 1);
		if (fread(bytes, 1, (size_t) size, file) != (size_t) size)
			bytes = NULL;
	}
	if (file != NULL)
		fclose(file);
	free(path);
	*text = (PluginText) {bytes, bytes == NULL ? 0 : (uint32_t) size};
	return bytes != NULL;
}

/* A plugin in Python: FILE.py, or FILE.py:CLASS.  Its name is that of the file. */
static bool
add_python(PluginOrders *orders, const char *start, size_t length)
{
	const char *colon = memchr(start, ':', length),
			   *end = colon == NULL ? start + length : colon,
			   *name = end - strlen(PYTHON_ENDING);
	PluginText source,
		class_name = colon == NULL ? plugin_text("") : (PluginText) {colon + 1, (uint32_t) (start + length - colon - 1)};

	while (name > start && name[-1] != '/')
		name--;
	return read_file(start, (size_t) (end - start), PLUGIN_SOURCE_BYTES_MAX, &source) &&
		   plugin_orders_add(orders, PLUGIN_PYTHON, (PluginText) {name, (uint32_t) (end - strlen(PYTHON_ENDING) - name)}, class_name, source);
}

/* Whether a plugin's name, up to a colon if it has one, ends as a file of Python's does. */
static bool
is_python(const char *start, size_t length)
{
	const char *colon = memchr(start, ':', length);
	size_t		ending = strlen(PYTHON_ENDING);

	if (colon != NULL)
		length = (size_t) (colon - start);
	return length > ending && memcmp(start + length - ending, PYTHON_ENDING, ending) == 0;
}

static bool
add_plugin(PluginOrders *orders, const char **at)
{
	const char *start = *at;
	size_t		length = strcspn(start, "; \t\n");
	PluginText	name;

	if (is_python(start, length))
	{
		*at += length;
		return add_python(orders, start, length);
	}
	name = take_name(at);
	return plugin_orders_add(orders, bundled_find(name.bytes, name.length) != NULL ? PLUGIN_BUNDLED : PLUGIN_C, name,
							 plugin_text(""), plugin_text(""));
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
	if (*start == '@')
	{
		PluginText pickle;

		return read_file(start + 1, (size_t) (*at - start - 1), PLUGIN_VALUE_BYTES_MAX, &pickle) &&
			   plugin_orders_add_argument(orders, name, PLUGIN_VALUE_PICKLE, pickle);
	}
	return add_value(orders, name, start, (size_t) (*at - start));
}

bool
udps_argument_read(const char *text, PluginOrders *orders)
{
	const char *at = skip_space(text);

	memset(orders, 0, sizeof(*orders));
	while (*at != '\0')
	{
		if (!add_plugin(orders, &at))
			return false;
		for (at = skip_space(at); *at != '\0' && *at != ';'; at = skip_space(at))
			if (!take_argument(&at, orders))
				return false;
		if (*at == ';')
			at = skip_space(at + 1);
	}
	return true;
}
