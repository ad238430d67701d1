/*
 * plugins.c
 *	  Where nfstream_meter finds plugins: bundled ones, and shared objects in one directory.
 *
 * A name is checked to be one before it becomes part of a path, so that no name leads out of the directory.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/plugins/plugins.h"
#include "meter/nearest.h"
#include "meter/plugins.h"
#include "wire/bundled.h"
#include "wire/plugin_arguments.h"

#define PATH_BYTES 4096

/* How many plugins are looked at for a near name. */
#define NEAR_MAX 256

/* Whether it is a name of a plugin: [a-z][a-z0-9_]*, as the header has it. */
static bool
is_name(PluginText name)
{
	for (uint32_t i = 0; i < name.length; i++)
	{
		char letter = name.bytes[i];

		if (!(letter >= 'a' && letter <= 'z') && (i == 0 || (letter != '_' && !(letter >= '0' && letter <= '9'))))
			return false;
	}
	return name.length > 0 && name.length <= PLUGIN_NAME_BYTES;
}

static bool
check(const NfstreamPlugin *plugin, const char *path, const char *name, FailureMessage *failure)
{
	unsigned parameters = 0;

	if (plugin == NULL)
		return failure_tell(failure, FAILURE_PLUGIN_OBJECT, "Its function " NFSTREAM_PLUGIN_FUNCTION "() gives none.",
							"\"%s\" has no plugin", path);
	if (plugin->version != NFSTREAM_PLUGIN_VERSION)
	{
		char detail[128];

		snprintf(detail, sizeof(detail), "It is built for version %u of nfstream_plugin.h, and this meter has version %d.",
				 plugin->version, NFSTREAM_PLUGIN_VERSION);
		return failure_tell(failure, FAILURE_PLUGIN_OBJECT, detail, "plugin \"%s\" is of another version", name);
	}
	if (plugin->size < offsetof(NfstreamPlugin, create) || plugin->size % sizeof(void *) != 0)
		return failure_tell(failure, FAILURE_PLUGIN_OBJECT, "The size that its NfstreamPlugin names is none.", "\"%s\" has no plugin", path);
	if (plugin->name == NULL || strcmp(plugin->name, name) != 0)
		return failure_tell(failure, FAILURE_PLUGIN_OBJECT, "A shared object has the name of its plugin.", "the plugin in \"%s\" is called \"%.63s\"",
							path, plugin->name == NULL ? "" : plugin->name);
	while (plugin->parameters != NULL && plugin->parameters[parameters].name != NULL)
		if (parameters++ == PLUGIN_PARAMETERS_MAX)
			return failure_tell(failure, FAILURE_PLUGIN_OBJECT, "It has too many parameters.", "plugin \"%s\" cannot be used", name);
	return true;
}

/* A plugin that there is, bundled or in the directory, with a name near to this one, as a sentence; '' if there is none. */
static void
tell_near(const char *directory, PluginText name, char *sentence, size_t size)
{
	char		objects[NEAR_MAX][PLUGIN_NAME_BYTES + 1];
	const char *names[2 * NEAR_MAX],
		*near;
	size_t				 count = 0;
	DIR					*opened = opendir(directory);
	const struct dirent *entry;

	for (const BundledPlugin *plugin = bundled_plugins; plugin->name != NULL && count < NEAR_MAX; plugin++)
		names[count++] = plugin->name;
	for (size_t i = 0; opened != NULL && i < NEAR_MAX && (entry = readdir(opened)) != NULL;)
	{
		const char *ending = strrchr(entry->d_name, '.');
		size_t		length = ending == NULL ? 0 : (size_t) (ending - entry->d_name);

		if (ending == NULL || strcmp(ending, ".so") != 0 || length > PLUGIN_NAME_BYTES)
			continue;
		memcpy(objects[i], entry->d_name, length);
		objects[i][length] = '\0';
		names[count++] = objects[i++];
	}
	if (opened != NULL)
		closedir(opened);
	near = name_nearest(name.bytes, name.length, names, count);
	snprintf(sentence, size, near == NULL ? "" : "Perhaps \"%s\" was meant.", near);
}

static bool
refuse_unknown(const char *directory, PluginText name, FailureMessage *failure)
{
	char near[128];

	tell_near(directory, name, near, sizeof(near));
	return failure_tell(failure, FAILURE_PLUGIN_UNKNOWN, near, "there is no plugin \"%.*s\"", (int) name.length, name.bytes);
}

bool
plugins_find_in(const char *directory, const PluginOrder *order, FoundPlugin *found, FailureMessage *failure)
{
	char name[PLUGIN_NAME_BYTES + 1],
		path[PATH_BYTES];
	void *object;
	const NfstreamPlugin *(*function)(void);

	if (!is_name(order->name))
		return refuse_unknown(directory, order->name, failure);
	memcpy(name, order->name.bytes, order->name.length);
	name[order->name.length] = '\0';
	snprintf(path, sizeof(path), "%s/%s.so", directory, name);
	if (access(path, F_OK) != 0)
		return refuse_unknown(directory, order->name, failure);
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (object == NULL)
		return failure_tell(failure, FAILURE_PLUGIN_OBJECT, dlerror(), "plugin \"%s\" cannot be loaded", name);
	*(void **) &function = dlsym(object, NFSTREAM_PLUGIN_FUNCTION);
	if (function == NULL)
		return failure_tell(failure, FAILURE_PLUGIN_OBJECT, "It has no function " NFSTREAM_PLUGIN_FUNCTION "().", "\"%s\" has no plugin", path);
	found->plugin = function();
	return check(found->plugin, path, name, failure);
}

bool
plugins_find(const PluginOrder *order, FoundPlugin *found, FailureMessage *failure)
{
	if (order->kind == PLUGIN_PYTHON)
		return failure_tell(failure, FAILURE_PLUGIN, "Only nfstream_meter_python has Python in it.", "plugin \"%.*s\" is in Python",
							(int) order->name.length, order->name.bytes);
	*found = (FoundPlugin) {.plugin = plugin_code(order->name.bytes, order->name.length)};
	return found->plugin != NULL || plugins_find_in(PLUGIN_DIRECTORY, order, found, failure);
}
