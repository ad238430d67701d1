/*
 * plugin_host_own.h
 *	  The host of plugins, as its own files know it.
 *
 * What plugins call has no argument that tells whose call it is, so the host is one of the program, and knows at each moment which
 * plugin it has called, and where.
 */
#ifndef ENGINE_ANALYSE_PLUGIN_HOST_OWN_H
#define ENGINE_ANALYSE_PLUGIN_HOST_OWN_H

#include "engine/analyse/plugin_flow.h"
#include "engine/analyse/plugin_host.h"

/* A flow's own part of the host's. */
typedef struct HostState
{
	NfstreamFlow shown; /* what plugins know of it: the same in all calls about this flow */
	Flow		*flow;
	Overlay		*overlay;  /* NULL: nothing was written over */
	void		*shared;   /* plugin_shared() */
	bool		 labelled; /* its label was decided when plugins last saw a packet of it */
} HostState;

_Static_assert(offsetof(HostState, shown) == 0, "host_state()");

/* The state of a flow that a plugin names. */
static inline HostState *
host_state(const NfstreamFlow *shown)
{
	return (HostState *) (uintptr_t) shown;
}

typedef struct HostedPlugin
{
	NfstreamPlugin		   plugin; /* of which all functions are there, or NULL */
	const PluginExtension *extension;
	const PluginOrder	  *order;
	void				  *self;
	size_t				   state;	/* from the host's state to the plugin's, bytes */
	unsigned			   outputs; /* how many it has */
	unsigned			   first;	/* of its outputs in the host's list of all */
} HostedPlugin;

/* An output, in the order of the list of plugins. */
typedef struct HostedOutput
{
	const char *name;
	size_t		name_length;
	unsigned	plugin;
	unsigned	number; /* of the plugin's outputs */
} HostedOutput;

typedef struct PluginHost
{
	PluginUse		 use;
	unsigned		 found;
	HostedPlugin	 plugins[PLUGIN_ORDERS_MAX];
	size_t			 state_bytes;
	size_t			 label; /* from a flow to the state of its label, bytes; 0: flows have none */
	HostedOutput	*outputs;
	unsigned		 output_count;
	AttributeReaders attributes;
	HostState		*at; /* of the flow of the current call; NULL outside hooks */
	unsigned		 current;
	NfstreamPacket	 packet;
	ProgressCall	 call; /* what is being called of it */
	bool			 created;
	bool			 cleaned;
	JsonText		 json;
	unsigned		 members; /* in it */
} PluginHost;

extern PluginHost plugin_host;

/* What plugins may call: plugin_calls.c. */
extern const NfstreamHost plugin_calls;

/* The current plugin has failed: nothing more is done in this program but the cleanup of all. */
_Noreturn void plugin_fail(const char *text);

/* The column udps: plugin_udps.c.  What plugins have left is collected once all of them are created. */
void plugin_udps_start(void);
void plugin_udps_end(void);
bool plugin_udps_fills(const Column *column);
void plugin_udps_value(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value);
bool plugin_udps_find(HostState *state, const char *name, NfstreamValue *value);

/* Tells the owner, too, what is being called; of which plugin, where it is called. */
static inline void
plugin_tell_call(ProgressCall call)
{
	plugin_host.call = call;
	if (plugin_host.use.progress != NULL)
		plugin_host.use.progress->call = call;
}

static inline void
plugin_tell_which(void)
{
	if (plugin_host.use.progress != NULL)
		plugin_host.use.progress->plugin = plugin_host.current;
}

/* A plugin's part of a flow's state. */
static inline void *
plugin_state(unsigned plugin, HostState *state)
{
	return (uint8_t *) state + plugin_host.plugins[plugin].state;
}

#endif /* ENGINE_ANALYSE_PLUGIN_HOST_OWN_H */
