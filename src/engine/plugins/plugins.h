/*
 * plugins.h
 *	  The code of the bundled plugins.
 */
#ifndef ENGINE_PLUGINS_PLUGINS_H
#define ENGINE_PLUGINS_PLUGINS_H

#include <nfstream_plugin.h>

/* The bundled plugin of this name, which has no NUL at its end; NULL if there is none. */
const NfstreamPlugin *plugin_code(const char *name, size_t length);

extern const NfstreamPlugin flow_slicer_plugin;
extern const NfstreamPlugin splt_plugin;
extern const NfstreamPlugin dhcp_plugin;
extern const NfstreamPlugin mdns_plugin;
extern const NfstreamPlugin ja4_plugin;
extern const NfstreamPlugin wfeatures_plugin;

#endif /* ENGINE_PLUGINS_PLUGINS_H */
