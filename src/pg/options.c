/*
 * options.c
 *	  The table of options, their validator, and how the options of a scan come together.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "pg/option_forms.h"
#include "pg/options.h"
#include "pg/privileges.h"
#include "pg/suggest.h"

/* Where an option may stand. */
#define SERVER			0x01
#define TABLE			0x02
#define COLUMN			0x04
#define USER_MAPPING	0x08
#define STATEMENT		0x10	/* IMPORT FOREIGN SCHEMA, which takes those of a table too */

typedef enum OptionType
{
	OPTION_BOOLEAN,				/* bool */
	OPTION_UINT,				/* uint64, in decimal digits */
	OPTION_CHOICE,				/* int, the index of one of `choices` */
	OPTION_TEXT					/* char *, of the form that `is_valid` knows */
} OptionType;

typedef struct Option
{
	const char *name;
	int			places;
	OptionType	type;
	const char *fallback;		/* NULL: not given */
	uint64		min;			/* OPTION_UINT */
	uint64		max;
	const char *choices[3];		/* OPTION_CHOICE, NULL-terminated */
	bool		(*is_valid) (const char *value);	/* OPTION_TEXT */
	const char *accepted;		/* OPTION_TEXT: what is_valid takes, for users */
	char	   *(*suggest) (const char *value); /* OPTION_TEXT: what a wrong value may have meant; NULL: nobody knows */
	bool		is_secret;		/* not to be repeated in an error */
	const char *help;
	size_t		field;			/* offset in ScanOptions; 0: none */
} Option;

#define FIELD(name)		.field = offsetof(ScanOptions, name)

