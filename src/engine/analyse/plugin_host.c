/*
 * plugin_host.c
 *	  The plugins of a scan, as an analyser.
 *
 * A flow's state is the host's own, then that of each plugin, in list order.  What plugins call has no argument that tells whose
 * call it is, so the host is one of the program, and knows at each moment which plugin it has called, and where.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/analyse/plugin_flow.h"
#include "engine/analyse/plugin_host.h"
#include "engine/base/memory.h"
#include "wire/plugin_arguments.h"

#define STATE_ALIGNMENT 8u

/* A flow's own part of the host's. */
typedef struct HostState
{
	Overlay *overlay; /* NULL: nothing was written over */
	void	*shared;  /* plugin_shared() */
} HostState;

/* The flow that plugins are called with. */
typedef struct HostedFlow
{
	NfstreamFlow shown; /* what they know of it */
	Flow		*flow;
	HostState	*state;
} HostedFlow;

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
	HostedOutput	*outputs;
	unsigned		 output_count;
	AttributeReaders attributes;
	HostedFlow		 at; /* the flow of the current call; its flow is NULL outside hooks */
	unsigned		 current;
	const char		*hook; /* that is called; NULL: none */
	bool			 created;
	bool			 cleaned;
	JsonText		 json;
	unsigned		 members; /* in it */
} PluginHost;

static PluginHost host;

/* ------------------------------------------------------------------------------------------------------------------- failures */

static const char *
name_of(unsigned plugin, int *length)
{
	*length = (int) host.plugins[plugin].order->name.length;
	return host.plugins[plugin].order->name.bytes;
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

	if (host.at.flow == NULL)
	{
		snprintf(text, size, "%s", host.hook == NULL ? "?" : host.hook);
		return;
	}
	endpoint_text(host.at.flow, 0, source, sizeof(source));
	endpoint_text(host.at.flow, 1, destination, sizeof(destination));
	snprintf(text, size, "%s of flow %s -> %s, protocol %u", host.hook == NULL ? "?" : host.hook, source, destination,
			 host.at.flow->protocol);
}

/* The current plugin has failed: nothing more is done in this program but the cleanup of all. */
static _Noreturn void
fail(const char *text)
{
	FailureMessage failure = {.code = FAILURE_PLUGIN, .file = FAILURE_NO_FILE};
	char		   where[256];
	int			   length;
	const char	  *name = name_of(host.current, &length);

	tell_where(where, sizeof(where));
	snprintf(failure.text, sizeof(failure.text), "plugin \"%.*s\" failed in %s", length, name, where);
	snprintf(failure.detail, sizeof(failure.detail), "%s", text);
	plugin_host_cleanup();
	host.use.fail(host.use.context, &failure);
	abort();
}

/* ---------------------------------------------------------------------------------------------------- what plugins may call */

static NfstreamAttribute
host_attribute(const char *name)
{
	return attribute_find(&flow_schema, name);
}

static NfstreamRead
host_read(const NfstreamFlow *shown, NfstreamAttribute attribute, NfstreamValue *value)
{
	(void) shown;
	if (attribute >= 0 && (unsigned) attribute < host.attributes.schema->count &&
		host.attributes.schema->columns[attribute].field == FIELD_EXPIRATION_ID)
	{
		*value = (NfstreamValue) {.kind = NFSTREAM_INTEGER, .integer = host.at.shown.expiration_id};
		return NFSTREAM_READ_DONE;
	}
	return attribute_read(&host.attributes, host.at.flow, host.at.state->overlay, attribute, value);
}

static bool
host_write(NfstreamFlow *shown, NfstreamAttribute attribute, const NfstreamValue *value)
{
	if (attribute >= 0 && (unsigned) attribute < host.attributes.schema->count &&
		host.attributes.schema->columns[attribute].field == FIELD_EXPIRATION_ID)
	{
		if (value->kind != NFSTREAM_INTEGER || value->integer < INT32_MIN || value->integer > INT32_MAX)
			return false;
		shown->expiration_id = (int32_t) value->integer;
		return true;
	}
	if (!attribute_write(&host.attributes, host.at.flow, &host.at.state->overlay, attribute, value))
		return false;
	host.at.flow->rewritten = true;
	return true;
}

