/*
 * decode.h
 *	  From a captured frame to the packet that is metered.
 */
#ifndef ENGINE_DECODE_DECODE_H
#define ENGINE_DECODE_DECODE_H

#include "engine/decode/packet.h"
#include "engine/source/frame.h"

/*
 * Decodes one frame down to its innermost IP packet, through the UDP tunnels too if `decode_tunnels` is set.
 *
 * Returns NOT_IGNORED with every field of `packet` set, its time being the frame's; or the reason for which the frame is
 * not metered, and `packet` undefined.  Reads no byte outside the frame.
 */
IgnoreReason decode_frame(const Frame *frame, bool decode_tunnels, Packet *packet);

/* Whether frames of this link type (libpcap's DLT number) can be decoded at all. */
bool decode_knows_link_type(uint32_t link_type);

/* The link types that can be decoded, by index from 0; false after the last. */
bool decode_link_type(unsigned index, uint32_t *link_type);

#endif /* ENGINE_DECODE_DECODE_H */
