/*
 * hello_bytes.h
 *	  ClientHellos made by hand.
 */
#ifndef HELLO_BYTES_H
#define HELLO_BYTES_H

#include "cases.h"

/* Bytes that grow at their end. */
typedef struct HelloBytes
{
	size_t	length;
	uint8_t bytes[20000];
} HelloBytes;

static inline void
put(HelloBytes *to, const void *bytes, size_t length)
{
	assert_true(to->length + length <= sizeof(to->bytes));
	memcpy(to->bytes + to->length, bytes, length);
	to->length += length;
}

/* A number in so many bytes, in network order. */
static inline void
put_number(HelloBytes *to, uint64_t number, unsigned width)
{
	while (width-- > 0)
	{
		uint8_t byte = (uint8_t) (number >> (8 * width));

		put(to, &byte, 1);
	}
}

/* What follows has its length, in so many bytes, before it: begin_list, what is in it, end_list with what the first returned. */
static inline size_t
begin_list(HelloBytes *to, unsigned width)
{
	put_number(to, 0, width);
	return to->length;
}

static inline void
end_list(HelloBytes *to, size_t from, unsigned width)
{
	size_t length = to->length - from;

	for (unsigned i = 0; i < width; i++)
		to->bytes[from - 1 - i] = (uint8_t) (length >> (8 * i));
}

static inline void
put_numbers(HelloBytes *to, const uint16_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_number(to, numbers[i], 2);
}

/* What a hello has.  An extension's own bytes follow from the lists below, where its type is one of theirs. */
typedef struct HelloForm
{
	uint16_t		version;
	bool			has_cookie; /* DTLS */
	const uint16_t *cipher_suites;
	size_t			cipher_suites_count;
	const uint16_t *extensions; /* NULL: not even the length of an empty list */
	size_t			extensions_count;
	const uint16_t *algorithms; /* extension 13 */
	size_t			algorithms_count;
	const uint16_t *versions; /* extension 43 */
	size_t			versions_count;
	const char	   *protocol; /* extension 16: the first; NULL for an empty list */
	size_t			protocol_length;
	size_t			padding; /* bytes of extension 21 */
} HelloForm;

static inline void
put_extension(HelloBytes *to, const HelloForm *form, uint16_t type)
{
	size_t extension,
		list;

	put_number(to, type, 2);
	extension = begin_list(to, 2);
	switch (type)
	{
		case 13:
			list = begin_list(to, 2);
			put_numbers(to, form->algorithms, form->algorithms_count);
			end_list(to, list, 2);
			break;
		case 16:
			list = begin_list(to, 2);
			if (form->protocol != NULL)
			{
				put_number(to, form->protocol_length, 1);
				put(to, form->protocol, form->protocol_length);
				put(to, "\x03zzz", 4);
			}
			end_list(to, list, 2);
			break;
		case 21:
			for (size_t i = 0; i < form->padding; i++)
				put_number(to, 0, 1);
			break;
		case 43:
			list = begin_list(to, 1);
			put_numbers(to, form->versions, form->versions_count);
			end_list(to, list, 1);
			break;
	}
	end_list(to, extension, 2);
}

/* The body of a ClientHello: RFC 8446, section 4.1.2. */
static inline void
put_hello(HelloBytes *to, const HelloForm *form)
{
	size_t list;

	put_number(to, form->version, 2);
	for (int i = 0; i < 32; i++)
		put_number(to, 0x16, 1); /* as a record's type */
	put(to, "\x02id", 3);
	if (form->has_cookie)
		put(to, "\x03"
				"abc",
			4);
	list = begin_list(to, 2);
	put_numbers(to, form->cipher_suites, form->cipher_suites_count);
	end_list(to, list, 2);
	put(to, "\x01\x00", 2);
	if (form->extensions == NULL)
		return;
	list = begin_list(to, 2);
	for (size_t i = 0; i < form->extensions_count; i++)
		put_extension(to, form, form->extensions[i]);
	end_list(to, list, 2);
}

/* FoxIO's example: technical_details/JA4.md, of 2026, with values of GREASE between. */
static const uint16_t example_cipher_suites[] = {0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
												 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0xfafa, 0x0035};
static const uint16_t example_extensions[] = {0x1a1a, 0x2a2a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
											  0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0xeaea};
static const uint16_t example_algorithms[] = {0x3a3a, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601};
static const uint16_t example_versions[] = {0xbaba, 0x0303, 0x0304, 0x0302};

static const HelloForm example = {
	.version = 0x0303,
	.cipher_suites = example_cipher_suites,
	.cipher_suites_count = LENGTH(example_cipher_suites),
	.extensions = example_extensions,
	.extensions_count = LENGTH(example_extensions),
	.algorithms = example_algorithms,
	.algorithms_count = LENGTH(example_algorithms),
	.versions = example_versions,
	.versions_count = LENGTH(example_versions),
	.protocol = "h2",
	.protocol_length = 2,
};

#define EXAMPLE_B	 "8daaf6152771"
#define EXAMPLE_C	 "e5627efa2ab1"
#define EXAMPLE_REST "13d1516h2_" EXAMPLE_B "_" EXAMPLE_C

#endif /* HELLO_BYTES_H */
