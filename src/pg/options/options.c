/*
 * options.c
 *	  Where each option may stand, the validator, and how the options of a scan come together.
 *
 * Names, types, defaults and ranges are wire/limits.c's.
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

#include "pg/base/encoding.h"
#include "pg/options/option_forms.h"
#include "pg/options/options.h"
#include "pg/options/plugin_names.h"
#include "pg/options/plugins.h"
#include "pg/options/privileges.h"
#include "pg/options/suggest.h"

/* Where an option may stand. */
#define SERVER		 0x01
#define TABLE		 0x02
#define COLUMN		 0x04
#define USER_MAPPING 0x08
#define STATEMENT	 0x10 /* IMPORT FOREIGN SCHEMA, which takes those of a table too */

typedef struct Option
{
	int places;
	bool (*is_valid)(const char *value); /* VALUE_TEXT: whether it is what limits.c tells; NULL: any text is */
	char *(*suggest)(const char *value); /* VALUE_TEXT: what a wrong value may have meant; NULL: nobody knows */
	bool   is_secret;					 /* not to be repeated in an error */
	size_t field;						 /* offset in ScanOptions; 0: none */
} Option;

static bool
is_list_of_plugins(const char *value)
{
	return plugins_parse(value) != NIL;
}

#define FIELD(name) .field = offsetof(ScanOptions, name)

/* What options.c knows of each option besides limits.c.  A field is a bool, an uint64, an int or a char *, by the option's type. */
static const Option option_table[OPTIONS_COUNT] = {
	[OPTION_SOURCE] = {SERVER | TABLE, .is_valid = form_is_source, FIELD(source)},
	[OPTION_ROWS] = {TABLE, FIELD(rows)},
	[OPTION_DECODE_TUNNELS] = {SERVER | TABLE, FIELD(decode_tunnels)},
	[OPTION_BPF_FILTER] = {SERVER | TABLE, FIELD(bpf_filter)},
	[OPTION_PROMISCUOUS_MODE] = {SERVER | TABLE, FIELD(promiscuous_mode)},
	[OPTION_SNAPSHOT_LENGTH] = {SERVER | TABLE, FIELD(snapshot_length)},
	[OPTION_SOCKET_BUFFER_SIZE] = {SERVER | TABLE, FIELD(socket_buffer_size)},
	[OPTION_EXPIRE_ON_END] = {SERVER | TABLE, FIELD(expire_on_end)},
	[OPTION_IDLE_TIMEOUT] = {SERVER | TABLE, FIELD(idle_timeout)},
	[OPTION_ACTIVE_TIMEOUT] = {SERVER | TABLE, FIELD(active_timeout)},
	[OPTION_ACCOUNTING_MODE] = {SERVER | TABLE, FIELD(accounting_mode)},
	[OPTION_UDPS] = {SERVER | TABLE, .is_valid = is_list_of_plugins, FIELD(udps)},
	[OPTION_N_DISSECTIONS] = {SERVER | TABLE, FIELD(n_dissections)},
	[OPTION_STATISTICAL_ANALYSIS] = {SERVER | TABLE, FIELD(statistical_analysis)},
	[OPTION_SPLT_ANALYSIS] = {SERVER | TABLE, FIELD(splt_analysis)},
	[OPTION_MAX_NFLOWS] = {SERVER | TABLE, FIELD(max_nflows)},
	[OPTION_N_METERS] = {SERVER | TABLE, FIELD(n_meters)},
	[OPTION_PERFORMANCE_REPORT] = {SERVER | TABLE, FIELD(performance_report)},
	[OPTION_SYSTEM_VISIBILITY_MODE] = {SERVER | TABLE, FIELD(system_visibility_mode)},
	[OPTION_SYSTEM_VISIBILITY_POLL_MS] = {SERVER | TABLE, FIELD(system_visibility_poll_ms)},
	[OPTION_COLUMNS_TO_ANONYMIZE] = {SERVER | TABLE, .is_valid = form_is_names, FIELD(columns_to_anonymize)},
	[OPTION_MAX_ACTIVE_FLOWS] = {SERVER | TABLE, FIELD(max_active_flows)},
	[OPTION_METER_MEMORY] = {SERVER | TABLE, FIELD(meter_memory)},
	[OPTION_METER_TIMEOUT] = {SERVER | TABLE, FIELD(meter_timeout)},
	[OPTION_SEPARATE_FILES] = {SERVER | TABLE, FIELD(separate_files)},
	[OPTION_SOURCE_ORDER] = {SERVER | TABLE, FIELD(source_order)},
	[OPTION_ON_DAMAGE] = {SERVER | TABLE, FIELD(on_damage)},
	[OPTION_APPLICATION_NAMES] = {SERVER | TABLE, FIELD(application_names)},
	[OPTION_DIRECTORY] = {SERVER, .is_valid = form_is_directory, FIELD(directory)},
	[OPTION_INTERFACES] = {SERVER, .is_valid = form_is_interfaces, FIELD(interfaces)},
	[OPTION_ATTRIBUTE] = {COLUMN, .is_valid = form_is_attribute, .suggest = suggest_attributes},
	[OPTION_VALUE] = {COLUMN},
	[OPTION_ANONYMIZATION_KEY] = {USER_MAPPING, .is_valid = form_is_key, .is_secret = true},
	[OPTION_TABLE_NAME] = {STATEMENT, .is_valid = form_is_table_name, FIELD(table_name)},
	[OPTION_TYPES] = {STATEMENT, FIELD(types)},
	[OPTION_EXTRA_COLUMNS] = {STATEMENT, FIELD(extra_columns)},
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

/* Where an option may stand, as users read it after "belongs". */
static char *
places_text(int places)
{
	static const char *const texts[] = {"on a server", "on a foreign table", "on a column of a foreign table", "on a user mapping",
										"in IMPORT FOREIGN SCHEMA"};
	StringInfoData			 text;

	initStringInfo(&text);
	for (int i = 0; i < lengthof(texts); i++)
		if (places & 1 << i)
			appendStringInfo(&text, "%s%s", text.len > 0 ? " or " : "", texts[i]);
	return text.data;
}

/*
 * The option of this name, if it may stand in one of these places.  Otherwise errors, with the names of those that may.
 */
static OptionId
find_option(const char *name, int places)
{
	Suggestions	   near;
	StringInfoData valid;
	char		  *perhaps;
	int			   other_places = 0;

	suggest_start(&near, name);
	initStringInfo(&valid);
	for (OptionId id = 0; id < OPTIONS_COUNT; id++)
	{
		bool is_it = strcmp(option_limits[id].name, name) == 0;

		if ((option_table[id].places & places) == 0)
		{
			if (is_it)
				other_places = option_table[id].places;
			continue;
		}
		if (is_it)
			return id;
		if (option_is_called(id, name))
			suggest_meant(&near, option_limits[id].name);
		else
			suggest_offer(&near, option_limits[id].name);
		appendStringInfo(&valid, "%s%s", valid.len > 0 ? ", " : "", option_limits[id].name);
	}

	perhaps = suggest_text(&near);
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", encoding_clipped(name)),
			 other_places == 0 ? 0 : errdetail("\"%s\" belongs %s.", name, places_text(other_places)),
			 valid.len == 0	 ? errhint("There are no valid options in this context.") :
			 perhaps == NULL ? errhint("Valid options in this context are: %s.", valid.data) :
							   errhint("Perhaps you meant %s. Valid options in this context are: %s.", perhaps, valid.data)));
}

