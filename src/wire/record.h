/*
 * record.h
 *	  A row on its way from a meter to the leader.
 *
 * The body of MESSAGE_RECORDS is one record after the other:
 *
 *	  uint32  length of the record, this field included; its highest bit says that it is a mark
 *	  uint64  left
 *	  uint64  first
 *	  values of the requested columns, in the order of the schema; how each stands is its ColumnKind
 *
 * `left` and `first` are the row's place in the scan's one order.  A packet's place is its number in the source, from 1,
 * the same for all meters of a scan.  Of a flow, `first` is the place of the flow's first packet.  `left` is twice the place of the
 * packet at which the flow left, plus one if it left in the idle scan after that packet's own work, or
 * RECORD_LEFT_AT_END.  A meter's records come in ascending order of (left, first), and no two flows of a scan have the
 * same.
 *
 * A mark is what a flow leaves that was set aside, where those count: it has a place among the records, and no values.
 *
 * A packet's record has its own place for `first`, and twice that for `left`.
 *
 * Where sources are metered apart, places are numbered anew in each, and the order is that of (source, left, first).
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include <stddef.h>
#include <string.h>

#include "wire/schema.h"

#define RECORD_LEFT_AT_END	UINT64_MAX
#define RECORD_HEADER_BYTES 20
#define RECORD_MARK			(UINT32_C(1) << 31)

/* The most bytes of a COLUMN_TEXT, user_agent's 255; and of what has a longer length. */
#define RECORD_TEXT_MAX 255
#define RECORD_LONG_MAX (1u << 20)

/* One value of a record, as it was read; pointers are into the message. */
typedef struct RecordValue
{
	union
	{
		uint64_t u; /* COLUMN_UINT*, COLUMN_FILE */
		int64_t	 i; /* COLUMN_INT* */
		double	 d;
		struct
		{
			const uint8_t *bytes;
			uint32_t	   length; /* 4 or 16 (address), 6 (MAC), 3 (OUI), or what it is */
		} b;
		struct
		{
			const uint8_t *bytes; /* `present` int64, unaligned */
			uint32_t	   present;
			uint32_t	   count;
		} a;
	};
} RecordValue;

static inline void
record_value_set(RecordValue *value, const void *bytes, size_t length)
{
	value->b.bytes = bytes;
	value->b.length = (uint32_t) length;
}

/* Element `i` of a COLUMN_INTEGERS: all after those present are -1. */
static inline int64_t
record_element(const RecordValue *value, uint32_t i)
{
	int64_t element = -1;

	if (i < value->a.present)
		memcpy(&element, value->a.bytes + i * sizeof(element), sizeof(element));
	return element;
}

/* What the records of a scan hold. */
typedef struct RecordForm
{
	const Schema *schema;
	uint32_t	  elements;	 /* of each COLUMN_INTEGERS: the option splt_analysis */
	bool		  has_marks; /* there may be some among them */
	unsigned	  count;
	uint8_t		  columns[COLUMNS_MAX]; /* the indexes of those that are there, in order */
	unsigned	  place_count;
	uint8_t		  places[2]; /* of these, those that are places: packet_number, first_packet */
} RecordForm;

typedef struct Record
{
	bool		is_mark; /* it has no values */
	uint64_t	left;
	uint64_t	first;
	RecordValue values[COLUMNS_MAX]; /* by column index; only those of the form are set */
} Record;

/*
 * The form of records of this schema that hold the columns of the set, without marks; members beyond the schema's columns are passed
 * over.
 */
void record_form(RecordForm *form, const Schema *schema, const ColumnSet *columns, uint32_t elements);

/*
 * Takes the next record off a message's body, over which the cursor moves; believes nothing.
 *
 * Returns NULL and the record, or what is wrong with it, as a constant text.  Texts are checked to be UTF-8 without NUL,
 * JSON to be what json.h says, lengths to lie in the message and to be no more than the column's, lists to have the form's number of elements.
 */
const char *record_read(const RecordForm *form, const uint8_t **cursor, const uint8_t *end, Record *record);

/* Moves the places of a record, also those among its values, on by the `before` packets of the sources before its own. */
void record_go_on(const RecordForm *form, Record *record, uint64_t before);

