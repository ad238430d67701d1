/*
 * waiting.h
 *	  Packets of a flow that nDPI is told of when the flow leaves: where they stand in the source.
 */
#ifndef ENGINE_ANALYSE_WAITING_H
#define ENGINE_ANALYSE_WAITING_H

#include "engine/analyse/dpi.h"
#include "engine/decode/packet.h"
#include "engine/source/source.h"

/* Of one flow, from its first packet on; NULL: none. */
typedef struct WaitingPackets WaitingPackets;

/* Adds the packet at hand, of the source's latest frame; false if the source cannot read it again. */
bool waiting_add(WaitingPackets **waiting, const Source *source, const Packet *packet);

/* Reads them again and tells nDPI of them, until it has decided; what cannot be read any more is left out. */
void waiting_tell(const WaitingPackets *waiting, Source *source, Dpi *dpi, DpiFlow *flow);

void waiting_free(WaitingPackets *waiting);

#endif /* ENGINE_ANALYSE_WAITING_H */
