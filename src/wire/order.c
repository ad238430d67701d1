/*
 * order.c
 *	  The order of a scan's records: of those that its meters have sent, which is the next.
 *
 * By places: each stream is in ascending order, and the least of their next records is the scan's next as soon as no
 * other stream can bring an earlier one, because it has a record itself, or has ended, or all its records up to that
 * place have come.
 *
 * By files: the next record is that of the stream with the file whose turn it is.  Files are taken in their order, so the
 * meter with that file waits for no other.
 *
 * By arrival: the streams take turns.
 */
#include <assert.h>
#include <stddef.h>

#include "wire/order.h"
#include "wire/record.h"

/* ------------------------------------------------------------------------------------------------------------ what came */

const char *
order_record(OrderRule rule, OrderStream *stream, uint64_t left, uint64_t first)
{
	if (rule == ORDER_OF_FILES && (!stream->has_file || stream->file_ended))
		return "records of no file";

	/* Flows that leave while no packet comes all leave at one place, however long that lasts. */
	if (rule == ORDER_OF_ARRIVAL ? left < stream->left || left < stream->place :
								   left < stream->left || (left == stream->left && first <= stream->first) || left <= stream->place)
		return "records out of order";
	stream->has_record = true;
	stream->left = left;
	stream->first = first;
	return NULL;
}

const char *
order_place(OrderRule rule, OrderStream *stream, uint64_t place)
{
	if (place < stream->place || (place == stream->place && rule != ORDER_OF_ARRIVAL) || place < stream->left ||
		place == RECORD_LEFT_AT_END)
		return "a place that was passed before";
	stream->place = place;
	return NULL;
}

const char *
order_file(OrderRule rule, OrderStream *stream, uint32_t turn, uint32_t files)
{
	if (rule != ORDER_OF_FILES || stream->has_file)
		return "a file before the end of another";
	*stream = (OrderStream) {.has_file = turn < files, .turn = turn};
	return NULL;
}

const char *
order_file_end(OrderStream *stream)
{
	if (!stream->has_file || stream->file_ended)
		return "the end of no file";
	stream->file_ended = true;
	return NULL;
}

const char *
order_end(OrderStream *stream)
{
	if (stream->has_file)
		return "its end within a file";
	stream->ended = true;
	return NULL;
}

/* --------------------------------------------------------------------------------------------------------- what is next */

static bool
is_before(const OrderStream *a, const OrderStream *b)
{
	return a->left < b->left || (a->left == b->left && a->first < b->first);
}

static OrderNext
take(RecordOrder *order, uint32_t stream, uint32_t *taken)
{
	assert(order->streams[stream].has_record);
	order->streams[stream].has_record = false;
	order->latest = *taken = stream;
	return ORDER_RECORD;
}

static bool
all_ended(const RecordOrder *order)
{
	for (uint32_t i = 0; i < order->count; i++)
		if (order->streams[i].has_record || !order->streams[i].ended)
			return false;
	return true;
}

static OrderNext
next_of_places(RecordOrder *order, uint32_t *stream)
{
	const OrderStream *first = NULL;
	uint64_t		   place = RECORD_LEFT_AT_END; /* up to here all streams without a record have brought theirs */

	for (uint32_t i = 0; i < order->count; i++)
	{
		const OrderStream *one = &order->streams[i];

		if (one->has_record)
			first = first == NULL || is_before(one, first) ? one : first;
		else if (!one->ended && one->place < place)
			place = one->place;
	}
	if (first == NULL || first->left > place)
		return ORDER_WAIT;
	return take(order, (uint32_t) (first - order->streams), stream);
}

static OrderNext
next_of_files(RecordOrder *order, uint32_t *stream)
{
	for (uint32_t i = 0; i < order->count; i++)
	{
		OrderStream *one = &order->streams[i];

		if (!one->has_file || one->turn != order->turn)
			continue;
		if (one->has_record)
			return take(order, i, stream);
		if (!one->file_ended)
			return ORDER_WAIT;
		one->has_file = one->file_ended = false;
		order->turn++;
		*stream = i;
		return ORDER_FILE_END;
	}
	return ORDER_WAIT;
}

static OrderNext
next_of_arrival(RecordOrder *order, uint32_t *stream)
{
	for (uint32_t i = 1; i <= order->count; i++)
	{
		uint32_t one = (order->latest + i) % order->count;

		if (order->streams[one].has_record)
			return take(order, one, stream);
	}
	return ORDER_WAIT;
}

OrderNext
order_next(RecordOrder *order, uint32_t *stream)
{
	OrderNext next = ORDER_WAIT;

	switch (order->rule)
	{
		case ORDER_OF_PLACES:
			next = next_of_places(order, stream);
			break;
		case ORDER_OF_FILES:
			next = next_of_files(order, stream);
			break;
		case ORDER_OF_ARRIVAL:
			next = next_of_arrival(order, stream);
			break;
	}
	return next == ORDER_WAIT && all_ended(order) ? ORDER_END : next;
}
