/*
 * python_plugin.h
 *	  Plugins in Python, as the host of plugins calls them.
 */
#ifndef METER_PYTHON_PYTHON_PLUGIN_H
#define METER_PYTHON_PYTHON_PLUGIN_H

#include "engine/analyse/plugin_host.h"
#include "meter/python/directories.h"

/*
 * A PluginFinder's result for an order of a plugin in Python; its `reads` are those of its source.  It lasts as long as the program.
 */
void python_plugin_find(const PluginOrder *order, FoundPlugin *found);

/* Where Python finds its modules, before the first plugin begins; `directories` lasts as long as the program. */
void python_plugin_directories(const Directories *directories);

/* Describes a plugin (wire/message.h) into text; no plugin begins after that.  False with `failure` filled. */
bool python_plugin_describe(const PluginOrder *order, JsonText *text, FailureMessage *failure);

#endif /* METER_PYTHON_PYTHON_PLUGIN_H */
