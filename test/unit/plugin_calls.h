/*
 * plugin_calls.h
 *	  A plugin of the engine's, called as the host calls it: one plugin, one flow, packets as a test names them.
 */
#ifndef PLUGIN_CALLS_H
#define PLUGIN_CALLS_H

#include <nfstream_plugin.h>

#include "cases.h"

/* The host of the test: its flows have the attribute bidirectional_packets. */
static uint64_t calls_packets;

static NfstreamAttribute
calls_attribute(const char *name)
{
	assert_string_equal(name, "bidirectional_packets");
	return 1;
}

static NfstreamRead
calls_read(const NfstreamFlow *flow, NfstreamAttribute attribute, NfstreamValue *value)
{
	assert_non_null(flow);
	assert_int_equal(attribute, 1);
	*value = (NfstreamValue) {.kind = NFSTREAM_INTEGER, .integer = (int64_t) calls_packets};
	return NFSTREAM_READ_DONE;
}

static const NfstreamHost calls_host = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamHost),
	.attribute = calls_attribute,
	.read = calls_read,
};

/* A plugin that was created, and the flow that it is called for. */
typedef struct Calls
{
	const NfstreamPlugin *plugin;
	void				 *self;
	void				 *state;
	NfstreamFlow		  flow;
} Calls;

/* Creates the plugin with whole numbers as arguments, in the order of its parameters. */
static inline Calls
calls_create(const NfstreamPlugin *plugin, const int64_t *arguments)
{
	Calls		  calls = {.plugin = plugin, .flow = {.size = sizeof(NfstreamFlow)}};
	NfstreamValue values[8];
	char		  wrong[100];

	for (size_t i = 0; plugin->parameters[i].name != NULL; i++)
	{
		assert_true(i < LENGTH(values));
		assert_int_equal(plugin->parameters[i].kind, NFSTREAM_INTEGER);
		values[i] = (NfstreamValue) {.kind = NFSTREAM_INTEGER, .integer = arguments[i]};
	}
	assert_true(plugin->create(&calls_host, values, &calls.self, wrong, sizeof(wrong)));
	return calls;
}

static inline void
calls_packet(Calls *calls, NfstreamPacket packet)
{
	packet.size = sizeof(packet);
	if (calls->state == NULL)
	{
		size_t bytes = calls->plugin->state_bytes == NULL ? 0 : calls->plugin->state_bytes(calls->self);

		calls_packets = 1;
		calls->flow.expiration_id = 0;
		calls->state = calloc(1, bytes == 0 ? 1 : bytes);
		calls->plugin->on_init(calls->self, calls->state, &calls->flow, &packet);
		return;
	}
	calls_packets++;
	calls->plugin->on_update(calls->self, calls->state, &calls->flow, &packet);
}

static inline void
calls_expire(Calls *calls)
{
	if (calls->plugin->on_expire != NULL)
		calls->plugin->on_expire(calls->self, calls->state, &calls->flow);
}

/* The flow is given up, if there is one. */
static inline void
calls_release(Calls *calls)
{
	if (calls->state != NULL && calls->plugin->release != NULL)
		calls->plugin->release(calls->self, calls->state);
	free(calls->state);
	calls->state = NULL;
}

static inline void
calls_destroy(Calls *calls)
{
	calls_release(calls);
	calls->plugin->destroy(calls->self);
}

#endif /* PLUGIN_CALLS_H */
