/*
 * pieces.h
 *	  Bytes that arrive in pieces: what a protocol cuts up, put together again.
 *
 * A piece says where it belongs.  What follows on the front, all bytes from the first without a gap, is added to it; what comes
 * too early is kept for later, up to PIECES_EARLY_MAX pieces.  Where pieces overlap, the bytes that came first stay.  Nothing is
 * kept from PIECES_BYTES_MAX on, and no more memory is taken than there were bytes.
 */
#ifndef ENGINE_PLUGINS_PIECES_H
#define ENGINE_PLUGINS_PIECES_H

#include "engine/decode/bytes.h"

#define PIECES_BYTES_MAX 16384u
#define PIECES_EARLY_MAX 16u

typedef struct Piece
{
	uint32_t offset;
	uint32_t length;
	uint8_t *bytes;
} Piece;

/* All zeros is one without any piece. */
typedef struct Pieces
{
	uint8_t *front;
	uint32_t length; /* of the front, bytes */
	uint32_t room;
	unsigned early_count;
	Piece	 early[PIECES_EARLY_MAX];
} Pieces;

/* Adds a piece; true if the front has grown. */
bool pieces_add(Pieces *pieces, uint64_t offset, Bytes piece);

/* Forgets all, and frees what it holds: it is as new. */
void pieces_clear(Pieces *pieces);

static inline Bytes
pieces_front(const Pieces *pieces)
{
	static const uint8_t nothing[1];
	const uint8_t		*front = pieces->front == NULL ? nothing : pieces->front;

	return (Bytes) {front, front + pieces->length};
}

#endif /* ENGINE_PLUGINS_PIECES_H */
