/*
 * plugin_names.c
 *	  Which plugins there are, by their names.
 */
#include "postgres.h"

#include <sys/stat.h>

#include "miscadmin.h"
#include "storage/fd.h"

#include "pg/options/option_forms.h"
#include "pg/options/plugin_names.h"
#include "pg/options/python_plugins.h"
#include "pg/options/suggest.h"
#include "wire/bundled.h"

/* Shared objects of third parties, in the server's directory of libraries. */
#define PLUGINS_DIRECTORY "nfstream_plugins"
#define OBJECT_SUFFIX	  ".so"

bool
plugin_is_bundled(const char *name)
{
	return bundled_find(name, strlen(name)) != NULL;
}

bool
plugin_is_shared_object(const char *name)
{
	struct stat status;

	return form_is_plugin_name(name) &&
		   stat(psprintf("%s/" PLUGINS_DIRECTORY "/%s" OBJECT_SUFFIX, pkglib_path, name), &status) == 0 && S_ISREG(status.st_mode);
}

bool
plugin_exists(const char *name)
{
	return plugin_is_bundled(name) || python_plugin_find(name) != NULL || plugin_is_shared_object(name);
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

List *
plugin_shared_objects(void)
{
	char		  *path = psprintf("%s/" PLUGINS_DIRECTORY, pkglib_path);
	DIR			  *directory = AllocateDir(path);
	List		  *names = NIL;
	struct dirent *entry;

	if (directory == NULL)
		return NIL; /* nobody has put any there */
	while ((entry = ReadDirExtended(directory, path, LOG)) != NULL)
	{
		int length = strlen(entry->d_name) - strlen(OBJECT_SUFFIX);

		if (length > 0 && strcmp(entry->d_name + length, OBJECT_SUFFIX) == 0)
		{
			char *name = pnstrdup(entry->d_name, length);

			if (plugin_is_shared_object(name) && !plugin_is_bundled(name))
				names = lappend(names, name);
		}
	}
	FreeDir(directory);
	list_sort(names, compare_names);
	return names;
}

static void
offer(Suggestions *near, const List *names)
{
	ListCell *cell;

	foreach(cell, names)
		suggest_offer(near, lfirst(cell));
}

char *
suggest_plugins(const char *wanted)
{
	Suggestions near;

	suggest_start(&near, wanted);
	for (const BundledPlugin *plugin = bundled_plugins; plugin->name != NULL; plugin++)
		suggest_offer(&near, plugin->name);
	offer(&near, python_plugin_names());
	offer(&near, plugin_shared_objects());
	return suggest_text(&near);
}

char *
suggest_python_plugins(const char *wanted)
{
	Suggestions near;

	suggest_start(&near, wanted);
	offer(&near, python_plugin_names());
	return suggest_text(&near);
}
