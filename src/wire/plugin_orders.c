/*
 * plugin_orders.c
 *	  Which plugins a scan has, and with what arguments, and how that crosses.
 */
#include <string.h>

#include "wire/plugin_orders.h"

#define PLUGIN_ORDERS_MAGIC 0x4e465047u

typedef struct PluginOrdersHeader
{
	uint32_t magic;
	uint32_t plugins;
} PluginOrdersHeader;

PluginText
plugin_text(const char *string)
{
	return (PluginText) {string, (uint32_t) strlen(string)};
}

bool
plugin_text_is(PluginText text, const char *string)
{
	return strlen(string) == text.length && memcmp(text.bytes, string, text.length) == 0;
}

/* -------------------------------------------------------------------------------------------------------------------- making */

/* How many bytes a value of this kind must have; UINT32_MAX: any number up to the most. */
static uint32_t
value_bytes(PluginValueKind kind)
{
	switch (kind)
	{
		case PLUGIN_VALUE_NULL:
			return 0;
		case PLUGIN_VALUE_BOOLEAN:
			return 1;
		case PLUGIN_VALUE_INTEGER:
			return sizeof(int64_t);
		case PLUGIN_VALUE_REAL:
			return sizeof(double);
		default:
			return UINT32_MAX;
	}
}

static bool
is_value(PluginValueKind kind, PluginText value)
{
	uint32_t bytes = value_bytes(kind);

	return bytes == UINT32_MAX ? value.length <= PLUGIN_VALUE_BYTES_MAX : value.length == bytes;
}

bool
plugin_orders_add(PluginOrders *orders, PluginKind kind, PluginText name, PluginText class_name, PluginText source)
{
	if (orders->count == PLUGIN_ORDERS_MAX || name.length == 0 || name.length > PLUGIN_NAME_BYTES ||
		class_name.length > PLUGIN_NAME_BYTES || source.length > PLUGIN_SOURCE_BYTES_MAX)
		return false;
	orders->plugins[orders->count++] = (PluginOrder) {
		.kind = kind,
		.name = name,
		.class_name = class_name,
		.source = source,
		.argument = orders->argument_count,
	};
	return true;
}

bool
plugin_orders_add_argument(PluginOrders *orders, PluginText name, PluginValueKind kind, PluginText value)
{
	if (orders->count == 0 || orders->argument_count == PLUGIN_ARGUMENTS_MAX || name.length == 0 ||
		name.length > PLUGIN_NAME_BYTES || !is_value(kind, value))
		return false;
	orders->plugins[orders->count - 1].arguments++;
	orders->arguments[orders->argument_count++] = (PluginArgument) {name, kind, value};
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------- writing */

/* Where bytes go; with `to` NULL they are only counted. */
typedef struct Writer
{
	uint8_t *to;
	uint64_t length;
} Writer;

static void
put(Writer *writer, const void *bytes, size_t length)
{
	if (writer->to != NULL && length > 0)
		memcpy(writer->to + writer->length, bytes, length);
	writer->length += length;
}

static void
put_number(Writer *writer, uint32_t number)
{
	put(writer, &number, sizeof(number));
}

static void
put_text(Writer *writer, PluginText text)
{
	put_number(writer, text.length);
	put(writer, text.bytes, text.length);
}

static void
put_orders(Writer *writer, const PluginOrders *orders)
{
	const PluginOrdersHeader header = {.magic = PLUGIN_ORDERS_MAGIC, .plugins = orders->count};

	put(writer, &header, sizeof(header));
	put_text(writer, orders->python_prefix);
	for (uint32_t i = 0; i < orders->count; i++)
	{
		const PluginOrder *plugin = &orders->plugins[i];

		put_number(writer, plugin->kind);
		put_text(writer, plugin->name);
		put_text(writer, plugin->class_name);
		put_text(writer, plugin->source);
		put_number(writer, plugin->arguments);
		for (uint32_t j = plugin->argument; j < plugin->argument + plugin->arguments; j++)
		{
			put_text(writer, orders->arguments[j].name);
			put_number(writer, orders->arguments[j].kind);
			put_text(writer, orders->arguments[j].value);
		}
	}
}

uint64_t
plugin_orders_length(const PluginOrders *orders)
{
	Writer writer = {0};

	put_orders(&writer, orders);
	return writer.length;
}

void
plugin_orders_write(const PluginOrders *orders, uint8_t *to)
{
	Writer writer = {.to = to};

	put_orders(&writer, orders);
}

/* ------------------------------------------------------------------------------------------------------------------- reading */

typedef struct Reader
{
	const uint8_t *at;
	const uint8_t *end;
} Reader;

static bool
take(Reader *reader, void *to, size_t length)
{
	if ((size_t) (reader->end - reader->at) < length)
		return false;
	memcpy(to, reader->at, length);
	reader->at += length;
	return true;
}

static bool
take_number(Reader *reader, uint32_t *number)
{
	return take(reader, number, sizeof(*number));
}

static bool
take_text(Reader *reader, PluginText *text)
{
	if (!take_number(reader, &text->length) || (size_t) (reader->end - reader->at) < text->length)
		return false;
	text->bytes = (const char *) reader->at;
	reader->at += text->length;
	return true;
}

static bool
take_argument(Reader *reader, PluginOrders *orders)
{
	PluginText name,
		value;
	uint32_t kind;

	return take_text(reader, &name) && take_number(reader, &kind) && kind < PLUGIN_VALUE_KINDS && take_text(reader, &value) &&
		   plugin_orders_add_argument(orders, name, (PluginValueKind) kind, value);
}

static bool
take_plugin(Reader *reader, PluginOrders *orders)
{
	uint32_t kind,
		arguments;
	PluginText name,
		class_name,
		source;

	if (!take_number(reader, &kind) || kind >= PLUGIN_KINDS || !take_text(reader, &name) || !take_text(reader, &class_name) ||
		!take_text(reader, &source) || !take_number(reader, &arguments) ||
		!plugin_orders_add(orders, (PluginKind) kind, name, class_name, source))
		return false;
	for (uint32_t i = 0; i < arguments; i++)
		if (!take_argument(reader, orders))
			return false;
	return true;
}

bool
plugin_orders_read(const uint8_t *bytes, uint64_t length, PluginOrders *orders)
{
	Reader			   reader = {bytes, bytes + length};
	PluginOrdersHeader header;

	memset(orders, 0, sizeof(*orders));
	if (!take(&reader, &header, sizeof(header)) || header.magic != PLUGIN_ORDERS_MAGIC ||
		!take_text(&reader, &orders->python_prefix))
		return false;
	for (uint32_t i = 0; i < header.plugins; i++)
		if (!take_plugin(&reader, orders))
			return false;
	return reader.at == reader.end;
}

/* -------------------------------------------------------------------------------------------------------------------- values */

int64_t
plugin_argument_integer(const PluginArgument *argument)
{
	int64_t integer;

	memcpy(&integer, argument->value.bytes, sizeof(integer));
	return integer;
}

double
plugin_argument_real(const PluginArgument *argument)
{
	double real;

	memcpy(&real, argument->value.bytes, sizeof(real));
	return real;
}

bool
plugin_argument_boolean(const PluginArgument *argument)
{
	return argument->value.bytes[0] != 0;
}
