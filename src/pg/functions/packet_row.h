/*
 * packet_row.h
 *	  A row of a table of packets as a packet of a capture.
 */
#ifndef PG_FUNCTIONS_PACKET_ROW_H
#define PG_FUNCTIONS_PACKET_ROW_H

#include "pg/functions/pcapng.h"

/* What a row must have, in the order of nfstream_pcap()'s arguments. */
typedef enum PacketColumn
{
	PACKET_CAPTURED_AT,
	PACKET_LINK_TYPE,
	PACKET_CAPTURED_LENGTH,
	PACKET_RAW_SIZE,
	PACKET_FRAME,
	PACKET_COLUMNS
} PacketColumn;

/* As tables of packets call it. */
const char *packet_column_name(PacketColumn column);

/*
 * Makes a packet of a row's values, whose frame is in the value or, if it was compressed or out of line, in the current memory
 * context.
 *
 * values: PACKET_FRAME is a bytea, PACKET_CAPTURED_AT a timestamptz or, where `is_nanoseconds`, an int64, the others are int64.
 * Returns false for a row without a frame.  Errors if the row has a frame and anything else is NULL, out of range or contradicts it.
 */
bool packet_of_row(const NullableDatum values[PACKET_COLUMNS], bool is_nanoseconds, PcapngPacket *packet);

/* A column's numeric, rounded; errors if it is not a number of 64 bits. */
int64 packet_int64(Datum number, PacketColumn column);

#endif /* PG_FUNCTIONS_PACKET_ROW_H */
