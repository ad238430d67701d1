/*
 * encoding.c
 *	  Text that came from outside, made valid in the database's encoding.
 */
#include "postgres.h"

#include "catalog/pg_conversion.h"
#include "catalog/pg_namespace.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "pg/base/encoding.h"
#include "wire/record.h"

/* Bytes of a text that an error shows. */
#define SHOWN_BYTES 400

/* How many bytes at the front are ASCII, which all of the server's encodings share. */
static size_t
ascii_length(const uint8 *bytes, size_t length)
{
	size_t ascii = 0;

	while (ascii < length && !IS_HIGHBIT_SET(bytes[ascii]))
		ascii++;
	return ascii;
}

text *
encoding_from_utf8(const uint8 *utf8, size_t length)
{
	int	   encoding = GetDatabaseEncoding();
	size_t size = length * MAX_CONVERSION_GROWTH + 1;
	size_t used = 0;
	char  *converted;
	Oid	   function;
	text  *result;

	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII || ascii_length(utf8, length) == length)
		return cstring_to_text_with_len((const char *) utf8, length);

	/* The server's own conversion, not one that the search_path leads to. */
	function = FindDefaultConversion(PG_CATALOG_NAMESPACE, PG_UTF8, encoding);
	converted = palloc(size);
	while (length > 0)
	{
		size_t done;

		if (OidIsValid(function))
		{
			done = pg_do_encoding_conversion_buf(function, PG_UTF8, encoding, unconstify(uint8 *, utf8), length,
												 (unsigned char *) converted + used, size - used, true);
			used += strlen(converted + used);
		}
		else
		{
			done = ascii_length(utf8, length);
			memcpy(converted + used, utf8, done);
			used += done;
		}

		/* The character that stopped it has no place in this encoding. */
		if (done < length)
			done += utf8_character(utf8 + done, length - done);
		Assert(done > 0); /* the caller's UTF-8 is valid */
		utf8 += done;
		length -= done;
	}
	result = cstring_to_text_with_len(converted, used);
	pfree(converted);
	return result;
}

/* The bytes of the valid character at the front of a string, 0 if there is none. */
static size_t
character_length(const char *string, size_t length)
{
	size_t longest = Min(length, (size_t) pg_database_encoding_max_length());

	for (size_t bytes = 1; bytes <= longest; bytes++)
		if (pg_verifymbstr(string, bytes, true))
			return bytes;
	return 0;
}

const char *
encoding_valid(const char *string)
{
	size_t length = strlen(string);
	char  *valid;
	char  *end;

	if (pg_verifymbstr(string, length, true))
		return string;

	valid = end = palloc(length + 1);
	while (length > 0)
	{
		size_t bytes = character_length(string, length);

		memcpy(end, string, bytes);
		end += bytes;
		bytes = Max(bytes, 1);
		string += bytes;
		length -= bytes;
	}
	*end = '\0';
	return valid;
}

const char *
encoding_clipped(const char *string)
{
	size_t length = strlen(string);
	int	   shown;

	if (length <= SHOWN_BYTES)
		return encoding_valid(string);
	shown = pg_mbcliplen(string, SHOWN_BYTES + MAX_MULTIBYTE_CHAR_LEN, SHOWN_BYTES);
	return psprintf("%s ...", encoding_valid(pnstrdup(string, shown)));
}

/* A copy of a field's string without control characters but those of `kept`. */
static char *
without_control(const char *field, size_t size, const char *kept)
{
	char *text = pnstrdup(field, size);

	for (char *character = text; *character != '\0'; character++)
		if (((unsigned char) *character < ' ' || *character == 0x7f) && strchr(kept, *character) == NULL)
			*character = ' ';
	return text;
}

const char *
encoding_field(const char *field, size_t size)
{
	return encoding_valid(without_control(field, size, ""));
}

const char *
encoding_lines(const char *field, size_t size)
{
	char  *text = without_control(field, size, "\n\t");
	size_t length = strlen(text);

	while (length > 0 && isspace((unsigned char) text[length - 1]))
		length--;
	text[length] = '\0';
	return encoding_valid(text);
}
