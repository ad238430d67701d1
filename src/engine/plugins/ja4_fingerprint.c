/*
 * ja4_fingerprint.c
 *	  JA4 of a ClientHello, as FoxIO's technical description has it.
 *
 *	  t13d1516h2_8daaf6152771_e5627efa2ab1
 *
 * The first part: the carrier; the version, two characters; `d` where there is a server name, whatever it is, else `i`; how many
 * cipher suites and how many extensions there are, at most 99; the first and the last character of the first protocol of ALPN.
 * The second: the cipher suites, sorted.  The third: the extensions, sorted, without server name and ALPN, and the signature
 * algorithms as they stand.  Both are the first 12 digits of the SHA-256 of a list of 4 hexadecimal digits each; of an empty list
 * 12 zeros.  Values of GREASE (RFC 8701) are left out everywhere.
 *
 * A ClientHello (RFC 8446, section 4.1.2; RFC 6347, section 4.2.1, for the cookie, which DTLS alone has):
 *
 *	  version 2 | random 32 | 1 session id | [1 cookie] | 2 cipher suites | 1 compression methods | 2 extensions
 *
 * where a number before a list is how many bytes its length takes.  An extension is a type of 2 bytes and a list of bytes, whose
 * length takes 2.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/plugins/ja4_fingerprint.h"
#include "engine/plugins/pieces.h"

#define HASH_DIGITS 12
#define COUNT_MAX	99u

/* Cipher suites, extensions and algorithms take 2 bytes each at the least. */
#define NUMBERS_MAX (PIECES_BYTES_MAX / 2)

enum
{
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_SIGNATURE_ALGORITHMS = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_SUPPORTED_VERSIONS = 43
};

typedef struct Numbers
{
	unsigned count;
	uint16_t all[NUMBERS_MAX];
} Numbers;

/* What the fingerprint needs of a hello. */
typedef struct Hello
{
	uint16_t version;
	bool	 has_server_name;
	Bytes	 protocol;	 /* the first of ALPN */
	unsigned extensions; /* all of them */
	Numbers	 cipher_suites;
	Numbers	 extension_types; /* but for server name and ALPN */
	Numbers	 algorithms;
} Hello;

static bool
is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* Takes a list whose length takes one byte, or two. */
static bool
take_list8(Bytes *at, Bytes *list)
{
	uint8_t length;

	return bytes_get_u8(at, &length) && bytes_take(at, length, list);
}

static bool
take_list16(Bytes *at, Bytes *list)
{
	uint16_t length;

	return bytes_get_be16(at, &length) && bytes_take(at, length, list);
}

static void
add(Numbers *numbers, uint16_t number)
{
	if (!is_grease(number) && numbers->count < NUMBERS_MAX)
		numbers->all[numbers->count++] = number;
}

static void
add_list(Numbers *numbers, Bytes list)
{
	uint16_t number;

	while (bytes_get_be16(&list, &number))
		add(numbers, number);
}

/* The highest of the supported versions stands for the hello's own. */
static void
read_versions(Hello *hello, Bytes extension)
{
	Bytes	 list;
	uint16_t version,
		highest = 0;

	if (!take_list8(&extension, &list))
		return;
	while (bytes_get_be16(&list, &version))
		if (!is_grease(version) && version > highest)
			highest = version;
	if (highest > 0)
		hello->version = highest;
}

static void
read_extension(Hello *hello, uint16_t type, Bytes extension)
{
	Bytes list;

	if (is_grease(type))
		return;
	hello->extensions++;
	switch (type)
	{
		case EXTENSION_SERVER_NAME:
			hello->has_server_name = true;
			return;
		case EXTENSION_ALPN:
			if (take_list16(&extension, &list) && !take_list8(&list, &hello->protocol))
				hello->protocol = (Bytes) {NULL, NULL};
			return;
		case EXTENSION_SIGNATURE_ALGORITHMS:
			if (take_list16(&extension, &list))
				add_list(&hello->algorithms, list);
			break;
		case EXTENSION_SUPPORTED_VERSIONS:
			read_versions(hello, extension);
			break;
	}
	add(&hello->extension_types, type);
}

/*
 * As for Wireshark, extensions that are longer than what is left end a hello, whose rest counts: all of them, or one, and then its
 * type counts.
 */