static void *
state_of(unsigned plugin, HostState *state)
{
	return (uint8_t *) state + host.plugins[plugin].state;
}

/* The value of an output; false if the plugin has not left it. */
static bool
output_value(unsigned output, HostState *state, NfstreamValue *value)
{
	const HostedOutput *hosted = &host.outputs[output];
	const HostedPlugin *plugin = &host.plugins[hosted->plugin];

	*value = (NfstreamValue) {.kind = NFSTREAM_NULL};
	return plugin->plugin.output != NULL &&
		   plugin->plugin.output(plugin->self, state_of(hosted->plugin, state), hosted->number, value);
}

static bool
host_udps(const NfstreamFlow *shown, const char *name, NfstreamValue *value)
{
	(void) shown;
	for (unsigned i = host.found; i-- > 0;)
	{
		const PluginExtension *extension = host.plugins[i].extension;

		if (extension != NULL && extension->member != NULL && host.at.state->shared != NULL &&
			extension->member(host.at.state->shared, name, value))
			return true;
		for (unsigned j = host.plugins[i].first; j < host.plugins[i].first + host.plugins[i].outputs; j++)
			if (strcmp(host.outputs[j].name, name) == 0 && output_value(j, host.at.state, value))
				return true;
	}
	return false;
}

static void
host_print(const char *text, size_t length)
{
	if (host.use.print != NULL)
		host.use.print(host.use.context, text, length);
}

static const NfstreamHost host_functions = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamHost),
	.attribute = host_attribute,
	.read = host_read,
	.write = host_write,
	.udps = host_udps,
	.print = host_print,
	.fail = fail,
};

void **
plugin_shared(NfstreamFlow *flow)
{
	(void) flow;
	return &host.at.state->shared;
}

/* ------------------------------------------------------------------------------------------------------------------- finding */

static bool
find_one(const PluginOrder *order, HostedPlugin *hosted, FailureMessage *failure)
{
	FoundPlugin found = {0};

	if (!host.use.finder(order, &found, failure))
		return false;
	*hosted = (HostedPlugin) {.order = order, .extension = found.extension};
	memcpy(&hosted->plugin, found.plugin, found.plugin->size < sizeof(NfstreamPlugin) ? found.plugin->size : sizeof(NfstreamPlugin));
	return true;
}

static void
add_reads(const char *const *names, MeterRequest *request)
{
	const Schema *schema = schema_by_id(request->schema);

	for (; names != NULL && *names != NULL; names++)
	{
		NfstreamAttribute attribute = attribute_find(schema, *names);

		if (attribute != NFSTREAM_NO_ATTRIBUTE)
			column_set_add(&request->reads, (unsigned) attribute);
	}
}

bool
plugin_host_use(const PluginUse *use, MeterRequest *request, FailureMessage *failure)
{
	host = (PluginHost) {.use = *use};
	if (use->orders == NULL)
		return true;
	for (; host.found < use->orders->count; host.found++)
	{
		if (!find_one(&use->orders->plugins[host.found], &host.plugins[host.found], failure))
			return false;
		add_reads(host.plugins[host.found].plugin.reads, request);
	}
	return true;
}

/* ----------------------------------------------------------------------------------------------------------- start and end */

static bool
wanted(const MeterRequest *request)
{
	(void) request;
	return host.found > 0;
}

static bool
refuse(FailureMessage *failure, FailureCode code, const char *text, const char *detail)
{
	*failure = (FailureMessage) {.code = code, .file = FAILURE_NO_FILE};
	snprintf(failure->text, sizeof(failure->text), "%s", text);
	snprintf(failure->detail, sizeof(failure->detail), "%s", detail);
	return false;
}

