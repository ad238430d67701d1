/*
 * pcapng.h
 *	  Writes a pcapng: one section, an interface for each link type, and packets.
 */
#ifndef PG_FUNCTIONS_PCAPNG_H
#define PG_FUNCTIONS_PCAPNG_H

#include "lib/stringinfo.h"

/* The most bytes of a frame that readers take: libpcap's, Wireshark's and our own limit. */
#define PCAPNG_FRAME_MAX 262144

/* More than a packet adds to its frame, its interface included: bytes. */
#define PCAPNG_PACKET_FIELDS 128

/* A link type has 16 bits in a pcapng. */
#define PCAPNG_LINK_TYPE_MAX 0xffff

typedef struct PcapngPacket
{
	uint64		time; /* ns since 1970 */
	uint16		link_type;
	uint32		captured_length; /* of the frame, at most PCAPNG_FRAME_MAX */
	uint32		wire_length;
	const char *frame;
} PcapngPacket;

typedef struct Pcapng
{
	uint16 *link_types; /* by interface */
	uint32	interfaces;
	uint32	room; /* for so many */
} Pcapng;

/* Appends the section's header.  What is kept of the capture is in the current memory context. */
void pcapng_start(Pcapng *pcapng, StringInfo buffer);

/* Appends a packet, after a description of its interface if it is the first with its link type. */
void pcapng_append(Pcapng *pcapng, StringInfo buffer, const PcapngPacket *packet);

#endif /* PG_FUNCTIONS_PCAPNG_H */
