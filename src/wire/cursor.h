/*
 * cursor.h
 *	  Reading what has come from another process, which may be anything, from its front.
 */
#ifndef WIRE_CURSOR_H
#define WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Takes `length` bytes off the front, and copies them; false if there are fewer. */
static inline bool
cursor_take(const uint8_t **cursor, const uint8_t *end, void *to, size_t length)
{
	if ((size_t) (end - *cursor) < length)
		return false;
	memcpy(to, *cursor, length);
	*cursor += length;
	return true;
}

#endif /* WIRE_CURSOR_H */
