/*
 * stream.c
 *	  The bytes of one source, in order, through a window; of a compressed source those that were compressed.
 *
 * Bytes are read in large pieces into a buffer that stays in the processor's cache; what is left of the last piece moves to
 * the front before the next is read.  The buffer grows where more has to be looked at at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/source/source.h"
#include "engine/source/stream.h"

#define PIECE_BYTES ((size_t) 256 << 10)

/* Reads the file's next bytes; returns how many: 0 at its end, or with `error` set. */
static size_t
read_file(Stream *stream, uint8_t *to, size_t room)
{
	uint64_t unread = stream->size - stream->taken;
	ssize_t	 got;

	if (stream->pieces != NULL)
		++*stream->pieces;
	do
		got = read(stream->descriptor, to, room < unread ? room : (size_t) unread);
	while (got < 0 && errno == EINTR && !source_interrupted);
	if (got < 0 || source_interrupted)
		stream->error = got < 0 ? errno : EINTR;
	if (got == 0 && stream->size == STREAM_SIZE_UNKNOWN)
		stream->size = stream->taken;
	if (got <= 0)
		return 0; /* the end; or the file shrank, and what is missing stays missing: stream_left() */
	stream->taken += (uint64_t) got;
	return (size_t) got;
}

/* The same of what a compressed file holds. */
static size_t
read_decompressed(Stream *stream, uint8_t *to, size_t room)
{
	for (;;)
	{
		size_t got = decompressor_run(stream->decompressor, &stream->compressed_next, stream->compressed_end, to, room);

		if (stream->pieces != NULL)
			++*stream->pieces;
		if (got > 0 || stream_damage(stream) != NULL)
			return got;
		got = read_file(stream, stream->compressed, PIECE_BYTES);
		if (got == 0)
		{
			if (stream->error == 0)
				decompressor_finish(stream->decompressor);
			stream->decompressed = stream->error == 0 && stream_damage(stream) == NULL;
			return 0;
		}
		stream->compressed_next = stream->compressed;
		stream->compressed_end = stream->compressed + got;
	}
}

void
stream_open(Stream *stream, int descriptor, uint64_t size)
{
	*stream = (Stream) {.descriptor = descriptor, .size = size, .room = 2 * PIECE_BYTES};
	stream->buffer = memory_resize(NULL, stream->room);
}

void
stream_decompress(Stream *stream)
{
	const uint8_t *magic = stream_look(stream, COMPRESSION_MAGIC_BYTES);
	size_t		   got = stream->end - stream->start;

	if (magic == NULL || (stream->decompressor = decompressor_start(magic)) == NULL)
		return;

	/* What the look has read is the first that is decompressed. */
	stream->compressed = memory_resize(NULL, PIECE_BYTES);
	memcpy(stream->compressed, magic, got);
	stream->compressed_next = stream->compressed;
	stream->compressed_end = stream->compressed + got;
	stream->end = stream->start;
}

static void
end_decompression(Stream *stream)
{
	if (stream->decompressor != NULL)
		decompressor_end(stream->decompressor);
	free(stream->compressed);
	stream->decompressor = NULL;
	stream->compressed = NULL;
	stream->decompressed = false;
}

void
stream_close(Stream *stream)
{
	if (stream->descriptor >= 0)
		close(stream->descriptor);
	end_decompression(stream);
	free(stream->buffer);
	stream->buffer = NULL;
}

int
stream_take_descriptor(Stream *stream)
{
	int descriptor = stream->descriptor;

	stream->descriptor = -1;
	return descriptor;
}

bool
stream_fill(Stream *stream, size_t bytes)
{
	if (bytes > STREAM_WINDOW_MAX || stream_left(stream) < bytes || stream->error != 0)
		return false;

	memmove(stream->buffer, stream->buffer + stream->start, stream->end - stream->start);
	stream->end -= stream->start;
	stream->start = 0;
	if (stream->room < bytes)
	{
		stream->room = bytes;
		stream->buffer = memory_resize(stream->buffer, stream->room);
	}

	while (stream->end < bytes)
	{
		size_t wanted = stream->room - stream->end,
			   got;

		if (wanted > PIECE_BYTES && bytes - stream->end < PIECE_BYTES)
			wanted = PIECE_BYTES;
		got = stream->decompressor == NULL ?
				  read_file(stream, stream->buffer + stream->end, wanted) :
				  read_decompressed(stream, stream->buffer + stream->end, wanted);
		if (got == 0)
			return false;
		stream->end += got;
	}
	return true;
}

bool
stream_skip(Stream *stream, uint64_t bytes)
{
	if (stream_left(stream) < bytes)
		return false;
	while (bytes > 0)
	{
		size_t step = bytes < PIECE_BYTES ? (size_t) bytes : PIECE_BYTES;

		if (stream_look(stream, step) == NULL)
			return false;
		stream_take(stream, step);
		bytes -= step;
	}
	return true;
}

uint64_t
stream_offset(const Stream *stream, const uint8_t *byte)
{
	if (stream->decompressor != NULL || stream->size == STREAM_SIZE_UNKNOWN)
		return UINT64_MAX;
	return stream->offset + (uint64_t) (byte - (stream->buffer + stream->start));
}

/* What was read last is often what is wanted: where it is not in the window, the descriptor is moved, and moved back. */
bool
stream_read_again(Stream *stream, uint64_t offset, uint8_t *to, size_t length)
{
	ssize_t got;

	if (offset >= stream->offset && offset + length <= stream->offset + (stream->end - stream->start))
	{
		memcpy(to, stream->buffer + stream->start + (offset - stream->offset), length);
		return true;
	}
	if (offset + length > stream->taken || lseek(stream->descriptor, (off_t) offset, SEEK_SET) < 0)
		return false;
	got = read(stream->descriptor, to, length);
	return lseek(stream->descriptor, (off_t) stream->taken, SEEK_SET) >= 0 && got == (ssize_t) length;
}

uint64_t
stream_left(const Stream *stream)
{
	if (stream->decompressor == NULL)
		return stream->size - stream->offset;
	return stream->decompressed ? stream->end - stream->start : UINT64_MAX;
}

const char *
stream_damage(const Stream *stream)
{
	return stream->decompressor == NULL ? NULL : decompressor_damage(stream->decompressor);
}

uint64_t
stream_file_bytes(const Stream *stream)
{
	if (stream->decompressor == NULL)
		return stream->offset;
	return stream->taken - (uint64_t) (stream->compressed_end - stream->compressed_next);
}
