/*
 * udps_argument.h
 *	  Plugins on the command line of a meter by hand.
 */
#ifndef METER_UDPS_ARGUMENT_H
#define METER_UDPS_ARGUMENT_H

#include "wire/plugin_orders.h"

/* What it looks like, for users. */
#define UDPS_ACCEPTED "plugins as \"flow_slicer limit=7; splt sequence_length=10\", each a name and its arguments"

/*
 * Reads the plugins, which the orders point into then, or to memory that stays.  A value is a whole number, another number, true,
 * false, null, or else a text, in single quotes or not.  A plugin in Python is called by its file, FILE.py or FILE.py:CLASS, which is
 * read; of one of its arguments @FILE is a pickle in a file.  False if it is none.
 */
bool udps_argument_read(const char *text, PluginOrders *orders);

#endif /* METER_UDPS_ARGUMENT_H */
