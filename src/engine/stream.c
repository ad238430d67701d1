/*
 * stream.c
 *	  The bytes of one source, in order, through a window.
 *
 * Bytes are read in large pieces into a buffer that stays in the processor's cache; what is left of the last piece moves to
 * the front before the next is read.  The buffer grows where more has to be looked at at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/memory.h"
#include "engine/stream.h"

#define PIECE_BYTES	((size_t) 256 << 10)

void
stream_open(Stream *stream, int descriptor, uint64_t size)
{
	*stream = (Stream) {.descriptor = descriptor, .size = size, .room = 2 * PIECE_BYTES};
	stream->buffer = memory_resize(NULL, stream->room);
}

void
stream_close(Stream *stream)
{
	close(stream->descriptor);
	free(stream->buffer);
	stream->buffer = NULL;
}

bool
stream_rewind(Stream *stream)
{
	stream->error = 0;
	if (lseek(stream->descriptor, 0, SEEK_SET) != 0)
	{
		stream->error = errno;
		return false;
	}
	stream->taken = stream->offset = 0;
	stream->start = stream->end = 0;
	return true;
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
		uint64_t	unread = stream->size - stream->taken;
		size_t		wanted = stream->room - stream->end;
		ssize_t		got;

		if (wanted > PIECE_BYTES && bytes - stream->end < PIECE_BYTES)
			wanted = PIECE_BYTES;
		got = read(stream->descriptor, stream->buffer + stream->end, wanted < unread ? wanted : (size_t) unread);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			stream->error = errno;
		if (got <= 0)
			return false;		/* 0: the file shrank, and what is missing stays missing: stream_left() */
		stream->end += (size_t) got;
		stream->taken += (uint64_t) got;
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
		size_t		step = bytes < PIECE_BYTES ? (size_t) bytes : PIECE_BYTES;

		if (stream_look(stream, step) == NULL)
			return false;
		stream_take(stream, step);
		bytes -= step;
	}
	return true;
}

uint64_t
stream_left(const Stream *stream)
{
	return stream->size - stream->offset;
}