static bool
create(unsigned number, FailureMessage *failure)
{
	static const NfstreamParameter none[] = {{0}};

	HostedPlugin   *hosted = &host.plugins[number];
	NfstreamPlugin *plugin = &hosted->plugin;
	NfstreamValue	values[PLUGIN_PARAMETERS_MAX];
	PluginWrong		wrong;
	char			text[PLUGIN_WRONG_MAX] = "",
		 primary[PLUGIN_WRONG_MAX];

	host.current = number;
	if (hosted->extension != NULL && hosted->extension->create != NULL)
		return hosted->extension->create(&host_functions, host.use.orders, number, &hosted->self, failure);
	if (!plugin_arguments_check(host.use.orders, number, plugin->parameters == NULL ? none : plugin->parameters, values, &wrong))
		return refuse(failure, FAILURE_PLUGIN_PARAMETER, wrong.wrong, wrong.accepted);
	if (plugin->create == NULL || plugin->create(&host_functions, values, &hosted->self, text, sizeof(text)))
		return true;
	snprintf(primary, sizeof(primary), "plugin \"%.*s\" does not start", (int) hosted->order->name.length, hosted->order->name.bytes);
	return refuse(failure, FAILURE_PLUGIN, primary, text);
}

/* The outputs of all plugins in one list. */
static void
list_outputs(void)
{
	for (unsigned i = 0; i < host.found; i++)
	{
		const NfstreamOutput *outputs = host.plugins[i].plugin.outputs;

		host.plugins[i].first = host.output_count;
		for (; outputs != NULL && outputs->name != NULL; outputs++)
		{
			host.outputs = memory_resize(host.outputs, (host.output_count + 1) * sizeof(HostedOutput));
			host.outputs[host.output_count++] = (HostedOutput) {
				.name = outputs->name,
				.name_length = strlen(outputs->name),
				.plugin = i,
				.number = host.plugins[i].outputs++,
			};
		}
	}
}

static bool
open_plugins(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure)
{
	*own = &host;
	attributes_start(&host.attributes, request, analysis);
	host.hook = "create";
	host.state_bytes = sizeof(HostState);
	for (unsigned i = 0; i < host.found; i++)
	{
		HostedPlugin *hosted = &host.plugins[i];

		if (!create(i, failure))
			return false;
		hosted->state = host.state_bytes;
		if (hosted->plugin.state_bytes != NULL)
			host.state_bytes += (hosted->plugin.state_bytes(hosted->self) + STATE_ALIGNMENT - 1) / STATE_ALIGNMENT * STATE_ALIGNMENT;
	}
	list_outputs();
	host.created = true;
	host.hook = NULL;
	return true;
}

static size_t
state_size(const void *own)
{
	(void) own;
	return host.state_bytes;
}

static bool
begin(void *own, FailureMessage *failure)
{
	(void) own;
	host.hook = "its start";
	for (host.current = 0; host.current < host.found; host.current++)
	{
		const HostedPlugin *hosted = &host.plugins[host.current];

		if (hosted->extension != NULL && hosted->extension->begin != NULL && !hosted->extension->begin(hosted->self, failure))
			return false;
	}
	host.hook = NULL;
	return true;
}

void
plugin_host_cleanup(void)
{
	if (host.cleaned || !host.created)
		return;
	host.cleaned = true;
	host.at.flow = NULL;
	host.hook = "cleanup";
	for (host.current = 0; host.current < host.found; host.current++)
		if (host.plugins[host.current].plugin.cleanup != NULL)
			host.plugins[host.current].plugin.cleanup(host.plugins[host.current].self);
	host.hook = NULL;
}

static void
end(void *own)
{
	(void) own;
	plugin_host_cleanup();
}

static void
close_plugins(void *own)
{
	(void) own;
	for (unsigned i = 0; i < host.found; i++)
		if (host.plugins[i].plugin.destroy != NULL)
			host.plugins[i].plugin.destroy(host.plugins[i].self);
	attributes_end(&host.attributes);
	free(host.outputs);
	json_free(&host.json);
	host = (PluginHost) {0};
}

