/*
 * json.h
 *	  JSON in a record, as whoever reads it may rely on.
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arrays and objects in each other. */
#define JSON_DEPTH_MAX 64

/* The characters of a number, and the digits of its exponent. */
#define JSON_NUMBER_MAX	  1000
#define JSON_EXPONENT_MAX 3

/*
 * Whether a text, which is UTF-8, is JSON (RFC 8259) in the plain form that any reader takes, PostgreSQL's json and jsonb too:
 * no deeper and with no longer numbers than above, and with \u escapes for control characters alone, of which NUL is none; all
 * other characters stand as they are.
 */
bool json_is_plain(const uint8_t *text, size_t length);

#endif /* WIRE_JSON_H */
