/*
 * describe.h
 *	  What a plugin in Python is, for nfstream_create_plugin.
 */
#ifndef METER_PYTHON_DESCRIBE_H
#define METER_PYTHON_DESCRIBE_H

#include "meter/python/plugin_class.h"
#include "meter/python/value_json.h"

/*
 * Loads the plugin's class, without making an object of it, and writes what wire/message.h calls a description.  False with what is
 * wrong: the source, or what the class says of itself.
 */
bool describe_plugin(const PluginOrder *order, JsonText *text, ClassWrong *wrong);

#endif /* METER_PYTHON_DESCRIBE_H */