/*
 * The most bytes that a value of this column takes, but for what record_bound_of() counts: the elements of a list, and
 * the bytes of a long text, of JSON or of bytes.
 */
size_t record_bound(const Column *column);

static inline size_t
record_bound_of(ColumnKind kind, const RecordValue *value)
{
	switch (kind)
	{
		case COLUMN_INTEGERS:
			return value->a.present * sizeof(int64_t);
		case COLUMN_LONG_TEXT:
		case COLUMN_JSON:
		case COLUMN_BYTES:
			return value->b.length;
		default:
			return 0;
	}
}

static inline uint8_t *
record_put_bytes(uint8_t *to, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(to, bytes, length);
	return to + length;
}

/*
 * Begins a record at `record`; returns where its first value comes.  Each value is put after the one before it, in the order of the
 * schema; record_end() then gives the record's length.
 */
static inline uint8_t *
record_begin(uint8_t *record, uint64_t left, uint64_t first)
{
	const uint64_t places[] = {left, first};

	return record_put_bytes(record + sizeof(uint32_t), places, sizeof(places));
}

static inline size_t
record_end(uint8_t *record, const uint8_t *to)
{
	uint32_t length = (uint32_t) (to - record);

	memcpy(record, &length, sizeof(length));
	return length;
}

/* Writes a mark, of RECORD_HEADER_BYTES. */
static inline void
record_put_mark(uint8_t *mark, uint64_t left, uint64_t first)
{
	const uint32_t length = RECORD_HEADER_BYTES | RECORD_MARK;

	record_begin(mark, left, first);
	memcpy(mark, &length, sizeof(length));
}

#define RECORD_PUT_NUMBER(type, number) \
	do \
	{ \
		type as_written = (type) (number); \
		to = record_put_bytes(to, &as_written, sizeof(as_written)); \
	} while (0)

/* Puts a value, as record_read() reads it; returns where the next one comes. */
static inline uint8_t *
record_put(uint8_t *to, ColumnKind kind, const RecordValue *value)
{
	switch (kind)
	{
		case COLUMN_UINT8:
			RECORD_PUT_NUMBER(uint8_t, value->u);
			return to;
		case COLUMN_UINT16:
			RECORD_PUT_NUMBER(uint16_t, value->u);
			return to;
		case COLUMN_UINT32:
		case COLUMN_FILE:
			RECORD_PUT_NUMBER(uint32_t, value->u);
			return to;
		case COLUMN_INT32:
			RECORD_PUT_NUMBER(int32_t, value->i);
			return to;
		case COLUMN_UINT64:
			RECORD_PUT_NUMBER(uint64_t, value->u);
			return to;
		case COLUMN_INT64:
			RECORD_PUT_NUMBER(int64_t, value->i);
			return to;
		case COLUMN_DOUBLE:
			RECORD_PUT_NUMBER(double, value->d);
			return to;
		case COLUMN_ADDRESS:
			RECORD_PUT_NUMBER(uint8_t, value->b.length == 4 ? 4 : 6);
			return record_put_bytes(to, value->b.bytes, value->b.length);
		case COLUMN_MAC:
		case COLUMN_OUI:
			return record_put_bytes(to, value->b.bytes, value->b.length);
		case COLUMN_TEXT:
			RECORD_PUT_NUMBER(uint16_t, value->b.length);
			return record_put_bytes(to, value->b.bytes, value->b.length);
		case COLUMN_LONG_TEXT:
		case COLUMN_JSON:
		case COLUMN_BYTES:
			RECORD_PUT_NUMBER(uint32_t, value->b.length);
			return record_put_bytes(to, value->b.bytes, value->b.length);
		case COLUMN_INTEGERS:
			RECORD_PUT_NUMBER(uint32_t, value->a.count);
			RECORD_PUT_NUMBER(uint32_t, value->a.present);
			return record_put_bytes(to, value->a.bytes, value->a.present * sizeof(int64_t));
	}
	return to;
}

#undef RECORD_PUT_NUMBER

/* The bytes of the valid UTF-8 character at `text`, which has `length` bytes; 0 if there is none (NUL is none).  RFC 3629. */
unsigned utf8_character(const uint8_t *text, size_t length);

#endif /* WIRE_RECORD_H */
