/*
 * quic_initial.c
 *	  A client's Initial packets of QUIC.
 *
 * RFC 9000, sections 17.2.2 and 19; RFC 9001, section 5, for the keys; RFC 9369 for version 2.
 *
 *	   0             1          5                6            ...
 *	  +-------------+----------+----------------+-----------------------+---------------+-----------+
 *	  | 1 1 type .. | version  | length, 1 byte | destination id        | length 1      | source id |
 *	  +-------------+----------+----------------+-----------------------+---------------+-----------+
 *	  | token's length | token | length, of all that follows            | number 1 to 4 | payload   |
 *	  +----------------+-------+----------------------------------------+---------------+-----------+
 *
 * Lengths after the ids take 1, 2, 4 or 8 bytes, which the first two bits say (section 16).  Packets with a long header may
 * follow each other in a datagram.
 *
 * The payload is encrypted with AES-128-GCM, the packet number and the low bits of the first byte are covered by a mask that
 * follows from 16 bytes of the payload.  All keys follow from a salt, which each version has, and the destination id of the
 * client's first packet: there is no secret in it.
 */
#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/version.h>
#include <sodium.h>

#include "engine/plugins/quic_initial.h"

#define LONG_HEADER	   0x80
#define TAG_BYTES	   16
#define SAMPLE_BYTES   16
#define KEY_BYTES	   16
#define NONCE_BYTES	   12
#define SECRET_BYTES   crypto_auth_hmacsha256_BYTES
#define SALT_BYTES	   20
#define NUMBER_MAX	   4 /* bytes of a packet number */
#define TYPE_INITIAL   0
#define TYPE_0RTT	   1
#define TYPE_HANDSHAKE 2

/* Frames that an Initial packet may hold. */
enum
{
	FRAME_PADDING = 0,
	FRAME_PING = 1,
	FRAME_ACK = 2,
	FRAME_ACK_ECN = 3,
	FRAME_CRYPTO = 6,
	FRAME_CRYPTO_GOOGLE = 8
};

/* Versions that make their keys in the same way. */
typedef struct Version
{
	uint32_t first;
	uint32_t last;
	bool	 is_2;	 /* labels and numbers of packet types are version 2's */
	uint8_t	 crypto; /* type of CRYPTO frames */
	uint8_t	 salt[SALT_BYTES];
} Version;

#define SALT_DRAFT_22 \
	{ \
		0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, \
		0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a}
#define SALT_DRAFT_23 \
	{ \
		0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, \
		0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02}
#define SALT_DRAFT_29 \
	{ \
		0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, \
		0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99}
#define SALT_1 \
	{ \
		0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, \
		0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}
#define SALT_2 \
	{ \
		0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, \
		0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}

/* Drafts before 22 have another header.  Facebook's mvfst and Google's T050 and T051 follow a draft, with their own numbers. */
static const Version versions[] = {
	{0x00000001, 0x00000001, false, FRAME_CRYPTO, SALT_1},
	{0x6b3343cf, 0x6b3343cf, true, FRAME_CRYPTO, SALT_2},
	{0xff000016, 0xff000016, false, FRAME_CRYPTO, SALT_DRAFT_22},
	{0xff000017, 0xff00001c, false, FRAME_CRYPTO, SALT_DRAFT_23},
	{0xff00001d, 0xff000020, false, FRAME_CRYPTO, SALT_DRAFT_29},
	{0xff000021, 0xff000022, false, FRAME_CRYPTO, SALT_1},
	{0xfaceb001, 0xfaceb001, false, FRAME_CRYPTO, SALT_DRAFT_22},
	{0xfaceb002, 0xfaceb002, false, FRAME_CRYPTO, SALT_DRAFT_23},
	{0xfaceb00e, 0xfaceb00e, false, FRAME_CRYPTO, SALT_DRAFT_23},
	{0x54303530, 0x54303530, false, FRAME_CRYPTO_GOOGLE, {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10}},
	{0x54303531, 0x54303531, false, FRAME_CRYPTO_GOOGLE, {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d}},
};

