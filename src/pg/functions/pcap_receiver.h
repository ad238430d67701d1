/*
 * pcap_receiver.h
 *	  Rows of a query as the packets of a capture.
 */
#ifndef PG_FUNCTIONS_PCAP_RECEIVER_H
#define PG_FUNCTIONS_PCAP_RECEIVER_H

#include "tcop/dest.h"

#include "pg/functions/server_files.h"

/*
 * A receiver that writes each row that it gets to file 0 as a packet of a pcapng; a query without rows makes one without packets.
 *
 * It finds the columns by their names (packet_row.h), whatever others there are.  Errors if one is missing, there twice or of
 * a type that has no such values.
 */
DestReceiver *pcap_receiver_create(ServerFiles *files);

/* How many packets it wrote. */
uint64 pcap_receiver_packets(const DestReceiver *receiver);

#endif /* PG_FUNCTIONS_PCAP_RECEIVER_H */