/* Puts a value into its field; false if the option does not accept it.  A text is not copied. */
static bool
take_value(OptionId id, char *value, ScanOptions *options)
{
	const Option *option = &option_table[id];
	void		 *field = (char *) options + option->field;
	uint64_t	  number;

	if (!option_parse(id, value, &number))
		return false;
	switch (option_limits[id].type)
	{
		case VALUE_BOOLEAN:
			*(bool *) field = number;
			return true;
		case VALUE_NUMBER:
			*(uint64 *) field = number;
			return true;
		case VALUE_CHOICE:
			*(int *) field = number;
			return true;
		case VALUE_TEXT:
			if (option->is_valid != NULL && !option->is_valid(value))
				return false;
			if (option->field != 0)
				*(char **) field = value;
			return true;
	}
	return false;
}

static void
refuse_value(OptionId id, const char *value)
{
	const Option	   *option = &option_table[id];
	const OptionLimits *limits = &option_limits[id];
	char			   *perhaps = option->suggest == NULL ? NULL : option->suggest(value);
	char				accepted[OPTION_WORDS_MAX];

	option_accepted(id, accepted);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 option->is_secret ? errmsg("invalid value for option \"%s\"", limits->name) :
								 errmsg("invalid value for option \"%s\": \"%s\"", limits->name, encoding_clipped(value)),
			 errdetail("Accepted: %s.", accepted),
			 perhaps != NULL ? errhint("Perhaps you meant %s.", perhaps) :
							   errhint("\"%s\" means: %s.", limits->name, limits->help)));
}

/*
 * Puts the values of a list of options into their fields.  Errors at the first that may not stand there, or does not
 * accept its value.
 */
static void
take_options(List *list, int places, ScanOptions *options)
{
	ListCell *cell;

	foreach(cell, list)
	{
		DefElem *definition = lfirst_node(DefElem, cell);
		OptionId id = find_option(definition->defname, places);
		char	*value = defGetString(definition);

		CHECK_FOR_INTERRUPTS();
		if (!take_value(id, value, options))
			refuse_value(id, value);
	}
}

