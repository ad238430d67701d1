/*
 * plugin_calls.c
 *	  What plugins may call, and how one of them fails.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/analyse/plugin_host_own.h"

/* ------------------------------------------------------------------------------------------------------------------- failures */

static const char *
name_of(unsigned plugin, int *length)
{
	*length = (int) plugin_host.plugins[plugin].order->name.length;
	return plugin_host.plugins[plugin].order->name.bytes;
}

static void
endpoint_text(const Flow *flow, unsigned endpoint, char *text, size_t size)
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(flow->ip_version == 4 ? AF_INET : AF_INET6, flow->ip[endpoint], address, sizeof(address));
	snprintf(text, size, flow->ip_version == 4 ? "%s:%u" : "[%s]:%u", address, flow->port[endpoint]);
}

/* Where the current plugin is: "on_update of flow 10.0.0.1:1 -> 10.0.0.2:2, protocol 6". */
static void
tell_where(char *text, size_t size)
{
	char source[64],
		destination[64];

	if (plugin_host.at == NULL)
	{
		snprintf(text, size, "%s", progress_call_names[plugin_host.call]);
		return;
	}
	endpoint_text(plugin_host.at->flow, 0, source, sizeof(source));
	endpoint_text(plugin_host.at->flow, 1, destination, sizeof(destination));
	snprintf(text, size, "%s of flow %s -> %s, protocol %u", progress_call_names[plugin_host.call], source, destination,
			 plugin_host.at->flow->protocol);
}

/* A plugin that fails is cleaned up, and may fail in that, too: what is told is the first failure. */
void
plugin_fail(const char *text)
{
	static FailureMessage failure;
	char				  where[256];
	int					  length;
	const char			 *name = name_of(plugin_host.current, &length);

	if (failure.code != FAILURE_PLUGIN)
	{
		tell_where(where, sizeof(where));
		failure_tell(&failure, FAILURE_PLUGIN, text, "plugin \"%.*s\" failed in %s", length, name, where);
	}
	plugin_host_cleanup();
	plugin_host.use.fail(plugin_host.use.context, &failure);
	abort();
}

/* ---------------------------------------------------------------------------------------------------- what plugins may call */

static NfstreamAttribute
host_attribute(const char *name)
{
	return attribute_find(name);
}

static NfstreamRead
host_read(const NfstreamFlow *shown, NfstreamAttribute attribute, NfstreamValue *value)
{
	const HostState *state = host_state(shown);

	if (attribute >= 0 && (unsigned) attribute < plugin_host.attributes.schema->count &&
		plugin_host.attributes.schema->columns[attribute].field == FIELD_EXPIRATION_ID)
	{
		*value = (NfstreamValue) {.kind = NFSTREAM_INTEGER, .integer = shown->expiration_id};
		return NFSTREAM_READ_DONE;
	}
	return attribute_read(&plugin_host.attributes, state->flow, state->overlay, attribute, value);
}

static bool
host_write(NfstreamFlow *shown, NfstreamAttribute attribute, const NfstreamValue *value)
{
	HostState *state = host_state(shown);

	if (attribute >= 0 && (unsigned) attribute < plugin_host.attributes.schema->count &&
		plugin_host.attributes.schema->columns[attribute].field == FIELD_EXPIRATION_ID)
	{
		if (value->kind != NFSTREAM_INTEGER || value->integer < INT32_MIN || value->integer > INT32_MAX)
			return false;
		shown->expiration_id = (int32_t) value->integer;
		return true;
	}
	if (!attribute_write(&plugin_host.attributes, &state->overlay, attribute, value))
		return false;
	state->flow->rewritten = true;
	return true;
}

static bool
host_udps(const NfstreamFlow *shown, const char *name, NfstreamValue *value)
{
	return plugin_udps_find(host_state(shown), name, value);
}

static void
host_print(const char *text, size_t length)
{
	if (plugin_host.use.print != NULL)
		plugin_host.use.print(plugin_host.use.context, text, length);
}

const NfstreamHost plugin_calls = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamHost),
	.attribute = host_attribute,
	.read = host_read,
	.write = host_write,
	.udps = host_udps,
	.print = host_print,
	.fail = plugin_fail,
};

void **
plugin_shared(NfstreamFlow *flow)
{
	return &host_state(flow)->shared;
}
