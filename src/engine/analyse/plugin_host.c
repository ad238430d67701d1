/*
 * plugin_host.c
 *	  The plugins of a scan, as an analyser.
 *
 * A flow's state is the host's own, then that of each plugin, in list order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/analyse/labels.h"
#include "engine/analyse/plugin_host_own.h"
#include "engine/base/memory.h"
#include "wire/plugin_arguments.h"

#define STATE_ALIGNMENT 8u
#define STATE_BYTES_MAX (1u << 30) /* of a plugin: no memory has room for many flows of that, and the sum of all stays a size */

PluginHost plugin_host;

/* ------------------------------------------------------------------------------------------------------------------- finding */

static bool
find_one(const PluginOrder *order, HostedPlugin *hosted, FailureMessage *failure)
{
	FoundPlugin found = {0};

	if (!plugin_host.use.finder(order, &found, failure))
		return false;
	*hosted = (HostedPlugin) {.order = order, .extension = found.extension};
	memcpy(&hosted->plugin, found.plugin, found.plugin->size < sizeof(NfstreamPlugin) ? found.plugin->size : sizeof(NfstreamPlugin));
	return true;
}

static void
add_reads(const char *const *names, MeterRequest *request)
{
	for (; names != NULL && *names != NULL; names++)
	{
		NfstreamAttribute attribute = attribute_find(*names);

		if (attribute != NFSTREAM_NO_ATTRIBUTE)
			column_set_add(&request->reads, (unsigned) attribute);
	}
}

bool
plugin_host_use(const PluginUse *use, MeterRequest *request, FailureMessage *failure)
{
	plugin_host = (PluginHost) {.use = *use};
	if (use->orders == NULL)
		return true;
	for (; plugin_host.found < use->orders->count; plugin_host.found++)
	{
		if (!find_one(&use->orders->plugins[plugin_host.found], &plugin_host.plugins[plugin_host.found], failure))
			return false;
		add_reads(plugin_host.plugins[plugin_host.found].plugin.reads, request);
	}
	return true;
}

/* ----------------------------------------------------------------------------------------------------------- start and end */

static bool
wanted(const MeterRequest *request)
{
	(void) request;
	return plugin_host.found > 0;
}

static bool
create(unsigned number, FailureMessage *failure)
{
	static const NfstreamParameter none[] = {{0}};

	HostedPlugin   *hosted = &plugin_host.plugins[number];
	NfstreamPlugin *plugin = &hosted->plugin;
	NfstreamValue	values[PLUGIN_PARAMETERS_MAX];
	PluginWrong		wrong;
	char			text[PLUGIN_WRONG_MAX] = "",
		 primary[PLUGIN_WRONG_MAX];

	plugin_host.current = number;
	plugin_tell_which();
	if (hosted->extension != NULL && hosted->extension->create != NULL)
		return hosted->extension->create(&plugin_calls, plugin_host.use.orders, number, &hosted->self, failure);
	if (!plugin_arguments_check(plugin_host.use.orders, number, plugin->parameters == NULL ? none : plugin->parameters, values, &wrong))
		return failure_tell(failure, FAILURE_PLUGIN_PARAMETER, wrong.accepted, "%s", wrong.wrong);
	if (plugin->create == NULL || plugin->create(&plugin_calls, values, &hosted->self, text, sizeof(text)))
		return true;
	snprintf(primary, sizeof(primary), "plugin \"%.*s\" does not start", (int) hosted->order->name.length, hosted->order->name.bytes);
	return failure_tell(failure, FAILURE_PLUGIN, text, "%s", primary);
}

/* Finds room in a flow for the plugin's state. */
static bool
place_state(HostedPlugin *hosted, FailureMessage *failure)
{
	size_t bytes = hosted->plugin.state_bytes == NULL ? 0 : hosted->plugin.state_bytes(hosted->self);
	char   primary[PLUGIN_WRONG_MAX],
		text[PLUGIN_WRONG_MAX];

	hosted->state = plugin_host.state_bytes;
	if (bytes <= STATE_BYTES_MAX)
	{
		plugin_host.state_bytes += (bytes + STATE_ALIGNMENT - 1) / STATE_ALIGNMENT * STATE_ALIGNMENT;
		return true;
	}
	snprintf(primary, sizeof(primary), "plugin \"%.*s\" does not start", (int) hosted->order->name.length, hosted->order->name.bytes);
	snprintf(text, sizeof(text), "It asks for %zu bytes of each flow, and may have %u.", bytes, STATE_BYTES_MAX);
	return failure_tell(failure, FAILURE_PLUGIN, text, "%s", primary);
}

