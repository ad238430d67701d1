/*
 * dns_message.c
 *	  The records of a DNS message.
 *
 * RFC 1035, section 4.1: a header of 12 bytes with the number of questions, answers, authorities and additional records; these
 * follow.
 *
 *	  question	name | type 2 | class 2
 *	  record	name | type 2 | class 2 | time to live 4 | length 2 | data
 *
 * A name is a list of labels, each with its length before it, up to a length of 0, or up to a pointer to where its rest stands.
 * A pointer leads back to before the part of the name that it ends, so that every walk ends; and as a name has no more than 127
 * labels, no more pointers are followed.
 *
 * The same messages are sound as for NFStream's reader, dpkt: names are looked at in the data of the types that have some, and
 * data may be cut off by the message's end, so long as no record follows.  Of other types the data is skipped.
 */
#include "engine/plugins/dns_message.h"

#define HEADER_BYTES  12
#define LABELS_BYTES  255 /* of a name, with the length of each, without the last 0 */
#define POINTERS_MAX  127
#define POINTER_BITS  0xc0
#define SECTIONS	  3
#define SOA_NUMBERS	  20
#define MX_PREFERENCE 2
#define SRV_NUMBERS	  6

enum
{
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_SRV = 33
};

typedef struct Name
{
	size_t length;
	char   text[DNS_NAME_MAX + 1];
} Name;

/* What is left of the message after `at`, which may lie after its end. */
static Bytes
rest(Bytes message, size_t at)
{
	return (Bytes) {message.at + (at < bytes_left(&message) ? at : bytes_left(&message)), message.end};
}

/* Reads the name at `at`, which moves on to what follows it; `name` may be NULL. */
static bool
read_name(Bytes message, size_t *at, Name *name)
{
	size_t start = *at, /* of the part that is being read */
		place = *at,
		   labels = 0;
	unsigned pointers = 0;

	if (name != NULL)
		name->length = 0;
	for (;;)
	{
		Bytes b = rest(message, place),
			  label;
		uint8_t	 length;
		uint16_t pointer;

		if (!bytes_peek_u8(&b, &length))
			return false;
		if ((length & POINTER_BITS) == POINTER_BITS)
		{
			if (!bytes_get_be16(&b, &pointer) || (pointer &= 0x3fff) >= start || pointers == POINTERS_MAX)
				return false;
			if (pointers++ == 0)
				*at = place + 2;
			start = place = pointer;
			continue;
		}
		bytes_skip(&b, 1);
		place += 1 + length;
		if (length == 0)
			break;
		labels += 1 + length;
		if ((length & POINTER_BITS) != 0 || labels > LABELS_BYTES || !bytes_take(&b, length, &label))
			return false;
		if (name != NULL)
		{
			if (name->length > 0)
				name->text[name->length++] = '.';
			memcpy(name->text + name->length, label.at, length);
			name->length += length;
		}
	}
	if (pointers == 0)
		*at = place;
	return true;
}

static bool
has(Bytes message, size_t at, size_t count)
{
	Bytes b = rest(message, at);

	return bytes_left(&b) >= count;
}

/* Whether the names in a record's data are sound; `data` is where it begins. */
static bool
is_sound(Bytes message, uint16_t type, size_t data, uint16_t length)
{
	switch (type)
	{
		case TYPE_NS:
		case TYPE_CNAME:
		case TYPE_PTR:
			return read_name(message, &data, NULL);
		case TYPE_SOA:
			return read_name(message, &data, NULL) && read_name(message, &data, NULL) && has(message, data, SOA_NUMBERS);
		case TYPE_MX:
			data += MX_PREFERENCE;
			return length >= MX_PREFERENCE && has(message, data, 0) && read_name(message, &data, NULL);
		case TYPE_SRV:
			data += SRV_NUMBERS;
			return length >= SRV_NUMBERS && read_name(message, &data, NULL);
		default:
			return true;
	}
}

/* Reads a record, and what a PTR points to into `name`, if that is not NULL: 1; 0 if it is of another type, -1 if unsound. */
static int
read_record(Bytes message, size_t *at, Name *name)
{
	uint16_t type,
		length;
	size_t data;
	Bytes  b;

	if (!read_name(message, at, NULL))
		return -1;
	b = rest(message, *at);
	if (!bytes_get_be16(&b, &type) || !bytes_skip(&b, 2 + 4) || !bytes_get_be16(&b, &length))
		return -1;
	data = *at + 10;
	*at = data + length;
	if (name == NULL || type != TYPE_PTR)
		return is_sound(message, type, data, length) ? 0 : -1;
	return read_name(message, &data, name) ? 1 : -1;
}

bool
dns_pointers(Bytes message, DnsPointer tell, void *context)
{
	Bytes	 b = message;
	uint16_t questions,
		records[SECTIONS];
	size_t at = HEADER_BYTES,
		   answers;
	Name name;

	if (!bytes_skip(&b, 4) || !bytes_get_be16(&b, &questions) || !bytes_get_be16(&b, &records[0]) ||
		!bytes_get_be16(&b, &records[1]) || !bytes_get_be16(&b, &records[2]))
		return false;
	for (unsigned i = 0; i < questions; i++)
	{
		if (!read_name(message, &at, NULL) || !has(message, at, 4))
			return false;
		at += 4;
	}
	answers = at;
	for (int section = 0; section < SECTIONS; section++)
		for (unsigned i = 0; i < records[section]; i++)
			if (read_record(message, &at, NULL) < 0)
				return false;
	for (unsigned i = 0; i < records[0]; i++)
		if (read_record(message, &answers, &name) == 1)
			tell(context, name.text, name.length);
	return true;
}
