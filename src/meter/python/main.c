/*
 * main.c
 *	  nfstream_meter_python: nfstream_meter, with CPython in it for plugins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter/plugins.h"
#include "meter/program.h"
#include "meter/python/python_plugin.h"

/* The virtual environment of whoever started the program by hand, as its activation sets it. */
static const char *by_hand_environment;

static bool
find(const PluginOrder *order, FoundPlugin *found, FailureMessage *failure)
{
	if (order->kind != PLUGIN_PYTHON)
		return plugins_find(order, found, failure);
	python_plugin_find(order, found);
	return true;
}

static const char *const *
python_reads(const PluginOrders *orders, FailureMessage *failure)
{
	static Directories directories;
	char			   wrong[DIRECTORIES_WRONG_MAX],
		environment[DIRECTORIES_NAME_MAX] = "";

	if (by_hand_environment != NULL)
		snprintf(environment, sizeof(environment), "%s", by_hand_environment);
	else if (orders != NULL)
		snprintf(environment, sizeof(environment), "%.*s", (int) orders->python_prefix.length, orders->python_prefix.bytes);
	if (directories_find(environment, &directories, wrong))
	{
		python_plugin_directories(&directories);
		return directories.readable;
	}
	failure_tell(failure, FAILURE_PLUGIN, wrong, "%s",
				 *environment == '\0' ? "Python does not start" : "the virtual environment of plugins in Python cannot be used");
	return NULL;
}

int
main(int argc, char **argv)
{
	static const MeterProgram program = {
		.finder = find,
		.python_reads = python_reads,
		.describe = python_plugin_describe,
	};
	const char *environment = argc > 1 ? getenv("VIRTUAL_ENV") : NULL;

	/* The program gives up the names that it got, and its working directory, before it looks. */
	if (environment != NULL && (by_hand_environment = realpath(environment, NULL)) == NULL)
		by_hand_environment = strdup(environment);
	return meter_main(argc, argv, &program);
}
