/*
 * packet_rows.h
 *	  From a packet to its record, where rows are packets.
 */
#ifndef ENGINE_FLOW_PACKET_ROWS_H
#define ENGINE_FLOW_PACKET_ROWS_H

#include "engine/flow/condition_program.h"
#include "engine/flow/emit.h"

typedef struct PacketRows
{
	RecordSink		 sink;
	bool			 has_flows; /* packets come with their flows */
	unsigned		 count;
	uint8_t			 columns[COLUMNS_MAX];		  /* the indexes of the request's, in the schema's order */
	const Column	*overwritten[COLUMNS_MAX][2]; /* by column and the packet's side: what plugins write over in the flow; NULL: nothing */
	OpenAnalyser	 rewriter;
	ConditionProgram condition;
	size_t			 fixed_bytes; /* of a record, but for record_bound_of(): an upper bound */
} PacketRows;

/* The request's condition and the analysis stay the caller's. */
void packet_rows_start(PacketRows *rows, const MeterRequest *request, const Analysis *analysis, RecordSink sink);
void packet_rows_end(PacketRows *rows);

/*
 * Writes the record of packet number `place`, which is in `file`; false if the request's condition does not want it.
 *
 * flow, joining: its flow, which it has just joined or is about to; NULL unless rows->has_flows.
 */
bool packet_row(const PacketRows *rows, const Packet *packet, uint64_t place, uint32_t file, Flow *flow, const FlowPacket *joining);

#endif /* ENGINE_FLOW_PACKET_ROWS_H */
