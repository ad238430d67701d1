/*
 * payload.h
 *	  The transport header and the payload of a packet that a plugin is shown.
 *
 * Where they are follows from the sizes, which decoding took from the headers: what the packet's own length leaves out, as the
 * padding of a short frame, belongs to neither.
 */
#ifndef ENGINE_PLUGINS_PAYLOAD_H
#define ENGINE_PLUGINS_PAYLOAD_H

#include "engine/decode/bytes.h"
#include <nfstream_plugin.h>

/* The last `size` bytes of the IP packet, as far as they were captured. */
static inline Bytes
packet_tail(const NfstreamPacket *packet, uint32_t size)
{
	size_t end = packet->ip_packet_length < packet->ip_size ? packet->ip_packet_length : packet->ip_size,
		   start = size <= packet->ip_size && packet->ip_size - size < end ? packet->ip_size - size : end;

	return (Bytes) {packet->ip_packet + start, packet->ip_packet + end};
}

/* From the transport header on. */
static inline Bytes
packet_transport(const NfstreamPacket *packet)
{
	return packet_tail(packet, packet->transport_size);
}

/* After the transport header. */
static inline Bytes
packet_payload(const NfstreamPacket *packet)
{
	return packet_tail(packet, packet->payload_size);
}

#endif /* ENGINE_PLUGINS_PAYLOAD_H */
