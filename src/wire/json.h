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

/* A part of a text that json_is_plain(): a value without space around it, or what stands between the quotes of a string. */
typedef struct JsonPart
{
	const uint8_t *text;
	size_t		   length;
} JsonPart;

/* A walk over the members of an object, or over the elements of an array. */
typedef struct JsonWalk
{
	const uint8_t *at;
	const uint8_t *end;
	bool		   is_object;
} JsonWalk;

/* Begins a walk over what is in a text that json_is_plain(), or in a value of one; false if that is neither an object nor an array. */
bool json_walk(JsonPart container, JsonWalk *walk);

/* Steps to the next value; of an object's member, `name` is what stands between the quotes of its name.  False after the last. */
bool json_walk_next(JsonWalk *walk, JsonPart *name, JsonPart *value);

/* Whether a value is a string; if so, what stands between its quotes. */
bool json_is_string(JsonPart value, JsonPart *inside);

/*
 * Writes what stands between the quotes of a string without its escapes; there must be room for as many bytes as it has.  Returns
 * how many were written.
 */
size_t json_unescape(JsonPart inside, char *to);

#endif /* WIRE_JSON_H */
