/*
 * pieces.c
 *	  Bytes that arrive in pieces.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/plugins/pieces.h"

static void
append(Pieces *pieces, const uint8_t *bytes, uint32_t length)
{
	if (length == 0)
		return;
	if (pieces->room - pieces->length < length)
	{
		pieces->room = 2 * pieces->room > pieces->length + length ? 2 * pieces->room : pieces->length + length;
		pieces->front = memory_resize(pieces->front, pieces->room);
	}
	memcpy(pieces->front + pieces->length, bytes, length);
	pieces->length += length;
}

/* Adds what of a piece lies after the front's end, where the piece begins no later than that. */
static void
append_rest(Pieces *pieces, uint32_t offset, const uint8_t *bytes, uint32_t length)
{
	uint32_t known = pieces->length - offset;

	if (known < length)
		append(pieces, bytes + known, length - known);
}

/* Keeps a piece for later; of two that begin at the same place the longer one. */
static void
keep(Pieces *pieces, uint32_t offset, const uint8_t *bytes, uint32_t length)
{
	Piece *place = pieces->early + pieces->early_count;

	for (unsigned i = 0; i < pieces->early_count; i++)
		if (pieces->early[i].offset == offset)
		{
			if (pieces->early[i].length >= length)
				return;
			place = pieces->early + i;
		}
	if (place == pieces->early + PIECES_EARLY_MAX)
		return;
	if (place == pieces->early + pieces->early_count)
		*place = (Piece) {.offset = offset, .bytes = memory_get(length)};
	else
		place->bytes = memory_resize(place->bytes, length);
	pieces->early_count += place == pieces->early + pieces->early_count;
	memcpy(place->bytes + place->length, bytes + place->length, length - place->length);
	place->length = length;
}

/* Moves a piece that was kept and now follows on the front; false if there is none. */
static bool
take_early(Pieces *pieces)
{
	for (unsigned i = 0; i < pieces->early_count; i++)
	{
		Piece piece = pieces->early[i];

		if (piece.offset > pieces->length)
			continue;
		pieces->early[i] = pieces->early[--pieces->early_count];
		append_rest(pieces, piece.offset, piece.bytes, piece.length);
		free(piece.bytes);
		return true;
	}
	return false;
}

bool
pieces_add(Pieces *pieces, uint64_t offset, Bytes piece)
{
	uint32_t before = pieces->length;
	size_t	 length = bytes_left(&piece);

	if (offset >= PIECES_BYTES_MAX || length == 0)
		return false;
	if (length > PIECES_BYTES_MAX - offset)
		length = PIECES_BYTES_MAX - offset;
	if (offset > pieces->length)
	{
		keep(pieces, (uint32_t) offset, piece.at, (uint32_t) length);
		return false;
	}
	append_rest(pieces, (uint32_t) offset, piece.at, (uint32_t) length);
	while (take_early(pieces))
		;
	return pieces->length > before;
}

void
pieces_clear(Pieces *pieces)
{
	free(pieces->front);
	for (unsigned i = 0; i < pieces->early_count; i++)
		free(pieces->early[i].bytes);
	*pieces = (Pieces) {0};
}
