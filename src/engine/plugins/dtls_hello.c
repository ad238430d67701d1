/*
 * dtls_hello.c
 *	  The ClientHello in the datagrams of a DTLS association.
 *
 * A datagram holds records, each of them (RFC 6347, section 4.1)
 *
 *	  type 1 | version 2 | epoch 2 | sequence number 6 | length 2 | as many bytes
 *
 * and a record of the handshake (type 22) holds messages or fragments of them (section 4.2.2):
 *
 *	  type 1 | length 3 | message's number 2 | fragment's offset 3 | fragment's length 3 | as many bytes
 *
 * Only what is not encrypted, epoch 0, is looked at.  A second ClientHello, which a server asks for, has another number, and is
 * whole by itself.
 *
 * In CAPWAP (RFC 5415, section 4.2) a byte of 1 and three reserved bytes come before DTLS.
 */
#include "engine/plugins/dtls_hello.h"

#define RECORD_HANDSHAKE	 22
#define MESSAGE_CLIENT_HELLO 1
#define CAPWAP_DTLS			 1

/* DTLS 1.0, which OpenSSL once sent as 1.0 of its own, and 1.2, which 1.3 shows as well. */
static bool
is_version(uint16_t version)
{
	return version == 0xfeff || version == 0xfefd || version == 0x0100;
}

/* The record's header; false if it is none. */
static bool
take_record(Bytes *datagram, uint8_t *type, uint16_t *epoch, Bytes *record)
{
	uint16_t version,
		length;

	if (!bytes_get_u8(datagram, type) || !bytes_get_be16(datagram, &version) || !is_version(version) ||
		!bytes_get_be16(datagram, epoch) || !bytes_skip(datagram, 6) || !bytes_get_be16(datagram, &length))
		return false;
	if (!bytes_take(datagram, length, record))
	{
		*record = *datagram; /* the rest was not captured */
		datagram->at = datagram->end;
	}
	return true;
}

bool
dtls_is_handshake(Bytes *datagram)
{
	Bytes at = *datagram,
		  record;
	uint8_t first,
		type;
	uint16_t epoch;

	if (!bytes_peek_u8(&at, &first))
		return false;
	if (first == CAPWAP_DTLS && !bytes_skip(&at, 4))
		return false;
	*datagram = at;
	return take_record(&at, &type, &epoch, &record) && type == RECORD_HANDSHAKE;
}

/* Adds a fragment of a ClientHello; true if that is whole now. */
static bool
add_fragment(DtlsHello *message, uint32_t length, uint16_t number, uint32_t offset, Bytes fragment, Bytes *hello)
{
	if (offset == 0 && bytes_left(&fragment) == length)
	{
		*hello = fragment;
		return true;
	}
	if (message->length != length || message->number != number)
		pieces_clear(&message->pieces);
	message->length = length;
	message->number = number;
	if (length > PIECES_BYTES_MAX || offset + bytes_left(&fragment) > length ||
		!pieces_add(&message->pieces, offset, fragment) || message->pieces.length < length)
		return false;
	*hello = pieces_front(&message->pieces);
	return true;
}

bool
dtls_hello_datagram(DtlsHello *message, Bytes datagram, Bytes *hello)
{
	Bytes record,
		fragment;
	uint8_t	 type;
	uint16_t epoch,
		number;
	uint32_t length,
		offset,
		fragment_length;

	while (take_record(&datagram, &type, &epoch, &record))
	{
		if (type != RECORD_HANDSHAKE || epoch != 0)
			continue;
		while (bytes_get_u8(&record, &type) && bytes_get_be24(&record, &length) && bytes_get_be16(&record, &number) &&
			   bytes_get_be24(&record, &offset) && bytes_get_be24(&record, &fragment_length) &&
			   bytes_take(&record, fragment_length, &fragment))
			if (type == MESSAGE_CLIENT_HELLO && add_fragment(message, length, number, offset, fragment, hello))
				return true;
	}
	return false;
}