static bool
open_plugins(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure)
{
	*own = &plugin_host;
	attributes_start(&plugin_host.attributes, request, analysis);
	for (unsigned i = 0; i < analysis->count; i++)
		if (analysis->all[i].analyser == &labels_analyser)
			plugin_host.label = analysis->all[i].state;
	plugin_tell_call(PROGRESS_CREATE);
	plugin_host.state_bytes = sizeof(HostState);
	for (unsigned i = 0; i < plugin_host.found; i++)
		if (!create(i, failure) || !place_state(&plugin_host.plugins[i], failure))
			return false;
	plugin_udps_start();
	plugin_host.packet.size = sizeof(plugin_host.packet);
	plugin_host.created = true;
	plugin_tell_call(PROGRESS_NO_CALL);
	return true;
}

static size_t
state_size(const void *own)
{
	(void) own;
	return plugin_host.state_bytes;
}

static bool
begin(void *own, FailureMessage *failure)
{
	(void) own;
	plugin_tell_call(PROGRESS_START);
	for (plugin_host.current = 0; plugin_host.current < plugin_host.found; plugin_host.current++)
	{
		const HostedPlugin *hosted = &plugin_host.plugins[plugin_host.current];

		plugin_tell_which();
		if (hosted->extension != NULL && hosted->extension->begin != NULL && !hosted->extension->begin(hosted->self, failure))
			return false;
	}
	plugin_tell_call(PROGRESS_NO_CALL);
	return true;
}

void
plugin_host_cleanup(void)
{
	if (plugin_host.cleaned || !plugin_host.created)
		return;
	plugin_host.cleaned = true;
	plugin_host.at = NULL;
	plugin_tell_call(PROGRESS_CLEANUP);
	for (plugin_host.current = 0; plugin_host.current < plugin_host.found; plugin_host.current++)
	{
		plugin_tell_which();
		if (plugin_host.plugins[plugin_host.current].plugin.cleanup != NULL)
			plugin_host.plugins[plugin_host.current].plugin.cleanup(plugin_host.plugins[plugin_host.current].self);
	}
	plugin_tell_call(PROGRESS_NO_CALL);
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
	for (unsigned i = 0; i < plugin_host.found; i++)
		if (plugin_host.plugins[i].plugin.destroy != NULL)
			plugin_host.plugins[i].plugin.destroy(plugin_host.plugins[i].self);
	attributes_end(&plugin_host.attributes);
	plugin_udps_end();
	plugin_host = (PluginHost) {0};
}

/* --------------------------------------------------------------------------------------------------------------------- hooks */

static void
show_flow(Flow *flow, HostState *state)
{
	state->shown.size = sizeof(state->shown);
	state->shown.expiration_id = flow->expiration;
	state->flow = flow;
	plugin_host.at = state;
}

static void
hide_flow(Flow *flow)
{
	flow->expiration = plugin_host.at->shown.expiration_id;
	plugin_host.at = NULL;
	plugin_tell_call(PROGRESS_NO_CALL);
}

/* Puts the addresses and MACs that plugins wrote over the flow's into a packet. */
static void
show_overwritten(const Overlay *overlay, NfstreamPacket *shown)
{
	for (unsigned i = 0; i < overlay->count; i++)
	{
		const Column	  *column = &plugin_host.attributes.schema->columns[overlay->items[i].column];
		const RecordValue *value = &overlay->items[i].value;
		bool			   is_source = column->side == (ColumnSide) shown->direction;

		if (column->field == FIELD_IP)
		{
			memcpy(is_source ? shown->src_ip : shown->dst_ip, value->b.bytes, value->b.length);
			*(is_source ? &shown->src_ip_version : &shown->dst_ip_version) = value->b.length == 4 ? 4 : 6;
		}
		else if (column->field == FIELD_MAC)
			memcpy(is_source ? shown->src_mac : shown->dst_mac, value->b.bytes, value->b.length);
		else if (column->field == FIELD_OUI)
			memcpy(is_source ? shown->src_oui : shown->dst_oui, value->b.bytes, value->b.length);
	}
}

