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

/* ----------------------------------------------------------------------------------------------------------------------- dhcp */

const NfstreamParameter dhcp_parameters[] = {
	{0},
};

const NfstreamOutput dhcp_outputs[] = {
	{"dhcp_12", "text", "host name (option 12), the last one sent"},
	{"dhcp_50", "text", "address that the client asks for (option 50), of the last REQUEST"},
	{"dhcp_55", "text", "options that the client asks for (option 55), of the last REQUEST, with commas between them"},
	{"dhcp_57", "bigint", "longest message that the client takes (option 57), bytes"},
	{"dhcp_60", "text", "vendor class (option 60)"},
	{"dhcp_77", "text", "user class (option 77)"},
	{"dhcp_options", "integer[]", "types of all options of the last REQUEST, in their order"},
	{"dhcp_addr", "text", "address that the client has (ciaddr), of the last REQUEST with one"},
	{"dhcp_msg_type", "text", "type of the first message, as MsgType.DISCOVER; its number where it has no such name, 0 without one"},
	{"dhcp_oui", "text", "first three bytes of the client's hardware address, of the last REQUEST"},
	{0},
};

const char *const dhcp_reads[] = {
	"dst_port",
	"src_ip",
	NULL,
};

/* ----------------------------------------------------------------------------------------------------------------------- mdns */

const NfstreamParameter mdns_parameters[] = {
	{0},
};

const NfstreamOutput mdns_outputs[] = {
	{"mdns_ptr", "text[]", "names that PTR records in answers point to, each once, with a blank for each comma"},
	{0},
};

const char *const mdns_reads[] = {
	"dst_port",
	NULL,
};

/* ------------------------------------------------------------------------------------------------------------------------ ja4 */

const NfstreamParameter ja4_parameters[] = {
	{0},
};

const NfstreamOutput ja4_outputs[] = {
	{"ja4", "text", "JA4 fingerprint of the first ClientHello, over TCP, DTLS or QUIC"},
	{0},
};

const char *const ja4_reads[] = {
	NULL,
};

/* ------------------------------------------------------------------------------------------------------------------- the table */

const BundledPlugin bundled_plugins[] = {
	{"flow_slicer", "ends each flow after a number of packets", flow_slicer_parameters, flow_slicer_outputs, flow_slicer_reads},
	{"dhcp", "what DHCP clients say of themselves; ends a flow with its exchange", dhcp_parameters, dhcp_outputs, dhcp_reads},
	{"mdns", "names that answers of mDNS point to", mdns_parameters, mdns_outputs, mdns_reads},
	{"ja4", "JA4 fingerprints of TLS clients", ja4_parameters, ja4_outputs, ja4_reads},
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
