/*
 * fuzz_plugins.c
 *	  The bundled plugins that parse packets, and what QUIC's encryption keeps a fuzzer from.
 *
 * The input: a byte that chooses dhcp, mdns, ja4, or the frames of a decrypted packet; then packets of one flow, each a byte of
 * flags, a length of two bytes, and as many bytes: the sequence number first, if it is TCP, and the payload.  Each packet has a
 * block of exactly its size.
 */
#include "engine/plugins/ja4_fingerprint.h"
#include "engine/plugins/plugins.h"
#include "engine/plugins/quic_hello.h"
#include "fuzz.h"

#define PACKET_BACK 0x01
#define PACKET_TCP	0x02
#define PACKET_IP6	0x04
#define PACKET_SYN	0x08
#define PACKET_CUT	0x10 /* not all was captured */

#define MDNS_PORT	5353
#define DHCP_PORT	67
#define NAMES_MAX	1000

/* The attributes of the flow. */
static int64_t destination_port;

static NfstreamAttribute
attribute(const char *name)
{
	return strcmp(name, "dst_port") == 0 ? 0 : 1;
}

static NfstreamRead
read_attribute(const NfstreamFlow *flow, NfstreamAttribute number, NfstreamValue *value)
{
	(void) flow;
	if (number == 0)
		*value = (NfstreamValue) {.kind = NFSTREAM_INTEGER, .integer = destination_port};
	else
		*value = (NfstreamValue) {.kind = NFSTREAM_TEXT, .text = {"10.0.0.1", 8}};
	return NFSTREAM_READ_DONE;
}

/* An output must be readable to its end; returns a checksum, so that it is read. */
static unsigned
expect_readable(const NfstreamValue *value)
{
	unsigned sum = 0;

	switch (value->kind)
	{
		case NFSTREAM_NULL:
		case NFSTREAM_INTEGER:
			break;
		case NFSTREAM_TEXT:
			for (size_t i = 0; i < value->text.length; i++)
				sum += (uint8_t) value->text.bytes[i];
			break;
		case NFSTREAM_INTEGERS:
			for (size_t i = 0; i < value->integers.count; i++)
				EXPECT(value->integers.items[i] > 0 && value->integers.items[i] < 255);
			break;
		case NFSTREAM_TEXTS:
			EXPECT(value->texts.count <= NAMES_MAX);
			for (size_t i = 0; i < value->texts.count; i++)
				for (size_t j = 0; j < value->texts.items[i].length; j++)
				{
					EXPECT(value->texts.items[i].bytes[j] != ',');
					sum += (uint8_t) value->texts.items[i].bytes[j];
				}
			break;
		default:
			EXPECT(false);
	}
	return sum;
}

static void
expect_fingerprint(const char *text, size_t length)
{
	EXPECT(length == JA4_LENGTH);
	EXPECT(strchr("tdq", text[0]) != NULL && (text[3] == 'd' || text[3] == 'i'));
	EXPECT(text[10] == '_' && text[23] == '_');
	for (size_t i = 24; i < length; i++)
		EXPECT(strchr("0123456789abcdef", text[i]) != NULL);
}

/* The next packet; `block` is where it is. */
static bool
take_packet(Bytes *input, NfstreamPacket *packet, uint8_t **block)
{
	uint8_t	 flags;
	uint16_t length;
	uint32_t sequence = 0,
			 ip,
			 transport;
	Bytes payload;

	if (!bytes_get_u8(input, &flags) || !bytes_get_be16(input, &length))
		return false;
	if (flags & PACKET_TCP && !bytes_get_be32(input, &sequence))
		return false;
	if (length > bytes_left(input))
		length = (uint16_t) bytes_left(input);
	bytes_take(input, length, &payload);
	ip = flags & PACKET_IP6 ? 40 : 20;
	transport = flags & PACKET_TCP ? 20 : 8;
	*packet = (NfstreamPacket) {
		.size = sizeof(*packet),
		.ip_size = ip + transport + length,
		.transport_size = transport + length,
		.payload_size = length,
		.direction = flags & PACKET_BACK,
		.ip_version = flags & PACKET_IP6 ? 6 : 4,
		.protocol = flags & PACKET_TCP ? 6 : 17,
		.tcp_flags = flags & PACKET_SYN ? NFSTREAM_SYN : 0,
		.ip_packet_length = ip + transport + (flags & PACKET_CUT ? length / 2 : length),
	};
	*block = calloc(1, packet->ip_packet_length);
	EXPECT(*block != NULL);
	for (int i = 0; flags & PACKET_TCP && i < 4; i++)
		(*block)[ip + 4 + (uint32_t) i] = (uint8_t) (sequence >> (24 - 8 * i));
	if (packet->ip_packet_length > ip + transport)
		memcpy(*block + ip + transport, payload.at, packet->ip_packet_length - ip - transport);
	packet->ip_packet = *block;
	return true;
}

static void
run_plugin(const NfstreamPlugin *plugin, Bytes input)
{
	static const NfstreamHost host = {.size = sizeof(host), .attribute = attribute, .read = read_attribute};
	NfstreamFlow			  flow = {.size = sizeof(flow)};
	NfstreamPacket			  packet;
	NfstreamValue			  value;
	uint8_t					 *block;
	void					 *self,
		*state;
	char wrong[100];
	bool first = true;

	EXPECT(plugin->create(&host, NULL, &self, wrong, sizeof(wrong)));
	state = calloc(1, plugin->state_bytes(self));
	EXPECT(state != NULL);
	for (; take_packet(&input, &packet, &block); first = false)
	{
		(first ? plugin->on_init : plugin->on_update)(self, state, &flow, &packet);
		free(block);
		for (unsigned output = 0; plugin->outputs[output].name != NULL; output++)
		{
			EXPECT(plugin->output(self, state, output, &value));
			expect_readable(&value);
			if (plugin == &ja4_plugin && value.kind == NFSTREAM_TEXT)
				expect_fingerprint(value.text.bytes, value.text.length);
		}
	}
	plugin->release(self, state);
	free(state);
	plugin->destroy(self);
}

static void
run_frames(Bytes input)
{
	Pieces	 pieces = {0};
	uint64_t offset;
	Bytes	 data;

	while (quic_take_crypto(1, &input, &offset, &data))
	{
		uint32_t before = pieces.length;

		EXPECT(pieces_add(&pieces, offset, data) == (pieces.length > before));
		EXPECT(pieces.length >= before && pieces.length <= PIECES_BYTES_MAX && pieces.early_count <= PIECES_EARLY_MAX);
	}
	pieces_clear(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	Bytes	 input;

	if (size < 1)
		return 0;
	copy = exact_copy(data + 1, size - 1);
	input = (Bytes) {copy, copy + size - 1};
	switch (data[0] & 3)
	{
		case 0:
			destination_port = DHCP_PORT;
			run_plugin(&dhcp_plugin, input);
			break;
		case 1:
			destination_port = MDNS_PORT;
			run_plugin(&mdns_plugin, input);
			break;
		case 2:
			run_plugin(&ja4_plugin, input);
			break;
		case 3:
			run_frames(input);
			break;
	}
	free(copy);
	return 0;
}
