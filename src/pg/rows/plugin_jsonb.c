/*
 * plugin_jsonb.c
 *	  What plugins left, which a record has as JSON text, made a jsonb.
 *
 * The text is known to be plain JSON since the record was read, so it is walked, not parsed.  And most of its numbers are short
 * integers: jsonb_in() parses each of them digit by digit as a numeric, which costs more than the flow's other columns together.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "pg/base/encoding.h"
#include "pg/rows/plugin_jsonb.h"

/* Characters of an integer, its sign among them, that a 64-bit integer surely holds. */
#define SHORT_INTEGER 18

/* Whether a number is a short integer; if so, which. */
static bool
is_short_integer(JsonPart number, int64 *integer)
{
	bool   negative = number.text[0] == '-';
	uint64 value = 0;

	if (number.length > SHORT_INTEGER)
		return false;
	for (size_t i = negative; i < number.length; i++)
	{
		if (number.text[i] < '0' || number.text[i] > '9')
			return false;
		value = 10 * value + (number.text[i] - '0');
	}
	*integer = negative ? -(int64) value : (int64) value;
	return true;
}

static Numeric
numeric_of(JsonPart number)
{
	int64 integer;

	if (is_short_integer(number, &integer))
		return int64_to_numeric(integer);
	return DatumGetNumeric(DirectFunctionCall3(numeric_in,
											   CStringGetDatum(pnstrdup((const char *) number.text, number.length)),
											   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* What stands between the quotes of a string, in the server's encoding. */
static JsonbValue
string_of(JsonPart inside)
{
	JsonbValue string = {.type = jbvString};
	char	  *plain = palloc(inside.length);
	text	  *converted = encoding_from_utf8((const uint8 *) plain, json_unescape(inside, plain));

	string.val.string.val = VARDATA(converted);
	string.val.string.len = VARSIZE(converted) - VARHDRSZ;
	return string;
}

static JsonbValue
scalar_of(JsonPart value)
{
	JsonPart inside;

	if (json_is_string(value, &inside))
		return string_of(inside);
	switch (value.text[0])
	{
		case 'n':
			return (JsonbValue) {.type = jbvNull};
		case 't':
		case 'f':
			return (JsonbValue) {.type = jbvBool, .val.boolean = value.text[0] == 't'};
		default:
			return (JsonbValue) {.type = jbvNumeric, .val.numeric = numeric_of(value)};
	}
}

/* Adds all that is in an object or an array, no deeper than JSON_DEPTH_MAX; returns the whole once its end is added. */
static JsonbValue *
push_container(JsonbParseState **state, JsonWalk *walk)
{
	JsonPart name,
		value;

	pushJsonbValue(state, walk->is_object ? WJB_BEGIN_OBJECT : WJB_BEGIN_ARRAY, NULL);
	while (json_walk_next(walk, &name, &value))
	{
		JsonWalk inner;

		if (walk->is_object)
		{
			JsonbValue key = string_of(name);

			pushJsonbValue(state, WJB_KEY, &key);
		}
		if (json_walk(value, &inner))
			(void) push_container(state, &inner);
		else
		{
			JsonbValue scalar = scalar_of(value);

			pushJsonbValue(state, walk->is_object ? WJB_VALUE : WJB_ELEM, &scalar);
		}
	}
	return pushJsonbValue(state, walk->is_object ? WJB_END_OBJECT : WJB_END_ARRAY, NULL);
}

Jsonb *
plugin_jsonb(JsonPart value)
{
	JsonbParseState *state = NULL;
	JsonbValue		 scalar;
	JsonWalk		 walk;

	if (json_walk(value, &walk))
		return JsonbValueToJsonb(push_container(&state, &walk));
	scalar = scalar_of(value);
	return JsonbValueToJsonb(&scalar);
}
