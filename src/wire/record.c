/*
 * record.c
 *	  Reading records, which may be anything.
 */
#include <stdbool.h>
#include <string.h>

#include "wire/cursor.h"
#include "wire/json.h"
#include "wire/record.h"

/* As cursor_take(), without a copy. */
static bool
take_bytes(const uint8_t **cursor, const uint8_t *end, RecordValue *value, uint32_t length)
{
	if ((size_t) (end - *cursor) < length)
		return false;
	value->b.bytes = *cursor;
	value->b.length = length;
	*cursor += length;
	return true;
}

static bool
is_text(const uint8_t *text, size_t length)
{
	while (length > 0)
	{
		unsigned bytes = utf8_character(text, length);

		if (bytes == 0)
			return false;
		text += bytes;
		length -= bytes;
	}
	return true;
}

/* What is wrong with the bytes of a text or JSON, or NULL. */
static const char *
check_bytes(ColumnKind kind, const RecordValue *value)
{
	if (kind == COLUMN_BYTES)
		return NULL;
	if (!is_text(value->b.bytes, value->b.length))
		return "a record has a text that is not UTF-8";
	if (kind == COLUMN_JSON && !json_is_plain(value->b.bytes, value->b.length))
		return "a record has a text that is not JSON";
	return NULL;
}

#define BAD_LENGTH "a record has a text of a bad length"

#define TAKE_NUMBER(type, member) \
	do \
	{ \
		type number; \
		if (!cursor_take(cursor, end, &number, sizeof(number))) \
			return "a record ends inside a number"; \
		value->member = number; \
	} while (0)

static const char *
read_address(const uint8_t **cursor, const uint8_t *end, RecordValue *value)
{
	uint8_t version;

	if (!cursor_take(cursor, end, &version, 1) || (version != 4 && version != 6) ||
		!take_bytes(cursor, end, value, version == 4 ? 4 : 16))
		return "a record has a bad address";
	return NULL;
}

/* Bytes after their length, which has `length_bytes` bytes itself. */
static inline const char *
read_counted(const uint8_t **cursor, const uint8_t *end, size_t length_bytes, const Column *column, RecordValue *value)
{
	uint16_t short_length;
	uint32_t length;

	if (length_bytes == sizeof(short_length))
	{
		if (!cursor_take(cursor, end, &short_length, sizeof(short_length)))
			return BAD_LENGTH;
		length = short_length;
	}
	else if (!cursor_take(cursor, end, &length, sizeof(length)))
		return BAD_LENGTH;
	if (length > column->length_max || !take_bytes(cursor, end, value, length))
		return BAD_LENGTH;
	return check_bytes(column->kind, value);
}

static const char *
read_integers(const uint8_t **cursor, const uint8_t *end, uint32_t elements, RecordValue *value)
{
	uint32_t sizes[2];

	if (!cursor_take(cursor, end, sizes, sizeof(sizes)) || sizes[0] != elements || sizes[1] > sizes[0] ||
		(size_t) (end - *cursor) / sizeof(int64_t) < sizes[1])
		return "a record has an array of a bad length";
	value->a.count = sizes[0];
	value->a.present = sizes[1];
	value->a.bytes = *cursor;
	*cursor += sizes[1] * sizeof(int64_t);
	return NULL;
}

