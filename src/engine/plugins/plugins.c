/*
 * plugins.c
 *	  The code of the bundled plugins, by name.
 */
#include <string.h>

#include "engine/plugins/plugins.h"

static const NfstreamPlugin *const plugins[] = {
	&flow_slicer_plugin,
	&splt_plugin,
	&dhcp_plugin,
	&mdns_plugin,
	&ja4_plugin,
	&wfeatures_plugin,
};

const NfstreamPlugin *
plugin_code(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
		if (strlen(plugins[i]->name) == length && memcmp(plugins[i]->name, name, length) == 0)
			return plugins[i];
	return NULL;
}
