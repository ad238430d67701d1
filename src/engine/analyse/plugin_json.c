/*
 * plugin_json.c
 *	  JSON as it is written: values of plugins.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/analyse/plugin_json.h"
#include "engine/base/memory.h"
#include "wire/json.h"
#include "wire/record.h"

/* Decimal digits that every double holds for sure, and digits that tell every double from all others. */
#define DIGITS_SURE 15
#define DIGITS_MAX	17

#define NUMBER_MAX	32 /* bytes of a number's text */

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void
json_free(JsonText *text)
{
	free(text->bytes);
	*text = (JsonText) {0};
}

void
json_put(JsonText *text, const char *bytes, size_t length)
{
	if (text->room - text->length < length)
	{
		text->room = (text->length + length) * 2;
		text->bytes = memory_resize(text->bytes, text->room);
	}
	if (length > 0)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

static void
put_string(JsonText *text, const char *string)
{
	json_put(text, string, strlen(string));
}

void
json_put_integer(JsonText *text, int64_t number)
{
	char	 digits[NUMBER_MAX];
	size_t	 at = sizeof(digits);
	uint64_t rest = number < 0 ? -(uint64_t) number : (uint64_t) number;

	do
		digits[--at] = (char) ('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (number < 0)
		digits[--at] = '-';
	json_put(text, digits + at, sizeof(digits) - at);
}

void
json_put_real(JsonText *text, double number)
{
	char digits[NUMBER_MAX];
	int	 precision = DIGITS_SURE;

	if (!isfinite(number))
	{
		put_string(text, isnan(number) ? "\"NaN\"" : (number > 0 ? "\"Infinity\"" : "\"-Infinity\""));
		return;
	}
	do
		snprintf(digits, sizeof(digits), "%.*g", precision, number);
	while (precision++ < DIGITS_MAX && strtod(digits, NULL) != number);
	put_string(text, digits);
	if (strpbrk(digits, ".e") == NULL)
		put_string(text, ".0");
}

static void
put_escaped(JsonText *text, unsigned char byte)
{
	char escape[8];

	switch (byte)
	{
		case '"':
			put_string(text, "\\\"");
			return;
		case '\\':
			put_string(text, "\\\\");
			return;
		case '\n':
			put_string(text, "\\n");
			return;
		case '\r':
			put_string(text, "\\r");
			return;
		case '\t':
			put_string(text, "\\t");
			return;
		default:
			snprintf(escape, sizeof(escape), "\\u%04x", byte);
			put_string(text, escape);
	}
}

/* How many bytes stand in JSON as they are. */
static size_t
plain_bytes(const char *bytes, size_t length)
{
	size_t plain = 0;

	while (plain < length)
	{
		unsigned char byte = (unsigned char) bytes[plain];
		unsigned	  character = byte < 0x80 ? 1 : utf8_character((const uint8_t *) bytes + plain, length - plain);

		if (byte < 0x20 || byte == '"' || byte == '\\' || character == 0)
			break;
		plain += character;
	}
	return plain;
}

/*
 * How many bytes one U+FFFD stands for, where no character begins: what could have become one, or a single byte, as Unicode
 * recommends (chapter 3, "Substitution of Maximal Subparts") and Python does.
 */
static size_t
broken_bytes(const uint8_t *bytes, size_t length)
{
	uint8_t lead = bytes[0],
			least = lead == 0xe0 ? 0xa0 : (lead == 0xf0 ? 0x90 : 0x80),
			most = lead == 0xed ? 0x9f : (lead == 0xf4 ? 0x8f : 0xbf);
	unsigned whole = lead < 0xc2 || lead > 0xf4 ? 1 : 2 + (lead >= 0xe0) + (lead >= 0xf0);
	size_t	 count = 1;

	if (whole > 2 && length > 1 && bytes[1] >= least && bytes[1] <= most)
		for (count = 2; count < whole - 1 && count < length && (bytes[count] & 0xc0) == 0x80; count++)
			;
	return count;
}

void
json_put_text(JsonText *text, const char *bytes, size_t length)
{
	json_put(text, "\"", 1);
	while (length > 0)
	{
		size_t plain = plain_bytes(bytes, length),
			   taken = 1;

		json_put(text, bytes, plain);
		bytes += plain;
		length -= plain;
		if (length == 0)
			break;
		if (*bytes == '\0' || (unsigned char) *bytes >= 0x80)
		{
			put_string(text, REPLACEMENT);
			taken = broken_bytes((const uint8_t *) bytes, length);
		}
		else
			put_escaped(text, (unsigned char) *bytes);
		bytes += taken;
		length -= taken;
	}
	json_put(text, "\"", 1);
}

static void
put_integers(JsonText *text, const NfstreamValue *value)
{
	json_put(text, "[", 1);
	for (size_t i = 0; i < value->integers.count; i++)
	{
		if (i > 0)
			json_put(text, ",", 1);
		json_put_integer(text, value->integers.items[i]);
	}
	json_put(text, "]", 1);
}

static void
put_texts(JsonText *text, const NfstreamValue *value)
{
	json_put(text, "[", 1);
	for (size_t i = 0; i < value->texts.count; i++)
	{
		if (i > 0)
			json_put(text, ",", 1);
		json_put_text(text, value->texts.items[i].bytes, value->texts.items[i].length);
	}
	json_put(text, "]", 1);
}

/* Whether bytes are JSON that any reader takes. */
static bool
is_json(const char *bytes, size_t length)
{
	size_t at = 0;

	while (at < length)
	{
		unsigned character = utf8_character((const uint8_t *) bytes + at, length - at);

		if (character == 0)
			return false;
		at += character;
	}
	return json_is_plain((const uint8_t *) bytes, length);
}

void
json_put_value(JsonText *text, const NfstreamValue *value)
{
	switch (value->kind)
	{
		case NFSTREAM_NULL:
			put_string(text, "null");
			return;
		case NFSTREAM_BOOLEAN:
			put_string(text, value->integer != 0 ? "true" : "false");
			return;
		case NFSTREAM_INTEGER:
			json_put_integer(text, value->integer);
			return;
		case NFSTREAM_REAL:
			json_put_real(text, value->real);
			return;
		case NFSTREAM_TEXT:
			json_put_text(text, value->text.bytes, value->text.length);
			return;
		case NFSTREAM_INTEGERS:
			put_integers(text, value);
			return;
		case NFSTREAM_TEXTS:
			put_texts(text, value);
			return;
		case NFSTREAM_JSON:
			if (is_json(value->text.bytes, value->text.length))
				json_put(text, value->text.bytes, value->text.length);
			else
				json_put_text(text, value->text.bytes, value->text.length);
			return;
	}
	put_string(text, "null"); /* a kind that nobody knows */
}
