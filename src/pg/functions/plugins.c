/*
 * plugins.c
 *	  nfstream_create_plugin(), nfstream_alter_plugin() and nfstream_drop_plugin(): the plugins in Python of a database.
 *
 * Nothing of a source is looked at here: a meter compiles it in its sandbox, and tells what class it found.  That comes before the
 * table is locked, as it may take seconds.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "pg/base/encoding.h"
#include "pg/functions/plugin_uses.h"
#include "pg/options/option_forms.h"
#include "pg/options/plugin_names.h"
#include "pg/options/python_plugins.h"
#include "pg/workers/describe.h"
#include "wire/plugin_orders.h"

/* How the functions are called in errors. */
#define CREATE_FUNCTION "nfstream_create_plugin()"
#define ALTER_FUNCTION	"nfstream_alter_plugin()"
#define DROP_FUNCTION	"nfstream_drop_plugin()"

/* Bytes of a help, as users type it. */
#define HELP_MAX 8192

PG_FUNCTION_INFO_V1(nfstream_create_plugin);
PG_FUNCTION_INFO_V1(nfstream_alter_plugin);
PG_FUNCTION_INFO_V1(nfstream_drop_plugin);

/* An argument that is a text, or NULL. */
static char *
text_argument(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(number));
}

static char *
required_argument(FunctionCallInfo fcinfo, int number, const char *what)
{
	char *value = text_argument(fcinfo, number);

	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the %s of a plugin cannot be NULL", what)));
	return value;
}

static void
check_may_write(const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandDuringRecovery(function);
}

/* ------------------------------------------------------------------------------------------------------- what is checked */

static void
check_name(const char *name)
{
	if (!form_is_plugin_name(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of a plugin: \"%s\"", encoding_clipped(name)),
				 errdetail("It has 1 to %d letters of ASCII, digits and underscores, and begins with a letter or an underscore.",
						   NAMEDATALEN - 1)));
	if (plugin_is_bundled(name))
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("plugin \"%s\" is bundled with nfstream_fdw", name),
				 errhint("Choose another name.")));
	if (plugin_is_shared_object(name))
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("plugin \"%s\" is a shared object of the server", name),
				 errhint("Choose another name.")));
}

static void
check_help(const char *help)
{
	if (help != NULL && strlen(help) > HELP_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the help of a plugin is too long"),
				 errdetail("It has " UINT64_FORMAT " bytes, and may have %d.", (uint64) strlen(help), HELP_MAX)));
}

/* Whether it is what a file's name looks like, and no source with a class does. */
static bool
is_file_name(const char *source)
{
	size_t length = strlen(source);

	return length > 3 && strcmp(source + length - 3, ".py") == 0 && strpbrk(source, " \t\r\n:") == NULL;
}

/* The source crosses to the meter in UTF-8, and is kept in the database's encoding. */
static void
check_source(const char *source)
{
	size_t length = strlen(source),
		   crossing = strlen(pg_server_to_any(source, length, PG_UTF8));

	if (is_file_name(source))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the source of a plugin is not the name of its file: \"%s\"", encoding_clipped(source)),
				 errhint("Give it what stands in the file; in psql: \\set source `cat %s`, and then :'source'.", encoding_clipped(source))));
	length = Max(length, crossing);
	if (length > PLUGIN_SOURCE_BYTES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the source of a plugin is too long"),
				 errdetail("It has " UINT64_FORMAT " bytes, and may have %u.", (uint64) length, PLUGIN_SOURCE_BYTES_MAX),
				 errhint("What is large, as a model, belongs in a table and in a parameter: {\"pickle\": \"SELECT ...\"}.")));
}

static void
check_owner(const PythonPlugin *plugin)
{
	if (has_privs_of_role(GetUserId(), plugin->owner))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("must be owner of plugin \"%s\"", plugin->name)));
}