static const Version *
version_of(uint32_t number)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (number >= versions[i].first && number <= versions[i].last)
			return &versions[i];
	return NULL;
}

/* A number of 1, 2, 4 or 8 bytes: section 16. */
static bool
get_number(Bytes *at, uint64_t *number)
{
	uint8_t first,
		next;
	unsigned more;

	if (!bytes_peek_u8(at, &first))
		return false;
	more = (1u << (first >> 6)) - 1;
	if (bytes_left(at) < more + 1)
		return false;
	bytes_skip(at, 1);
	*number = first & 0x3f;
	while (more-- > 0 && bytes_get_u8(at, &next))
		*number = *number << 8 | next;
	return true;
}

static bool
take_id(Bytes *at, QuicId *id)
{
	return bytes_get_u8(at, &id->length) && id->length <= QUIC_CONNECTION_ID_MAX && bytes_copy(at, id->bytes, id->length);
}

bool
quic_is_known(Bytes datagram)
{
	uint8_t	 first;
	uint32_t version;

	return bytes_get_u8(&datagram, &first) && first & LONG_HEADER && bytes_get_be32(&datagram, &version) &&
		   version_of(version) != NULL;
}

bool
quic_take_initial(Bytes *datagram, QuicInitial *initial)
{
	while (quic_is_known(*datagram))
	{
		Bytes		   at = *datagram;
		const Version *version;
		QuicId		   source;
		uint8_t		   first,
			type;
		uint64_t token,
			length;
		bool has_token;

		if (!bytes_get_u8(&at, &first) || !bytes_get_be32(&at, &initial->version))
			return false;
		version = version_of(initial->version);
		type = (uint8_t) ((first >> 4) + (version->is_2 ? 3 : 0)) & 3;
		has_token = type == TYPE_INITIAL;
		if (!(type == TYPE_INITIAL || type == TYPE_0RTT || type == TYPE_HANDSHAKE) ||
			!take_id(&at, &initial->destination) || !take_id(&at, &source) ||
			(has_token && (!get_number(&at, &token) || token > bytes_left(&at) || !bytes_skip(&at, token))) ||
			!get_number(&at, &length) || length > bytes_left(&at))
			return false;
		initial->header_length = (size_t) (at.at - datagram->at);
		bytes_take(datagram, initial->header_length + length, &initial->packet);
		if (type == TYPE_INITIAL)
			return true;
	}
	return false;
}

static void
hmac(const uint8_t *key, size_t key_length, const uint8_t *bytes, size_t length, uint8_t result[SECRET_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, key_length);
	crypto_auth_hmacsha256_update(&state, bytes, length);
	crypto_auth_hmacsha256_final(&state, result);
}

/* HKDF-Expand-Label (RFC 8446, section 7.1) with an empty context, of at most SECRET_BYTES bytes: one round of HMAC. */
static void
expand(const uint8_t secret[SECRET_BYTES], const char *label, uint8_t *result, uint8_t length)
{
	uint8_t info[64] = {0, length, (uint8_t) (6 + strlen(label)), 't', 'l', 's', '1', '3', ' '},
			block[SECRET_BYTES];
	size_t used = 9;

	memcpy(info + used, label, strlen(label));
	used += strlen(label);
	info[used++] = 0;
	info[used++] = 1;
	hmac(secret, SECRET_BYTES, info, used, block);
	memcpy(result, block, length);
}

typedef struct Keys
{
	uint8_t key[KEY_BYTES];
	uint8_t nonce[NONCE_BYTES];
	uint8_t mask[KEY_BYTES]; /* the key of the header's mask */
} Keys;

