/*
 * plugin_query.h
 *	  Values of plugins' parameters that a query returns.
 */
#ifndef PG_FDW_PLUGIN_QUERY_H
#define PG_FDW_PLUGIN_QUERY_H

#include "wire/plugin_orders.h"

typedef struct PluginQuery
{
	const char *plugin;
	const char *parameter; /* whose value it returns */
	const char *text;
	Oid			owner;	/* who has written it: the owner of the table or server in whose option it stands, or who makes the call */
	Oid			table;	/* for whose scan it runs; InvalidOid: that of a call, whose query is the session's own */
	Oid			schema; /* where names are looked for, after pg_catalog; InvalidOid: nowhere else */
} PluginQuery;

/*
 * Runs a query, read-only and security-restricted, as its owner; that of a table whatever the session's search_path is.
 *
 * The value is the one row's one column: as JSON in the database's encoding, or a bytea's bytes.  It is allocated in the current
 * memory context.  Errors if there is none, or another one.
 */
char	  *plugin_query_json(const PluginQuery *query);
PluginText plugin_query_pickle(const PluginQuery *query);

#endif /* PG_FDW_PLUGIN_QUERY_H */
