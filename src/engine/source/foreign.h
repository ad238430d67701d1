/*
 * foreign.h
 *	  What a file is that is no capture, by its first bytes.
 */
#ifndef ENGINE_SOURCE_FOREIGN_H
#define ENGINE_SOURCE_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

#include "wire/foreign.h"

/* How many of a file's first bytes are enough to tell; with fewer, less is known. */
#define FOREIGN_BYTES 263

/* What a file is that starts with these bytes: *text says it, as a constant "it is ..."; FOREIGN_UNKNOWN leaves it alone. */
ForeignFormat foreign_format(const uint8_t *bytes, size_t length, const char **text);

#endif /* ENGINE_SOURCE_FOREIGN_H */
