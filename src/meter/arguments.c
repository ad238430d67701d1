/*
 * arguments.c
 *	  The command line of a meter by hand.
 *
 * Options and sources may stand in any order; after an argument -- all are sources.  An option is --name=value or --name
 * value, with underscores or dashes; names, ranges and defaults are those of wire/limits.c.  A boolean by itself is true:
 * the next argument is its value only if it reads as one.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "meter/arguments.h"
#include "meter/nearest.h"
#include "meter/udps_argument.h"

/* Where a value is kept. */
typedef enum Kept
{
	KEPT_IN_REQUEST,
	KEPT_AS_FILTER,
	KEPT_AS_FLAG, /* a bool of Arguments */
	KEPT_AS_COLUMNS,
	KEPT_AS_KEY,
	KEPT_AS_PLUGINS
} Kept;

typedef struct Known
{
	OptionId	id;
	Kept		kept;
	size_t		at;	  /* KEPT_AS_FLAG: in Arguments */
	const char *name; /* of an option that no table has; its values are those of `id`.  NULL: the option's own */
	const char *help;
} Known;

static const Known known_options[] = {
	{OPTION_ROWS, KEPT_IN_REQUEST},
	{OPTION_BPF_FILTER, KEPT_AS_FILTER},
	{OPTION_DECODE_TUNNELS, KEPT_IN_REQUEST},
	{OPTION_PROMISCUOUS_MODE, KEPT_IN_REQUEST},
	{OPTION_SNAPSHOT_LENGTH, KEPT_IN_REQUEST},
	{OPTION_SOCKET_BUFFER_SIZE, KEPT_IN_REQUEST},
	{OPTION_EXPIRE_ON_END, KEPT_IN_REQUEST},
	{OPTION_IDLE_TIMEOUT, KEPT_IN_REQUEST},
	{OPTION_ACTIVE_TIMEOUT, KEPT_IN_REQUEST},
	{OPTION_ACCOUNTING_MODE, KEPT_IN_REQUEST},
	{OPTION_STATISTICAL_ANALYSIS, KEPT_IN_REQUEST},
	{OPTION_SPLT_ANALYSIS, KEPT_IN_REQUEST},
	{OPTION_N_DISSECTIONS, KEPT_IN_REQUEST},
	{OPTION_APPLICATION_NAMES, KEPT_IN_REQUEST},
	{OPTION_UDPS, KEPT_AS_PLUGINS},
	{OPTION_EXTRA_COLUMNS, KEPT_AS_FLAG, offsetof(Arguments, extra_columns)},
	{OPTION_EXTRA_COLUMNS, KEPT_AS_FLAG, offsetof(Arguments, source_file), "source_file",
	 "of the columns beyond NFStream's source_file alone: the capture in which the flow began"},
	{OPTION_COLUMNS_TO_ANONYMIZE, KEPT_AS_COLUMNS},
	{OPTION_ANONYMIZATION_KEY, KEPT_AS_KEY},
	{OPTION_MAX_NFLOWS, KEPT_IN_REQUEST},
	{OPTION_MAX_ACTIVE_FLOWS, KEPT_IN_REQUEST},
	{OPTION_METER_MEMORY, KEPT_IN_REQUEST},
	{OPTION_SEPARATE_FILES, KEPT_IN_REQUEST},
	{OPTION_SOURCE_ORDER, KEPT_IN_REQUEST},
	{OPTION_ON_DAMAGE, KEPT_IN_REQUEST},
};

#define KNOWN_OPTIONS (sizeof(known_options) / sizeof(known_options[0]))

void
complain(const char *about, const char *format, ...)
{
	va_list arguments;

	fputs("nfstream_meter: ", stderr);
	if (about != NULL)
		fprintf(stderr, "%s: ", about);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	putc('\n', stderr);
}

/* ---------------------------------------------------------------------------------------------------------- names of options */

static const char *
name_of(const Known *known)
{
	return known->name == NULL ? option_limits[known->id].name : known->name;
}

