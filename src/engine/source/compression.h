/*
 * compression.h
 *	  Compressed sources: gzip (RFC 1952) and zstd (RFC 8878), turned back into the bytes that were compressed.
 *
 * What is compressed may be made to hurt.  Memory is bounded by the window that a decompressor keeps: 32 KB for gzip, at most
 * 2^COMPRESSION_WINDOW_LOG_MAX bytes for zstd.  Time is bounded by the growth: a stream that goes on growing by more than
 * COMPRESSION_GROWTH_MAX is damaged.
 */
#ifndef ENGINE_SOURCE_COMPRESSION_H
#define ENGINE_SOURCE_COMPRESSION_H

#include <stddef.h>
#include <stdint.h>

/* How many bytes tell whether a source is compressed, and how. */
#define COMPRESSION_MAGIC_BYTES 4

/* Bytes of window, as a power of 2: what zstd's own programs take if they are not told otherwise. */
#define COMPRESSION_WINDOW_LOG_MAX 27

/*
 * The most bytes that one compressed byte may stand for, on the average and after the first COMPRESSION_GROWTH_FREE bytes.
 * Captures of real traffic shrink to a half or a tenth, a flood of equal packets to a fiftieth.
 */
#define COMPRESSION_GROWTH_MAX	500u
#define COMPRESSION_GROWTH_FREE ((uint64_t) 64 << 20)

typedef struct Decompressor Decompressor;

/* The decompressor of a source that starts with these COMPRESSION_MAGIC_BYTES bytes; NULL if it is not compressed. */
Decompressor *decompressor_start(const uint8_t *magic);
void		  decompressor_end(Decompressor *decompressor);

/*
 * Decompresses what stands at *input, up to input_end, into `output`, which has room for `room` bytes.  Moves *input past
 * what was used and returns how many bytes were written: 0 if there is nothing more to be had of this input, or damage.
 */
size_t decompressor_run(Decompressor *decompressor, const uint8_t **input, const uint8_t *input_end,
						uint8_t *output, size_t room);

/* At the end of the input: whether the compressed stream may end here; if not, that is its damage. */
void decompressor_finish(Decompressor *decompressor);

/* What is wrong with the stream, as a constant text, "a gzip stream that ..."; NULL while nothing is. */
const char *decompressor_damage(const Decompressor *decompressor);

#endif /* ENGINE_SOURCE_COMPRESSION_H */
