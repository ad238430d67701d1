/*
 * json.c
 *	  Checking JSON, which may be anything, and walking over it then.
 *
 * The check is one walk over the text, without recursion: which of the open containers are objects is kept as bits, the innermost
 * the lowest.
 */
#include <string.h>

#include "wire/json.h"

_Static_assert(JSON_DEPTH_MAX <= 64, "a bit for each open container");

typedef struct Reader
{
	const uint8_t *at;
	const uint8_t *end;
} Reader;

static bool
take(Reader *reader, char wanted)
{
	if (reader->at == reader->end || *reader->at != (uint8_t) wanted)
		return false;
	reader->at++;
	return true;
}

static void
skip_space(Reader *reader)
{
	while (reader->at < reader->end && *reader->at <= ' ' &&
		   (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r'))
		reader->at++;
}

/* How many digits follow, which are taken. */
static size_t
take_digits(Reader *reader)
{
	const uint8_t *start = reader->at;

	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return (size_t) (reader->at - start);
}

static bool
take_number(Reader *reader)
{
	const uint8_t *start = reader->at;
	size_t		   digits;

	(void) take(reader, '-');
	if (!take(reader, '0') && take_digits(reader) == 0)
		return false;
	if (take(reader, '.') && take_digits(reader) == 0)
		return false;
	if (take(reader, 'e') || take(reader, 'E'))
	{
		if (!take(reader, '+'))
			(void) take(reader, '-');
		digits = take_digits(reader);
		if (digits == 0 || digits > JSON_EXPONENT_MAX)
			return false;
	}
	return reader->at - start <= JSON_NUMBER_MAX;
}

static bool
take_word(Reader *reader, const char *word)
{
	size_t length = strlen(word);

	if ((size_t) (reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
		return false;
	reader->at += length;
	return true;
}

static bool
is_hexadecimal(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* What follows a backslash: one character, or u0001 to u001f. */
static bool
take_escape(Reader *reader)
{
	if (reader->at == reader->end)
		return false;
	if (*reader->at != 'u')
		return *reader->at != '\0' && strchr("\"\\/bfnrt", *reader->at++) != NULL;
	reader->at++;
	if (!take_word(reader, "00") || reader->end - reader->at < 2)
		return false;
	if ((reader->at[0] != '0' && reader->at[0] != '1') || !is_hexadecimal(reader->at[1]) ||
		(reader->at[0] == '0' && reader->at[1] == '0'))
		return false;
	reader->at += 2;
	return true;
}

static bool
take_string(Reader *reader)
{
	if (!take(reader, '"'))
		return false;
	while (reader->at < reader->end)
	{
		uint8_t byte = *reader->at++;

		if (byte == '"')
			return true;
		if (byte < 0x20 || (byte == '\\' && !take_escape(reader)))
			return false;
	}
	return false;
}

/* The name of an object's member, and the colon. */
static bool
take_name(Reader *reader)
{
	skip_space(reader);
	if (!take_string(reader))
		return false;
	skip_space(reader);
	return take(reader, ':');
}

static bool
take_scalar(Reader *reader)
{
	if (reader->at == reader->end)
		return false;
	switch (*reader->at)
	{
		case '"':
			return take_string(reader);
		case 't':
			return take_word(reader, "true");
		case 'f':
			return take_word(reader, "false");
		case 'n':
			return take_word(reader, "null");
		default:
			return take_number(reader);
	}
}

/* Takes the ends of the containers that end after a value, and the comma before the next one; false if it was the last. */
static bool
take_ends(Reader *reader, uint64_t *objects, unsigned *depth)
{
	for (;;)
	{
		skip_space(reader);
		if (*depth == 0)
			return false;
		if (take(reader, ','))
			return true;
		if (!take(reader, *objects & 1 ? '}' : ']'))
			return false;
		*objects >>= 1;
		--*depth;
	}
}

bool
json_is_plain(const uint8_t *text, size_t length)
{
	Reader	 reader = {text, text + length};
	uint64_t objects = 0;
	unsigned depth = 0;

	for (;;)
	{
		bool is_object,
			is_empty = false;

		skip_space(&reader);
		is_object = take(&reader, '{');
		if (is_object || take(&reader, '['))
		{
			if (depth == JSON_DEPTH_MAX)
				return false;
			objects = objects << 1 | is_object;
			depth++;
			skip_space(&reader);
			is_empty = reader.at < reader.end && *reader.at == (is_object ? '}' : ']');
			if (!is_empty && is_object && !take_name(&reader))
				return false;
			if (!is_empty)
				continue;
		}
		else if (!take_scalar(&reader))
			return false;

		if (!take_ends(&reader, &objects, &depth))
			return depth == 0 && reader.at == reader.end;
		if (objects & 1 && !take_name(&reader))
			return false;
	}
}

/* Takes a number or a word of a plain text. */
static void
take_characters(Reader *reader)
{
	while (reader->at < reader->end && *reader->at > ' ' && *reader->at != ',' && *reader->at != ']' && *reader->at != '}')
		reader->at++;
}

/* Takes a value of a plain text, whatever is in it. */
static void
take_value(Reader *reader)
{
	unsigned depth = 0;

	do
	{
		uint8_t byte = *reader->at;

		if (byte == '"')
			(void) take_string(reader);
		else
		{
			if (byte == '{' || byte == '[')
				depth++;
			else if (byte == '}' || byte == ']')
				depth--;
			else if (depth == 0)
			{
				take_characters(reader);
				return;
			}
			reader->at++;
		}
	} while (depth > 0 && reader->at < reader->end);
}

bool
json_walk(JsonPart container, JsonWalk *walk)
{
	Reader reader = {container.text, container.text + container.length};

	skip_space(&reader);
	walk->is_object = take(&reader, '{');
	if (!walk->is_object && !take(&reader, '['))
		return false;
	walk->at = reader.at;
	walk->end = reader.end;
	return true;
}

bool
json_walk_next(JsonWalk *walk, JsonPart *name, JsonPart *value)
{
	Reader reader = {walk->at, walk->end};

	skip_space(&reader);
	(void) take(&reader, ',');
	skip_space(&reader);
	if (reader.at == reader.end || *reader.at == '}' || *reader.at == ']')
		return false;
	if (walk->is_object)
	{
		name->text = reader.at + 1;
		(void) take_string(&reader);
		name->length = (size_t) (reader.at - 1 - name->text);
		skip_space(&reader);
		(void) take(&reader, ':');
		skip_space(&reader);
	}
	value->text = reader.at;
	take_value(&reader);
	value->length = (size_t) (reader.at - value->text);
	walk->at = reader.at;
	return true;
}

bool
json_is_string(JsonPart value, JsonPart *inside)
{
	if (value.length < 2 || value.text[0] != '"')
		return false;
	*inside = (JsonPart) {value.text + 1, value.length - 2};
	return true;
}

static unsigned
hexadecimal(uint8_t digit)
{
	return digit <= '9' ? digit - (unsigned) '0' : (digit | 0x20u) - 'a' + 10u;
}

size_t
json_unescape(JsonPart inside, char *to)
{
	static const char escapes[] = "b\bf\fn\nr\rt\t"; /* a letter, and what it stands for */
	const uint8_t	 *at = inside.text,
				  *end = inside.text + inside.length;
	char *start = to;

	while (at < end)
	{
		const uint8_t *backslash = memchr(at, '\\', (size_t) (end - at));
		size_t		   plain = (size_t) ((backslash == NULL ? end : backslash) - at);

		memcpy(to, at, plain);
		to += plain;
		at += plain;
		if (end - at < 2)
			break;
		if (at[1] == 'u' && end - at >= 6)
		{
			*to++ = (char) (hexadecimal(at[4]) << 4 | hexadecimal(at[5]));
			at += 6;
			continue;
		}
		*to = (char) at[1];
		for (const char *escape = escapes; *escape != '\0'; escape += 2)
			if (*escape == (char) at[1])
				*to = escape[1];
		to++;
		at += 2;
	}
	return (size_t) (to - start);
}
