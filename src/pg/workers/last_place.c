/*
 * last_place.c
 *	  Where a meter was at its end.
 */
#include "postgres.h"

#include "pg/workers/last_place.h"

void
last_place(PlaceMessage *place, const Account *account)
{
	const uint64 *counters = account->counters;
	bool		  is_counted = counters[COUNTER_PACKETS_RECEIVED] > 0 || counters[COUNTER_PACKETS_READ] == 0;

	place->packets_read = counters[COUNTER_PACKETS_READ];
	place->packets_ignored = account_ignored(account);
	place->packets_received = is_counted ? counters[COUNTER_PACKETS_RECEIVED] : COUNT_NOT_KNOWN;
	place->dropped_by_kernel = is_counted ? counters[COUNTER_DROPPED_BY_KERNEL] : COUNT_NOT_KNOWN;
	place->active_flows = 0;
}
