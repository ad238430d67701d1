/*
 * plugin_names.h
 *	  Which plugins there are, by their names.
 *
 * A name means a bundled plugin, else one in Python, else a shared object.
 */
#ifndef PG_OPTIONS_PLUGIN_NAMES_H
#define PG_OPTIONS_PLUGIN_NAMES_H

#include "nodes/pg_list.h"

bool plugin_is_bundled(const char *name);

/* Whether the server's directory of plugins has a shared object of this name.  Opens nothing. */
bool plugin_is_shared_object(const char *name);

/* The names of all such objects, as C strings, sorted. */
List *plugin_shared_objects(void);

/* Whether there is a plugin of this name now. */
bool plugin_exists(const char *name);

/* What was meant by a name that is no plugin's, as suggest_text() has it: any plugin, or one in Python. */
char *suggest_plugins(const char *wanted);
char *suggest_python_plugins(const char *wanted);

#endif /* PG_OPTIONS_PLUGIN_NAMES_H */
