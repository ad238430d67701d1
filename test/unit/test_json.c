/*
 * test_json.c
 *	  Walking over JSON: each member with its value and no more, whatever is in the value; strings without their escapes.
 *
 * Every text is read in a block of exactly its size, so that the sanitizer sees a byte too far.
 */
#include <stdio.h>

#include "cases.h"
#include "wire/json.h"

/* A copy of a text without a NUL, which the caller frees. */
static JsonPart
exact(const char *text)
{
	size_t	 length = strlen(text);
	uint8_t *copy = malloc(length == 0 ? 1 : length);

	memcpy(copy, text, length);
	return (JsonPart) {copy, length};
}

/* What a walk finds: `name=value;` for a member, `value;` for an element; `none` where there is nothing to walk over. */
static char *
walked(const char *text)
{
	static char found[1024];
	JsonPart	part = exact(text),
			 name,
			 value;
	JsonWalk walk;
	size_t	 length = 0;

	assert_true(json_is_plain(part.text, part.length));
	strcpy(found, "none");
	if (json_walk(part, &walk))
	{
		found[0] = '\0';
		while (json_walk_next(&walk, &name, &value))
		{
			if (walk.is_object)
				length += (size_t) sprintf(found + length, "%.*s=", (int) name.length, (const char *) name.text);
			length += (size_t) sprintf(found + length, "%.*s;", (int) value.length, (const char *) value.text);
			assert_true(json_is_plain(value.text, value.length));
		}
		assert_false(json_walk_next(&walk, &name, &value));
	}
	free((void *) part.text);
	return found;
}

CASE(each_member_is_found)
{
	assert_string_equal(walked("{}"), "");
	assert_string_equal(walked(" { } "), "");
	assert_string_equal(walked("[\n]"), "");
	assert_string_equal(walked("{\"a\":1}"), "a=1;");
	assert_string_equal(walked(" {\t\"a\" : 1 , \"b\" :true\r\n,\"c\": null } "), "a=1;b=true;c=null;");
	assert_string_equal(walked("{\"\":-1.5e+3,\"a\":\"\",\"a\":2}"), "=-1.5e+3;a=\"\";a=2;");
	assert_string_equal(walked("[1,\"a\",[],{},null]"), "1;\"a\";[];{};null;");
}

CASE(what_is_in_a_value_is_no_member)
{
	assert_string_equal(walked("{\"a\":{\"b\":{\"c\":[1,{\"d\":2}]}},\"e\":3}"), "a={\"b\":{\"c\":[1,{\"d\":2}]}};e=3;");
	assert_string_equal(walked("[[1,2],[3,[4]],5]"), "[1,2];[3,[4]];5;");
	assert_string_equal(walked("{\"a\":\"}],\\\"b\\\":1\",\"b\":[\"]\",\"{\"]}"), "a=\"}],\\\"b\\\":1\";b=[\"]\",\"{\"];");
	assert_string_equal(walked("{\"a\\\"b\":\"\\\\\",\"c\":\"\\\\\\\"\"}"), "a\\\"b=\"\\\\\";c=\"\\\\\\\"\";");
}

CASE(only_containers_are_walked)
{
	assert_string_equal(walked("1"), "none");
	assert_string_equal(walked("\"{}\""), "none");
	assert_string_equal(walked(" null "), "none");
}

/* A text with many members of many kinds, in which the walk finds each of them, at any depth. */
CASE(a_deep_and_wide_text)
{
	static char text[64 << 10];
	JsonWalk	walk;
	JsonPart	name,
		value;
	size_t length = 1,
		   members = 0;
	unsigned depth = JSON_DEPTH_MAX - 1;

	text[0] = '{';
	for (int i = 0; i < 500; i++)
	{
		length += (size_t) sprintf(text + length, "%s\"n%d\":", i == 0 ? "" : ",", i);
		memset(text + length, '[', depth);
		memset(text + length + depth, ']', depth);
		length += 2 * depth;
		if (length > sizeof(text) - 512)
			break;
		members = (size_t) i + 1;
	}
	text[length++] = '}';
	assert_true(json_is_plain((const uint8_t *) text, length));
	assert_true(json_walk((JsonPart) {(const uint8_t *) text, length}, &walk));
	for (size_t i = 0; i < members; i++)
	{
		assert_true(json_walk_next(&walk, &name, &value));
		assert_int_equal(value.length, 2 * depth);
	}
}

static const char *
unescaped(const char *text)
{
	static char plain[256];
	JsonPart	part = exact(text),
			 inside;
	char *exactly;

	assert_true(json_is_plain(part.text, part.length));
	assert_true(json_is_string(part, &inside));
	exactly = malloc(inside.length == 0 ? 1 : inside.length);
	plain[json_unescape(inside, exactly)] = '\0';
	memcpy(plain, exactly, json_unescape(inside, exactly));
	free(exactly);
	free((void *) part.text);
	return plain;
}

/* RFC 8259, section 7. */
CASE(escapes)
{
	assert_string_equal(unescaped("\"\""), "");
	assert_string_equal(unescaped("\"abc\""), "abc");
	assert_string_equal(unescaped("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\/\b\f\n\r\t");
	assert_string_equal(unescaped("\"a\\u0001b\\u001Fc\\u001a\""), "a\x01"
																   "b\x1f"
																   "c\x1a");
	assert_string_equal(unescaped("\"\xC2\xA7\\n\xF0\x9F\x98\x80\""), "\xC2\xA7\n\xF0\x9F\x98\x80");
	assert_string_equal(unescaped("\"\\\\u0041\""), "\\u0041");
}

CASE(what_is_no_string)
{
	static const char *const texts[] = {"1", "null", "[\"a\"]", "{}", "0"};
	JsonPart				 inside;

	for (size_t i = 0; i < LENGTH(texts); i++)
		assert_false(json_is_string((JsonPart) {(const uint8_t *) texts[i], strlen(texts[i])}, &inside));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_is_found),
		cmocka_unit_test(what_is_in_a_value_is_no_member),
		cmocka_unit_test(only_containers_are_walked),
		cmocka_unit_test(a_deep_and_wide_text),
		cmocka_unit_test(escapes),
		cmocka_unit_test(what_is_no_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