static bool
read_hello(Hello *hello, Bytes at, bool has_cookie)
{
	Bytes list,
		extension;
	uint16_t type;

	if (!bytes_get_be16(&at, &hello->version) || !bytes_skip(&at, 32) || !take_list8(&at, &list) ||
		(has_cookie && !take_list8(&at, &list)) || !take_list16(&at, &list))
		return false;
	add_list(&hello->cipher_suites, list);
	if (!take_list8(&at, &list))
		return false;
	if (!take_list16(&at, &list))
		return true; /* a hello may have none */
	while (bytes_left(&list) >= 4 && bytes_get_be16(&list, &type))
	{
		bool is_whole = take_list16(&list, &extension);

		read_extension(hello, type, is_whole ? extension : (Bytes) {list.end, list.end});
		if (!is_whole)
			break;
	}
	return true;
}

static const char *
version_text(uint16_t version)
{
	static const struct
	{
		uint16_t	version;
		const char *text;
	} versions[] = {
		{0x0304, "13"},
		{0x0303, "12"},
		{0x0302, "11"},
		{0x0301, "10"},
		{0x0300, "s3"},
		{0x0002, "s2"},
		{0xfefc, "d3"},
		{0xfefd, "d2"},
		{0xfeff, "d1"},
	};

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i].version == version)
			return versions[i].text;
	return "00";
}

static bool
is_alphanumeric(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* The first and the last character; of a protocol that has others there, of its hexadecimal digits. */
static void
protocol_text(Bytes protocol, char text[2])
{
	static const char digits[] = "0123456789abcdef";
	size_t			  length = bytes_left(&protocol);

	text[0] = text[1] = '0';
	if (length == 0)
		return;
	text[0] = (char) protocol.at[0];
	text[1] = (char) protocol.at[length - 1];
	if (is_alphanumeric(protocol.at[0]) && is_alphanumeric(protocol.at[length - 1]))
		return;
	text[0] = digits[protocol.at[0] >> 4];
	text[1] = digits[protocol.at[length - 1] & 0x0f];
}

static int
compare(const void *a, const void *b)
{
	return (int) *(const uint16_t *) a - (int) *(const uint16_t *) b;
}

static void
sort(Numbers *numbers)
{
	qsort(numbers->all, numbers->count, sizeof(numbers->all[0]), compare);
}

/* Hashes the numbers, with commas between them, and `before` in front of them. */
static void
hash(crypto_hash_sha256_state *state, const char *before, const Numbers *numbers)
{
	for (unsigned i = 0; i < numbers->count; i++)
	{
		char text[8];
		int	 length = snprintf(text, sizeof(text), "%s%04x", i == 0 ? before : ",", numbers->all[i]);

		crypto_hash_sha256_update(state, (const uint8_t *) text, (size_t) length);
	}
}

/* Of two lists, the second of which may be NULL, or of one that is empty zeros. */
static void
hash_text(const Numbers *first, const Numbers *second, char text[HASH_DIGITS + 1])
{
	crypto_hash_sha256_state state;
	uint8_t					 bytes[crypto_hash_sha256_BYTES];

	if (first->count == 0)
	{
		snprintf(text, HASH_DIGITS + 1, "%0*d", HASH_DIGITS, 0);
		return;
	}
	crypto_hash_sha256_init(&state);
	hash(&state, "", first);
	if (second != NULL)
		hash(&state, "_", second);
	crypto_hash_sha256_final(&state, bytes);
	for (int i = 0; i < HASH_DIGITS / 2; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static unsigned
at_most(unsigned count)
{
	return count < COUNT_MAX ? count : COUNT_MAX;
}

bool
ja4_fingerprint(HelloCarrier carrier, Bytes bytes, char text[JA4_LENGTH + 1])
{
	Hello hello = {.has_server_name = false};
	char  protocol[2],
		cipher_suites[HASH_DIGITS + 1],
		extensions[HASH_DIGITS + 1];

	if (!read_hello(&hello, bytes, carrier == CARRIER_DTLS))
		return false;
	protocol_text(hello.protocol, protocol);
	sort(&hello.cipher_suites);
	sort(&hello.extension_types);
	hash_text(&hello.cipher_suites, NULL, cipher_suites);
	hash_text(&hello.extension_types, &hello.algorithms, extensions);
	snprintf(text, JA4_LENGTH + 1, "%c%s%c%02u%02u%c%c_%s_%s", (char) carrier, version_text(hello.version),
			 hello.has_server_name ? 'd' : 'i', at_most(hello.cipher_suites.count), at_most(hello.extensions),
			 protocol[0], protocol[1], cipher_suites, extensions);
	return true;
}
