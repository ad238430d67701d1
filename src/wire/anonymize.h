/*
 * anonymize.h
 *	  The hashes of columns_to_anonymize, in the server and by hand.
 *
 * In the place of a value stands, in hexadecimal digits, BLAKE2b-512 (RFC 7693) of its text.  Where a key is given, with which the
 * same value has the same hash everywhere, the hashes' key is BLAKE2b-512 of this fixed text with the given key, so that hashes by
 * the given key itself are others.
 */
#ifndef WIRE_ANONYMIZE_H
#define WIRE_ANONYMIZE_H

#define ANONYMIZE_PURPOSE	"nfstream_fdw columns_to_anonymize"

#endif							/* WIRE_ANONYMIZE_H */