static void
derive_keys(const Version *version, const QuicId *first, Keys *keys)
{
	uint8_t secret[SECRET_BYTES];

	hmac(version->salt, SALT_BYTES, first->bytes, first->length, secret);
	expand(secret, "client in", secret, SECRET_BYTES);
	expand(secret, version->is_2 ? "quicv2 key" : "quic key", keys->key, KEY_BYTES);
	expand(secret, version->is_2 ? "quicv2 iv" : "quic iv", keys->nonce, NONCE_BYTES);
	expand(secret, version->is_2 ? "quicv2 hp" : "quic hp", keys->mask, KEY_BYTES);
}

/* Takes the mask off the first byte and the packet number; returns how many bytes that has. */
static size_t
unmask(const Keys *keys, uint8_t *packet, size_t header_length)
{
	struct aes128_ctx aes;
	uint8_t			  mask[SAMPLE_BYTES];
	size_t			  count;

	aes128_set_encrypt_key(&aes, keys->mask);
	aes128_encrypt(&aes, SAMPLE_BYTES, mask, packet + header_length + NUMBER_MAX);
	packet[0] ^= mask[0] & 0x0f;
	count = (packet[0] & 3) + 1u;
	for (size_t i = 0; i < count; i++)
		packet[header_length + i] ^= mask[1 + i];
	return count;
}

bool
quic_decrypt_initial(const QuicInitial *initial, const QuicId *first, uint8_t *room, Bytes *frames)
{
	size_t length = bytes_left(&initial->packet),
		   number,
		   header;
	struct gcm_aes128_ctx gcm;
	Keys				  keys;
	uint8_t				  tag[TAG_BYTES];

	if (length < initial->header_length + NUMBER_MAX + SAMPLE_BYTES)
		return false;
	derive_keys(version_of(initial->version), first, &keys);
	memcpy(room, initial->packet.at, length);
	number = unmask(&keys, room, initial->header_length);
	header = initial->header_length + number;
	for (size_t i = 0; i < number; i++)
		keys.nonce[NONCE_BYTES - number + i] ^= room[initial->header_length + i];

	gcm_aes128_set_key(&gcm, keys.key);
	gcm_aes128_set_iv(&gcm, NONCE_BYTES, keys.nonce);
	gcm_aes128_update(&gcm, header, room);
	gcm_aes128_decrypt(&gcm, length - header - TAG_BYTES, room + header, room + header);
#if NETTLE_VERSION_MAJOR >= 4
	gcm_aes128_digest(&gcm, tag);
#else
	gcm_aes128_digest(&gcm, TAG_BYTES, tag);
#endif
	*frames = (Bytes) {room + header, room + length - TAG_BYTES};
	return memcmp(tag, room + length - TAG_BYTES, TAG_BYTES) == 0;
}

/* Steps over the rest of an acknowledgement: section 19.3. */
static bool
skip_acknowledgement(Bytes *frames, bool with_counts)
{
	uint64_t number,
		ranges;

	if (!get_number(frames, &number) || !get_number(frames, &number) || !get_number(frames, &ranges) ||
		!get_number(frames, &number))
		return false;
	while (ranges-- > 0)
		if (!get_number(frames, &number) || !get_number(frames, &number))
			return false;
	return !with_counts || (get_number(frames, &number) && get_number(frames, &number) && get_number(frames, &number));
}

bool
quic_take_crypto(uint32_t version, Bytes *frames, uint64_t *offset, Bytes *data)
{
	uint8_t	 crypto = version_of(version)->crypto;
	uint64_t type,
		length;

	while (get_number(frames, &type))
	{
		if (type == crypto)
			return get_number(frames, offset) && get_number(frames, &length) && length <= bytes_left(frames) &&
				   bytes_take(frames, length, data);
		switch (type)
		{
			case FRAME_PADDING:
			case FRAME_PING:
				break;
			case FRAME_ACK:
			case FRAME_ACK_ECN:
				if (!skip_acknowledgement(frames, type == FRAME_ACK_ECN))
					return false;
				break;
			default:
				return false;
		}
	}
	return false;
}