/* The plugin of this name, which the user may change. */
static PythonPlugin *
find_own(const char *name)
{
	PythonPlugin *plugin = form_is_plugin_name(name) ? python_plugin_find(name) : NULL;
	const char	 *near;

	if (plugin != NULL)
	{
		check_owner(plugin);
		return plugin;
	}
	if (plugin_is_bundled(name) || plugin_is_shared_object(name))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("plugin \"%s\" is not in Python", name),
				 errdetail("It came with %s, and can be neither changed nor dropped here.",
						   plugin_is_bundled(name) ? "nfstream_fdw" : "the server")));
	near = suggest_python_plugins(name);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("plugin \"%s\" does not exist", encoding_clipped(name)),
			 near != NULL ? errhint("Perhaps you meant %s.", near) : 0));
}

static void
check_is_new(const char *name)
{
	if (python_plugin_find(name) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("plugin \"%s\" already exists", name),
				 errhint("Change it with nfstream_alter_plugin(), or choose another name.")));
}

/* ------------------------------------------------------------------------------------------------------------ what is done */

/* Takes over what a meter has found in the source. */
static void
take_description(PythonPlugin *plugin, const PluginDescription *description)
{
	plugin->class = description->class;
	plugin->docstring = description->help;
	plugin->parameters = description->parameters;
	plugin->outputs = description->outputs;
	plugin->reads = description->reads;
	plugin->reads_all = description->reads_all;
}

/* nfstream_create_plugin(name, source, class DEFAULT NULL, help DEFAULT NULL) */
Datum
nfstream_create_plugin(PG_FUNCTION_ARGS)
{
	PythonPlugin plugin = {
		.name = required_argument(fcinfo, 0, "name"),
		.owner = GetUserId(),
		.source = required_argument(fcinfo, 1, "source"),
		.help = text_argument(fcinfo, 3),
	};

	check_may_write(CREATE_FUNCTION);
	check_name(plugin.name);
	check_is_new(plugin.name);
	check_source(plugin.source);
	check_help(plugin.help);
	take_description(&plugin, describe_python(plugin.name, text_argument(fcinfo, 2), plugin.source));
	python_plugins_lock();
	check_is_new(plugin.name);
	python_plugin_insert(&plugin);
	PG_RETURN_VOID();
}

/* Gives the plugin to another role, as ALTER ... OWNER TO does. */
static void
change_owner(PythonPlugin *plugin, Oid owner)
{
	(void) GetUserNameFromId(owner, false); /* a superuser is a member of roles that there are not, too */
#if PG_VERSION_NUM >= 160000
	check_can_set_role(GetUserId(), owner);
#else
	check_is_member_of_role(GetUserId(), owner);
#endif
	plugin->owner = owner;
}

/*
 * nfstream_alter_plugin(name, source DEFAULT NULL, class DEFAULT NULL, help DEFAULT NULL, owner DEFAULT NULL): what is NULL stays;
 * with a new source the class is found anew.
 */
Datum
nfstream_alter_plugin(PG_FUNCTION_ARGS)
{
	char *name = required_argument(fcinfo, 0, "name"),
		 *source = text_argument(fcinfo, 1),
		 *class = text_argument(fcinfo, 2),
		 *help = text_argument(fcinfo, 3);
	bool			   has_code = source != NULL || class != NULL;
	PluginDescription *description = NULL;
	PythonPlugin	  *plugin;

	check_may_write(ALTER_FUNCTION);
	plugin = find_own(name);
	check_help(help);
	if (has_code)
	{
		if (source == NULL)
			source = plugin->source;
		check_source(source);
		description = describe_python(name, class, source);
	}
	python_plugins_lock();
	plugin = find_own(name); /* as it is now */
	if (has_code)
	{
		plugin->source = source;
		take_description(plugin, description);
	}
	if (help != NULL)
		plugin->help = *help == '\0' ? NULL : help;
	if (!PG_ARGISNULL(4))
		change_owner(plugin, PG_GETARG_OID(4));
	python_plugin_update(plugin);
	PG_RETURN_VOID();
}

/* nfstream_drop_plugin(name) */
Datum
nfstream_drop_plugin(PG_FUNCTION_ARGS)
{
	char *name = required_argument(fcinfo, 0, "name");

	check_may_write(DROP_FUNCTION);
	(void) find_own(name);
	python_plugins_lock();
	(void) find_own(name);
	plugin_refuse_if_used(name);
	python_plugin_delete(name);
	PG_RETURN_VOID();
}
