/*
 * clock.c
 *	  A clock for how long something takes.
 */
#include "postgres.h"

#include <limits.h>
#include <time.h>

#include "pg/base/clock.h"

uint64
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64) now.tv_sec * 1000 + (uint64) now.tv_nsec / 1000000;
}

long
clock_left(uint64 until)
{
	uint64 now;

	if (until == CLOCK_NEVER)
		return -1;
	now = clock_ms();
	return until > now ? (long) Min(until - now, INT_MAX) : 0;
}

long
clock_shorter(long a, long b)
{
	return a < 0 ? b : b < 0 ? a :
							   Min(a, b);
}