/* --------------------------------------------------------------------------------------------------------------------- hooks */

static void
show_flow(Flow *flow, HostState *state)
{
	host.at.shown.size = sizeof(host.at.shown);
	host.at.shown.expiration_id = flow->expiration;
	host.at.flow = flow;
	host.at.state = state;
}

static void
hide_flow(Flow *flow)
{
	flow->expiration = host.at.shown.expiration_id;
	host.at.flow = NULL;
	host.hook = NULL;
}

/* An address or MAC of the flow as plugins see it. */
static void
copy_endpoint(uint8_t *to, const uint8_t *own, size_t length, ColumnField field, ColumnSide side)
{
	const Overlay *overlay = host.at.state->overlay;

	memcpy(to, own, length);
	if (overlay == NULL)
		return;
	for (unsigned i = 0; i < overlay->count; i++)
	{
		const Column *column = &host.attributes.schema->columns[overlay->items[i].column];

		if (column->field == field && column->side == side)
			memcpy(to, overlay->items[i].value.b.bytes, overlay->items[i].value.b.length);
	}
}

static void
show_packet(const Flow *flow, const FlowPacket *joining, NfstreamPacket *shown)
{
	const Packet  *packet = joining->packet;
	const unsigned source = joining->side == SIDE_DST2SRC,
				   destination = !source;

	*shown = (NfstreamPacket) {
		.size = sizeof(*shown),
		.time = packet->time,
		.delta_time = joining->since_flow == UINT64_MAX ? 0 : joining->since_flow,
		.raw_size = packet->size[ACCOUNTING_LINK],
		.ip_size = packet->size[ACCOUNTING_IP],
		.transport_size = packet->size[ACCOUNTING_TRANSPORT],
		.payload_size = packet->size[ACCOUNTING_PAYLOAD],
		.direction = (uint8_t) source,
		.ip_version = packet->ip_version,
		.protocol = packet->protocol,
		.tunnel_id = packet->tunnel,
		.tcp_flags = packet->tcp_flags,
		.vlan_id = packet->vlan_id,
		.src_port = packet->source_port,
		.dst_port = packet->destination_port,
		.ip_packet = packet->ip,
		.ip_packet_length = packet->ip_length,
	};
	copy_endpoint(shown->src_ip, flow->ip[source], IP_ADDRESS_BYTES, FIELD_IP, (ColumnSide) source);
	copy_endpoint(shown->dst_ip, flow->ip[destination], IP_ADDRESS_BYTES, FIELD_IP, (ColumnSide) destination);
	copy_endpoint(shown->src_mac, flow->mac[source], MAC_ADDRESS_BYTES, FIELD_MAC, (ColumnSide) source);
	copy_endpoint(shown->dst_mac, flow->mac[destination], MAC_ADDRESS_BYTES, FIELD_MAC, (ColumnSide) destination);
}

static void
joined(void *own, Flow *flow, void *state, const FlowPacket *joining)
{
	bool		   is_first = flow_packets(flow) == 1;
	NfstreamPacket packet;

	(void) own;
	show_flow(flow, state);
	if (flow->rewritten)
		flow->rewritten = overlay_synchronise(host.at.state->overlay, host.attributes.schema);
	show_packet(flow, joining, &packet);
	host.hook = is_first ? "on_init" : "on_update";
	for (host.current = 0; host.current < host.found; host.current++)
	{
		const HostedPlugin *hosted = &host.plugins[host.current];
		void (*hook)(void *, void *, NfstreamFlow *, const NfstreamPacket *) = is_first ? hosted->plugin.on_init : hosted->plugin.on_update;

		if (hook != NULL)
			hook(hosted->self, state_of(host.current, state), &host.at.shown, &packet);
	}
	hide_flow(flow);
}