/*
 * Says which plugins there are not.  They may come: a dump has the tables before the plugins' rows.  Only a scan cannot do without.
 */
static void
tell_of_unknown_plugins(const char *udps)
{
	ListCell *cell;

	foreach(cell, udps == NULL ? NIL : plugins_parse(udps))
	{
		const char *name = ((const ListedPlugin *) lfirst(cell))->name;
		char	   *perhaps;

		if (plugin_exists(name))
			continue;
		perhaps = suggest_plugins(name);
		ereport(NOTICE,
				(errmsg("there is no plugin \"%s\" yet", name),
				 perhaps != NULL ? errhint("Perhaps you meant %s.", perhaps) :
								   errhint("Until there is one, scans that call it are errors. nfstream_create_plugin() makes one in Python.")));
	}
}

/* An option in a list; NULL if it is not there. */
static char *
option_in(List *list, OptionId id)
{
	ListCell *cell;

	foreach(cell, list)
	{
		DefElem *definition = lfirst_node(DefElem, cell);

		if (strcmp(definition->defname, option_limits[id].name) == 0)
			return defGetString(definition);
	}
	return NULL;
}

/* A column stands for one thing. */
static void
check_column(List *list)
{
	if (option_in(list, OPTION_ATTRIBUTE) != NULL && option_in(list, OPTION_VALUE) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("options \"attribute\" and \"value\" exclude each other"),
				 errhint("Leave one of them out: a column stands for an attribute, or for a constant.")));
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
	List	   *list = untransformRelOptions(PG_GETARG_DATUM(0));
	int			places = places_of_catalog(PG_GETARG_OID(1));

	take_options(list, places, &scratch);
	if (places == COLUMN)
		check_column(list);
	privileges_check_bounds(&scratch);
	tell_of_unknown_plugins(scratch.udps);
	PG_RETURN_VOID();
}

static void
take_defaults(ScanOptions *options)
{
	for (OptionId id = 0; id < OPTIONS_COUNT; id++)
	{
		void *field = (char *) options + option_table[id].field;

		Assert(option_limits[id].type == VALUE_TEXT || option_table[id].field != 0);
		switch (option_limits[id].type)
		{
			case VALUE_BOOLEAN:
				*(bool *) field = option_limits[id].fallback;
				break;
			case VALUE_NUMBER:
				*(uint64 *) field = option_limits[id].fallback;
				break;
			case VALUE_CHOICE:
				*(int *) field = option_limits[id].fallback;
				break;
			case VALUE_TEXT:
				break;
		}
	}
}

static Oid
owner_of_table(Oid table)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid		  owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", table);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Defaults, overridden by the server's options, where there is one, overridden by `nearer`: those of a table, a statement or a call, for
 * whose source `nearer_owner` answers.
 */
static ScanOptions *
merge_options(Oid server_id, List *nearer, int nearer_places, Oid nearer_owner)
{
	ScanOptions	  *options = palloc0(sizeof(*options));
	ForeignServer *server = OidIsValid(server_id) ? GetForeignServer(server_id) : NULL;
	char		  *server_source,
		*server_udps;

	options->server = server_id;
	options->table_owner = nearer_owner;
	take_defaults(options);
	if (server != NULL)
		take_options(server->options, SERVER, options);
	server_source = options->source;
	server_udps = options->udps;
	take_options(nearer, nearer_places, options);
	options->schema = schema_by_id(options->rows);
	if (options->udps != NULL)
		options->plugins = plugins_parse(options->udps);

	options->source_on_server = options->source != NULL && options->source == server_source;
	options->udps_on_server = options->udps != NULL && options->udps == server_udps;
	options->udps_owner = options->udps_on_server ? server->owner : nearer_owner;
	options->source_owner = options->source_on_server ? server->owner : nearer_owner;
	return options;
}

ScanOptions *
options_of_table(Oid table)
{
	ForeignTable *foreign_table = GetForeignTable(table);
	ScanOptions	 *options = merge_options(foreign_table->serverid, foreign_table->options, TABLE, owner_of_table(table));

	options->table = table;
	return options;
}

ScanOptions *
options_of_call(const char *function, Oid rows, List *arguments)
{
	ScanOptions *options = merge_options(InvalidOid, arguments, TABLE, GetUserId());

	options->function = function;
	options->table = rows;
	return options;
}

bool
options_accept(const char *name, const char *value)
{
	ScanOptions scratch = {0};

	return take_value(find_option(name, TABLE), unconstify(char *, value), &scratch);
}

bool
options_is_default(const char *name, const char *value)
{
	OptionId id = find_option(name, TABLE);
	uint64_t number;

	return option_limits[id].type != VALUE_TEXT && option_parse(id, value, &number) && number == option_limits[id].fallback;
}

