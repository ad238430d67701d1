/*
 * value_hash.h
 *	  Hashes in the place of values: keyed BLAKE2b-512 over the value's text, in hexadecimal.
 */
#ifndef PG_BASE_VALUE_HASH_H
#define PG_BASE_VALUE_HASH_H

#include <sodium.h>

#define VALUE_HASH_BYTES   crypto_generichash_blake2b_BYTES_MAX	   /* 64 */
#define VALUE_HASH_KEY_MAX crypto_generichash_blake2b_KEYBYTES_MAX /* 64 bytes */

/*
 * The hash of a text, as text in the current memory context; the key has 1 ... 64 bytes.  The same in a database of any
 * encoding: what is hashed is UTF-8, as in NFStream.
 */
text *value_hash(const char *value, size_t length, const uint8 *key, size_t key_length);

#endif /* PG_BASE_VALUE_HASH_H */