static const Option option_table[] = {
	{"source", SERVER | TABLE, OPTION_TEXT, .is_valid = form_is_source,
		.accepted = "the path of a capture, an array of paths as {/a.pcap,/b.pcap}, a glob, or interface:NAME",
	.help = "what is captured", FIELD(source)},
	{"decode_tunnels", SERVER | TABLE, OPTION_BOOLEAN, .fallback = "true",
	.help = "look into GTP-U, CAPWAP and TZSP", FIELD(decode_tunnels)},
	{"bpf_filter", SERVER | TABLE, OPTION_TEXT, .is_valid = form_is_filter,
		.accepted = "a filter in libpcap's language, of at most 65535 bytes",
	.help = "only packets that pass this filter are metered", FIELD(bpf_filter)},
	{"promiscuous_mode", SERVER | TABLE, OPTION_BOOLEAN, .fallback = "true",
	.help = "capture what is sent to others too (live)", FIELD(promiscuous_mode)},
	{"snapshot_length", SERVER | TABLE, OPTION_UINT, .fallback = "1536", .min = 1, .max = 262144,
	.help = "bytes captured of each packet (live)", FIELD(snapshot_length)},
	{"socket_buffer_size", SERVER | TABLE, OPTION_UINT, .fallback = "0", .max = INT32_MAX,
	.help = "bytes of the kernel's capture buffer, 0 for the system's default (live)", FIELD(socket_buffer_size)},
	{"idle_timeout", SERVER | TABLE, OPTION_UINT, .fallback = "120", .max = UINT64_MAX / 1000,
	.help = "seconds without a packet after which a flow expires", FIELD(idle_timeout)},
	{"active_timeout", SERVER | TABLE, OPTION_UINT, .fallback = "1800", .max = UINT64_MAX / 1000,
	.help = "seconds after which a flow expires even if it is busy", FIELD(active_timeout)},
	{"accounting_mode", SERVER | TABLE, OPTION_UINT, .fallback = "0", .max = 3,
	.help = "what the size of a packet is: 0 link layer, 1 IP, 2 transport, 3 payload", FIELD(accounting_mode)},
	{"udps", SERVER | TABLE, OPTION_TEXT, .is_valid = form_is_plugins,
		.accepted = "the name of a plugin, or a JSON array as [{\"plugin\": \"flow_slicer\", \"limit\": 7}]",
	.help = "plugins that are called for each flow", FIELD(udps)},
	{"n_dissections", SERVER | TABLE, OPTION_UINT, .fallback = "20", .max = 255,
	.help = "packets of a flow that are dissected to find its application, 0 for none", FIELD(n_dissections)},
	{"statistical_analysis", SERVER | TABLE, OPTION_BOOLEAN, .fallback = "false",
	.help = "statistics of packet sizes, times and TCP flags", FIELD(statistical_analysis)},
	{"splt_analysis", SERVER | TABLE, OPTION_UINT, .fallback = "0", .max = 65535,
	.help = "first packets of a flow whose sizes, times and directions are listed", FIELD(splt_analysis)},
	{"max_nflows", SERVER | TABLE, OPTION_UINT, .fallback = "0", .max = UINT64_MAX,
	.help = "flows after which a scan ends, 0 for all", FIELD(max_nflows)},
	{"n_meters", SERVER | TABLE, OPTION_UINT, .fallback = "0", .max = 64,
	.help = "processes that share the work, 0 for as many as fit", FIELD(n_meters)},
	{"performance_report", SERVER | TABLE, OPTION_UINT, .fallback = "0", .max = UINT64_MAX,
	.help = "seconds between two reports, 0 for none (live)", FIELD(performance_report)},
	{"system_visibility_mode", SERVER | TABLE, OPTION_UINT, .fallback = "0", .max = 1,
	.help = "1 to find the process of this host that a flow belongs to (live)", FIELD(system_visibility_mode)},
	{"system_visibility_poll_ms", SERVER | TABLE, OPTION_UINT, .fallback = "100", .max = UINT64_MAX,
	.help = "milliseconds between two looks at the host's sockets (live)", FIELD(system_visibility_poll_ms)},
	{"columns_to_anonymize", SERVER | TABLE, OPTION_TEXT, .is_valid = form_is_names,
		.accepted = "an array of names of columns, as {src_ip,dst_ip}",
	.help = "columns that are only ever seen hashed", FIELD(columns_to_anonymize)},
	{"max_active_flows", SERVER | TABLE, OPTION_UINT, .fallback = "0", .max = UINT64_MAX,
	.help = "active flows at which the oldest is expired early, 0 for no bound", FIELD(max_active_flows)},
	{"meter_memory", SERVER | TABLE, OPTION_UINT, .fallback = "4096", .min = 256, .max = 1048576,
	.help = "megabytes of memory that a meter may have", FIELD(meter_memory)},
	{"meter_timeout", SERVER | TABLE, OPTION_UINT, .fallback = "60", .max = 86400,
	.help = "seconds after which a meter that does not move on is ended, 0 for never", FIELD(meter_timeout)},
	{"on_damage", SERVER | TABLE, OPTION_CHOICE, .fallback = "warn",
		.choices = {[ON_DAMAGE_WARN] = "warn", [ON_DAMAGE_ERROR] = "error"},
	.help = "what follows the rows up to the damage in a capture: a warning or an error", FIELD(on_damage)},
	{"directory", SERVER, OPTION_TEXT, .is_valid = form_is_directory,
		.accepted = "an absolute path",
	.help = "where the captures of all tables lie, for whoever may use the server", FIELD(directory)},
	{"interfaces", SERVER, OPTION_TEXT, .is_valid = form_is_interfaces,
		.accepted = "an array of names of interfaces, as {eth0}",
	.help = "what tables capture from, for whoever may use the server", FIELD(interfaces)},
	{"attribute", COLUMN, OPTION_TEXT, .is_valid = form_is_attribute, .suggest = suggest_columns,
		.accepted = "the name of an attribute of a flow, or " ATTRIBUTE_UDPS_PREFIX "NAME for a plugin's value",
	.help = "what a column of another name stands for"},
	{"anonymization_key", USER_MAPPING, OPTION_TEXT, .is_valid = form_is_key, .is_secret = true,
		.accepted = "2 to 128 hexadecimal digits, an even number of them",
	.help = "the key of columns_to_anonymize"},
	{"table_name", STATEMENT, OPTION_TEXT, .is_valid = form_is_table_name,
		.accepted = "a name of at most 63 bytes",
	.help = "the table that IMPORT FOREIGN SCHEMA creates", FIELD(table_name)},
};

