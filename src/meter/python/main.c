/*
 * main.c
 *	  nfstream_meter_python: nfstream_meter, with CPython in it for plugins.
 */
#include <stdio.h>

#include "meter/plugins.h"
#include "meter/program.h"
#include "meter/python/python_plugin.h"

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
	char			   wrong[DIRECTORIES_WRONG_MAX];

	(void) orders;
	if (directories_find(NULL, &directories, wrong))
	{
		python_plugin_directories(&directories);
		return directories.readable;
	}
	*failure = (FailureMessage) {.code = FAILURE_PLUGIN, .file = FAILURE_NO_FILE, .text = "Python does not start"};
	snprintf(failure->detail, sizeof(failure->detail), "%.2000s", wrong);
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

	return meter_main(argc, argv, &program);
}
