/*
 * csv.c
 *	  Records as lines of CSV.
 *
 * Lines are built in memory and many are written at once.  Each value is put there as it is, and then, if need be, hashed
 * or quoted in place.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "meter/csv.h"

#define HASH_BYTES crypto_generichash_blake2b_BYTES_MAX

/* Decimal digits that every double holds for sure, and digits that tell every double from all others. */
#define DIGITS_SURE 15
#define DIGITS_MAX	17

/* Whole numbers below this have no more digits than a double holds for sure. */
#define WHOLE_MAX 1e15

/* From here on every double is a whole number, and a decimal number can lie in the very middle of two. */
#define WHOLE_FROM 9007199254740992.0

/* Bytes that are written at once. */
#define WRITE_BYTES ((size_t) 64 << 10)

typedef struct Lines
{
	char  *bytes;
	size_t length;
	size_t room;
} Lines;

/* Those that were not written yet, and the one that is being built. */
static Lines lines;

/* ---------------------------------------------------------------------------------------------------------------- the lines */

static char *
room_for(size_t bytes)
{
	if (lines.room - lines.length < bytes)
	{
		lines.room = (lines.length + bytes) * 2;
		lines.bytes = memory_resize(lines.bytes, lines.room);
	}
	return lines.bytes + lines.length;
}

static void
put_bytes(const void *bytes, size_t length)
{
	memcpy(room_for(length), bytes, length);
	lines.length += length;
}

static void
put_byte(char byte)
{
	*room_for(1) = byte;
	lines.length++;
}

static void
put_number(uint64_t number)
{
	char   digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char) ('0' + number % 10);
	while ((number /= 10) > 0);
	put_bytes(digits + at, sizeof(digits) - at);
}

static void
put_signed(int64_t number)
{
	if (number < 0)
		put_byte('-');
	put_number(number < 0 ? -(uint64_t) number : (uint64_t) number);
}

static void
put_hex(const uint8_t *bytes, size_t count, const char *between)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			put_bytes(between, strlen(between));
		put_byte(digits[bytes[i] >> 4]);
		put_byte(digits[bytes[i] & 15]);
	}
}

/* ------------------------------------------------------------------------------------------------------------------- doubles */

/*
 * Whether a decimal number reads back as this double even by a reader that rounds differently where the number lies
 * exactly in the middle between two doubles; what the server prints does.  With so few digits only whole numbers can lie
 * there.
 */
static bool
reads_back(const char *decimal, double number)
{
	unsigned __int128 whole = 0,
					  twice,
					  gap;
	int			exponent;
	const char *at = decimal;
	double		neighbour;

	if (strtod(decimal, NULL) != number)
		return false;
	if (number < WHOLE_FROM || number >= 0x1p100)
		return true;

	/* d.ddde+dd; the number is whole if the exponent is at least the length of the fraction */
	exponent = atoi(strchr(decimal, 'e') + 1);
	for (; *at != 'e'; at++)
		if (*at != '.')
		{
			whole = whole * 10 + (unsigned) (*at - '0');
			exponent -= at != decimal;
		}
	for (; exponent > 0; exponent--)
		whole *= 10;
	twice = (unsigned __int128) number * 2;
	neighbour = nextafter(number, whole * 2 > twice ? INFINITY : 0);
	gap = neighbour > number ? (unsigned __int128) (neighbour - number) : (unsigned __int128) (number - neighbour);
	return (whole * 2 > twice ? whole * 2 - twice : twice - whole * 2) < gap;
}

/*
 * The digits are the fewest that read back as the number, and of those the nearest to it; the exponent is written if it
 * is below -4 or at least 15.  Numbers here are sizes, times and their deviations: never negative.
 */
size_t
csv_double(double number, char text[CSV_DOUBLE_MAX])
{
	char scientific[CSV_DOUBLE_MAX],
		digits[DIGITS_MAX + 1];
	int count = DIGITS_SURE,
		exponent,
		length = 0;

	if (number < WHOLE_MAX && number == (double) (uint64_t) number)
		return (size_t) snprintf(text, CSV_DOUBLE_MAX, "%" PRIu64, (uint64_t) number);

	for (;; count++)
	{
		snprintf(scientific, sizeof(scientific), "%.*e", count - 1, number);
		if (count == DIGITS_MAX || reads_back(scientific, number))
			break;
		/*
		 * A power of two is nearer to the double below than to the one above: the decimal number above may read back
		 * where the nearest does not.
		 */
		if (frexp(number, &exponent) == 0.5 && scientific[count] < '9' && (scientific[count]++, reads_back(scientific, number)))
			break;
	}
	exponent = atoi(strchr(scientific, 'e') + 1);
	digits[0] = scientific[0];
	memcpy(digits + 1, scientific + 2, (size_t) count - 1);
	while (count > 1 && digits[count - 1] == '0')
		count--;

	if (exponent < -4 || exponent >= DIGITS_SURE)
	{
		text[length++] = digits[0];
		if (count > 1)
			text[length++] = '.';
		memcpy(text + length, digits + 1, (size_t) count - 1);
		length += count - 1;
		return (size_t) (length + snprintf(text + length, (size_t) (CSV_DOUBLE_MAX - length), "e%+03d", exponent));
	}
	if (exponent < 0)
		length += snprintf(text, CSV_DOUBLE_MAX, "0.%.*s", -exponent - 1, "0000");
	for (int i = 0; i < count || i <= exponent; i++)
	{
		text[length++] = i < count ? digits[i] : '0';
		if (i == exponent && i + 1 < count)
			text[length++] = '.';
	}
	text[length] = '\0';
	return (size_t) length;
}

