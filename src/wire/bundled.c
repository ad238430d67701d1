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

/* ----------------------------------------------------------------------------------------------------------------------- splt */

const NfstreamParameter splt_parameters[] = {
	{"sequence_length", NFSTREAM_INTEGER, .required = true, .min = 1, .max = UINT16_MAX, .help = "how many packets are kept of a flow, from its first"},
	{"accounting_mode", NFSTREAM_INTEGER, .min = 0, .max = 3, .help = "what is a packet's size: 0 all of it, 1 from the IP header, 2 from the transport header, 3 the payload"},
	{0},
};

const NfstreamOutput splt_outputs[] = {
	{"splt_direction", "int[]", "directions of the first packets: 0 from the flow's source, 1 back; -1 where there is none"},
	{"splt_ps", "bigint[]", "their sizes in bytes, by accounting_mode; -1 where there is none"},
	{"splt_piat_ms", "bigint[]", "milliseconds since the packet before, 0 for the first; -1 where there is none"},
	{0},
};

const char *const splt_reads[] = {
	NULL,
};

/* ------------------------------------------------------------------------------------------------------------------ wfeatures */

/* The range of active_timeout is that of the table's option. */
const NfstreamParameter wfeatures_parameters[] = {
	{"active_timeout", NFSTREAM_INTEGER, .required = true, .min = 1, .max = INT64_C(18446744073709551),
	 .help = "seconds from a flow's first packet that are looked at; as the table's active_timeout"},
	{"levels", NFSTREAM_INTEGER, .required = true, .min = 1, .max = WFEATURES_LEVELS_MAX,
	 .help = "levels of the wavelet transform: the time is cut into 2^levels bins, and there are 8 * (levels + 1) values"},
	{0},
};

/* Rows from the coarsest to the finest. */
#define FEATURE(name, help) \
	{name "_0", "double precision", help}, {name "_1", "double precision", help}, {name "_2", "double precision", help}, \
		{name "_3", "double precision", help}, {name "_4", "double precision", help}, {name "_5", "double precision", help}, \
		{name "_6", "double precision", help}, {name "_7", "double precision", help}, {name "_8", "double precision", help}, \
		{name "_9", "double precision", help}, {name "_10", "double precision", help}, {name "_11", "double precision", help}, \
		{name "_12", "double precision", help}, {name "_13", "double precision", help}, {name "_14", "double precision", help}, \
		{name "_15", "double precision", help}, {name "_16", "double precision", help}, {name "_17", "double precision", help}, \
		{name "_18", "double precision", help}, {name "_19", "double precision", help}, \
	{ \
		name "_20", "double precision", help \
	}

const NfstreamOutput wfeatures_outputs[] = {
	FEATURE("f_p_k", "relative energy of the wavelet coefficients, packets from the flow's source"),
	FEATURE("f_u_k", "mean of their absolute values, packets from the flow's source"),
	FEATURE("f_sigma_k", "their standard deviation, packets from the flow's source"),
	FEATURE("f_S_k", "their Shannon entropy, packets from the flow's source"),
	FEATURE("b_p_k", "relative energy of the wavelet coefficients, packets back"),
	FEATURE("b_u_k", "mean of their absolute values, packets back"),
	FEATURE("b_sigma_k", "their standard deviation, packets back"),
	FEATURE("b_S_k", "their Shannon entropy, packets back"),
	{0},
};

_Static_assert(sizeof(wfeatures_outputs) == (WFEATURES_OUTPUTS + 1) * sizeof(NfstreamOutput), "an output for each row of each feature");

const char *const wfeatures_reads[] = {
	NULL,
};

bool
wfeatures_leaves(const NfstreamValue *arguments, unsigned output)
{
	return output % WFEATURES_ROWS <= (uint64_t) arguments[WFEATURES_LEVELS].integer;
}

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
	{"splt", "direction, size and interval of each flow's first packets", splt_parameters, splt_outputs, splt_reads},
	{"dhcp", "what DHCP clients say of themselves; ends a flow with its exchange", dhcp_parameters, dhcp_outputs, dhcp_reads},
	{"mdns", "names that answers of mDNS point to", mdns_parameters, mdns_outputs, mdns_reads},
	{"ja4", "JA4 fingerprints of TLS clients", ja4_parameters, ja4_outputs, ja4_reads},
	{"wfeatures", "wavelet features: how a flow's bytes are spread over scales of time", wfeatures_parameters, wfeatures_outputs,
	 wfeatures_reads, wfeatures_leaves},
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
