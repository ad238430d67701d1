/*
 * order.h
 *	  The order of a scan's records: of those that its meters have sent, which is the next.
 *
 * Each meter's records are a stream.  Whoever receives them tells each stream what has come from it; what contradicts the
 * order is refused.
 */
#ifndef WIRE_ORDER_H
#define WIRE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

typedef enum OrderRule
{
	ORDER_OF_PLACES, /* by (left, first), as record.h has them: every meter walks the whole source */
	ORDER_OF_FILES,	 /* the same within a file, and by the files' turns: each meter has whole files */
	ORDER_OF_ARRIVAL /* as they come: nobody waits for another meter of a live source */
} OrderRule;

/* What is known of one meter's records.  All zeros at the start. */
typedef struct OrderStream
{
	bool	 has_record; /* its next one is there, and was not taken */
	bool	 ended;
	uint64_t left; /* of that record, or the latest before it */
	uint64_t first;
	uint64_t place; /* every record that left up to here has come */

	/* ORDER_OF_FILES */
	bool	 has_file;
	bool	 file_ended; /* all its records have come */
	uint32_t turn;		 /* of the file, counted in the order of reading */
} OrderStream;

typedef struct RecordOrder
{
	OrderRule	 rule;
	uint32_t	 count;
	OrderStream *streams;
	uint32_t	 turn;	 /* ORDER_OF_FILES: of the file whose records are taken */
	uint32_t	 latest; /* ORDER_OF_ARRIVAL: the stream whose record was taken last */
} RecordOrder;

typedef enum OrderNext
{
	ORDER_RECORD,	/* this stream's record is the next, and now taken */
	ORDER_FILE_END, /* this stream's file was the one whose turn it is, and is over */
	ORDER_WAIT,		/* what is next is not known before more has come */
	ORDER_END		/* all streams have ended, and all records were taken */
} OrderNext;

/* The next of what has come; *stream is the index of the stream that it comes from. */
OrderNext order_next(RecordOrder *order, uint32_t *stream);

/*
 * What has come from a stream: a record (the one before it must have been taken); a place; the beginning of a file, by
 * its turn (a turn that no file has: the stream gets no more), and its end; the end of all.  Each returns NULL, or why
 * that cannot have come, as a constant text.
 */
const char *order_record(OrderRule rule, OrderStream *stream, uint64_t left, uint64_t first);
const char *order_place(OrderRule rule, OrderStream *stream, uint64_t place);
const char *order_file(OrderRule rule, OrderStream *stream, uint32_t turn, uint32_t files);
const char *order_file_end(OrderStream *stream);
const char *order_end(OrderStream *stream);

#endif /* WIRE_ORDER_H */
