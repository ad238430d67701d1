/*
 * plugins.h
 *	  Where nfstream_meter finds plugins: bundled ones, and shared objects in one directory.
 */
#ifndef METER_PLUGINS_H
#define METER_PLUGINS_H

#include "engine/analyse/plugin_host.h"

/* A PluginFinder.  An object that was opened stays open. */
bool plugins_find(const PluginOrder *order, FoundPlugin *found, FailureMessage *failure);

/* The same for an object of this directory. */
bool plugins_find_in(const char *directory, const PluginOrder *order, FoundPlugin *found, FailureMessage *failure);

#endif /* METER_PLUGINS_H */
