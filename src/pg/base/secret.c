/*
 * secret.c
 *	  This session's secrets, and the keys that come from them.
 */
#include "postgres.h"

#include <sodium.h>

#include "miscadmin.h"
#include "storage/ipc.h"

#include "pg/base/secret.h"
#include "wire/anonymize.h"

typedef struct Secrets
{
	uint8 session[SECRET_BYTES];
	uint8 tables[SECRET_BYTES];
} Secrets;

/* In pages of their own, locked; NULL until they are needed. */
static Secrets *secrets;

static void
wipe(int code, Datum argument)
{
	(void) code;
	(void) argument;
	sodium_free(secrets); /* wipes it too */
	secrets = NULL;
}

static void
fill(void)
{
	if (!pg_strong_random(secrets, sizeof(*secrets)))
	{
		sodium_memzero(secrets, sizeof(*secrets));
		sodium_free(secrets);
		secrets = NULL;
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate a random key")));
	}
}

static const Secrets *
get_secrets(void)
{
	static bool will_wipe = false;

	if (secrets != NULL)
		return secrets;
	if (sodium_init() < 0 || (secrets = sodium_malloc(sizeof(*secrets))) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not get memory for a secret key")));
	if (!will_wipe)
		on_proc_exit(wipe, (Datum) 0);
	will_wipe = true;
	fill();
	return secrets;
}

const uint8 *
secret_of_session(void)
{
	return get_secrets()->session;
}

void
secret_of_table(Oid table, uint8 key[SECRET_BYTES])
{
	struct
	{
		char purpose[24];
		Oid	 table;
	} message = {"columns_to_anonymize", table};

	crypto_generichash_blake2b(key, SECRET_BYTES, (const uint8 *) &message, sizeof(message), get_secrets()->tables, SECRET_BYTES);
}

void
secret_of_mapping(const char *digits, uint8 key[SECRET_BYTES])
{
	uint8  given[SECRET_BYTES];
	size_t length;
	bool   is_key;

	/* Nothing raises an error while the bytes are here. */
	is_key = sodium_hex2bin(given, sizeof(given), digits, strlen(digits), NULL, &length, NULL) == 0 && length > 0;
	if (is_key)
		crypto_generichash_blake2b(key, SECRET_BYTES, (const uint8 *) ANONYMIZE_PURPOSE, strlen(ANONYMIZE_PURPOSE), given, length);
	sodium_memzero(given, sizeof(given));
	if (!is_key)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_STRING_FORMAT),
				 errmsg("invalid value for option \"%s\"", "anonymization_key"),
				 errdetail("Accepted: 1 ... %d bytes as hexadecimal digits.", SECRET_BYTES),
				 errhint("The user mapping of the table's owner has it.")));
}

void
secret_renew(void)
{
	if (secrets != NULL)
		fill();
}

void
secret_wipe(void *key, size_t length)
{
	sodium_memzero(key, length);
}
