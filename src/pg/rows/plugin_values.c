/*
 * plugin_values.c
 *	  The values that plugins left in a flow, each for itself.
 *
 * A row's udps is walked once for all columns that want a value of it.  Flows have their values in the same order, mostly: so the
 * search for a member's name starts after the value that was found last.
 *
 * Which types there are only the database knows, extensions' among them; what all of them have is a function that reads text.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/base/encoding.h"
#include "pg/base/varlena.h"
#include "pg/rows/plugin_jsonb.h"
#include "pg/rows/plugin_values.h"

struct PluginValueType
{
	Oid				 type;
	int32			 modifier;
	bool			 is_json;
	FmgrInfo		 input;
	Oid				 input_parameter;
	PluginValueType *element; /* of an array; NULL: it is none */
	int16			 length;
	bool			 by_value;
	char			 alignment;
};

/* A list that becomes an array, whose elements are lists themselves if it has several dimensions. */
typedef struct ListReader
{
	PluginValueType *element;
	int				 dimensions;
	int				 sizes[MAXDIM]; /* -1: none was seen yet */
	Datum			*datums;
	bool			*nulls;
	int				 count;
	int				 room;
} ListReader;

PluginValue
plugin_value_named(const char *name)
{
	PluginValue value = {0};

	/* With SQL_ASCII nobody knows what the bytes mean: they stay as they are. */
	value.name = GetDatabaseEncoding() == PG_SQL_ASCII ? name : pg_server_to_any(name, strlen(name), PG_UTF8);
	value.name = pstrdup(value.name);
	value.name_length = strlen(value.name);
	return value;
}

bool
plugin_value_is(const PluginValue *value, JsonPart member)
{
	char  *plain;
	size_t length;
	bool   same;

	if (member.length < value->name_length)
		return false;
	if (memchr(member.text, '\\', member.length) == NULL)
		return member.length == value->name_length && memcmp(member.text, value->name, member.length) == 0;
	plain = palloc(member.length);
	length = json_unescape(member, plain);
	same = length == value->name_length && memcmp(plain, value->name, length) == 0;
	pfree(plain);
	return same;
}

void
plugin_values_find(const RecordValue *udps, PluginValue *values, int count)
{
	JsonWalk walk;
	JsonPart name,
		value;
	int next = 0;

	for (int i = 0; i < count; i++)
		values[i].found = false;
	if (!json_walk((JsonPart) {udps->b.bytes, udps->b.length}, &walk) || !walk.is_object)
		return;
	while (json_walk_next(&walk, &name, &value))
		for (int i = 0; i < count; i++)
		{
			int at = (next + i) % count;

			if (plugin_value_is(&values[at], name))
			{
				values[at].found = true;
				values[at].json = value;
				next = at + 1;
				break;
			}
		}
}

PluginValueType *
plugin_value_type(Oid type, int32 modifier)
{
	PluginValueType *prepared = palloc0(sizeof(*prepared));
	Oid				 input,
		element = get_element_type(type);

	prepared->type = type;
	prepared->modifier = modifier;
	prepared->is_json = type == JSONOID || type == JSONBOID;
	getTypeInputInfo(type, &input, &prepared->input_parameter);
	fmgr_info(input, &prepared->input);
	get_typlenbyvalalign(type, &prepared->length, &prepared->by_value, &prepared->alignment);
	if (OidIsValid(element))
		prepared->element = plugin_value_type(element, modifier);
	return prepared;
}

text *
plugin_value_text(JsonPart value)
{
	JsonPart inside;
	char	*plain;

	if (!json_is_string(value, &inside))
		return encoding_from_utf8(value.text, value.length);
	plain = palloc(inside.length + 1);
	return encoding_from_utf8((const uint8 *) plain, json_unescape(inside, plain));
}

/* How many dimensions an array from a list has: as deep as there is a list at the front of the one around it. */
static int
list_dimensions(JsonPart list)
{
	JsonWalk walk;
	JsonPart name;
	int		 dimensions = 1;

	while (json_walk(list, &walk) && json_walk_next(&walk, &name, &list) && list.text[0] == '[')
		dimensions++;
	return dimensions;
}

static void
add_element(ListReader *reader, JsonPart value)
{
	if (reader->count == reader->room)
	{
		reader->room = Max(2 * reader->room, 16);
		reader->datums = repalloc(reader->datums, reader->room * sizeof(Datum));
		reader->nulls = repalloc(reader->nulls, reader->room * sizeof(bool));
	}
	reader->nulls[reader->count] = !plugin_value_read(reader->element, value, &reader->datums[reader->count]);
	reader->count++;
}

/* Adds the elements of a list at this depth, from 0. */
static void
add_list(ListReader *reader, JsonPart list, int depth)
{
	JsonWalk walk;
	JsonPart name,
		value;
	bool is_last = depth == reader->dimensions - 1;
	int	 size = 0;

	(void) json_walk(list, &walk);
	for (; json_walk_next(&walk, &name, &value); size++)
	{
		bool is_list = value.text[0] == '[' && !reader->element->is_json;

		if (is_list == is_last)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("a list of values and lists cannot be an array")));
		if (is_last)
			add_element(reader, value);
		else
			add_list(reader, value, depth + 1);
	}
	if (reader->sizes[depth] >= 0 && reader->sizes[depth] != size)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("lists of different lengths cannot be the elements of an array")));
	reader->sizes[depth] = size;
}

static Datum
read_list(PluginValueType *type, JsonPart list)
{
	int		   lower_bounds[MAXDIM];
	ListReader reader = {
		.element = type->element,
		.dimensions = type->element->is_json ? 1 : list_dimensions(list),
		.datums = palloc(sizeof(Datum)),
		.nulls = palloc(sizeof(bool)),
		.room = 1,
	};

	if (reader.dimensions > MAXDIM)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("number of array dimensions (%d) exceeds the maximum allowed (%d)", reader.dimensions, MAXDIM)));
	for (int i = 0; i < reader.dimensions; i++)
	{
		reader.sizes[i] = -1;
		lower_bounds[i] = 1;
	}
	add_list(&reader, list, 0);
	if (reader.count == 0)
		return PointerGetDatum(construct_empty_array(reader.element->type));
	return PointerGetDatum(construct_md_array(reader.datums, reader.nulls, reader.dimensions, reader.sizes, lower_bounds,
											  reader.element->type, reader.element->length, reader.element->by_value,
											  reader.element->alignment));
}

/* Whether a string is what a plugin's bytes become: two hexadecimal digits for each. */
static bool
is_hexadecimal(const char *string)
{
	size_t digits = strspn(string, "0123456789abcdefABCDEF");

	return digits % 2 == 0 && string[digits] == '\0';
}

bool
plugin_value_read(PluginValueType *type, JsonPart value, Datum *datum)
{
	char *plain;

	*datum = (Datum) 0;
	if (plugin_value_is_null(value))
		return false;
	if (type->element != NULL && value.text[0] == '[')
	{
		*datum = read_list(type, value);
		return true;
	}
	if (type->type == JSONBOID)
	{
		*datum = JsonbPGetDatum(plugin_jsonb(value));
		return true;
	}
	plain = text_to_cstring(type->is_json ? encoding_from_utf8(value.text, value.length) : plugin_value_text(value));
	if (type->type == BYTEAOID && is_hexadecimal(plain))
		plain = psprintf("\\x%s", plain);
	*datum = InputFunctionCall(&type->input, plain, type->input_parameter, type->modifier);
	return true;
}
