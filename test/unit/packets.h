/*
 * packets.h
 *	  Decoded packets made by hand, for what comes after decoding.
 */
#ifndef PACKETS_H
#define PACKETS_H

#include <arpa/inet.h>

#include "cases.h"
#include "engine/decode/packet.h"

#define TCP 6
#define UDP 17

/* Writes an address as a Packet has it; returns its version. */
static inline uint8_t
address_of(const char *text, uint8_t address[IP_ADDRESS_BYTES])
{
	bool six = strchr(text, ':') != NULL;

	memset(address, 0, IP_ADDRESS_BYTES);
	assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, text, address), 1);
	return six ? 6 : 4;
}

/* A UDP packet of 100, 90, 70 and 60 bytes by the accounting modes, at time 0. */
static inline Packet
packet_between(const char *source, uint16_t source_port, const char *destination, uint16_t destination_port)
{
	Packet packet = {
		.source_port = source_port,
		.destination_port = destination_port,
		.protocol = UDP,
		.size = {100, 90, 70, 60},
	};

	packet.ip_version = address_of(source, packet.source_ip);
	assert_int_equal(address_of(destination, packet.destination_ip), packet.ip_version);
	return packet;
}

/* The answer to a packet. */
static inline Packet
reversed(const Packet *packet)
{
	Packet back = *packet;

	memcpy(back.source_ip, packet->destination_ip, IP_ADDRESS_BYTES);
	memcpy(back.destination_ip, packet->source_ip, IP_ADDRESS_BYTES);
	memcpy(back.source_mac, packet->destination_mac, MAC_ADDRESS_BYTES);
	memcpy(back.destination_mac, packet->source_mac, MAC_ADDRESS_BYTES);
	back.source_port = packet->destination_port;
	back.destination_port = packet->source_port;
	return back;
}

/* A packet between two of `hosts` hosts and two of `ports` ports, of either version of IP, either way. */
static inline Packet
random_packet(Random *numbers, uint32_t hosts, uint32_t ports)
{
	Packet packet = {
		.source_port = (uint16_t) random_below(numbers, ports),
		.destination_port = (uint16_t) random_below(numbers, ports),
		.protocol = random_below(numbers, 2) == 0 ? TCP : UDP,
		.ip_version = random_below(numbers, 3) == 0 ? 6 : 4,
		.vlan_id = (uint16_t) random_below(numbers, 2),
		.tunnel = (uint8_t) random_below(numbers, 2),
		.size = {100, 90, 70, 60},
	};
	uint32_t source = htonl(random_below(numbers, hosts)),
			 destination = htonl(random_below(numbers, hosts));

	memcpy(packet.source_ip, &source, sizeof(source));
	memcpy(packet.destination_ip, &destination, sizeof(destination));
	return packet;
}

#endif /* PACKETS_H */
