/*
 * ja4.c
 *	  The plugin ja4: the JA4 fingerprint of the first TLS ClientHello of a flow, over TCP, DTLS or QUIC.
 *
 * The hello may take several packets, in whatever order they come, up to PIECES_BYTES_MAX bytes, and the flow may have begun
 * before the capture or with another protocol.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/plugins/dtls_hello.h"
#include "engine/plugins/ja4_fingerprint.h"
#include "engine/plugins/payload.h"
#include "engine/plugins/plugins.h"
#include "engine/plugins/quic_hello.h"
#include "engine/plugins/tls_stream.h"
#include "wire/bundled.h"

/* What one packet needs, so that none has to get it. */
typedef struct Ja4
{
	uint8_t message[PIECES_BYTES_MAX];
	uint8_t datagram[QUIC_DATAGRAM_MAX];
} Ja4;

typedef struct Ja4Flow
{
	TlsStream  tls;
	DtlsHello *dtls; /* once a datagram looked like it */
	QuicHello *quic;
	char	   fingerprint[JA4_LENGTH + 1]; /* '' for none yet */
} Ja4Flow;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	(void) host;
	(void) arguments;
	(void) wrong;
	(void) wrong_size;
	*self = memory_get(sizeof(Ja4));
	return true;
}

static size_t
state_bytes(const void *self)
{
	(void) self;
	return sizeof(Ja4Flow);
}

static void
release(void *self, void *state)
{
	Ja4Flow *flow = state;

	(void) self;
	tls_stream_clear(&flow->tls);
	if (flow->dtls != NULL)
		pieces_clear(&flow->dtls->pieces);
	if (flow->quic != NULL)
		pieces_clear(&flow->quic->pieces);
	free(flow->dtls);
	free(flow->quic);
	flow->dtls = NULL;
	flow->quic = NULL;
}

static void
found(Ja4 *ja4, Ja4Flow *flow, HelloCarrier carrier, Bytes hello)
{
	ja4_fingerprint(carrier, hello, flow->fingerprint);
	release(ja4, flow);
}

static void
tcp_packet(Ja4 *ja4, Ja4Flow *flow, const NfstreamPacket *packet)
{
	Bytes header = packet_transport(packet),
		  hello;
	Segment segment = {.syn = (packet->tcp_flags & NFSTREAM_SYN) != 0, .payload = packet_payload(packet)};

	if (!bytes_skip(&header, 2 + 2) || !bytes_get_be32(&header, &segment.sequence))
		return;
	if (tls_stream_segment(&flow->tls, packet->direction, &segment, ja4->message, &hello))
		found(ja4, flow, CARRIER_TCP, hello);
}

static void
udp_packet(Ja4 *ja4, Ja4Flow *flow, const NfstreamPacket *packet)
{
	Bytes datagram = packet_payload(packet),
		  hello;

	if (quic_is_known(datagram))
	{
		if (flow->quic == NULL)
			flow->quic = memory_get(sizeof(*flow->quic));
		if (quic_hello_datagram(flow->quic, datagram, ja4->datagram, &hello))
			found(ja4, flow, CARRIER_QUIC, hello);
	}
	else if (dtls_is_handshake(&datagram))
	{
		if (flow->dtls == NULL)
			flow->dtls = memory_get(sizeof(*flow->dtls));
		if (dtls_hello_datagram(flow->dtls, datagram, &hello))
			found(ja4, flow, CARRIER_DTLS, hello);
	}
}

static void
on_packet(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	Ja4		*ja4 = self;
	Ja4Flow *known = state;

	(void) flow;
	if (known->fingerprint[0] != '\0')
		return;
	if (packet->protocol == IPPROTO_TCP)
		tcp_packet(ja4, known, packet);
	else if (packet->protocol == IPPROTO_UDP)
		udp_packet(ja4, known, packet);
}

static bool
output(void *self, void *state, unsigned number, NfstreamValue *value)
{
	const Ja4Flow *flow = state;

	(void) self;
	(void) number;
	value->kind = NFSTREAM_NULL;
	if (flow->fingerprint[0] != '\0')
	{
		value->kind = NFSTREAM_TEXT;
		value->text = (NfstreamText) {flow->fingerprint, strlen(flow->fingerprint)};
	}
	return true;
}

const NfstreamPlugin ja4_plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "ja4",
	.parameters = ja4_parameters,
	.outputs = ja4_outputs,
	.reads = ja4_reads,
	.create = create,
	.state_bytes = state_bytes,
	.on_init = on_packet,
	.on_update = on_packet,
	.output = output,
	.release = release,
	.destroy = free,
};
