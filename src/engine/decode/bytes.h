/*
 * bytes.h
 *	  A stretch of bytes that is read from its front, never past its end.
 *
 * Every getter says whether the bytes were there.  If they were not, neither the stretch nor the value is touched.
 */
#ifndef ENGINE_DECODE_BYTES_H
#define ENGINE_DECODE_BYTES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Bytes
{
	const uint8_t *at;	/* the next byte */
	const uint8_t *end; /* one past the last byte */
} Bytes;

static inline size_t
bytes_left(const Bytes *b)
{
	assert(b->at <= b->end);
	return (size_t) (b->end - b->at);
}

static inline bool
bytes_skip(Bytes *b, size_t count)
{
	if (bytes_left(b) < count)
		return false;
	b->at += count;
	return true;
}

static inline bool
bytes_copy(Bytes *b, void *to, size_t count)
{
	if (bytes_left(b) < count)
		return false;
	memcpy(to, b->at, count);
	b->at += count;
	return true;
}

/* Takes the next bytes as a stretch of their own. */
static inline bool
bytes_take(Bytes *b, size_t count, Bytes *taken)
{
	if (bytes_left(b) < count)
		return false;
	*taken = (Bytes) {b->at, b->at + count};
	b->at += count;
	return true;
}

/* Looks at the next byte without taking it. */
static inline bool
bytes_peek_u8(const Bytes *b, uint8_t *value)
{
	if (bytes_left(b) < 1)
		return false;
	*value = b->at[0];
	return true;
}

static inline bool
bytes_get_u8(Bytes *b, uint8_t *value)
{
	return bytes_peek_u8(b, value) && bytes_skip(b, 1);
}

/* Big-endian, the order of the network. */
static inline bool
bytes_get_be16(Bytes *b, uint16_t *value)
{
	if (bytes_left(b) < 2)
		return false;
	*value = (uint16_t) (b->at[0] << 8 | b->at[1]);
	b->at += 2;
	return true;
}

static inline bool
bytes_get_be24(Bytes *b, uint32_t *value)
{
	if (bytes_left(b) < 3)
		return false;
	*value = (uint32_t) b->at[0] << 16 | (uint32_t) b->at[1] << 8 | b->at[2];
	b->at += 3;
	return true;
}

static inline bool
bytes_get_be32(Bytes *b, uint32_t *value)
{
	if (bytes_left(b) < 4)
		return false;
	*value = (uint32_t) b->at[0] << 24 | (uint32_t) b->at[1] << 16 | (uint32_t) b->at[2] << 8 | b->at[3];
	b->at += 4;
	return true;
}

/* Little-endian. */
static inline bool
bytes_get_le16(Bytes *b, uint16_t *value)
{
	if (bytes_left(b) < 2)
		return false;
	*value = (uint16_t) (b->at[0] | b->at[1] << 8);
	b->at += 2;
	return true;
}

static inline bool
bytes_get_le32(Bytes *b, uint32_t *value)
{
	if (bytes_left(b) < 4)
		return false;
	*value = (uint32_t) b->at[0] | (uint32_t) b->at[1] << 8 | (uint32_t) b->at[2] << 16 | (uint32_t) b->at[3] << 24;
	b->at += 4;
	return true;
}

#endif /* ENGINE_DECODE_BYTES_H */
