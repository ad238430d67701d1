/*
 * plugin_orders.h
 *	  Which plugins a scan has, and with what arguments: the option udps, on its way to a meter.
 *
 * Within a process it is a struct.  It crosses as a piece of bytes, numbers in host order:
 *
 *	  PluginOrdersHeader
 *	  text  python_prefix
 *	  for each plugin, in list order:
 *		uint32  kind, a PluginKind
 *		text    name
 *		text    class_name
 *		text    source
 *		uint32  arguments, and for each:
 *		  text    name
 *		  uint32  kind, a PluginValueKind
 *		  text    value
 *
 * where a text is a uint32, its length, and so many bytes.
 */
#ifndef WIRE_PLUGIN_ORDERS_H
#define WIRE_PLUGIN_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_ORDERS_MAX		64	/* plugins of a scan */
#define PLUGIN_ARGUMENTS_MAX	256 /* of all of them */
#define PLUGIN_NAME_BYTES		63	/* of a plugin, a class or a parameter, at most */
#define PLUGIN_SOURCE_BYTES_MAX (1u << 20)
#define PLUGIN_VALUE_BYTES_MAX	(1u << 28) /* of an argument: a pickle may be large */
#define PLUGIN_ORDERS_BYTES_MAX (UINT64_C(1) << 30)

typedef enum PluginKind
{
	PLUGIN_BUNDLED, /* wire/bundled.h */
	PLUGIN_C,		/* a shared object in the meter's directory of plugins */
	PLUGIN_PYTHON,
	PLUGIN_KINDS
} PluginKind;

/* How an argument's value stands in its bytes. */
typedef enum PluginValueKind
{
	PLUGIN_VALUE_NULL,	  /* no bytes */
	PLUGIN_VALUE_BOOLEAN, /* one byte, 0 or 1 */
	PLUGIN_VALUE_INTEGER, /* an int64 */
	PLUGIN_VALUE_REAL,	  /* a double */
	PLUGIN_VALUE_TEXT,	  /* UTF-8 */
	PLUGIN_VALUE_JSON,	  /* UTF-8: any other JSON, as an array or a number that is no int64 */
	PLUGIN_VALUE_PICKLE,  /* of Python */
	PLUGIN_VALUE_KINDS
} PluginValueKind;

/* Bytes that belong to whoever made the orders, or to the piece they were read from; without a NUL. */
typedef struct PluginText
{
	const char *bytes;
	uint32_t	length;
} PluginText;

typedef struct PluginArgument
{
	PluginText		name;
	PluginValueKind kind;
	PluginText		value;
} PluginArgument;

typedef struct PluginOrder
{
	PluginKind kind;
	PluginText name;
	PluginText class_name; /* of a Python plugin; '': the only one in its source */
	PluginText source;	   /* of a Python plugin */
	uint32_t   argument;   /* the first of its arguments in the orders' */
	uint32_t   arguments;  /* how many it has */
} PluginOrder;

typedef struct PluginOrders
{
	uint32_t	   count;
	uint32_t	   argument_count;
	PluginText	   python_prefix; /* a virtual environment; '': none */
	PluginOrder	   plugins[PLUGIN_ORDERS_MAX];
	PluginArgument arguments[PLUGIN_ARGUMENTS_MAX];
} PluginOrders;

/* A text of a string that has a NUL. */
PluginText plugin_text(const char *string);

bool plugin_text_is(PluginText text, const char *string);

/*
 * Adds a plugin, then arguments to the plugin that was added last.  False if there are too many, or a text or value is too long.
 */
bool plugin_orders_add(PluginOrders *orders, PluginKind kind, PluginText name, PluginText class_name, PluginText source);
bool plugin_orders_add_argument(PluginOrders *orders, PluginText name, PluginValueKind kind, PluginText value);

/* The piece: how many bytes it has, and these. */
uint64_t plugin_orders_length(const PluginOrders *orders);
void	 plugin_orders_write(const PluginOrders *orders, uint8_t *to);

/* Reads a piece, into which the orders point then.  False if the bytes are none. */
bool plugin_orders_read(const uint8_t *bytes, uint64_t length, PluginOrders *orders);

/* The value of an argument, of which the kind is known. */
int64_t plugin_argument_integer(const PluginArgument *argument);
double	plugin_argument_real(const PluginArgument *argument);
bool	plugin_argument_boolean(const PluginArgument *argument);

#endif /* WIRE_PLUGIN_ORDERS_H */
