/*
 * describe.h
 *	  What a plugin is, as a meter in its sandbox finds it.
 */
#ifndef PG_WORKERS_DESCRIBE_H
#define PG_WORKERS_DESCRIBE_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct PluginDescription
{
	char *class;	   /* of a plugin in Python; else NULL */
	char  *help;	   /* NULL: none */
	Jsonb *parameters; /* arrays of objects, `[]` where there are none: wire/message.h */
	Jsonb *outputs;	   /* their types as the server writes them */
	List  *reads;	   /* names of attributes */
	bool   reads_all;
} PluginDescription;

/*
 * A plugin in Python of this source, in the database's encoding.  class: NULL for the only one.  Errors where the source does
 * not compile or run, or the class is not there.
 */
PluginDescription *describe_python(const char *name, const char *class, const char *source);

/* A shared object of the server's directory of plugins. */
PluginDescription *describe_shared_object(const char *name);

/*
 * What plugins leave, a list of PluginOutputs, those of shared objects too, which only a meter can look into; *complete: all of the
 * plugins say what that is.  (An output of a shared object comes after those of the others, wherever in the list it stands.)
 */
List *describe_outputs(const List *plugins, bool *complete);

#endif /* PG_WORKERS_DESCRIBE_H */