static int
places_of_catalog(Oid catalog)
{
	switch (catalog)
	{
		case ForeignServerRelationId:
			return SERVER;
		case ForeignTableRelationId:
			return TABLE;
		case AttributeRelationId:
			return COLUMN;
		case UserMappingRelationId:
			return USER_MAPPING;
		default:
			return 0;
	}
}

/*
 * The option of this name that may stand in one of these places.  Errors if there is none, and names those that there
 * are.
 */
static const Option *
find_option(const char *name, int places)
{
	Suggestions near;
	StringInfoData valid;
	char	   *perhaps;

	suggest_start(&near, name);
	initStringInfo(&valid);
	for (int i = 0; i < lengthof(option_table); i++)
	{
		const Option *option = &option_table[i];

		if ((option->places & places) == 0)
			continue;
		if (strcmp(option->name, name) == 0)
			return option;
		suggest_offer(&near, option->name);
		appendStringInfo(&valid, "%s%s", valid.len > 0 ? ", " : "", option->name);
	}

	perhaps = suggest_text(&near);
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 valid.len == 0 ? errhint("There are no valid options in this context.") :
			 perhaps == NULL ? errhint("Valid options in this context are: %s.", valid.data) :
			 errhint("Perhaps you meant %s. Valid options in this context are: %s.", perhaps, valid.data)));
}

/* What an option accepts, as users read it. */
static char *
accepted(const Option *option)
{
	StringInfoData choices;

	switch (option->type)
	{
		case OPTION_BOOLEAN:
			return "a boolean, as true or false";
		case OPTION_UINT:
			return psprintf(UINT64_FORMAT " ... " UINT64_FORMAT, option->min, option->max);
		case OPTION_CHOICE:
			initStringInfo(&choices);
			for (int i = 0; option->choices[i] != NULL; i++)
				appendStringInfo(&choices, "%s\"%s\"", i > 0 ? " or " : "", option->choices[i]);
			return choices.data;
		case OPTION_TEXT:
			break;
	}
	return pstrdup(option->accepted);
}