char *
options_object(const ScanOptions *options)
{
	return options->function != NULL ? psprintf("%s()", options->function) : psprintf("foreign table \"%s\"", get_rel_name(options->table));
}

ScanOptions *
options_of_import(Oid server, List *statement_options)
{
	return merge_options(server, statement_options, TABLE | STATEMENT, GetUserId());
}

List *
options_for_imported_table(List *statement_options)
{
	List	 *table_options = NIL;
	ListCell *cell;

	foreach(cell, statement_options)
	{
		DefElem *definition = lfirst_node(DefElem, cell);

		if (option_table[find_option(definition->defname, TABLE | STATEMENT)].places & TABLE)
			table_options = lappend(table_options, definition);
	}
	return table_options;
}

bool
options_is_own_server(Oid server)
{
	Oid	  handler = GetForeignDataWrapper(GetForeignServer(server)->fdwid)->fdwhandler;
	char *name = OidIsValid(handler) ? get_func_name(handler) : NULL;

	return name != NULL && strcmp(name, "nfstream_fdw_handler") == 0;
}

bool
options_column(Oid table, AttrNumber attribute, ColumnOptions *column)
{
	HeapTuple		  row = SearchSysCache2(ATTNUM, ObjectIdGetDatum(table), Int16GetDatum(attribute));
	Form_pg_attribute form;
	List			 *list = NIL;
	Datum			  options;
	bool			  is_null;
	const char		 *value;

	if (!HeapTupleIsValid(row))
		return false;
	form = (Form_pg_attribute) GETSTRUCT(row);
	if (form->attisdropped)
	{
		ReleaseSysCache(row);
		return false;
	}
	options = SysCacheGetAttr(ATTNUM, row, Anum_pg_attribute_attfdwoptions, &is_null);
	if (!is_null)
		list = untransformRelOptions(options);
	column->name = pstrdup(NameStr(form->attname));
	column->generated = form->attgenerated;
	ReleaseSysCache(row);

	column->attribute = option_in(list, OPTION_ATTRIBUTE);
	column->value = option_in(list, OPTION_VALUE);
	value = form_after_prefix(column->name, ATTRIBUTE_UDPS_PREFIX);
	if (column->attribute == NULL && value != NULL && *value != '\0' && column->value == NULL)
		column->attribute = column->name;
	return true;
}

char *
options_attribute(Oid table, AttrNumber attribute)
{
	ColumnOptions column;

	return options_column(table, attribute, &column) ? column.attribute : NULL;
}

char *
options_value(Oid table, AttrNumber attribute)
{
	ColumnOptions column;

	return options_column(table, attribute, &column) ? column.value : NULL;
}

uint64
options_number(const ScanOptions *options, OptionId id)
{
	const void *field = (const char *) options + option_table[id].field;

	switch (option_limits[id].type)
	{
		case VALUE_BOOLEAN:
			return *(const bool *) field;
		case VALUE_NUMBER:
			return *(const uint64 *) field;
		case VALUE_CHOICE:
			return *(const int *) field;
		case VALUE_TEXT:
			break;
	}
	return 0;
}

bool
options_group_is_on(const ScanOptions *options, ColumnGroup group)
{
	switch (group)
	{
		case GROUP_CORE:
			return true;
		case GROUP_UDPS:
			return options->udps != NULL;
		default:
			return options_number(options, option_of_group(group)) > 0;
	}
}

/* The value of a number that a hint turns on, where its default is off. */
#define SETTING_EXAMPLE UINT64CONST(10)

const char *
options_group_setting(ColumnGroup group, bool in_call)
{
	const OptionLimits *option = &option_limits[option_of_group(group)];
	const char		   *form = in_call ? "%s => %s" : "%s '%s'";

	switch (group)
	{
		case GROUP_CORE:
			return "";
		case GROUP_UDPS:
			return "udps (the plugins that leave it)";
		case GROUP_SYSTEM:
			return psprintf("%s (it has an effect on an interface)", psprintf(form, option->name, "1"));
		default:
			break;
	}
	if (option->type == VALUE_BOOLEAN)
		return psprintf(form, option->name, "true");
	return psprintf(form, option->name, psprintf(UINT64_FORMAT, option->fallback > 0 ? option->fallback : SETTING_EXAMPLE));
}

bool
options_check_source(const ScanOptions *options, int level)
{
	if (options->source != NULL)
		return true;
	ereport(level,
			(errcode(options->function != NULL ? ERRCODE_NULL_VALUE_NOT_ALLOWED : ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
			 errmsg("%s has no source", options_object(options)),
			 options->function != NULL ?
				 errhint("Its argument \"source\", a capture file or an interface, is NULL.") :
				 errhint("Set the option \"source\" on the table or on its server to a capture file or an interface.")));
	return false;
}