static const char *
read_value(const uint8_t **cursor, const uint8_t *end, const Column *column, uint32_t elements, RecordValue *value)
{
	switch (column->kind)
	{
		case COLUMN_UINT8:
			TAKE_NUMBER(uint8_t, u);
			return NULL;
		case COLUMN_UINT16:
			TAKE_NUMBER(uint16_t, u);
			return NULL;
		case COLUMN_UINT32:
		case COLUMN_FILE:
			TAKE_NUMBER(uint32_t, u);
			return NULL;
		case COLUMN_UINT64:
			TAKE_NUMBER(uint64_t, u);
			return NULL;
		case COLUMN_INT32:
			TAKE_NUMBER(int32_t, i);
			return NULL;
		case COLUMN_INT64:
			TAKE_NUMBER(int64_t, i);
			return NULL;
		case COLUMN_DOUBLE:
			TAKE_NUMBER(double, d);
			return NULL;
		case COLUMN_ADDRESS:
			return read_address(cursor, end, value);
		case COLUMN_MAC:
			return take_bytes(cursor, end, value, 6) ? NULL : "a record ends inside a MAC address";
		case COLUMN_OUI:
			return take_bytes(cursor, end, value, 3) ? NULL : "a record ends inside an OUI";
		case COLUMN_TEXT:
			return read_counted(cursor, end, sizeof(uint16_t), column, value);
		case COLUMN_LONG_TEXT:
		case COLUMN_JSON:
		case COLUMN_BYTES:
			return read_counted(cursor, end, sizeof(uint32_t), column, value);
		case COLUMN_INTEGERS:
			return read_integers(cursor, end, elements, value);
	}
	return "a column has no kind";
}

size_t
record_bound(const Column *column)
{
	switch (column->kind)
	{
		case COLUMN_ADDRESS:
			return 1 + 16;
		case COLUMN_TEXT:
			return sizeof(uint16_t) + column->length_max;
		default:
			return sizeof(uint64_t);
	}
}

void
record_form(RecordForm *form, const Schema *schema, const ColumnSet *columns, uint32_t elements)
{
	form->schema = schema;
	form->elements = elements;
	form->has_marks = false;
	form->count = form->place_count = 0;
	for (unsigned i = 0; i < schema->count; i++)
	{
		if (!column_set_has(columns, i))
			continue;
		form->columns[form->count++] = (uint8_t) i;
		if (column_is_place(&schema->columns[i]))
			form->places[form->place_count++] = (uint8_t) i;
	}
}

const char *
record_read(const RecordForm *form, const uint8_t **cursor, const uint8_t *end, Record *record)
{
	const uint8_t *start = *cursor;
	uint32_t	   length;

	if (!cursor_take(cursor, end, &length, sizeof(length)))
		return "a record's length is wrong";
	record->is_mark = form->has_marks && (length & RECORD_MARK) != 0;
	if (record->is_mark)
		length &= ~RECORD_MARK;
	if (length < RECORD_HEADER_BYTES || length > (size_t) (end - start))
		return "a record's length is wrong";
	end = start + length;
	cursor_take(cursor, end, &record->left, sizeof(record->left));
	cursor_take(cursor, end, &record->first, sizeof(record->first));
	if (record->first == 0 || (record->left != RECORD_LEFT_AT_END && record->left / 2 < record->first))
		return "a record left before it came";

	for (unsigned i = 0; i < form->count && !record->is_mark; i++)
	{
		unsigned	column = form->columns[i];
		const char *wrong = read_value(cursor, end, &form->schema->columns[column], form->elements, &record->values[column]);

		if (wrong != NULL)
			return wrong;
	}
	return *cursor == end ? NULL : "a record is longer than its values";
}

void
record_go_on(const RecordForm *form, Record *record, uint64_t before)
{
	record->first += before;
	if (record->left != RECORD_LEFT_AT_END)
		record->left += 2 * before;
	for (unsigned i = 0; i < form->place_count; i++)
		record->values[form->places[i]].u += before;
}

unsigned
utf8_character(const uint8_t *text, size_t length)
{
	uint8_t	 first = text[0];
	unsigned bytes;

	if (first >= 0x01 && first <= 0x7f)
		return 1;
	bytes = first >= 0xc2 && first <= 0xdf ? 2 : (first >= 0xe0 && first <= 0xef ? 3 : (first >= 0xf0 && first <= 0xf4 ? 4 : 0));
	if (bytes == 0 || length < bytes)
		return 0;
	for (unsigned i = 1; i < bytes; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;

	/* Longer than needed, a surrogate, or beyond U+10FFFF. */
	if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) ||
		(first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f))
		return 0;
	return bytes;
}
