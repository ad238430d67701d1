/*
 * packet.h
 *	  A packet: what decoding makes of a frame.
 */
#ifndef ENGINE_DECODE_PACKET_H
#define ENGINE_DECODE_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/source/frame.h"
#include "wire/account.h"

#define IP_ADDRESS_BYTES  16
#define MAC_ADDRESS_BYTES 6

/* How a packet's size is counted: the option accounting_mode. */
typedef enum Accounting
{
	ACCOUNTING_LINK,
	ACCOUNTING_IP,
	ACCOUNTING_TRANSPORT,
	ACCOUNTING_PAYLOAD,
	ACCOUNTING_MODES
} Accounting;

/* The column tunnel_id. */
typedef enum Tunnel
{
	TUNNEL_NONE,
	TUNNEL_GTP,
	TUNNEL_CAPWAP,
	TUNNEL_TZSP
} Tunnel;

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20
#define TCP_ECE 0x40
#define TCP_CWR 0x80

/*
 * What metering needs of one packet; addresses, ports and sizes are those of the innermost IP packet that was decoded, the
 * link layer's size is the outer frame's.
 */
typedef struct Packet
{
	uint8_t		   source_ip[IP_ADDRESS_BYTES]; /* an IPv4 address takes 4 bytes, the others are 0 */
	uint8_t		   destination_ip[IP_ADDRESS_BYTES];
	uint16_t	   source_port; /* 0 where the protocol has none */
	uint16_t	   destination_port;
	uint16_t	   other_port[2];				  /* what Community ID takes for ports: SCTP's, ICMP's type and code; else 0 */
	uint16_t	   vlan_id;						  /* of the innermost tag, 0 without one */
	uint8_t		   protocol;					  /* after all extension headers */
	uint8_t		   ip_version;					  /* 4 or 6 */
	uint8_t		   tunnel;						  /* a Tunnel */
	uint8_t		   tcp_flags;					  /* 0 for other protocols */
	uint8_t		   source_mac[MAC_ADDRESS_BYTES]; /* zeros where the link layer has none */
	uint8_t		   destination_mac[MAC_ADDRESS_BYTES];
	uint32_t	   size[ACCOUNTING_MODES]; /* bytes, by accounting mode */
	const uint8_t *ip;					   /* the innermost IP header, inside the frame's bytes */
	uint32_t	   ip_length;			   /* from there to the end of what was captured */
	uint64_t	   time;				   /* ms; the clock's, once the packet was metered */
	const Frame	  *frame;				   /* which it was decoded from */
} Packet;

#endif /* ENGINE_DECODE_PACKET_H */
