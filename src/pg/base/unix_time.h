/*
 * unix_time.h
 *	  Times since 1970, as the server's timestamps, which count from 2000.
 */
#ifndef PG_BASE_UNIX_TIME_H
#define PG_BASE_UNIX_TIME_H

#include <time.h>

#include "datatype/timestamp.h"

/* us from 1970 to 2000 */
#define UNIX_TO_POSTGRES_US ((uint64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* Whether a timestamp can hold so many ms since 1970. */
static inline bool
unix_ms_fits(uint64 ms)
{
	return ms < (END_TIMESTAMP + UNIX_TO_POSTGRES_US) / 1000;
}

/* ms that fit, and ns beyond them, which are cut down to us. */
static inline TimestampTz
unix_timestamp(uint64 ms, uint32 nanoseconds)
{
	return (TimestampTz) (ms * 1000 + nanoseconds / 1000 - UNIX_TO_POSTGRES_US);
}

/* ns since 1970, as the system tells times of files and of its clock. */
static inline int64
unix_nanoseconds(const struct timespec *time)
{
	return (int64) time->tv_sec * INT64CONST(1000000000) + time->tv_nsec;
}

#endif /* PG_BASE_UNIX_TIME_H */
