/*
 * anonymize.h
 *	  The hashes of columns_to_anonymize, in the server and by hand.
 *
 * A value is replaced by BLAKE2b-512 (RFC 7693) of its text, in hexadecimal digits.  Where a key is given, so that the
 * same value has the same hash everywhere, the key of the hashes is not that key, but BLAKE2b-512 of this fixed text with
 * it: hashes made for another purpose with the given key are different.
 */
#ifndef WIRE_ANONYMIZE_H
#define WIRE_ANONYMIZE_H

#define ANONYMIZE_PURPOSE "nfstream_fdw columns_to_anonymize"

#endif /* WIRE_ANONYMIZE_H */
