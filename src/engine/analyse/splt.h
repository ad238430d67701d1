/*
 * splt.h
 *	  Sequence of packet lengths and times: directions, sizes and intervals of a flow's first packets.  The option splt_analysis.
 */
#ifndef ENGINE_ANALYSE_SPLT_H
#define ENGINE_ANALYSE_SPLT_H

#include "engine/flow/analyser.h"

typedef struct SpltPacket
{
	uint64_t interval; /* ms since the flow's previous packet, 0 for the first */
	uint32_t size;	   /* bytes */
	uint8_t	 side;	   /* ColumnSide: 0 or 1 */
} SpltPacket;

/* A flow's; all zeros is empty.  Grows with use: most flows are short, and up to 65,535 packets may be asked for. */
typedef struct SpltArrays
{
	SpltPacket *packets;
	uint32_t	count;
	uint32_t	room;
} SpltArrays;

/* Keeps the packet, if fewer than `limit` are kept yet. */
void splt_add(SpltArrays *arrays, uint32_t limit, SpltPacket packet);
void splt_free(SpltArrays *arrays);

/* Fills the columns of GROUP_SPLT; its state is a SpltArrays. */
extern const Analyser splt_analyser;

#endif /* ENGINE_ANALYSE_SPLT_H */
