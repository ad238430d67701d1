/*
 * reads.c
 *	  Which attributes of a flow a plugin's source may read.
 *
 * It has to be known before the first byte of the source is executed, for what nobody reads is not computed.  So the source is
 * taken for a row of words.  That finds more than is read (a name in a comment, of another object), which costs time and no value;
 * and it misses what is put together from parts of names, which then is an error that tells what to do: a class's attribute
 * `reads` names them, and with that they stand in the source.
 *
 * A flow as a whole reads all of itself: it is one where the word `flow` stands in a call that makes it a text or a list, in the
 * braces of an f-string, or alone after an equals sign, which gives it another name or leaves it in udps.
 */
#include <string.h>

#include "meter/python/reads.h"

static const char *const read_anything[] = {"getattr", "vars", "dir", "eval", "exec", "__dict__", "__getattribute__", "attrgetter",
											"getmembers", "globals", "locals", NULL};

/* These do so only if they are given a flow. */
static const char *const read_whole[] = {"print", "str", "repr", "format", "list", "dict", "deepcopy", "copy", NULL};

/* These are methods of a flow. */
static const char *const methods[] = {"keys", "values", "__str__", "__repr__", NULL};

typedef struct Words
{
	const char *at; /* of the word at hand */
	size_t		length;
	const char *end; /* of the source */
} Words;

static bool
is_of_word(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_' ||
		   (byte & 0x80) != 0;
}

static bool
next_word(Words *words)
{
	words->at += words->length;
	while (words->at < words->end && !is_of_word(*words->at))
		words->at++;
	for (words->length = 0; words->at + words->length < words->end && is_of_word(words->at[words->length]); words->length++)
		;
	return words->length > 0;
}

static bool
is_word(const Words *words, const char *word)
{
	return strlen(word) == words->length && memcmp(words->at, word, words->length) == 0;
}

static bool
is_one_of(const Words *words, const char *const *list)
{
	for (; *list != NULL; list++)
		if (is_word(words, *list))
			return true;
	return false;
}

/* The first byte after the word that is no blank; 0 at the end. */
static char
byte_after(const Words *words)
{
	const char *at = words->at + words->length;

	while (at < words->end && (*at == ' ' || *at == '\t'))
		at++;
	return at < words->end ? *at : '\0';
}

static char
byte_before(const Words *words, const char *source)
{
	const char *at = words->at;

	while (at > source && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at > source ? at[-1] : '\0';
}

/* Whether the word is a call whose arguments, up to its last parenthesis, have a flow that is not followed by a dot. */
static bool
takes_whole_flow(const Words *words)
{
	Words		inner = *words;
	const char *at = words->at + words->length;
	unsigned	depth = 0;

	if (byte_after(words) != '(')
		return false;
	for (; at < words->end; at++)
	{
		depth += *at == '(';
		if (*at == ')' && --depth == 0)
			break;
	}
	inner.end = at;
	while (next_word(&inner))
		if (is_word(&inner, "flow"))
		{
			inner.end = words->end;
			if (byte_after(&inner) != '.')
				return true;
			inner.end = at;
		}
	return false;
}

static bool
may_read_anything(const Words *words, const char *source)
{
	char before = byte_before(words, source);

	if (is_one_of(words, read_anything) || (is_one_of(words, read_whole) && takes_whole_flow(words)))
		return true;
	if (is_word(words, "flow"))
	{
		char after = byte_after(words);

		return (before == '{' && (after == '}' || after == '!' || after == ':' || after == '=')) || (before == '=' && after != '.');
	}
	return is_one_of(words, methods) && before == '.' && words->at - source >= 5 && memcmp(words->at - 5, "flow.", 5) == 0;
}

ColumnSet
reads_find(const Schema *schema, const char *source, size_t length, bool *all)
{
	ColumnSet found = {0};
	Words	  words = {.at = source, .end = source + length};

	*all = false;
	while (next_word(&words))
	{
		for (unsigned i = 0; i < schema->count; i++)
			if (is_word(&words, schema->columns[i].name))
				column_set_add(&found, i);
		*all = *all || may_read_anything(&words, source);
	}
	for (unsigned i = 0; i < schema->count && *all; i++)
		if (!schema->columns[i].extra)
			column_set_add(&found, i);
	return found;
}