/* Field by field, as this is done for each packet: what is not named here is set once, by open_plugins(). */
static void
show_packet(const Flow *flow, const FlowPacket *joining, const Overlay *overlay)
{
	NfstreamPacket *shown = &plugin_host.packet;
	const Packet   *packet = joining->packet;
	const unsigned	source = joining->side == SIDE_DST2SRC,
				   destination = !source;

	shown->time = packet->time;
	shown->delta_time = joining->since_flow == UINT64_MAX ? 0 : joining->since_flow;
	shown->raw_size = packet->size[ACCOUNTING_LINK];
	shown->ip_size = packet->size[ACCOUNTING_IP];
	shown->transport_size = packet->size[ACCOUNTING_TRANSPORT];
	shown->payload_size = packet->size[ACCOUNTING_PAYLOAD];
	shown->direction = (uint8_t) source;
	shown->ip_version = shown->src_ip_version = shown->dst_ip_version = packet->ip_version;
	shown->protocol = packet->protocol;
	shown->tunnel_id = packet->tunnel;
	shown->tcp_flags = packet->tcp_flags;
	shown->vlan_id = packet->vlan_id;
	shown->src_port = packet->source_port;
	shown->dst_port = packet->destination_port;
	shown->ip_packet = packet->ip;
	shown->ip_packet_length = packet->ip_length;
	memcpy(shown->src_ip, flow->ip[source], IP_ADDRESS_BYTES);
	memcpy(shown->dst_ip, flow->ip[destination], IP_ADDRESS_BYTES);
	memcpy(shown->src_mac, flow->mac[source], MAC_ADDRESS_BYTES);
	memcpy(shown->dst_mac, flow->mac[destination], MAC_ADDRESS_BYTES);
	memcpy(shown->src_oui, flow->mac[source], sizeof(shown->src_oui));
	memcpy(shown->dst_oui, flow->mac[destination], sizeof(shown->dst_oui));
	if (overlay != NULL)
		show_overwritten(overlay, shown);
}

static void
joined(void *own, Flow *flow, void *state, const FlowPacket *joining)
{
	bool is_first = flow_packets(flow) == 1;

	(void) own;
	show_flow(flow, state);
	if (flow->rewritten)
		flow->rewritten = overlay_synchronise(plugin_host.at->overlay, &plugin_host.attributes, flow, !plugin_host.at->labelled);
	if (plugin_host.label != 0)
		plugin_host.at->labelled = labels_decided((uint8_t *) flow + plugin_host.label);
	show_packet(flow, joining, flow->rewritten ? plugin_host.at->overlay : NULL);
	plugin_tell_call(is_first ? PROGRESS_ON_INIT : PROGRESS_ON_UPDATE);
	for (plugin_host.current = 0; plugin_host.current < plugin_host.found; plugin_host.current++)
	{
		const HostedPlugin *hosted = &plugin_host.plugins[plugin_host.current];
		void (*hook)(void *, void *, NfstreamFlow *, const NfstreamPacket *) = is_first ? hosted->plugin.on_init : hosted->plugin.on_update;

		plugin_tell_which();
		if (hook != NULL)
			hook(hosted->self, plugin_state(plugin_host.current, state), &plugin_host.at->shown, &plugin_host.packet);
	}
	hide_flow(flow);
}

static void
leave(void *own, Flow *flow, void *state)
{
	(void) own;
	show_flow(flow, state);
	if (flow->rewritten)
		flow->rewritten = overlay_synchronise(plugin_host.at->overlay, &plugin_host.attributes, flow, true);
	plugin_tell_call(PROGRESS_ON_EXPIRE);
	for (plugin_host.current = 0; plugin_host.current < plugin_host.found; plugin_host.current++)
	{
		const HostedPlugin *hosted = &plugin_host.plugins[plugin_host.current];

		plugin_tell_which();
		if (hosted->plugin.on_expire != NULL)
			hosted->plugin.on_expire(hosted->self, plugin_state(plugin_host.current, state), &plugin_host.at->shown);
	}
	hide_flow(flow);
}

static void
free_state(void *own, void *state)
{
	HostState *hosted = state;

	(void) own;
	for (unsigned i = 0; i < plugin_host.found; i++)
	{
		const HostedPlugin *plugin = &plugin_host.plugins[i];

		if (plugin->plugin.release != NULL)
			plugin->plugin.release(plugin->self, plugin_state(i, state));
	}
	for (unsigned i = 0; i < plugin_host.found && hosted->shared != NULL; i++)
		if (plugin_host.plugins[i].extension != NULL && plugin_host.plugins[i].extension->release_shared != NULL)
		{
			plugin_host.plugins[i].extension->release_shared(hosted->shared);
			hosted->shared = NULL;
		}
	overlay_free(hosted->overlay);
}

static bool
rewrite(void *own, void *state, const Column *column, RecordValue *value)
{
	const HostState	  *hosted = state;
	const RecordValue *written;

	(void) own;
	written = hosted->overlay == NULL ? NULL : overlay_find(hosted->overlay, (unsigned) (column - plugin_host.attributes.schema->columns));
	if (written == NULL)
		return false;
	*value = *written;
	return true;
}

const Analyser plugin_host_analyser = {
	.name = "plugins",
	.fills = plugin_udps_fills,
	.wanted = wanted,
	.open = open_plugins,
	.close = close_plugins,
	.state_size = state_size,
	.begin = begin,
	.end = end,
	.joined = joined,
	.leave = leave,
	.free = free_state,
	.value = plugin_udps_value,
	.rewrite = rewrite,
};
