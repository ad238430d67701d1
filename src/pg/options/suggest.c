/*
 * suggest.c
 *	  What a user may have meant by a name that does not exist.
 *
 * A name is near if it takes few edits to get there from what was typed, or if one contains the other: who types
 * `bytes` may well mean `src2dst_bytes`.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/varlena.h"

#include "pg/options/suggest.h"

/* The most edits from what was typed to a name that is near; nor may they be more than half of its length. */
#define EDITS_MAX 4

/* Shorter names are found in others by accident. */
#define CONTAINED_MIN 3

/* The longest name for which the server counts edits. */
#define LENGTH_MAX 255

void
suggest_start(Suggestions *suggestions, const char *wanted)
{
	*suggestions = (Suggestions) {.wanted = wanted, .wanted_length = strnlen(wanted, LENGTH_MAX + 1)};
}

static bool
contains(const char *name, const char *part)
{
	return strlen(part) >= CONTAINED_MIN && strstr(name, part) != NULL;
}

static void
take_note(Suggestions *suggestions, const char *name, int distance)
{
	int place;

	Assert(suggestions->count <= SUGGESTIONS_MAX);
	for (place = suggestions->count; place > 0 && suggestions->distances[place - 1] > distance; place--)
	{
		if (place < SUGGESTIONS_MAX)
		{
			suggestions->names[place] = suggestions->names[place - 1];
			suggestions->distances[place] = suggestions->distances[place - 1];
		}
	}
	if (place < SUGGESTIONS_MAX)
	{
		suggestions->names[place] = name;
		suggestions->distances[place] = distance;
		suggestions->count = Min(suggestions->count + 1, SUGGESTIONS_MAX);
	}
}

void
suggest_meant(Suggestions *suggestions, const char *name)
{
	take_note(suggestions, name, 0);
}

void
suggest_offer(Suggestions *suggestions, const char *name)
{
	int wanted_length = suggestions->wanted_length;
	int name_length = strlen(name);
	int distance;

	if (wanted_length == 0 || wanted_length > LENGTH_MAX || name_length > LENGTH_MAX)
		return;
	distance = varstr_levenshtein(suggestions->wanted, wanted_length, name, name_length, 1, 1, 1, false);
	if ((distance > EDITS_MAX || distance > wanted_length / 2) &&
		!contains(name, suggestions->wanted) && !contains(suggestions->wanted, name))
		return;
	take_note(suggestions, name, distance);
}

char *
suggest_text(const Suggestions *suggestions)
{
	StringInfoData names;

	if (suggestions->count == 0)
		return NULL;

	initStringInfo(&names);
	for (int i = 0; i < suggestions->count; i++)
		appendStringInfo(&names, "%s\"%s\"", i == 0 ? "" : (i == suggestions->count - 1 ? " or " : ", "),
						 suggestions->names[i]);
	return names.data;
}

char *
suggest_columns(const Schema *schema, const char *wanted)
{
	Suggestions near;

	suggest_start(&near, wanted);
	for (unsigned i = 0; i < schema->count; i++)
		suggest_offer(&near, schema->columns[i].name);
	return suggest_text(&near);
}

/* Whether a schema before this one has a column of this name, which was offered then. */
static bool
was_offered(SchemaId before, const char *name)
{
	for (SchemaId id = 0; id < before; id++)
		if (schema_column(schema_by_id(id), name) >= 0)
			return true;
	return false;
}

char *
suggest_attributes(const char *wanted)
{
	Suggestions near;

	suggest_start(&near, wanted);
	for (SchemaId id = 0; id < SCHEMAS; id++)
	{
		const Schema *schema = schema_by_id(id);

		for (unsigned i = 0; i < schema->count; i++)
			if (!was_offered(id, schema->columns[i].name))
				suggest_offer(&near, schema->columns[i].name);
	}
	return suggest_text(&near);
}
