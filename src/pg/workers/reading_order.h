/*
 * reading_order.h
 *	  The order in which the files of a scan are read, where the meters find it out.
 */
#ifndef PG_WORKERS_READING_ORDER_H
#define PG_WORKERS_READING_ORDER_H

/* All zeros but the context at the start: the given order. */
typedef struct ReadingOrder
{
	MemoryContext context; /* of the arrays */
	uint32		 *order;   /* indexes of the files */
	uint32		 *turns;   /* where in it each file is */
} ReadingOrder;

/* The turn of a file: its number in the order of reading. */
static inline uint32
reading_turn(const ReadingOrder *order, uint32 file)
{
	return order->turns == NULL ? file : order->turns[file];
}

/*
 * Takes the order that a meter tells, `length` bytes.  All meters find it out for themselves, and all find the same: returns what is wrong
 * if it is another one than before, or none of so many files; NULL if nothing is.
 */
const char *reading_order_take(ReadingOrder *order, const uint8 *bytes, uint32 length, uint32 files);

#endif /* PG_WORKERS_READING_ORDER_H */
