/*
 * limits.c
 *	  The table of options, and how their values are read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wire/limits.h"
#include "wire/plugin_orders.h"

/* A macro's number as a text. */
#define DIGITS_OF(number) #number
#define DIGITS(number)	  DIGITS_OF(number)

/* What names of interfaces are like: request_interface_name_is_valid(). */
#define NAMES_OF_INTERFACES "of at most 15 bytes, none of them a colon, a slash or white space"

const OptionLimits option_limits[OPTIONS_COUNT] = {
	[OPTION_SOURCE] = {"source", VALUE_TEXT, .max = 1 << 20,
					   .accepted = "the path of a capture (at most 4095 bytes), an array of paths as {/a.pcap,/b.pcap}, a glob, or interface:NAME, with a name " NAMES_OF_INTERFACES,
					   .other_names = {"file", "files", "filename", "filenames", "path", "pcap", "capture", "interface", "device"},
					   .help = "what is captured"},
	[OPTION_ROWS] = {"rows", VALUE_CHOICE, .fallback = ROWS_FLOWS,
					 .choices = {[ROWS_FLOWS] = "flows", [ROWS_PACKETS] = "packets"},
					 .help = "what a row is: a flow, or a packet"},
	[OPTION_DECODE_TUNNELS] = {"decode_tunnels", VALUE_BOOLEAN, .fallback = true,
							   .help = "look into GTP-U, CAPWAP and TZSP"},
	[OPTION_BPF_FILTER] = {"bpf_filter", VALUE_TEXT, .max = FILTER_BYTES_MAX,
						   .accepted = "a filter in libpcap's language",
						   .help = "only packets that pass this filter are metered"},
	[OPTION_PROMISCUOUS_MODE] = {"promiscuous_mode", VALUE_BOOLEAN, .fallback = true,
								 .help = "capture what is sent to others too (live)"},
	[OPTION_SNAPSHOT_LENGTH] = {"snapshot_length", VALUE_NUMBER, .fallback = 1536, .min = 1, .max = 262144, .unit = "bytes",
								.other_names = {"snaplen"},
								.help = "bytes captured of each packet (live)"},
	[OPTION_SOCKET_BUFFER_SIZE] = {"socket_buffer_size", VALUE_NUMBER, .max = INT32_MAX, .unit = "bytes",
								   .help = "bytes of the kernel's capture buffer, 0 for as many as are good (live)"},
	[OPTION_EXPIRE_ON_END] = {"expire_on_end", VALUE_BOOLEAN,
							  .help = "emit what is still active where the scan ends by itself (live)"},
	[OPTION_IDLE_TIMEOUT] = {"idle_timeout", VALUE_NUMBER, .fallback = 120, .max = UINT64_MAX / 1000, .unit = "seconds",
							 .help = "seconds without a packet after which a flow expires"},
	[OPTION_ACTIVE_TIMEOUT] = {"active_timeout", VALUE_NUMBER, .fallback = 1800, .max = UINT64_MAX / 1000, .unit = "seconds",
							   .help = "seconds after which a flow expires even if it is busy"},
	[OPTION_ACCOUNTING_MODE] = {"accounting_mode", VALUE_NUMBER, .max = 3,
								.help = "what the size of a packet is: 0 link layer, 1 IP, 2 transport, 3 payload"},
	[OPTION_UDPS] = {"udps", VALUE_TEXT, .max = 65535,
					 .accepted = "the name of a plugin, or a JSON array of up to " DIGITS(PLUGIN_ORDERS_MAX) ", as [{\"plugin\": \"flow_slicer\", \"limit\": 7}]",
					 .help = "plugins that are called for each flow"},
	[OPTION_N_DISSECTIONS] = {"n_dissections", VALUE_NUMBER, .fallback = 20, .max = 255, .unit = "packets",
							  .help = "packets of a flow that are dissected to find its application, 0 for none"},
	[OPTION_STATISTICAL_ANALYSIS] = {"statistical_analysis", VALUE_BOOLEAN,
									 .help = "statistics of packet sizes, times and TCP flags"},
	[OPTION_SPLT_ANALYSIS] = {"splt_analysis", VALUE_NUMBER, .max = 65535, .unit = "packets",
							  .help = "first packets of a flow whose sizes, times and directions are listed"},
	[OPTION_MAX_NFLOWS] = {"max_nflows", VALUE_NUMBER, .max = UINT64_MAX, .unit = "flows",
						   .help = "flows after which a scan ends, 0 for all"},
	[OPTION_N_METERS] = {"n_meters", VALUE_NUMBER, .max = SHARDS_MAX, .unit = "processes",
						 .help = "processes that share the work, 0 for as many as fit"},
	[OPTION_PERFORMANCE_REPORT] = {"performance_report", VALUE_NUMBER, .max = UINT64_MAX, .unit = "seconds",
								   .help = "seconds between two reports, 0 for none (live)"},
	[OPTION_SYSTEM_VISIBILITY_MODE] = {"system_visibility_mode", VALUE_NUMBER, .max = 1,
									   .help = "1 to find the process of this host that a flow belongs to (live)"},
	[OPTION_SYSTEM_VISIBILITY_POLL_MS] = {"system_visibility_poll_ms", VALUE_NUMBER, .fallback = 100, .max = UINT64_MAX,
										  .unit = "milliseconds",
										  .help = "milliseconds between two looks at the host's sockets (live)"},
	[OPTION_COLUMNS_TO_ANONYMIZE] = {"columns_to_anonymize", VALUE_TEXT, .max = 65535,
									 .accepted = "an array of names of columns, as {src_ip,dst_ip}",
									 .help = "columns that are only ever seen hashed"},
	[OPTION_MAX_ACTIVE_FLOWS] = {"max_active_flows", VALUE_NUMBER, .max = UINT64_MAX, .unit = "flows",
								 .help = "active flows at which the oldest is expired early, 0 for no bound"},
	[OPTION_METER_MEMORY] = {"meter_memory", VALUE_NUMBER, .fallback = 4096, .min = 256, .max = 1048576, .unit = "megabytes",
							 .help = "megabytes of memory that a meter may have"},
	[OPTION_METER_TIMEOUT] = {"meter_timeout", VALUE_NUMBER, .fallback = 60, .max = 86400, .unit = "seconds",
							  .help = "seconds after which a meter that does not move on is ended, 0 for never"},
	[OPTION_SEPARATE_FILES] = {"separate_files", VALUE_BOOLEAN,
							   .help = "meter each of several files by itself: no flow goes from one file into another"},
	[OPTION_SOURCE_ORDER] = {"source_order", VALUE_CHOICE, .fallback = SOURCE_ORDER_GIVEN,
							 .choices = {[SOURCE_ORDER_GIVEN] = "given", [SOURCE_ORDER_TIME] = "time"},
							 .help = "read several files in the given order, or in that of their first packets' times"},
	[OPTION_ON_DAMAGE] = {"on_damage", VALUE_CHOICE, .fallback = ON_DAMAGE_WARN,
						  .choices = {[ON_DAMAGE_WARN] = "warn", [ON_DAMAGE_ERROR] = "error"},
						  .help = "what follows the rows up to the damage in a capture: a warning or an error"},
	[OPTION_APPLICATION_NAMES] = {"application_names", VALUE_CHOICE, .fallback = APPLICATION_NAMES_SHORT,
								  .choices = {[APPLICATION_NAMES_SHORT] = "short", [APPLICATION_NAMES_FULL] = "full"},
								  .help = "what application_name tells: the application, or what carries it too, as TLS.Facebook"},
	[OPTION_DIRECTORY] = {"directory", VALUE_TEXT, .max = 4095,
						  .accepted = "an absolute path",
						  .help = "where the captures of all tables lie, for whoever may use the server"},
	[OPTION_INTERFACES] = {"interfaces", VALUE_TEXT, .max = 65535,
						   .accepted = "an array of names of interfaces, as {eth0}, each " NAMES_OF_INTERFACES,
						   .help = "what tables capture from, for whoever may use the server"},
	[OPTION_ATTRIBUTE] = {"attribute", VALUE_TEXT, .max = 255,
						  .accepted = "the name of an attribute of a flow, or udps.NAME for a plugin's value",
						  .help = "what a column of another name stands for"},
	[OPTION_VALUE] = {"value", VALUE_TEXT, .accepted = "a value of the column's type",
					  .help = "the constant that a column stands for"},
	[OPTION_ANONYMIZATION_KEY] = {"anonymization_key", VALUE_TEXT,
								  .accepted = "2 to 128 hexadecimal digits, an even number of them",
								  .help = "the key of columns_to_anonymize"},
	[OPTION_TABLE_NAME] = {"table_name", VALUE_TEXT,
						   .accepted = "a name of at most 63 bytes",
						   .help = "the table that IMPORT FOREIGN SCHEMA creates"},
	[OPTION_TYPES] = {"types", VALUE_CHOICE, .fallback = IMPORT_NFSTREAM,
					  .choices = {[IMPORT_NFSTREAM] = "nfstream", [IMPORT_POSTGRES] = "postgres", [IMPORT_PORTABLE] = "portable"},
					  .help = "the types that IMPORT FOREIGN SCHEMA declares, with times in milliseconds, with times of the server's types, or with "
							  "addresses as text"},
	[OPTION_EXTRA_COLUMNS] = {"extra_columns", VALUE_BOOLEAN,
							  .help = "columns beyond NFStream's, as source_file and application_protocol"},
};

