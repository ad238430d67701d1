/*
 * plugin_udps.c
 *	  The column udps: a JSON object of what the plugins have left in a flow.
 *
 * Its members are the outputs of each plugin, in list order.  Where two plugins leave values of one name, that of the later one
 * stands.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/analyse/plugin_host_own.h"
#include "engine/base/memory.h"

/* The outputs of all plugins in one list. */
void
plugin_udps_start(void)
{
	for (unsigned i = 0; i < plugin_host.found; i++)
	{
		const NfstreamOutput *outputs = plugin_host.plugins[i].plugin.outputs;

		plugin_host.plugins[i].first = plugin_host.output_count;
		for (; outputs != NULL && outputs->name != NULL; outputs++)
		{
			plugin_host.outputs = memory_resize(plugin_host.outputs, (plugin_host.output_count + 1) * sizeof(HostedOutput));
			plugin_host.outputs[plugin_host.output_count++] = (HostedOutput) {
				.name = outputs->name,
				.name_length = strlen(outputs->name),
				.plugin = i,
				.number = plugin_host.plugins[i].outputs++,
			};
		}
	}
}

void
plugin_udps_end(void)
{
	free(plugin_host.outputs);
	json_free(&plugin_host.json);
}

/* The value of an output; false if the plugin has not left it. */
static bool
output_value(unsigned output, HostState *state, NfstreamValue *value)
{
	const HostedOutput *hosted = &plugin_host.outputs[output];
	const HostedPlugin *plugin = &plugin_host.plugins[hosted->plugin];

	*value = (NfstreamValue) {.kind = NFSTREAM_NULL};
	return plugin->plugin.output != NULL &&
		   plugin->plugin.output(plugin->self, plugin_state(hosted->plugin, state), hosted->number, value);
}

bool
plugin_udps_find(HostState *state, const char *name, NfstreamValue *value)
{
	for (unsigned i = plugin_host.found; i-- > 0;)
	{
		const PluginExtension *extension = plugin_host.plugins[i].extension;

		if (extension != NULL && extension->member != NULL && state->shared != NULL &&
			extension->member(state->shared, name, value))
			return true;
		for (unsigned j = plugin_host.plugins[i].first; j < plugin_host.plugins[i].first + plugin_host.plugins[i].outputs; j++)
			if (strcmp(plugin_host.outputs[j].name, name) == 0 && output_value(j, state, value))
				return true;
	}
	return false;
}

void
plugin_member(const char *name, size_t name_length, const NfstreamValue *value)
{
	if (plugin_host.members++ > 0)
		json_put(&plugin_host.json, ",", 1);
	json_put_text(&plugin_host.json, name, name_length);
	json_put(&plugin_host.json, ":", 1);
	json_put_value(&plugin_host.json, value);
}

/* Whether a later plugin has left a value of this output's name, too: then that stands. */
static bool
is_overridden(unsigned output, HostState *state)
{
	NfstreamValue value;

	for (unsigned i = output + 1; i < plugin_host.output_count; i++)
		if (strcmp(plugin_host.outputs[i].name, plugin_host.outputs[output].name) == 0 && output_value(i, state, &value))
			return true;
	return false;
}

bool
plugin_udps_fills(const Column *column)
{
	return column->field == FIELD_UDPS;
}

void
plugin_udps_value(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value)
{
	HostState *hosted = state;
	bool	   bag_written = false;

	(void) own;
	(void) flow;
	plugin_host.at = state; /* for a failure's message */
	plugin_tell_call(PROGRESS_OUTPUT);
	plugin_host.json.length = 0;
	plugin_host.members = 0;
	json_put(&plugin_host.json, "{", 1);
	for (plugin_host.current = 0; plugin_host.current < plugin_host.found; plugin_host.current++)
	{
		const HostedPlugin *plugin = &plugin_host.plugins[plugin_host.current];
		NfstreamValue		left;

		plugin_tell_which();
		if (plugin->extension != NULL && plugin->extension->members != NULL && hosted->shared != NULL && !bag_written)
		{
			plugin->extension->members(hosted->shared);
			bag_written = true;
		}
		for (unsigned i = plugin->first; i < plugin->first + plugin->outputs; i++)
			if (output_value(i, state, &left) && !is_overridden(i, state))
				plugin_member(plugin_host.outputs[i].name, plugin_host.outputs[i].name_length, &left);
	}
	json_put(&plugin_host.json, "}", 1);
	if (plugin_host.json.length > column->length_max)
	{
		plugin_host.current = 0;
		plugin_fail("The values that the plugins left take more bytes of JSON than a row holds.");
	}
	plugin_host.at = NULL;
	plugin_tell_call(PROGRESS_NO_CALL);
	record_value_set(value, plugin_host.json.bytes, plugin_host.json.length);
}
