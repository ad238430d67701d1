/*
 * quic_hello.h
 *	  The ClientHello in the datagrams of a QUIC connection.
 */
#ifndef ENGINE_PLUGINS_QUIC_HELLO_H
#define ENGINE_PLUGINS_QUIC_HELLO_H

#include "engine/plugins/pieces.h"
#include "engine/plugins/quic_initial.h"

/* The bytes of the longest datagram. */
#define QUIC_DATAGRAM_MAX 65535u

/* What has come of a connection's handshake.  All zeros is nothing. */
typedef struct QuicHello
{
	Pieces	 pieces;
	QuicId	 first; /* the keys follow from it, once a packet was read */
	bool	 has_first;
	unsigned tries; /* how often a packet was decrypted, or was to be */
} QuicHello;

/*
 * Looks at a datagram that quic_is_known.  True if it completes a ClientHello: then `hello` is its body, in `connection`.  `room`
 * has QUIC_DATAGRAM_MAX bytes.
 */
bool quic_hello_datagram(QuicHello *connection, Bytes datagram, uint8_t *room, Bytes *hello);

#endif /* ENGINE_PLUGINS_QUIC_HELLO_H */
