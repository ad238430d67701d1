/*
 * test_utf8.c
 *	  Which bytes are a character in UTF-8, by RFC 3629.
 */
#include "cases.h"
#include "wire/record.h"

CASE(utf8_characters)
{
	static const struct
	{
		const char *bytes;
		unsigned	length;
		unsigned	valid;
	} characters[] = {
		/* clang-format off */
		{"\x01", 1, 1}, {"A", 1, 1}, {"\x7F", 1, 1}, {"\0", 1, 0},
		{"\xC2\x80", 2, 2}, {"\xDF\xBF", 2, 2}, {"\xCE\x91", 2, 2}, {"\xCE\x91.", 3, 2},
		{"\xE0\xA0\x80", 3, 3}, {"\xE2\x89\xA2", 3, 3}, {"\xED\x9F\xBF", 3, 3}, {"\xEE\x80\x80", 3, 3},
		{"\xEF\xBB\xBF", 3, 3}, {"\xEF\xBF\xBF", 3, 3}, {"\xE6\x97\xA5\xE6", 4, 3},
		{"\xF0\x90\x80\x80", 4, 4}, {"\xF0\xA3\x8E\xB4", 4, 4}, {"\xF4\x8F\xBF\xBF", 4, 4},
		/* without a beginning */
		{"\x80", 1, 0}, {"\xBF", 1, 0}, {"\x80\x80", 2, 0},
		/* longer than needed */
		{"\xC0\x80", 2, 0}, {"\xC1\xBF", 2, 0}, {"\xE0\x80\x80", 3, 0}, {"\xE0\x9F\xBF", 3, 0},
		{"\xF0\x80\x80\x80", 4, 0}, {"\xF0\x8F\xBF\xBF", 4, 0},
		/* surrogates */
		{"\xED\xA0\x80", 3, 0}, {"\xED\xAF\xBF", 3, 0}, {"\xED\xB0\x80", 3, 0}, {"\xED\xBF\xBF", 3, 0},
		/* beyond U+10FFFF, and bytes that never occur */
		{"\xF4\x90\x80\x80", 4, 0}, {"\xF5\x80\x80\x80", 4, 0}, {"\xF7\xBF\xBF\xBF", 4, 0},
		{"\xF8\x88\x80\x80\x80", 5, 0}, {"\xFC\x84\x80\x80\x80\x80", 6, 0}, {"\xFE", 1, 0}, {"\xFF", 1, 0},
		/* cut */
		{"\xC2", 1, 0}, {"\xE2", 1, 0}, {"\xE2\x89", 2, 0}, {"\xF0", 1, 0}, {"\xF0\x90", 2, 0}, {"\xF0\x90\x80", 3, 0},
		/* continued by something else */
		{"\xC2" "A", 2, 0}, {"\xC2\xC2", 2, 0}, {"\xE2\x89" "A", 3, 0}, {"\xE2" "A\xA2", 3, 0},
		{"\xF0\x90\x80" "A", 4, 0}, {"\xF0\x90" "A\x80", 4, 0}, {"\xF0" "A\x80\x80", 4, 0}, {"\xE2\x89\0", 3, 0},
		/* clang-format on */
	};

	for (size_t i = 0; i < LENGTH(characters); i++)
	{
		uint8_t *copy = malloc(characters[i].length);

		memcpy(copy, characters[i].bytes, characters[i].length);
		if (utf8_character(copy, characters[i].length) != characters[i].valid)
			fail_msg("character %zu of the table", i);
		free(copy);
	}
}

/* As RFC 3629, section 3, encodes it; the number of bytes. */
static unsigned
encode(uint32_t point, uint8_t *bytes)
{
	if (point < 0x80)
	{
		bytes[0] = (uint8_t) point;
		return 1;
	}
	if (point < 0x800)
	{
		bytes[0] = (uint8_t) (0xC0 | point >> 6);
		bytes[1] = 0x80 | (point & 0x3F);
		return 2;
	}
	if (point < 0x10000)
	{
		bytes[0] = (uint8_t) (0xE0 | point >> 12);
		bytes[1] = 0x80 | (point >> 6 & 0x3F);
		bytes[2] = 0x80 | (point & 0x3F);
		return 3;
	}
	bytes[0] = (uint8_t) (0xF0 | point >> 18);
	bytes[1] = 0x80 | (point >> 12 & 0x3F);
	bytes[2] = 0x80 | (point >> 6 & 0x3F);
	bytes[3] = 0x80 | (point & 0x3F);
	return 4;
}

CASE(every_code_point_is_valid)
{
	for (uint32_t point = 1; point < 0x110000; point++)
	{
		uint8_t	 bytes[4];
		unsigned length = encode(point, bytes);

		if (utf8_character(bytes, length) != (point >= 0xD800 && point < 0xE000 ? 0 : length))
			fail_msg("U+%04X", point);
	}
}

/* Nothing but the code points' own sequences is valid: there are as many as that. */
CASE(no_other_sequences_are_valid)
{
	unsigned valid[5] = {0};
	uint8_t	 bytes[4];

	for (uint32_t i = 0; i < 1 << 16; i++)
	{
		bytes[0] = (uint8_t) (i >> 8), bytes[1] = (uint8_t) i;
		valid[utf8_character(bytes, 2)]++;
	}
	assert_int_equal(valid[1], 127 * 256);
	assert_int_equal(valid[2], 0x800 - 0x80);

	for (uint32_t i = 0xE0 << 16; i < 0xF0 << 16; i++)
	{
		bytes[0] = (uint8_t) (i >> 16), bytes[1] = (uint8_t) (i >> 8), bytes[2] = (uint8_t) i;
		valid[utf8_character(bytes, 3)]++;
	}
	assert_int_equal(valid[3], 0x10000 - 0x800 - 0x800); /* without surrogates */

	for (uint32_t i = 0xF000; i < 0x10000; i++)
		for (uint32_t j = 0; j < 256; j++)
			for (int third = 0; third < 2; third++)
			{
				bytes[0] = (uint8_t) (i >> 8), bytes[1] = (uint8_t) i;
				bytes[2 + third] = (uint8_t) j, bytes[3 - third] = 0x80;
				valid[4] += utf8_character(bytes, 4) == 4;
			}
	assert_int_equal(valid[4], 2 * 64 * (0x100000 >> 12));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_characters),
		cmocka_unit_test(every_code_point_is_valid),
		cmocka_unit_test(no_other_sequences_are_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