/* Whether this is the option's name, with underscores or dashes. */
static bool
is_name(const char *typed, size_t length, const char *name)
{
	if (strlen(name) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (typed[i] != name[i] && !(typed[i] == '-' && name[i] == '_'))
			return false;
	return true;
}

static void
refuse_name(const char *typed, size_t length)
{
	const char *names[KNOWN_OPTIONS + 2] = {"help", "version"},
									  *perhaps;

	for (size_t i = 0; i < KNOWN_OPTIONS; i++)
		names[i + 2] = name_of(&known_options[i]);
	perhaps = name_nearest(typed, length, names, KNOWN_OPTIONS + 2);
	for (OptionId id = 0; id < OPTIONS_COUNT; id++)
		if (is_name(typed, length, option_limits[id].name))
		{
			complain(NULL, id == OPTION_SOURCE ? "a source is named without --%.*s" : "--%.*s is an option of foreign tables alone",
					 (int) length, typed);
			return;
		}
	if (perhaps != NULL)
		complain(NULL, "there is no option --%.*s, perhaps --%s was meant; --help lists all", (int) length, typed, perhaps);
	else
		complain(NULL, "there is no option --%.*s; --help lists all", (int) length, typed);
}

/* --------------------------------------------------------------------------------------------------------------------- values */

static void
accepted_words(const Known *known, char accepted[OPTION_WORDS_MAX])
{
	if (known->kept == KEPT_AS_PLUGINS)
		snprintf(accepted, OPTION_WORDS_MAX, "%s", UDPS_ACCEPTED);
	else
		option_accepted(known->id, accepted);
}

static bool
refuse_value(const Known *known, const char *value)
{
	char accepted[OPTION_WORDS_MAX];

	accepted_words(known, accepted);
	if (value == NULL)
		complain(NULL, "--%s needs a value: %s", name_of(known), accepted);
	else if (known->kept == KEPT_AS_KEY)
		complain(NULL, "--%s: not accepted; accepted: %s", name_of(known), accepted);
	else
		complain(NULL, "--%s: \"%s\" is not accepted; accepted: %s", name_of(known), value, accepted);
	return false;
}

static bool
read_plugins(const Known *known, const char *value, Arguments *arguments)
{
	if (!udps_argument_read(value, &arguments->plugins))
		return refuse_value(known, value);
	arguments->request.plugins = arguments->plugins.count == 0 ? 0 : plugin_orders_length(&arguments->plugins);
	return true;
}

/* Reads names of columns with commas between them, in braces or not. */
static bool
read_columns(const Known *known, const char *value, const Schema *schema, ColumnSet *set)
{
	const char *at = value;
	bool		braces = *at == '{';

	memset(set, 0, sizeof(*set));
	at += braces;
	while (*at != '\0' && *at != '}')
	{
		size_t	 length = strcspn(at, ",}");
		unsigned column = 0;

		while (column < schema->count && !is_name(at, length, schema->columns[column].name))
			column++;
		if (column == schema->count)
		{
			const char *names[COLUMNS_MAX],
				*perhaps;
			unsigned count = 0;

			/* Columns of plugins and of live capture are always empty here, so nobody means them. */
			for (unsigned i = 0; i < schema->count; i++)
				if (schema->columns[i].group != GROUP_UDPS && schema->columns[i].group != GROUP_SYSTEM)
					names[count++] = schema->columns[i].name;
			perhaps = name_nearest(at, length, names, count);
			complain(NULL, "--%s: there is no column \"%.*s\"%s%s%s", name_of(known), (int) length, at,
					 perhaps == NULL ? "" : ", perhaps \"", perhaps == NULL ? "" : perhaps,
					 perhaps == NULL ? "" : "\" was meant");
			return false;
		}
		column_set_add(set, column);
		at += length;
		if (*at == ',' && at[1] != '\0' && at[1] != '}')
			at++;
	}
	if (strcmp(at, braces ? "}" : "") != 0)
		return refuse_value(known, value);
	return true;
}

static int
digit_value(char digit)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char		 *found = digit == '\0' ? NULL : strchr(digits, digit);

	return found == NULL ? -1 : (int) (found - digits) % 16;
}

static bool
read_key(const Known *known, const char *value, Arguments *arguments)
{
	size_t length = strlen(value);

	if (length == 0 || length % 2 != 0 || length > 2 * sizeof(arguments->key))
		return refuse_value(known, value);
	for (size_t i = 0; i < length / 2; i++)
	{
		int high = digit_value(value[2 * i]),
			low = digit_value(value[2 * i + 1]);

		if (high < 0 || low < 0)
			return refuse_value(known, value);
		arguments->key[i] = (uint8_t) (high * 16 + low);
	}
	arguments->key_length = length / 2;
	return true;
}

