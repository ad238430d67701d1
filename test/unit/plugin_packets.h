/*
 * plugin_packets.h
 *	  A bundled plugin and one flow, which is given packets made by hand, each in a block of exactly its size.
 */
#ifndef PLUGIN_PACKETS_H
#define PLUGIN_PACKETS_H

#include <nfstream_plugin.h>

#include "cases.h"

/* The flow's attributes that plugins read. */
typedef struct PluginFlow
{
	const NfstreamPlugin *plugin;
	void				 *self;
	void				 *state;
	int32_t				  expiration_id;
} PluginFlow;

static int64_t	   flow_dst_port;
static const char *flow_src_ip = "10.0.0.1";

static NfstreamAttribute
flow_attribute(const char *name)
{
	assert_true(strcmp(name, "dst_port") == 0 || strcmp(name, "src_ip") == 0);
	return strcmp(name, "dst_port") == 0 ? 0 : 1;
}

static NfstreamRead
flow_read(const NfstreamFlow *flow, NfstreamAttribute attribute, NfstreamValue *value)
{
	(void) flow;
	if (attribute == 0)
		*value = (NfstreamValue) {.kind = NFSTREAM_INTEGER, .integer = flow_dst_port};
	else
		*value = (NfstreamValue) {.kind = NFSTREAM_TEXT, .text = {flow_src_ip, strlen(flow_src_ip)}};
	return NFSTREAM_READ_DONE;
}

static const NfstreamHost flow_host = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamHost),
	.attribute = flow_attribute,
	.read = flow_read,
};

/* What a packet is, apart from its payload. */
typedef struct PacketForm
{
	uint8_t	 ip_version; /* 0 for 4 */
	uint8_t	 protocol;	 /* 0 for UDP */
	uint8_t	 direction;
	uint8_t	 tcp_flags;
	uint32_t sequence; /* TCP's */
	uint32_t missing;  /* bytes that were not captured */
} PacketForm;

static inline PluginFlow
plugin_flow_start(const NfstreamPlugin *plugin)
{
	PluginFlow flow = {.plugin = plugin};
	char	   wrong[100];

	assert_true(plugin->create(&flow_host, NULL, &flow.self, wrong, sizeof(wrong)));
	return flow;
}

static inline void
plugin_flow_packet(PluginFlow *flow, PacketForm form, const uint8_t *payload, size_t length)
{
	bool is_tcp = form.protocol == 6,
		 is_first = flow->state == NULL;
	size_t ip = form.ip_version == 6 ? 40 : 20,
		   header = ip + (is_tcp ? 20 : 8),
		   captured = header + length - form.missing;
	uint8_t		  *block = calloc(1, captured);
	NfstreamFlow   told = {.size = sizeof(told), .expiration_id = flow->expiration_id};
	NfstreamPacket packet = {
		.size = sizeof(packet),
		.raw_size = (uint32_t) (14 + header + length),
		.ip_size = (uint32_t) (header + length),
		.transport_size = (uint32_t) (header + length - ip),
		.payload_size = (uint32_t) length,
		.direction = form.direction,
		.ip_version = form.ip_version == 6 ? 6 : 4,
		.protocol = is_tcp ? 6 : 17,
		.tcp_flags = form.tcp_flags,
		.ip_packet = block,
		.ip_packet_length = captured,
	};

	assert_non_null(block);
	if (is_tcp)
		for (int i = 0; i < 4; i++)
			block[ip + 4 + (size_t) i] = (uint8_t) (form.sequence >> (24 - 8 * i));
	if (captured > header)
		memcpy(block + header, payload, captured - header);
	if (is_first)
		flow->state = calloc(1, flow->plugin->state_bytes(flow->self));
	assert_non_null(flow->state);
	(is_first ? flow->plugin->on_init : flow->plugin->on_update)(flow->self, flow->state, &told, &packet);
	flow->expiration_id = told.expiration_id;
	free(block);
}

/* The output of this name. */
static inline NfstreamValue
plugin_flow_output(PluginFlow *flow, const char *name)
{
	NfstreamValue value = {.kind = NFSTREAM_NULL};
	unsigned	  number = 0;

	while (strcmp(flow->plugin->outputs[number].name, name) != 0)
		number++;
	assert_true(flow->plugin->output(flow->self, flow->state, number, &value));
	return value;
}

/* Expects a text, or with NULL none. */
static inline void
plugin_flow_expect(PluginFlow *flow, const char *name, const char *expected)
{
	NfstreamValue value = plugin_flow_output(flow, name);

	if (expected == NULL)
	{
		assert_int_equal(value.kind, NFSTREAM_NULL);
		return;
	}
	assert_int_equal(value.kind, NFSTREAM_TEXT);
	assert_int_equal(value.text.length, strlen(expected));
	assert_memory_equal(value.text.bytes, expected, strlen(expected));
}

static inline void
plugin_flow_end(PluginFlow *flow)
{
	if (flow->state != NULL)
		flow->plugin->release(flow->self, flow->state);
	free(flow->state);
	flow->plugin->destroy(flow->self);
	*flow = (PluginFlow) {0};
}

#endif /* PLUGIN_PACKETS_H */
