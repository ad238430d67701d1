/*
 * privileges.c
 *	  Who may read what.
 *
 * A reader needs SELECT on the table and nothing else; the rights on the source are those of the role that named it.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "pg/option_forms.h"
#include "pg/privileges.h"

/* The object through which the source is reached, and its role, as an error names them. */
static char *
object_text(const ScanOptions *options)
{
	if (options->source_on_server)
		return psprintf("server \"%s\"", GetForeignServer(options->server)->servername);
	if (OidIsValid(options->table))
		return psprintf("foreign table \"%s\"", get_rel_name(options->table));
	return pstrdup("IMPORT FOREIGN SCHEMA");
}

static char *
role_text(const ScanOptions *options)
{
	const char *name = GetUserNameFromId(options->source_owner, true);

	if (name == NULL)
		name = "?";
	if (options->source_on_server)
		return psprintf("The server's owner \"%s\"", name);
	if (OidIsValid(options->table))
		return psprintf("The table's owner \"%s\"", name);
	return psprintf("The role \"%s\"", name);
}

static bool
is_interface(const ScanOptions *options)
{
	return form_behind(options->source, SOURCE_INTERFACE_PREFIX) != NULL;
}

bool
privileges_allow_source(const ScanOptions *options)
{
	return options->source == NULL ||
		superuser_arg(options->source_owner) ||
		(!is_interface(options) && has_privs_of_role(options->source_owner, ROLE_PG_READ_SERVER_FILES));
}

void
privileges_check_interface(const ScanOptions *options)
{
	if (!superuser_arg(options->source_owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to capture from an interface through %s", object_text(options)),
				 errdetail("%s is not a superuser.", role_text(options))));
}

void
privileges_check_source(const ScanOptions *options)
{
	if (privileges_allow_source(options))
		return;
	if (is_interface(options))
		privileges_check_interface(options);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to read captures through %s", object_text(options)),
			 errdetail("%s is neither a superuser nor a member of the role \"pg_read_server_files\".",
					   role_text(options)),
			 errhint("Only such a role may name the server's files in the option \"source\".")));
}
