/*
 * python_plugins.h
 *	  The table of plugins in Python, nfstream_python_plugins.
 *
 * It is read as a catalog is: as it stands now, whatever the statement's snapshot, by whoever scans.  Its rights are looked at
 * where it is changed, in functions/plugins.c.
 */
#ifndef PG_OPTIONS_PYTHON_PLUGINS_H
#define PG_OPTIONS_PYTHON_PLUGINS_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct PythonPlugin
{
	char *name;
	Oid	  owner; /* a role, which may be gone */
	char *source;
	char *class;
	char  *help;	   /* NULL: none was given */
	char  *docstring;  /* of the class; NULL: none */
	Jsonb *parameters; /* arrays as in a DESCRIPTION: wire/message.h */
	Jsonb *outputs;
	List  *reads; /* names of attributes */
	bool   reads_all;
} PythonPlugin;

/* The plugin of this name, in the current memory context; NULL if there is none. */
PythonPlugin *python_plugin_find(const char *name);

/* The names of all, as C strings. */
List *python_plugin_names(void);

/* From now to the end of the transaction nobody else changes the table. */
void python_plugins_lock(void);

/* Change the table, which is locked, and check nothing. */
void python_plugin_insert(const PythonPlugin *plugin);
void python_plugin_update(const PythonPlugin *plugin);
void python_plugin_delete(const char *name);

#endif /* PG_OPTIONS_PYTHON_PLUGINS_H */
