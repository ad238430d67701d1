/*
 * ja4_fingerprint.h
 *	  JA4 of a ClientHello.
 */
#ifndef ENGINE_PLUGINS_JA4_FINGERPRINT_H
#define ENGINE_PLUGINS_JA4_FINGERPRINT_H

#include "engine/decode/bytes.h"

#define JA4_LENGTH 36

/* What carried the hello: the fingerprint's first letter. */
typedef enum HelloCarrier
{
	CARRIER_TCP = 't',
	CARRIER_DTLS = 'd',
	CARRIER_QUIC = 'q'
} HelloCarrier;

/*
 * Writes the fingerprint of a ClientHello, which is what follows a handshake message's header, no more than PIECES_BYTES_MAX
 * bytes.  False if it is none, and ends before its extensions.
 */
bool ja4_fingerprint(HelloCarrier carrier, Bytes hello, char text[JA4_LENGTH + 1]);

#endif /* ENGINE_PLUGINS_JA4_FINGERPRINT_H */