/* -------------------------------------------------------------------------------------------------------------------- values */

static void
put_double(double number)
{
	char text[CSV_DOUBLE_MAX];

	put_bytes(text, csv_double(number, text));
}

static void
put_address(const RecordValue *value)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(value->b.length == 4 ? AF_INET : AF_INET6, value->b.bytes, text, sizeof(text));
	put_bytes(text, strlen(text));
}

static void
put_integers(const RecordValue *value)
{
	put_byte('{');
	for (uint32_t i = 0; i < value->a.count; i++)
	{
		if (i > 0)
			put_byte(',');
		put_signed(record_element(value, i));
	}
	put_byte('}');
}

static void
put_value(const CsvForm *form, ColumnKind kind, const RecordValue *value)
{
	switch (kind)
	{
		case COLUMN_UINT8:
		case COLUMN_UINT16:
		case COLUMN_UINT32:
		case COLUMN_UINT64:
			put_number(value->u);
			break;
		case COLUMN_INT32:
		case COLUMN_INT64:
			put_signed(value->i);
			break;
		case COLUMN_DOUBLE:
			put_double(value->d);
			break;
		case COLUMN_ADDRESS:
			put_address(value);
			break;
		case COLUMN_MAC:
		case COLUMN_OUI:
			put_hex(value->b.bytes, value->b.length, ":");
			break;
		case COLUMN_TEXT:
		case COLUMN_LONG_TEXT:
		case COLUMN_JSON:
			put_bytes(value->b.bytes, value->b.length);
			break;
		case COLUMN_BYTES:
			put_bytes("\\x", 2);
			put_hex(value->b.bytes, value->b.length, "");
			break;
		case COLUMN_INTEGERS:
			put_integers(value);
			break;
		case COLUMN_FILE:
			put_bytes(form->names[value->u], strlen(form->names[value->u]));
			break;
	}
}

/* Puts the hash of what the lines hold from `start` on in its place. */
static void
hash_from(size_t start, const uint8_t *key)
{
	uint8_t hash[HASH_BYTES];

	crypto_generichash_blake2b(hash, sizeof(hash), (const uint8_t *) lines.bytes + start, lines.length - start, key, CSV_KEY_MAX);
	lines.length = start;
	put_hex(hash, sizeof(hash), "");
}

/* Puts what the lines hold from `start` on in quotes, if it must be. */
static void
quote_from(size_t start)
{
	size_t length = lines.length - start,
		   quotes = 0;
	bool  must = length == 0;
	char *from,
		*to;

	for (size_t i = start; i < lines.length; i++)
	{
		char byte = lines.bytes[i];

		quotes += byte == '"';
		must |= byte == '"' || byte == ',' || byte == '\n' || byte == '\r';
	}
	if (!must)
		return;
	room_for(quotes + 2);
	from = lines.bytes + lines.length;
	lines.length += quotes + 2;
	to = lines.bytes + lines.length;
	*--to = '"';
	while (length-- > 0)
	{
		*--to = *--from;
		if (*to == '"')
			*--to = '"';
	}
	*--to = '"';
}

/* -------------------------------------------------------------------------------------------------------------------- lines */

/* A signal is no reason to lose what was built. */
bool
csv_flush(const CsvForm *form)
{
	const char *at = lines.bytes;

	while (lines.length > 0)
	{
		ssize_t written = write(form->to, at, lines.length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		at += written;
		lines.length -= (size_t) written;
	}
	return true;
}

static bool
end_line(const CsvForm *form)
{
	put_byte('\n');
	return (!form->by_lines && lines.length < WRITE_BYTES) || csv_flush(form);
}

bool
csv_print_names(const CsvForm *form)
{
	for (unsigned i = 0; i < form->record.count; i++)
	{
		const char *name = form->record.schema->columns[form->record.columns[i]].name;

		if (i > 0)
			put_byte(',');
		put_bytes(name, strlen(name));
	}
	return end_line(form);
}

bool
csv_print_row(const CsvForm *form, const Record *record, uint64_t id)
{
	for (unsigned i = 0; i < form->record.count; i++)
	{
		unsigned	  index = form->record.columns[i];
		const Column *column = &form->record.schema->columns[index];
		size_t		  start;

		if (i > 0)
			put_byte(',');
		start = lines.length;
		if (column->field == FIELD_ID)
			put_number(id);
		else
			put_value(form, column->kind, &record->values[index]);
		if (column_set_has(&form->hashed, index))
			hash_from(start, form->key);
		quote_from(start);
	}
	return end_line(form);
}
