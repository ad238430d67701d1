/*
 * dtls_hello.h
 *	  The ClientHello in the datagrams of a DTLS association.
 */
#ifndef ENGINE_PLUGINS_DTLS_HELLO_H
#define ENGINE_PLUGINS_DTLS_HELLO_H

#include "engine/plugins/pieces.h"

/* A message that comes in fragments.  All zeros is none. */
typedef struct DtlsHello
{
	Pieces	 pieces;
	uint32_t length;
	uint16_t number;
} DtlsHello;

/* Whether a datagram begins with a record of a DTLS handshake; `datagram` then begins with that. */
bool dtls_is_handshake(Bytes *datagram);

/* Looks at such a datagram.  True if it completes a ClientHello: then `hello` is its body, in the datagram or in `message`. */
bool dtls_hello_datagram(DtlsHello *message, Bytes datagram, Bytes *hello);

#endif /* ENGINE_PLUGINS_DTLS_HELLO_H */
