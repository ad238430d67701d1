/*
 * compression.c
 *	  Compressed sources: gzip and zstd.
 *
 * A gzip file is a sequence of members, a zstd file one of frames; both are decompressed one after the other, as the
 * programs gzip and zstd do.  The zeros that tapes and some programs write after gzip's last member are passed over.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "engine/base/memory.h"
#include "engine/source/compression.h"

/* For inflateInit2: a gzip header, and the largest window. */
#define GZIP_WINDOW_BITS (16 + MAX_WBITS)

typedef enum Damage
{
	DAMAGE_NONE,
	DAMAGE_CONTENT,
	DAMAGE_CUT,
	DAMAGE_GROWTH,
	DAMAGE_WINDOW
} Damage;

/* What a format does; one row each. */
typedef struct Format
{
	void (*start)(Decompressor *decompressor);
	void (*end)(Decompressor *decompressor);
	size_t (*run)(Decompressor *decompressor, const uint8_t **input, const uint8_t *input_end, uint8_t *output,
				  size_t room);
	const char *damages[DAMAGE_WINDOW + 1];
} Format;

struct Decompressor
{
	const Format *format;
	Damage		  damage;
	bool		  between; /* a member or frame has ended and none has begun: the stream may end here */
	uint64_t	  taken;   /* compressed bytes */
	uint64_t	  given;   /* bytes that they stood for */
	union
	{
		z_stream	  gzip;
		ZSTD_DStream *zstd;
	};
};

/* ---------------------------------------------------------------------------------------------------------------------- gzip */

static void *
get_for_zlib(void *context, unsigned count, unsigned bytes)
{
	(void) context;
	return memory_get((size_t) count * bytes);
}

static void
free_for_zlib(void *context, void *memory)
{
	(void) context;
	free(memory);
}

static void
gzip_start(Decompressor *decompressor)
{
	decompressor->gzip = (z_stream) {.zalloc = get_for_zlib, .zfree = free_for_zlib};
	if (inflateInit2(&decompressor->gzip, GZIP_WINDOW_BITS) != Z_OK)
		abort(); /* the header's zlib is not the library's */
}

static void
gzip_end(Decompressor *decompressor)
{
	inflateEnd(&decompressor->gzip);
}

static size_t
gzip_run(Decompressor *decompressor, const uint8_t **input, const uint8_t *input_end, uint8_t *output, size_t room)
{
	z_stream *gzip = &decompressor->gzip;
	int		  result;

	if (decompressor->between && decompressor->taken > 0)
		while (*input < input_end && **input == 0)
			(*input)++;
	if (decompressor->between && *input == input_end)
		return 0;
	decompressor->between = false;
	gzip->next_in = (uint8_t *) *input;
	gzip->avail_in = (unsigned) (input_end - *input);
	gzip->next_out = output;
	gzip->avail_out = (unsigned) room;
	result = inflate(gzip, Z_NO_FLUSH);
	*input = gzip->next_in;
	if (result == Z_STREAM_END)
	{
		decompressor->between = true;
		inflateReset(gzip);
	}
	else if (result != Z_OK && result != Z_BUF_ERROR)
		decompressor->damage = DAMAGE_CONTENT;
	return room - gzip->avail_out;
}

/* ---------------------------------------------------------------------------------------------------------------------- zstd */

static void
zstd_start(Decompressor *decompressor)
{
	decompressor->zstd = ZSTD_createDStream();
	if (decompressor->zstd == NULL)
		memory_exhausted(ZSTD_DStreamInSize());
	ZSTD_DCtx_setParameter(decompressor->zstd, ZSTD_d_windowLogMax, COMPRESSION_WINDOW_LOG_MAX);
}

static void
zstd_end(Decompressor *decompressor)
{
	ZSTD_freeDStream(decompressor->zstd);
}