OptionId
option_of_group(ColumnGroup group)
{
	static const OptionId options[COLUMN_GROUPS] = {
		[GROUP_TUNNEL] = OPTION_DECODE_TUNNELS,
		[GROUP_STATISTICS] = OPTION_STATISTICAL_ANALYSIS,
		[GROUP_SPLT] = OPTION_SPLT_ANALYSIS,
		[GROUP_DPI] = OPTION_N_DISSECTIONS,
		[GROUP_UDPS] = OPTION_UDPS,
		[GROUP_SYSTEM] = OPTION_SYSTEM_VISIBILITY_MODE,
	};

	return options[group];
}

/* Only digits, and a number that fits: no sign, no blanks, no fraction, no unit. */
static bool
parse_number(const char *text, uint64_t *value)
{
	*value = 0;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
	{
		unsigned digit = (unsigned char) *text - '0';

		if (digit > 9 || *value > (UINT64_MAX - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	return true;
}

/* A word or its beginning: `on` and `off` begin alike, so that `o` is neither. */
static bool
parse_boolean(const char *text, uint64_t *value)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
	size_t					 length = strlen(text);

	if (length == 0 || strcasecmp(text, "o") == 0)
		return false;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncasecmp(words[i], text, length) == 0)
		{
			*value = i % 2;
			return true;
		}
	return false;
}

static bool
parse_choice(const char *const *choices, const char *text, uint64_t *value)
{
	for (*value = 0; choices[*value] != NULL; (*value)++)
		if (strcasecmp(choices[*value], text) == 0)
			return true;
	return false;
}

bool
option_parse(OptionId id, const char *text, uint64_t *value)
{
	const OptionLimits *option = &option_limits[id];

	switch (option->type)
	{
		case VALUE_BOOLEAN:
			return parse_boolean(text, value);
		case VALUE_NUMBER:
			return parse_number(text, value) && option_holds(id, *value);
		case VALUE_CHOICE:
			return parse_choice(option->choices, text, value);
		case VALUE_TEXT:
			return option_holds(id, strlen(text));
	}
	return false;
}

bool
option_is_called(OptionId id, const char *name)
{
	const char *const *other = option_limits[id].other_names;

	while (*other != NULL && strcasecmp(*other, name) != 0)
		other++;
	return *other != NULL || strcasecmp(option_limits[id].name, name) == 0;
}

bool
option_holds(OptionId id, uint64_t value)
{
	const OptionLimits *option = &option_limits[id];

	switch (option->type)
	{
		case VALUE_BOOLEAN:
			return value <= true;
		case VALUE_NUMBER:
			return value >= option->min && value <= option->max;
		case VALUE_CHOICE:
			for (uint64_t i = 0; option->choices[i] != NULL; i++)
				if (i == value)
					return true;
			return false;
		case VALUE_TEXT:
			return option->max == 0 || value <= option->max;
	}
	return false;
}

void
option_accepted(OptionId id, char words[OPTION_WORDS_MAX])
{
	const OptionLimits *option = &option_limits[id];
	int					length = 0;

	words[0] = '\0';
	switch (option->type)
	{
		case VALUE_BOOLEAN:
			snprintf(words, OPTION_WORDS_MAX, "a boolean, as true or false");
			break;
		case VALUE_NUMBER:
			snprintf(words, OPTION_WORDS_MAX, "a whole number%s%s, %" PRIu64 " ... %" PRIu64,
					 option->unit == NULL ? "" : " of ", option->unit == NULL ? "" : option->unit,
					 option->min, option->max);
			break;
		case VALUE_CHOICE:
			for (unsigned i = 0; option->choices[i] != NULL && length < OPTION_WORDS_MAX; i++)
				length += snprintf(words + length, OPTION_WORDS_MAX - (size_t) length, "%s\"%s\"", i > 0 ? " or " : "",
								   option->choices[i]);
			break;
		case VALUE_TEXT:
			if (option->max == 0)
				snprintf(words, OPTION_WORDS_MAX, "%s", option->accepted);
			else
				snprintf(words, OPTION_WORDS_MAX, "%s; at most %" PRIu64 " bytes", option->accepted, option->max);
			break;
	}
}

void
option_fallback(OptionId id, char words[OPTION_WORDS_MAX])
{
	const OptionLimits *option = &option_limits[id];

	words[0] = '\0';
	switch (option->type)
	{
		case VALUE_BOOLEAN:
			snprintf(words, OPTION_WORDS_MAX, "%s", option->fallback ? "true" : "false");
			break;
		case VALUE_NUMBER:
			snprintf(words, OPTION_WORDS_MAX, "%" PRIu64, option->fallback);
			break;
		case VALUE_CHOICE:
			snprintf(words, OPTION_WORDS_MAX, "%s", option->choices[option->fallback]);
			break;
		case VALUE_TEXT:
			break;
	}
}