static bool
take_value(const Known *known, const char *value, Arguments *arguments)
{
	uint64_t number = 0;

	if (!option_parse(known->id, value, &number))
		return refuse_value(known, value);
	switch (known->kept)
	{
		case KEPT_IN_REQUEST:
			return request_set_option(&arguments->request, known->id, number);
		case KEPT_AS_FILTER:
			arguments->request.filter = (RequestText) {value, (uint32_t) strlen(value)};
			break;
		case KEPT_AS_FLAG:
			*(bool *) ((char *) arguments + known->at) = number;
			break;
		case KEPT_AS_COLUMNS:
			return read_columns(known, value, schema_by_id(arguments->request.schema), &arguments->hashed);
		case KEPT_AS_KEY:
			return read_key(known, value, arguments);
		case KEPT_AS_PLUGINS:
			return read_plugins(known, value, arguments);
	}
	return true;
}

/*
 * Takes the option that `argument`, after its --, names.  `next` is the argument after it, or NULL; *takes_next tells whether
 * it was the value.
 */
static bool
take_option(char *argument, char *next, bool *takes_next, Arguments *arguments)
{
	size_t		 length = strcspn(argument, "=");
	char		*value = argument[length] == '=' ? argument + length + 1 : NULL;
	const Known *known = known_options;
	uint64_t	 number;

	*takes_next = false;
	while (known < known_options + KNOWN_OPTIONS && !is_name(argument, length, name_of(known)))
		known++;
	if (known == known_options + KNOWN_OPTIONS)
	{
		refuse_name(argument, length);
		return false;
	}
	if (value == NULL)
	{
		bool is_boolean = option_limits[known->id].type == VALUE_BOOLEAN;

		if (next != NULL && (!is_boolean || option_parse(known->id, next, &number)))
		{
			value = next;
			*takes_next = true;
		}
		else if (is_boolean)
			value = "true";
		else
			return refuse_value(known, NULL);
	}
	if (!take_value(known, value, arguments))
		return false;
	if (known->kept == KEPT_AS_KEY)
		memset(value, '*', strlen(value));
	return true;
}

/* ------------------------------------------------------------------------------------------------------------ the command line */

/* Which columns are printed: NFStream's that are on, and those beyond them that were asked for. */
static void
add_columns(Arguments *arguments)
{
	MeterRequest *request = &arguments->request;
	const Schema *schema = schema_by_id(request->schema);

	request_add_all_columns(request);
	for (unsigned i = 0; i < schema->count; i++)
	{
		const Column *column = &schema->columns[i];

		if (column->extra && request_group_is_on(request, column->group) &&
			(arguments->extra_columns || (arguments->source_file && column->field == FIELD_SOURCE_FILE)))
			column_set_add(&request->columns, i);
	}
}

/* Says what no option alone can be blamed for.  Of how many captures are too many, sources_open() tells in users' words. */
static bool
check_request(const MeterRequest *request)
{
	MeterRequest checked = *request;
	char		 wrong[REQUEST_WRONG_MAX];

	if (checked.files > REQUEST_FILES_MAX)
		checked.files = REQUEST_FILES_MAX;
	if (request_check(&checked, wrong))
		return true;
	complain(NULL, "%s", wrong);
	return false;
}

/* An interface is the only source, and no file. */
static bool
check_interface(Arguments *arguments)
{
	const char *name = arguments->sources[0] + strlen(ARGUMENTS_INTERFACE);

	if (arguments->request.files > 1)
		complain(arguments->sources[0], "is captured from alone, without other sources");
	else if (!request_interface_name_is_valid(name, strlen(name)))
		complain(arguments->sources[0], "an interface has a name of 1 to %d bytes, none of them a colon, a slash or white space", INTERFACE_BYTES_MAX);
	else
	{
		arguments->request.interface = (RequestText) {name, (uint32_t) strlen(name)};
		arguments->request.files = 0;
		return true;
	}
	return false;
}

static bool
is_interface(const char *source)
{
	return strncmp(source, ARGUMENTS_INTERFACE, strlen(ARGUMENTS_INTERFACE)) == 0;
}

