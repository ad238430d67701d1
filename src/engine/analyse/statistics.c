/*
 * statistics.c
 *	  Packet sizes, inter-arrival times and TCP flags of a flow.
 */
#include <math.h>

#include "engine/analyse/statistics.h"

void
running_add(Running *running, uint64_t value)
{
	double		x = (double) value,
				difference = x - running->mean;

	if (running->count++ == 0)
		running->min = running->max = value;
	else if (value < running->min)
		running->min = value;
	else if (value > running->max)
		running->max = value;

	running->mean += difference / (double) running->count;
	running->squares += difference * (x - running->mean);
}

double
running_deviation(const Running *running)
{
	return running->count > 1 ? sqrt(running->squares / (double) (running->count - 1)) : 0.0;
}

void
statistics_add(Statistics *statistics, ColumnSide side, uint32_t size, uint8_t tcp_flags,
			   uint64_t since_flow, uint64_t since_side)
{
	running_add(&statistics->size[SIDE_BOTH], size);
	running_add(&statistics->size[side], size);
	if (since_flow != UINT64_MAX)
		running_add(&statistics->interval[SIDE_BOTH], since_flow);
	if (since_side != UINT64_MAX)
		running_add(&statistics->interval[side], since_side);
	for (unsigned i = 0; tcp_flags >> i != 0; i++)
		statistics->flags[side][i] += tcp_flags >> i & 1;
}
