/*
 * clock.c
 *	  A clock for how long something takes.
 */
#include "postgres.h"

#include <time.h>

#include "pg/base/clock.h"

uint64
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64) now.tv_sec * 1000 + (uint64) now.tv_nsec / 1000000;
}
