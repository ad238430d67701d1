/*
 * privileges.c
 *	  Who may read what.
 *
 * A reader needs SELECT on the table and nothing else; the rights on the source are those of the role that named it: a
 * superuser, or for files a member of pg_read_server_files.
 *
 * A server with the option `directory` or `interfaces` opens a way for others: whoever may use the server may read what
 * is within its bounds.  So the table's owner must be allowed to use it at the time of the scan, not only when the table
 * was made; and these options may only be set by those who could read all of it without them.  The bounds hold for
 * everybody on such a server, superusers too.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_foreign_server.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/options/option_forms.h"
#include "pg/options/privileges.h"

/* Bytes of names after which a hint names no more servers. */
#define SHOWN_SERVERS_BYTES 128

/* The object through which the source is reached, as an error names it. */
static char *
object_text(const ScanOptions *options)
{
	if (options->source_on_server)
		return psprintf("server \"%s\"", GetForeignServer(options->server)->servername);
	if (OidIsValid(options->table) || options->function != NULL)
		return options_object(options);
	return pstrdup("IMPORT FOREIGN SCHEMA");
}

/* A role, source_owner or table_owner, as an error's detail names it. */
static char *
role_text(const ScanOptions *options, Oid role)
{
	const char *name = GetUserNameFromId(role, true);

	if (name == NULL)
		name = "?";
	if (options->source_on_server && role == options->source_owner)
		return psprintf("The server's owner \"%s\"", name);
	if (OidIsValid(options->table) && options->function == NULL)
		return psprintf("The table's owner \"%s\"", name);
	return psprintf("The role \"%s\"", name);
}

static bool
may_use_server(Oid server, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ForeignServerRelationId, server, role, ACL_USAGE) == ACLCHECK_OK;
#else
	return pg_foreign_server_aclcheck(server, role, ACL_USAGE) == ACLCHECK_OK;
#endif
}

/* The value of a server's option; NULL if it has none. */
static const char *
option_of_server(Oid server, const char *name)
{
	ListCell *cell;

	foreach(cell, GetForeignServer(server)->options)
		if (strcmp(lfirst_node(DefElem, cell)->defname, name) == 0)
			return defGetString(lfirst_node(DefElem, cell));
	return NULL;
}

/* ------------------------------------------------------------------------------------------------------------------ files */

static bool
may_read_all_files(Oid role)
{
	return has_privs_of_role(role, ROLE_PG_READ_SERVER_FILES);
}

/* Which of the two roles may not read files; InvalidOid if both may. */
static Oid
without_files(const ScanOptions *options)
{
	bool bounded = options->directory != NULL;

	if (!may_read_all_files(options->source_owner) && !(bounded && may_use_server(options->server, options->source_owner)))
		return options->source_owner;
	if (bounded && !may_read_all_files(options->table_owner) && !may_use_server(options->server, options->table_owner))
		return options->table_owner;
	return InvalidOid;
}

bool
privileges_allow_files(const ScanOptions *options)
{
	return !OidIsValid(without_files(options));
}

/* The servers with a directory that a role may use, as an error's hint names them, by name; NULL if there is none.  wrapper: InvalidOid for any. */
static char *
open_servers(Oid wrapper, Oid role)
{
	Relation	   catalog = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc	   scan = systable_beginscan(catalog, ForeignServerNameIndexId, true, NULL, 0, NULL);
	StringInfoData servers;
	HeapTuple	   tuple;

	initStringInfo(&servers);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)) && servers.len < SHOWN_SERVERS_BYTES)
	{
		Form_pg_foreign_server server = (Form_pg_foreign_server) GETSTRUCT(tuple);

		if ((OidIsValid(wrapper) ? server->srvfdw == wrapper : options_is_own_server(server->oid)) &&
			option_of_server(server->oid, "directory") != NULL && may_use_server(server->oid, role))
			appendStringInfo(&servers, "%s\"%s\"", servers.len > 0 ? ", " : "", NameStr(server->srvname));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return servers.len > 0 ? servers.data : NULL;
}

static void
refuse_files(const ScanOptions *options, int level)
{
	Oid	  without = without_files(options);
	char *role = role_text(options, without),
		 *servers;

	if (options->directory != NULL)
	{
		ereport(level,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to read captures through %s", object_text(options)),
				 errdetail("%s does not have the privilege USAGE on server \"%s\".", role,
						   GetForeignServer(options->server)->servername),
				 errhint("Have an administrator GRANT USAGE ON FOREIGN SERVER %s to the role: it may then read the captures in the server's directory.",
						 quote_identifier(GetForeignServer(options->server)->servername))));
		return;
	}
	servers = open_servers(OidIsValid(options->server) ? GetForeignServer(options->server)->fdwid : InvalidOid, without);
	ereport(level,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to read captures through %s", object_text(options)),
			 errdetail("%s is neither a superuser nor a member of the role \"pg_read_server_files\".", role),
			 servers != NULL ?
				 errhint("Make %s on a server with a directory whose captures this role may read: %s.",
						 options->function != NULL ? "a foreign table" : "the table", servers) :
			 form_is_bare_name(options->source) ?
				 errhint("If \"%s\" is an interface, write \"interface:%s\", and have a superuser name it in the option \"interfaces\" of a server, "
						 "for all who have USAGE on that server.",
						 options->source, options->source) :
				 errhint("Have an administrator grant the role USAGE on a server with the option \"directory\", which opens the captures in that directory, "
						 "or membership in the role \"pg_read_server_files\".")));
}

