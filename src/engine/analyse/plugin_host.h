/*
 * plugin_host.h
 *	  The plugins of a scan, as an analyser: the last of the table.
 *
 * What a plugin is, and when it is called, is told by nfstream_plugin.h.  A program has one host: what it is to use is set before
 * the analysers are opened.
 */
#ifndef ENGINE_ANALYSE_PLUGIN_HOST_H
#define ENGINE_ANALYSE_PLUGIN_HOST_H

#include <nfstream_plugin.h>

#include "engine/analyse/plugin_json.h"
#include "engine/flow/analyser.h"
#include "wire/plugin_orders.h"
#include "wire/progress.h"

/*
 * What plugins can do that are part of a meter's program and written in another language.  Any function may be NULL.
 *
 * All plugins of a scan share one pointer in each flow, NULL at first: plugin_shared().
 */
typedef struct PluginExtension
{
	/* In the place of NfstreamPlugin.create, where parameters are not declared.  False with `failure` filled. */
	bool (*create)(const NfstreamHost *host, const PluginOrders *orders, uint32_t plugin, void **self, FailureMessage *failure);

	/* The sandbox is closed, and the first packet is about to come.  False with `failure` filled. */
	bool (*begin)(void *self, FailureMessage *failure);

	/* Calls plugin_member() for each value that is left in the flow, in the order of their names. */
	void (*members)(void *shared);

	/* The value of this name, as NfstreamHost.udps has it; false if there is none. */
	bool (*member)(void *shared, const char *name, NfstreamValue *value);

	/* Frees what the shared pointer of a flow, not NULL, points to. */
	void (*release_shared)(void *shared);
} PluginExtension;

/* What a finder finds. */
typedef struct FoundPlugin
{
	const NfstreamPlugin  *plugin;
	const PluginExtension *extension; /* NULL: none */
} FoundPlugin;

/* Finds the plugin of an order, and checks that its version and its name are right; false with `failure` filled. */
typedef bool (*PluginFinder)(const PluginOrder *order, FoundPlugin *found, FailureMessage *failure);

/* Plugins, and what the program around them does for them. */
typedef struct PluginUse
{
	const PluginOrders *orders; /* NULL or empty: no plugins */
	PluginFinder		finder;
	void			   *context;

	/* A plugin has something to say; NULL: nobody listens. */
	void (*print)(void *context, const char *text, size_t length);

	/* A plugin has failed; cleanup was called.  Does not return. */
	void (*fail)(void *context, const FailureMessage *failure);

	/* Where it is told what is being called; NULL: nowhere. */
	MeterProgress *progress;
} PluginUse;

/*
 * Finds the plugins, and adds to request->reads what they read.  To be called before analysis_open(); `use` stays the caller's as
 * long as the analysis is open.  False with `failure` filled.
 */
bool plugin_host_use(const PluginUse *use, MeterRequest *request, FailureMessage *failure);

/* Calls the cleanup of all plugins, if that was not done: for a program that ends in the middle. */
void plugin_host_cleanup(void);

/* For an extension: the pointer that all plugins share in the flow that a hook was called with. */
void **plugin_shared(NfstreamFlow *flow);

/* For PluginExtension.members: a value and its name, JSON or not; both are copied. */
void plugin_member(const char *name, size_t name_length, const NfstreamValue *value);

/* Fills the column udps; has a state for each plugin. */
extern const Analyser plugin_host_analyser;

#endif /* ENGINE_ANALYSE_PLUGIN_HOST_H */
