/*
 * exact_time.h
 *	  The nanoseconds of a packet's time that a timestamptz has no room for.
 *
 * A row of packets tells them in its identifier, ctid, of which foreign tables make nothing else: who asks a table of packets for
 * captured_at and ctid knows the time as the capture has it.
 */
#ifndef PG_ROWS_EXACT_TIME_H
#define PG_ROWS_EXACT_TIME_H

#include "nodes/bitmapset.h"
#include "storage/itemptr.h"

#include "pg/base/attributes.h"
#include "wire/schema.h"

/* captured_at has nanoseconds, timestamptz microseconds. */
#define NANOSECONDS_PER_US 1000

/* The index of the column whose nanoseconds the rows are to tell, if they use these attributes; -1: none. */
static inline int
exact_time_column(const Schema *schema, const Bitmapset *attributes_used)
{
	return attributes_have_identifier(attributes_used) ? schema_column_of_field(schema, FIELD_CAPTURED_AT) : -1;
}

/* `time` in ns. */
static inline void
exact_time_put(ItemPointer identifier, uint64 time)
{
	ItemPointerSet(identifier, 0, FirstOffsetNumber + time % NANOSECONDS_PER_US);
}

/* Nanoseconds beyond the whole microseconds; 0 if the identifier tells nothing. */
static inline uint32
exact_time_get(ItemPointer identifier)
{
	OffsetNumber offset = ItemPointerGetOffsetNumberNoCheck(identifier);

	return offset == InvalidOffsetNumber ? 0 : offset - FirstOffsetNumber;
}

#endif /* PG_ROWS_EXACT_TIME_H */