/* ------------------------------------------------------------------------------------------------------------- interfaces */

static bool
is_listed(const ScanOptions *options, const char *interface)
{
	List	 *names = NIL;
	ListCell *cell;

	if (options->interfaces != NULL)
		(void) form_parse_names(options->interfaces, &names);
	foreach(cell, names)
		if (strcmp(lfirst(cell), interface) == 0)
			return true;
	return false;
}

/* Which of the two roles may capture from no interface; InvalidOid if both may from some. */
static Oid
without_interfaces(const ScanOptions *options)
{
	/* A superuser may use every server. */
	if (options->interfaces == NULL)
		return superuser_arg(options->source_owner) ? InvalidOid : options->source_owner;
	if (!may_use_server(options->server, options->source_owner))
		return options->source_owner;
	return may_use_server(options->server, options->table_owner) ? InvalidOid : options->table_owner;
}

bool
privileges_allow_interface(const ScanOptions *options, const char *interface)
{
	return !OidIsValid(without_interfaces(options)) && (options->interfaces == NULL || is_listed(options, interface));
}

void
privileges_check_interface(const ScanOptions *options, const char *interface)
{
	Oid	  without = without_interfaces(options);
	char *role;

	if (privileges_allow_interface(options, interface))
		return;
	role = OidIsValid(without) ? role_text(options, without) : NULL;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to capture from an interface through %s", object_text(options)),
			 options->interfaces == NULL ? errdetail("%s is not a superuser.", role) :
			 role != NULL				 ? errdetail("%s does not have the privilege USAGE on server \"%s\".", role,
													 GetForeignServer(options->server)->servername) :
										   errdetail("\"%s\" is not one of the interfaces of server \"%s\".", interface,
													 GetForeignServer(options->server)->servername),
			 role == NULL || options->interfaces == NULL ?
				 errhint("A superuser may name it in the option \"interfaces\" of a server, for all who have USAGE on that server.") :
				 errhint("Have an administrator GRANT USAGE ON FOREIGN SERVER %s to the role.",
						 quote_identifier(GetForeignServer(options->server)->servername))));
}

List *
privileges_interfaces_of(Oid role)
{
	Relation	catalog = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	List	   *interfaces = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid			server = ((Form_pg_foreign_server) GETSTRUCT(tuple))->oid;
		List	   *names = NIL;
		const char *option = options_is_own_server(server) && may_use_server(server, role) ? option_of_server(server, "interfaces") : NULL;

		if (option != NULL && form_parse_names(option, &names))
			interfaces = list_concat(interfaces, names);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return interfaces;
}

/* ---------------------------------------------------------------------------------------------------------------- sources */

bool
privileges_check_files(const ScanOptions *options, int level)
{
	if (privileges_allow_files(options))
		return true;
	refuse_files(options, level);
	return false;
}

void
privileges_check_source(const ScanOptions *options)
{
	const char *interface;

	if (options->source == NULL)
		return;
	interface = form_after_prefix(options->source, SOURCE_INTERFACE_PREFIX);
	if (interface != NULL)
		privileges_check_interface(options, interface);
	else if (!privileges_allow_files(options) &&
			 !(is_listed(options, options->source) && privileges_allow_interface(options, options->source)))
		refuse_files(options, ERROR);
}

/* ----------------------------------------------------------------------------------------------------------------- bounds */

/*
 * The validator is shown all options that a server is to have, not what they were or which of them a statement changes.
 * So whoever may not set these two may not change others on a server that has them either; dropping them is allowed.
 */
static void
refuse_bound(const char *option, const char *who)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to set the option \"%s\"", option),
			 errdetail("Only %s may set it, or any option of a server that has it.", who),
			 errhint("The server's owner may drop \"directory\" and \"interfaces\", both in one statement.")));
}

void
privileges_check_bounds(const ScanOptions *options)
{
	if (options->interfaces != NULL && !superuser())
		refuse_bound("interfaces", "a superuser");
	if (options->directory != NULL && !may_read_all_files(GetUserId()))
		refuse_bound("directory", "a superuser or a member of the role \"pg_read_server_files\"");
}
