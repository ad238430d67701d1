/*
 * anonymize.h
 *	  Hashes in the place of values: keyed BLAKE2b-512 over the value's text, in hexadecimal.
 */
#ifndef PG_FUNCTIONS_ANONYMIZE_H
#define PG_FUNCTIONS_ANONYMIZE_H

/*
 * The hash of a text, as text in the current memory context; the key has 1 ... 64 bytes.  The same in a database of any
 * encoding: what is hashed is UTF-8, as in NFStream.
 */
text	   *anonymize_text(const char *value, size_t length, const uint8 *key, size_t key_length);

#endif							/* PG_FUNCTIONS_ANONYMIZE_H */