static void
leave(void *own, Flow *flow, void *state)
{
	(void) own;
	show_flow(flow, state);
	if (flow->rewritten)
		flow->rewritten = overlay_synchronise(host.at.state->overlay, host.attributes.schema);
	host.hook = "on_expire";
	for (host.current = 0; host.current < host.found; host.current++)
	{
		const HostedPlugin *hosted = &host.plugins[host.current];

		if (hosted->plugin.on_expire != NULL)
			hosted->plugin.on_expire(hosted->self, state_of(host.current, state), &host.at.shown);
	}
	hide_flow(flow);
}

static void
free_state(void *own, void *state)
{
	HostState *hosted = state;

	(void) own;
	for (unsigned i = 0; i < host.found; i++)
	{
		const HostedPlugin *plugin = &host.plugins[i];

		if (plugin->plugin.release != NULL)
			plugin->plugin.release(plugin->self, state_of(i, state));
	}
	for (unsigned i = 0; i < host.found && hosted->shared != NULL; i++)
		if (host.plugins[i].extension != NULL && host.plugins[i].extension->release_shared != NULL)
		{
			host.plugins[i].extension->release_shared(hosted->shared);
			hosted->shared = NULL;
		}
	overlay_free(hosted->overlay);
}

/* -------------------------------------------------------------------------------------------------------------- the column udps */

void
plugin_member(const char *name, size_t name_length, const NfstreamValue *value)
{
	if (host.members++ > 0)
		json_put(&host.json, ",", 1);
	json_put_text(&host.json, name, name_length);
	json_put(&host.json, ":", 1);
	json_put_value(&host.json, value);
}

/* Whether a later plugin has left a value of this output's name, too: then that stands. */
static bool
is_overridden(unsigned output, HostState *state)
{
	NfstreamValue value;

	for (unsigned i = output + 1; i < host.output_count; i++)
		if (strcmp(host.outputs[i].name, host.outputs[output].name) == 0 && output_value(i, state, &value))
			return true;
	return false;
}

static bool
fills(const Column *column)
{
	return column->field == FIELD_UDPS;
}

static void
value(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value)
{
	HostState *hosted = state;
	bool	   bag_written = false;

	(void) own;
	host.at.flow = (Flow *) flow; /* for a failure's message; nothing is changed */
	host.at.state = state;
	host.hook = "output";
	host.json.length = 0;
	host.members = 0;
	json_put(&host.json, "{", 1);
	for (host.current = 0; host.current < host.found; host.current++)
	{
		const HostedPlugin *plugin = &host.plugins[host.current];
		NfstreamValue		left;

		if (plugin->extension != NULL && plugin->extension->members != NULL && hosted->shared != NULL && !bag_written)
		{
			plugin->extension->members(hosted->shared);
			bag_written = true;
		}
		for (unsigned i = plugin->first; i < plugin->first + plugin->outputs; i++)
			if (output_value(i, state, &left) && !is_overridden(i, state))
				plugin_member(host.outputs[i].name, host.outputs[i].name_length, &left);
	}
	json_put(&host.json, "}", 1);
	if (host.json.length > column->length_max)
	{
		host.current = 0;
		fail("The values that the plugins left take more bytes of JSON than a row holds.");
	}
	host.at.flow = NULL;
	host.hook = NULL;
	value->b.bytes = (const uint8_t *) host.json.bytes;
	value->b.length = (uint32_t) host.json.length;
}

static bool
rewrite(void *own, void *state, const Column *column, RecordValue *value)
{
	const HostState	  *hosted = state;
	const RecordValue *written;

	(void) own;
	written = hosted->overlay == NULL ? NULL : overlay_find(hosted->overlay, (unsigned) (column - host.attributes.schema->columns));
	if (written == NULL)
		return false;
	*value = *written;
	return true;
}

const Analyser plugin_host_analyser = {
	.name = "plugins",
	.fills = fills,
	.wanted = wanted,
	.open = open_plugins,
	.close = close_plugins,
	.state_size = state_size,
	.begin = begin,
	.end = end,
	.joined = joined,
	.leave = leave,
	.free = free_state,
	.value = value,
	.rewrite = rewrite,
};