/* Only digits, and a number that fits: no sign, no blanks, no fraction. */
static bool
parse_uint(const char *value, uint64 *number)
{
	*number = 0;
	if (*value == '\0')
		return false;
	for (; *value != '\0'; value++)
	{
		unsigned	digit = (unsigned char) *value - '0';

		if (digit > 9 || *number > (UINT64_MAX - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	return true;
}

static bool
parse_choice(const Option *option, const char *value, int *choice)
{
	for (*choice = 0; option->choices[*choice] != NULL; (*choice)++)
		if (strcmp(option->choices[*choice], value) == 0)
			return true;
	return false;
}

/* Takes a value over; false if the option does not accept it.  A text is not copied. */
static bool
take_value(const Option *option, char *value, ScanOptions *options)
{
	void	   *field = (char *) options + option->field;

	switch (option->type)
	{
		case OPTION_BOOLEAN:
			return parse_bool(value, (bool *) field);
		case OPTION_UINT:
			return parse_uint(value, (uint64 *) field) &&
				*(uint64 *) field >= option->min && *(uint64 *) field <= option->max;
		case OPTION_CHOICE:
			return parse_choice(option, value, (int *) field);
		case OPTION_TEXT:
			if (!option->is_valid(value))
				return false;
			if (option->field != 0)
				*(char **) field = value;
			return true;
	}
	return false;
}

static void
refuse_value(const Option *option, const char *value)
{
	char	   *perhaps = option->suggest == NULL ? NULL : option->suggest(value);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 option->is_secret ? errmsg("invalid value for option \"%s\"", option->name) :
			 errmsg("invalid value for option \"%s\": \"%s\"", option->name, value),
			 errdetail("Accepted: %s.", accepted(option)),
			 perhaps != NULL ? errhint("Perhaps you meant %s.", perhaps) :
			 errhint("\"%s\" means: %s.", option->name, option->help)));
}

/*
 * Takes a list of options over.  Errors at the first that may not stand there or has a value that it does not accept.
 */
static void
take_options(List *list, int places, ScanOptions *options)
{
	ListCell   *cell;

	foreach(cell, list)
	{
		DefElem    *definition = lfirst_node(DefElem, cell);
		const Option *option = find_option(definition->defname, places);
		char	   *value = defGetString(definition);

		if (!take_value(option, value, options))
			refuse_value(option, value);
	}
}

PG_FUNCTION_INFO_V1(nfstream_fdw_validator);

/*
 * nfstream_fdw_validator(text[], oid): checks names and forms, and who may set the bounds of a server; all other rights are
 * decided when a scan starts.
 */
Datum
nfstream_fdw_validator(PG_FUNCTION_ARGS)
{
	ScanOptions scratch = {0};

	take_options(untransformRelOptions(PG_GETARG_DATUM(0)), places_of_catalog(PG_GETARG_OID(1)), &scratch);
	privileges_check_bounds(&scratch);
	PG_RETURN_VOID();
}

static void
take_defaults(ScanOptions *options)
{
	for (int i = 0; i < lengthof(option_table); i++)
		if (option_table[i].fallback != NULL)
			(void) take_value(&option_table[i], pstrdup(option_table[i].fallback), options);
}

static Oid
owner_of_table(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", table);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* Defaults, the server's options, then `nearer`: those of a table or a statement, whose source is `nearer_owner`'s. */
static ScanOptions *
merge_options(Oid server_id, List *nearer, int nearer_places, Oid nearer_owner)
{
	ScanOptions *options = palloc0(sizeof(*options));
	ForeignServer *server = GetForeignServer(server_id);
	char	   *server_source;

	options->server = server_id;
	options->table_owner = nearer_owner;
	take_defaults(options);
	take_options(server->options, SERVER, options);
	server_source = options->source;
	take_options(nearer, nearer_places, options);

	options->source_on_server = options->source != NULL && options->source == server_source;
	options->source_owner = options->source_on_server ? server->owner : nearer_owner;
	return options;
}

ScanOptions *
options_of_table(Oid table)
{
	ForeignTable *foreign_table = GetForeignTable(table);
	ScanOptions *options = merge_options(foreign_table->serverid, foreign_table->options, TABLE, owner_of_table(table));

	options->table = table;
	return options;
}

ScanOptions *
options_of_import(Oid server, List *statement_options)
{
	return merge_options(server, statement_options, TABLE | STATEMENT, GetUserId());
}

List *
options_for_imported_table(List *statement_options)
{
	List	   *table_options = NIL;
	ListCell   *cell;

	foreach(cell, statement_options)
	{
		DefElem    *definition = lfirst_node(DefElem, cell);

		if (find_option(definition->defname, TABLE | STATEMENT)->places & TABLE)
			table_options = lappend(table_options, definition);
	}
	return table_options;
}

char *
options_attribute(Oid table, AttrNumber attribute)
{
	List	   *list = GetForeignColumnOptions(table, attribute);
	ListCell   *cell;

	foreach(cell, list)
	{
		DefElem    *definition = lfirst_node(DefElem, cell);

		if (strcmp(definition->defname, "attribute") == 0)
			return defGetString(definition);
	}
	return NULL;
}

bool
options_group_is_on(const ScanOptions *options, ColumnGroup group)
{
	switch (group)
	{
		case GROUP_CORE:
			return true;
		case GROUP_TUNNEL:
			return options->decode_tunnels;
		case GROUP_STATISTICS:
			return options->statistical_analysis;
		case GROUP_SPLT:
			return options->splt_analysis > 0;
		case GROUP_DPI:
			return options->n_dissections > 0;
		case GROUP_UDPS:
			return options->udps != NULL;
		case GROUP_SYSTEM:
			return options->system_visibility_mode > 0;
	}
	return false;
}

void
options_refuse_interface(const char *interface)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("capturing from interface \"%s\" is not available yet", interface),
			 errhint("Set the option \"source\" to a capture file.")));
}

static void
refuse_option(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("option \"%s\" is not available yet", name)));
}

void
options_check_available(const ScanOptions *options)
{
	const char *interface;

	if (options->source == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("foreign table \"%s\" has no source", get_rel_name(options->table)),
				 errhint("Set the option \"source\" on the table or on its server to a capture file.")));

	interface = form_behind(options->source, SOURCE_INTERFACE_PREFIX);
	if (interface != NULL)
		options_refuse_interface(interface);
	if (options->udps != NULL)
		refuse_option("udps");
}
