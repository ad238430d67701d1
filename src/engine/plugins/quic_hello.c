/*
 * quic_hello.c
 *	  The ClientHello in the datagrams of a QUIC connection.
 *
 * A client's Initial packets carry the TLS handshake in CRYPTO frames, without records, in whatever order.  Their keys follow
 * from the destination id of the client's first packet, also when the server has chosen another; after a Retry the client begins
 * anew.  So a packet is tried with the id that was good before, and then with its own.  What a server sends has other keys, and
 * is not authentic with these.
 */
#include "engine/plugins/quic_hello.h"

#define MESSAGE_CLIENT_HELLO 1

/* A connection's hello has come long before. */
#define TRIES_MAX 64

static bool
is_same(const QuicId *a, const QuicId *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* Decrypts a packet with the known id or its own; where its own is the right one, the handshake begins anew. */
static bool
decrypt(QuicHello *connection, const QuicInitial *initial, uint8_t *room, Bytes *frames)
{
	if (connection->has_first && connection->tries++ < TRIES_MAX &&
		quic_decrypt_initial(initial, &connection->first, room, frames))
		return true;
	if ((connection->has_first && is_same(&connection->first, &initial->destination)) ||
		connection->tries++ >= TRIES_MAX || !quic_decrypt_initial(initial, &initial->destination, room, frames))
		return false;
	pieces_clear(&connection->pieces);
	connection->first = initial->destination;
	connection->has_first = true;
	return true;
}

/* Whether the front of the handshake is a ClientHello. */
static bool
is_hello(Bytes front, Bytes *hello)
{
	uint8_t	 type;
	uint32_t length;

	return bytes_get_u8(&front, &type) && type == MESSAGE_CLIENT_HELLO && bytes_get_be24(&front, &length) &&
		   bytes_take(&front, length, hello);
}

bool
quic_hello_datagram(QuicHello *connection, Bytes datagram, uint8_t *room, Bytes *hello)
{
	QuicInitial initial;
	Bytes		frames,
		data;
	uint64_t offset;

	while (connection->tries < TRIES_MAX && quic_take_initial(&datagram, &initial))
	{
		if (bytes_left(&initial.packet) > QUIC_DATAGRAM_MAX || !decrypt(connection, &initial, room, &frames))
			continue;
		while (quic_take_crypto(initial.version, &frames, &offset, &data))
			pieces_add(&connection->pieces, offset, data);
		if (is_hello(pieces_front(&connection->pieces), hello))
			return true;
	}
	return false;
}
