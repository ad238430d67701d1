/*
 * tls_stream.h
 *	  The ClientHello in the segments of a TCP connection.
 */
#ifndef ENGINE_PLUGINS_TLS_STREAM_H
#define ENGINE_PLUGINS_TLS_STREAM_H

#include "engine/plugins/pieces.h"

/* A direction of the connection: from `start` on there is a hello, or may be. */
typedef struct TlsSide
{
	Pieces	*pieces; /* what of it has come, once it does not come in one segment */
	uint32_t start;	 /* a sequence number */
	bool	 started;
} TlsSide;

/* All zeros is a connection of which nothing was seen. */
typedef struct TlsStream
{
	TlsSide sides[2];
} TlsStream;

/* A TCP segment. */
typedef struct Segment
{
	uint32_t sequence; /* of its first byte, or of its SYN */
	bool	 syn;
	Bytes	 payload;
} Segment;

/*
 * Looks at a segment of one of the two directions.  True if it completes a ClientHello: then `hello` is what follows the header
 * of that message, in the segment, in the stream or in `scratch`, which has PIECES_BYTES_MAX bytes.
 */
bool tls_stream_segment(TlsStream *stream, unsigned side, const Segment *segment, uint8_t *scratch, Bytes *hello);

/* Frees what it holds. */
void tls_stream_clear(TlsStream *stream);

#endif /* ENGINE_PLUGINS_TLS_STREAM_H */
