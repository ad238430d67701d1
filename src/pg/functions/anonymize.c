/*
 * anonymize.c
 *	  nfstream_anonymize() and its relatives: hashes in the place of values, for users.
 */
#include "postgres.h"

#include <sodium.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/base/secret.h"
#include "pg/base/value_hash.h"
#include "pg/base/varlena.h"

/* Errors unless the number of bytes is in the range. */
static void
check_bytes(const char *what, int64 bytes, int64 least, int64 most)
{
	if (bytes < least || bytes > most)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s cannot be " INT64_FORMAT " bytes long", what, bytes),
				 errdetail("Accepted: " INT64_FORMAT " ... " INT64_FORMAT " bytes.", least, most)));
}

PG_FUNCTION_INFO_V1(nfstream_blake2b);

/* nfstream_blake2b(data bytea, key bytea, size integer) → bytea */
Datum
nfstream_blake2b(PG_FUNCTION_ARGS)
{
	bytea *data = PG_GETARG_BYTEA_PP(0);
	bytea *key = PG_GETARG_BYTEA_PP(1);
	int32  size = PG_GETARG_INT32(2);
	bytea *hash;

	check_bytes("a BLAKE2b key", VARSIZE_ANY_EXHDR(key), 0, VALUE_HASH_KEY_MAX);
	check_bytes("a BLAKE2b hash", size, 1, VALUE_HASH_BYTES);
	hash = palloc(VARHDRSZ + size);
	SET_VARSIZE(hash, VARHDRSZ + size);
	crypto_generichash_blake2b((uint8 *) VARDATA(hash), size, (const uint8 *) VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data),
							   (const uint8 *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key));
	PG_RETURN_BYTEA_P(hash);
}

/* The hash of the first argument's text, whatever its type. */
static Datum
anonymize_argument(FunctionCallInfo fcinfo, const uint8 *key, size_t key_length)
{
	FmgrInfo *output = fcinfo->flinfo->fn_extra;
	char	 *value;

	if (output == NULL)
	{
		Oid	 type = get_fn_expr_argtype(fcinfo->flinfo, 0);
		Oid	 function;
		bool is_varlena;

		if (!OidIsValid(type))
			elog(ERROR, "could not determine the type of what is to be hashed");
		getTypeOutputInfo(type, &function, &is_varlena);
		output = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo));
		fmgr_info_cxt(function, output, fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = output;
	}
	value = OutputFunctionCall(output, PG_GETARG_DATUM(0));
	return PointerGetDatum(value_hash(value, strlen(value), key, key_length));
}

PG_FUNCTION_INFO_V1(nfstream_anonymize);

/* nfstream_anonymize(value anyelement or text) → text, with this session's key */
Datum
nfstream_anonymize(PG_FUNCTION_ARGS)
{
	return anonymize_argument(fcinfo, secret_of_session(), SECRET_BYTES);
}

static Datum
anonymize_with_key(FunctionCallInfo fcinfo, bytea *key)
{
	check_bytes("a key", VARSIZE_ANY_EXHDR(key), 1, VALUE_HASH_KEY_MAX);
	return anonymize_argument(fcinfo, (const uint8 *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key));
}

PG_FUNCTION_INFO_V1(nfstream_anonymize_with_key);

/* nfstream_anonymize(value anyelement or text, key bytea) → text */
Datum
nfstream_anonymize_with_key(PG_FUNCTION_ARGS)
{
	return anonymize_with_key(fcinfo, PG_GETARG_BYTEA_PP(1));
}

PG_FUNCTION_INFO_V1(nfstream_anonymize_with_text_key);

/* nfstream_anonymize(value anyelement or text, key text) → text */
Datum
nfstream_anonymize_with_text_key(PG_FUNCTION_ARGS)
{
	char *literal = text_to_cstring(PG_GETARG_TEXT_PP(1));

	return anonymize_with_key(fcinfo, DatumGetByteaPP(DirectFunctionCall1(byteain, CStringGetDatum(literal))));
}

PG_FUNCTION_INFO_V1(nfstream_rotate_key);

/* nfstream_rotate_key() → void */
Datum
nfstream_rotate_key(PG_FUNCTION_ARGS)
{
	secret_renew();
	PG_RETURN_VOID();
}
