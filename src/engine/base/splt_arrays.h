/*
 * splt_arrays.h
 *	  The packets of a flow that SPLT keeps, for the option splt_analysis and for the plugin.
 */
#ifndef ENGINE_BASE_SPLT_ARRAYS_H
#define ENGINE_BASE_SPLT_ARRAYS_H

#include <stdint.h>

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

#endif /* ENGINE_BASE_SPLT_ARRAYS_H */
