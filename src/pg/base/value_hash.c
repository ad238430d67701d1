/*
 * value_hash.c
 *	  Hashes in the place of values: BLAKE2b, RFC 7693.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "pg/base/value_hash.h"
#include "pg/base/varlena.h"

text *
value_hash(const char *value, size_t length, const uint8 *key, size_t key_length)
{
	uint8		hash[VALUE_HASH_BYTES];
	text	   *result = palloc(VARHDRSZ + 2 * VALUE_HASH_BYTES);
	const char *utf8 = value;

	Assert(key_length > 0 && key_length <= VALUE_HASH_KEY_MAX);
	if (GetDatabaseEncoding() != PG_SQL_ASCII)
		utf8 = pg_server_to_any(value, length, PG_UTF8);
	if (utf8 != value)
		length = strlen(utf8);
	crypto_generichash_blake2b(hash, VALUE_HASH_BYTES, (const uint8 *) utf8, length, key, key_length);
	SET_VARSIZE(result, VARHDRSZ + 2 * VALUE_HASH_BYTES);
	hex_encode((const char *) hash, VALUE_HASH_BYTES, VARDATA(result));
	return result;
}