static bool
check_sources(Arguments *arguments)
{
	unsigned standard_input = 0;

	for (uint32_t i = 0; i < arguments->request.files; i++)
		if (is_interface(arguments->sources[i]))
		{
			arguments->sources[0] = arguments->sources[i];
			return check_interface(arguments);
		}
	for (uint32_t i = 0; i < arguments->request.files; i++)
		standard_input += strcmp(arguments->sources[i], ARGUMENTS_STANDARD_INPUT) == 0;
	if (arguments->request.files == 0)
		complain(NULL, "no capture is named; - is standard input, and --help tells more");
	else if (standard_input > 1)
		complain(NULL, "standard input can be read only once");
	else
		return true;
	return false;
}

ArgumentsResult
arguments_read(int argc, char **argv, Arguments *arguments)
{
	bool options_end = false;

	*arguments = (Arguments) {
		.sources = memory_get((size_t) argc * sizeof(char *)),
		.extra_columns = option_limits[OPTION_EXTRA_COLUMNS].fallback,
	};
	request_defaults(&arguments->request);
	for (int i = 1; i < argc; i++)
	{
		bool takes_next;

		if (options_end || argv[i][0] != '-' || strcmp(argv[i], ARGUMENTS_STANDARD_INPUT) == 0)
			arguments->sources[arguments->request.files++] = argv[i];
		else if (strcmp(argv[i], "--") == 0)
			options_end = true;
		else if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
			return ARGUMENTS_HELP;
		else if (strcmp(argv[i], "--version") == 0)
			return ARGUMENTS_VERSION;
		else if (argv[i][1] != '-')
		{
			complain(NULL, "there is no option %s; --help lists all, and a capture of that name is ./%s", argv[i], argv[i]);
			return ARGUMENTS_WRONG;
		}
		else if (!take_option(argv[i] + 2, argv[i + 1], &takes_next, arguments))
			return ARGUMENTS_WRONG;
		else
			i += takes_next;
	}
	add_columns(arguments);
	return check_sources(arguments) && check_request(&arguments->request) ? ARGUMENTS_METER : ARGUMENTS_WRONG;
}

/* ----------------------------------------------------------------------------------------------------------------------- help */

static void
print_option(FILE *to, const Known *known)
{
	char accepted[OPTION_WORDS_MAX],
		fallback[OPTION_WORDS_MAX];

	accepted_words(known, accepted);
	option_fallback(known->id, fallback);
	fprintf(to, "  --%s\n      %s\n      %s%s%s\n", name_of(known),
			known->help == NULL ? option_limits[known->id].help : known->help, accepted,
			fallback[0] == '\0' ? "" : "; default ", fallback);
}

void
arguments_print_help(FILE *to)
{
	fputs("usage: nfstream_meter [OPTION ...] [--] CAPTURE ...\n"
		  "       nfstream_meter [OPTION ...] interface:NAME\n"
		  "\n"
		  "Prints the flows of the captures, read as one, as CSV: what nfstream_to_csv() writes of\n"
		  "a foreign table with the same options.  A capture is pcap or pcapng, as it is or in gzip\n"
		  "or zstd, a file or a pipe; - is standard input.  The flows of an interface are printed as\n"
		  "they expire, and those that are active when Ctrl-C ends it.\n"
		  "With --rows packets it prints a row for each packet: flags are 0 or 1, bytes hexadecimal,\n"
		  "captured_at nanoseconds since 1970.\n"
		  "\n"
		  "Options are written --idle_timeout 60, --idle_timeout=60 or --idle-timeout=60; a boolean\n"
		  "alone is true.\n"
		  "\n",
		  to);
	for (size_t i = 0; i < KNOWN_OPTIONS; i++)
		print_option(to, &known_options[i]);
	fprintf(to, "  --version\n      print the versions of this program and its libraries\n"
				"  -h, --help\n      print this\n"
				"\n"
				"Exit status:\n"
				"  %d  all captures were read to their ends\n"
				"  %d  a capture could not be read, the rows not be written, or memory not be had\n"
				"  %d  the command line, the filter or a plugin's name or arguments are wrong; nothing was printed\n"
				"  %d  a capture is damaged; the rows up to the damage were printed, and those of the\n"
				"     captures after it, unless --on_damage is error\n"
				"A signal that ends the program counts as the shell has it, 128 and its number; after the\n"
				"first SIGINT or SIGTERM the flows so far are printed.\n",
			EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_DAMAGED);
}
