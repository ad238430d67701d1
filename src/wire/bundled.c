/*
 * bundled.c
 *	  The bundled plugins, as users see them.
 */
#include <string.h>

#include "wire/bundled.h"

/* ---------------------------------------------------------------------------------------------------------------- flow_slicer */

const NfstreamParameter flow_slicer_parameters[] = {
	{"limit", NFSTREAM_INTEGER, .required = true, .min = 1, .max = INT64_MAX, .help = "packets after which a flow ends"},
	{0},
};

const NfstreamOutput flow_slicer_outputs[] = {
	{0},
};

const char *const flow_slicer_reads[] = {
	"bidirectional_packets",
	NULL,
};

/* ------------------------------------------------------------------------------------------------------------------- the table */

const BundledPlugin bundled_plugins[] = {
	{"flow_slicer", "ends each flow after a number of packets", flow_slicer_parameters, flow_slicer_outputs, flow_slicer_reads},
	{0},
};

const BundledPlugin *
bundled_find(const char *name, size_t length)
{
	for (const BundledPlugin *plugin = bundled_plugins; plugin->name != NULL; plugin++)
		if (strlen(plugin->name) == length && memcmp(plugin->name, name, length) == 0)
			return plugin;
	return NULL;
}
