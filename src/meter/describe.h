/*
 * describe.h
 *	  What the plugins of a request are, as messages say it.
 */
#ifndef METER_DESCRIBE_H
#define METER_DESCRIBE_H

#include "meter/program.h"

/* Writes the description of a plugin that is described by its struct (wire/message.h). */
void describe_plugin_of_c(const NfstreamPlugin *plugin, JsonText *text);

#endif /* METER_DESCRIBE_H */
