/*
 * quic_initial.h
 *	  A client's Initial packets of QUIC: whoever sees them can read them.
 */
#ifndef ENGINE_PLUGINS_QUIC_INITIAL_H
#define ENGINE_PLUGINS_QUIC_INITIAL_H

#include "engine/decode/bytes.h"

#define QUIC_CONNECTION_ID_MAX 20

/* A connection id. */
typedef struct QuicId
{
	uint8_t length;
	uint8_t bytes[QUIC_CONNECTION_ID_MAX];
} QuicId;

/* An Initial packet, still encrypted. */
typedef struct QuicInitial
{
	uint32_t version;
	QuicId	 destination;
	Bytes	 packet;		/* from its first byte to the end of its payload */
	size_t	 header_length; /* of this, up to the packet number */
} QuicInitial;

/* Whether a datagram begins with a packet of a version of QUIC that is known here and has TLS, with a long header. */
bool quic_is_known(Bytes datagram);

/*
 * Takes the next Initial packet from a datagram, in which several packets of all types may stand; false if there is none left.
 */
bool quic_take_initial(Bytes *datagram, QuicInitial *initial);

/*
 * Decrypts a packet that a client sent with the keys that follow from this connection id, the first that the client sent packets
 * to.  `room` takes the packet, as many bytes as that has; `frames` is in it.  False if it is not authentic: of the server, of
 * another connection, or no Initial packet at all.
 */
bool quic_decrypt_initial(const QuicInitial *initial, const QuicId *first, uint8_t *room, Bytes *frames);

/*
 * Takes the next CRYPTO frame of a packet of this version: a part of the TLS handshake, from `offset` on.  False if there is none
 * left.
 */
bool quic_take_crypto(uint32_t version, Bytes *frames, uint64_t *offset, Bytes *data);

#endif /* ENGINE_PLUGINS_QUIC_INITIAL_H */
