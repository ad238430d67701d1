/*
 * reading_order.c
 *	  The order in which the files of a scan are read, where the meters find it out.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/workers/reading_order.h"

const char *
reading_order_take(ReadingOrder *order, const uint8 *bytes, uint32 length, uint32 files)
{
	Size wanted = files * sizeof(uint32);

	if (length != wanted || (order->order != NULL && memcmp(order->order, bytes, wanted) != 0))
		return "an order of its own";
	if (order->order != NULL)
		return NULL;
	order->turns = MemoryContextAlloc(order->context, wanted);
	memset(order->turns, 0xff, wanted);
	order->order = MemoryContextAlloc(order->context, wanted);
	memcpy(order->order, bytes, wanted);
	for (uint32 i = 0; i < files; i++)
	{
		if (order->order[i] >= files || order->turns[order->order[i]] != PG_UINT32_MAX)
			return "an order that is none";
		order->turns[order->order[i]] = i;
	}
	return NULL;
}