static size_t
zstd_run(Decompressor *decompressor, const uint8_t **input, const uint8_t *input_end, uint8_t *output, size_t room)
{
	ZSTD_inBuffer  in = {.src = *input, .size = (size_t) (input_end - *input)};
	ZSTD_outBuffer out = {.dst = output, .size = room};
	size_t		   result;

	if (decompressor->between && in.size == 0)
		return 0;
	result = ZSTD_decompressStream(decompressor->zstd, &out, &in);
	*input += in.pos;
	decompressor->between = result == 0;
	if (ZSTD_isError(result))
		switch (ZSTD_getErrorCode(result))
		{
			case ZSTD_error_memory_allocation:
				memory_exhausted((size_t) 1 << COMPRESSION_WINDOW_LOG_MAX);
			case ZSTD_error_frameParameter_windowTooLarge:
				decompressor->damage = DAMAGE_WINDOW;
				break;
			default:
				decompressor->damage = DAMAGE_CONTENT;
		}
	return out.pos;
}

/* -------------------------------------------------------------------------------------------------------------------- either */

static const Format formats[] = {
	{gzip_start, gzip_end, gzip_run, {
										 [DAMAGE_CONTENT] = "a gzip stream that is damaged",
										 [DAMAGE_CUT] = "a gzip stream that ends too early",
										 [DAMAGE_GROWTH] = "a gzip stream that grows to more than 500 times its size",
									 }},
	{zstd_start, zstd_end, zstd_run, {
										 [DAMAGE_CONTENT] = "a zstd stream that is damaged",
										 [DAMAGE_CUT] = "a zstd stream that ends too early",
										 [DAMAGE_GROWTH] = "a zstd stream that grows to more than 500 times its size",
										 [DAMAGE_WINDOW] = "a zstd stream with a window of more than 128 MB",
									 }},
};

/* The first bytes by which each format is known; the low bits of a skippable frame's may be anything. */
static const struct
{
	const Format *format;
	uint8_t		  magic[COMPRESSION_MAGIC_BYTES];
	uint8_t		  mask[COMPRESSION_MAGIC_BYTES];
} magics[] = {
	{&formats[0], {0x1f, 0x8b, 0x08, 0x00}, {0xff, 0xff, 0xff, 0x00}},
	{&formats[1], {0x28, 0xb5, 0x2f, 0xfd}, {0xff, 0xff, 0xff, 0xff}},
	{&formats[1], {0x50, 0x2a, 0x4d, 0x18}, {0xf0, 0xff, 0xff, 0xff}},
};

static bool
has_magic(const uint8_t *bytes, unsigned row)
{
	for (unsigned i = 0; i < COMPRESSION_MAGIC_BYTES; i++)
		if ((bytes[i] & magics[row].mask[i]) != magics[row].magic[i])
			return false;
	return true;
}

Decompressor *
decompressor_start(const uint8_t *magic)
{
	for (unsigned row = 0; row < sizeof(magics) / sizeof(magics[0]); row++)
	{
		Decompressor *decompressor;

		if (!has_magic(magic, row))
			continue;
		decompressor = memory_get(sizeof(*decompressor));
		decompressor->format = magics[row].format;
		decompressor->between = true;
		decompressor->format->start(decompressor);
		return decompressor;
	}
	return NULL;
}

void
decompressor_end(Decompressor *decompressor)
{
	decompressor->format->end(decompressor);
	free(decompressor);
}

size_t
decompressor_run(Decompressor *decompressor, const uint8_t **input, const uint8_t *input_end, uint8_t *output, size_t room)
{
	size_t written = 0;

	/* A member's header, or one with nothing in it, gives no byte yet. */
	while (written == 0 && decompressor->damage == DAMAGE_NONE)
	{
		const uint8_t *start = *input;

		written = decompressor->format->run(decompressor, input, input_end, output, room);
		decompressor->taken += (uint64_t) (*input - start);
		if (*input == start)
			break;
	}
	assert(written <= room && *input <= input_end);
	decompressor->given += written;
	if (decompressor->given > COMPRESSION_GROWTH_FREE &&
		(decompressor->given - COMPRESSION_GROWTH_FREE) / COMPRESSION_GROWTH_MAX > decompressor->taken)
		decompressor->damage = DAMAGE_GROWTH;
	return written;
}

void
decompressor_finish(Decompressor *decompressor)
{
	if (decompressor->damage == DAMAGE_NONE && !decompressor->between)
		decompressor->damage = DAMAGE_CUT;
}

const char *
decompressor_damage(const Decompressor *decompressor)
{
	return decompressor->format->damages[decompressor->damage];
}
