/*
 * stream.h
 *	  The bytes of one source, in order, through a window; of a compressed source those that were compressed.
 */
#ifndef ENGINE_SOURCE_STREAM_H
#define ENGINE_SOURCE_STREAM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/source/compression.h"

/* The most that can be looked at at once, bytes: larger than any block of a capture that is believed. */
#define STREAM_WINDOW_MAX ((size_t) 32 << 20)

/* As a size: of a pipe, which is read to its end. */
#define STREAM_SIZE_UNKNOWN UINT64_MAX

typedef struct Stream
{
	int				   descriptor; /* the stream's own */
	uint64_t		   size;	   /* bytes that may be read; STREAM_SIZE_UNKNOWN until the end was reached */
	uint64_t		   taken;	   /* bytes read from the descriptor */
	uint64_t		   offset;	   /* of the window's first byte in the source, decompressed */
	uint8_t			  *buffer;
	size_t			   room;
	size_t			   start; /* the window is buffer[start ... end) */
	size_t			   end;
	int				   error;  /* errno of a read that failed, or 0 */
	volatile uint64_t *pieces; /* counts what is read and decompressed, for whoever watches from outside; NULL: nobody does */

	/* Of a compressed source; decompressor is NULL otherwise. */
	Decompressor  *decompressor;
	uint8_t		  *compressed; /* bytes that were read and not decompressed: from next to end */
	const uint8_t *compressed_next;
	const uint8_t *compressed_end;
	bool		   decompressed; /* to its end */
} Stream;

/* Reads at most `size` bytes, or STREAM_SIZE_UNKNOWN, from the descriptor, which it closes in the end. */
void stream_open(Stream *stream, int descriptor, uint64_t size);
void stream_close(Stream *stream);

/* The descriptor becomes the caller's, and nothing more is read. */
int stream_take_descriptor(Stream *stream);

/*
 * Before anything was taken: if the first bytes are those of a compressed source, the stream's bytes are from now on those
 * that were compressed.
 */
void stream_decompress(Stream *stream);

/* Moves the window so that it holds `bytes` bytes, if there are as many: stream_look's slow path. */
bool stream_fill(Stream *stream, size_t bytes);

/* The next `bytes` bytes without taking them, valid until the next call; NULL if there are fewer. */
static inline const uint8_t *
stream_look(Stream *stream, size_t bytes)
{
	if (stream->end - stream->start < bytes && !stream_fill(stream, bytes))
		return NULL;
	return stream->buffer + stream->start;
}

/* How many of the next bytes can be looked at already. */
static inline size_t
stream_seen(const Stream *stream)
{
	return stream->end - stream->start;
}

/* The next bytes, `bytes` of them or as many as there are, stream_seen() says how many. */
static inline const uint8_t *
stream_look_at_most(Stream *stream, size_t bytes)
{
	stream_look(stream, bytes);
	return stream->buffer + stream->start;
}

/* Takes bytes that were looked at. */
static inline void
stream_take(Stream *stream, size_t bytes)
{
	assert(bytes <= stream_seen(stream));
	stream->start += bytes;
	stream->offset += bytes;
}

/* Takes bytes that nobody looks at; false if there are fewer. */
bool stream_skip(Stream *stream, uint64_t bytes);

/*
 * How many bytes should be left: more than there are, if the file shrank.  Of a compressed source it is not known, and
 * UINT64_MAX, until its last byte is in the window, and stays so if it is damaged.
 */
uint64_t stream_left(const Stream *stream);

/* Where a byte of the window stands in the file; UINT64_MAX of a source that is compressed, or may be a pipe. */
uint64_t stream_offset(const Stream *stream, const uint8_t *byte);

/* Reads bytes of the file that stream_offset() has named, `length` of them; false if they are no longer there.  The window stays as it is. */
bool stream_read_again(Stream *stream, uint64_t offset, uint8_t *to, size_t length);

/* What is wrong with a compressed source, as decompressor_damage has it, or NULL. */
const char *stream_damage(const Stream *stream);

/* How many of the file's bytes stand for what was taken so far. */
uint64_t stream_file_bytes(const Stream *stream);

#endif /* ENGINE_SOURCE_STREAM_H */
