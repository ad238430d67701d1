/*
 * secret.h
 *	  This session's secrets, and the keys that come from them.
 *
 * They are random, live in memory that is neither swapped nor dumped, are never shown or written, and are wiped when the
 * process ends.  What nfstream_anonymize() hashes with and what tables' keys come from are two secrets: whoever may call the
 * function learns nothing of a table.
 */
#ifndef PG_BASE_SECRET_H
#define PG_BASE_SECRET_H

#define SECRET_BYTES 64

/* The key of nfstream_anonymize(value), SECRET_BYTES long; made when it is first asked for. */
const uint8 *secret_of_session(void);

/* The key of a table's columns_to_anonymize from this session's other secret: no two tables have the same. */
void secret_of_table(Oid table, uint8 key[SECRET_BYTES]);

/*
 * The same from the key that a user mapping gives, 1 ... SECRET_BYTES bytes as hexadecimal digits.  There is nothing else in it,
 * no OID above all: with the same given key it is the same in every table, after a dump is restored, and in another cluster.
 * It is BLAKE2b-512 of a fixed text with the given key, so that hashes by the given key itself are others.  Errors if these
 * are not such digits.
 */
void secret_of_mapping(const char *digits, uint8 key[SECRET_BYTES]);

/* Makes new secrets, which hold from here on. */
void secret_renew(void);

/* Overwrites a key that is not needed any more. */
void secret_wipe(void *key, size_t length);

#endif /* PG_BASE_SECRET_H */
