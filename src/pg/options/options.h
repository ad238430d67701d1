/*
 * options.h
 *	  The options of servers, foreign tables, columns and user mappings.
 *
 * Their names, defaults, ranges and meanings stand in one table, in wire/limits.c; the places where they may stand in options.c.
 */
#ifndef PG_OPTIONS_OPTIONS_H
#define PG_OPTIONS_OPTIONS_H

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

#include "wire/limits.h"
#include "wire/schema.h"

/* The options of one scan: defaults, overridden by the server's, overridden by the table's (or the statement's). */
typedef struct ScanOptions
{
	Oid			  table;	/* whose columns the rows have: a foreign table, or the type of a call's rows; InvalidOid where there is none */
	const char	 *function; /* a call of which reads the source; NULL: none does */
	Oid			  server;	/* InvalidOid: of a call */
	const Schema *schema;	/* what its rows are */

	/* Whose rights decide about the source: the owner of the object on which `source` stands, or IMPORT's caller. */
	Oid	 source_owner;
	bool source_on_server;
	Oid	 table_owner; /* or IMPORT's caller */

	/* By their names; texts are NULL where not given. */
	char  *source;
	int	   rows; /* RowsChoice: the schema */
	bool   decode_tunnels;
	char  *bpf_filter;
	bool   promiscuous_mode;
	uint64 snapshot_length;	   /* bytes */
	uint64 socket_buffer_size; /* bytes, 0: the system's default */
	bool   expire_on_end;
	uint64 idle_timeout;	/* seconds */
	uint64 active_timeout;	/* seconds */
	uint64 accounting_mode; /* 0 link, 1 IP, 2 transport, 3 payload */
	char  *udps;
	List  *plugins;	   /* what udps has: ListedPlugins */
	Oid	   udps_owner; /* the owner of the object on which udps stands */
	bool   udps_on_server;
	uint64 n_dissections; /* 0: no DPI */
	bool   statistical_analysis;
	uint64 splt_analysis;		   /* elements of the lists, 0: none */
	uint64 max_nflows;			   /* 0: all */
	uint64 n_meters;			   /* 0: as many as fit */
	uint64 performance_report;	   /* seconds, 0: none */
	uint64 system_visibility_mode; /* 0 off, 1 on */
	uint64 system_visibility_poll_ms;
	char  *columns_to_anonymize;
	uint64 max_active_flows; /* 0: no bound */
	uint64 meter_memory;	 /* MB of one meter */
	uint64 meter_timeout;	 /* seconds that a meter may stand still, 0: for ever */
	bool   separate_files;
	int	   source_order;	  /* SourceOrder */
	int	   on_damage;		  /* OnDamage */
	int	   application_names; /* ApplicationNames */
	char  *directory;		  /* the server's own: where sources lie; NULL: anywhere */
	char  *interfaces;		  /* the server's own: an array of those to capture from; NULL: any */

	/* IMPORT FOREIGN SCHEMA's own. */
	char *table_name;
	int	  types; /* ImportTypes */
	bool  extra_columns;
} ScanOptions;

/* The prefix of a source that is an interface whatever files there are. */
#define SOURCE_INTERFACE_PREFIX "interface:"

/* The prefix of a column's `attribute` that stands for a plugin's value. */
#define ATTRIBUTE_UDPS_PREFIX "udps."

/* The options of a foreign table, in the current memory context. */
ScanOptions *options_of_table(Oid table);

/*
 * The options of IMPORT FOREIGN SCHEMA: the statement's override the server's.  Checks the statement's, as the server
 * does not; for a source there its caller answers.
 */
ScanOptions *options_of_import(Oid server, List *statement_options);

/*
 * The options of a call of a function, whose caller answers for the source: DefElems, called as a table's options are.  rows: the relation
 * of the type of its rows.  Errors as of a table's options.
 */
ScanOptions *options_of_call(const char *function, Oid rows, List *arguments);

/* Whether a table's option of this name accepts a value; and whether that is its default. */
bool options_accept(const char *name, const char *value);
bool options_is_default(const char *name, const char *value);

/* What is read, as errors name it: a foreign table, or a function. */
char *options_object(const ScanOptions *options);

/* The options of a statement that its table gets: all but IMPORT's own. */
List *options_for_imported_table(List *statement_options);

/* Whether a server's wrapper is this one, or another with its handler. */
bool options_is_own_server(Oid server);

/* What a table says of a column, in the current memory context. */
typedef struct ColumnOptions
{
	char *name;
	char *attribute; /* options_attribute() */
	char *value;	 /* options_value() */
	char  generated; /* pg_attribute.attgenerated */
} ColumnOptions;

/* In one look at the catalog; false if there is no such column. */
bool options_column(Oid table, AttrNumber attribute, ColumnOptions *column);

/* The column option `attribute`, or the column's name where that is of a plugin's value, as NFStream's `udps.x`; else NULL. */
char *options_attribute(Oid table, AttrNumber attribute);

/* The column option `value`: what all rows of the table have there, as a text; else NULL. */
char *options_value(Oid table, AttrNumber attribute);

/* The value of an option that is no text, in its own unit. */
uint64 options_number(const ScanOptions *options, OptionId id);

/* Whether the options turn the columns of this group on; and what does so, as users write it in OPTIONS (...), or in a call. */
bool		options_group_is_on(const ScanOptions *options, ColumnGroup group);
const char *options_group_setting(ColumnGroup group, bool in_call);

/* Whether there is a source; reports at this level where there is none. */
bool options_check_source(const ScanOptions *options, int level);

#endif /* PG_OPTIONS_OPTIONS_H */
