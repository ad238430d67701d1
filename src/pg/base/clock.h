/*
 * clock.h
 *	  A clock for how long something takes.
 *
 * The server's timestamps are of the machine's clock, which may be set: forward, what is waited for seems to take hours; back, what is due
 * each second is not due for hours.
 */
#ifndef PG_BASE_CLOCK_H
#define PG_BASE_CLOCK_H

/* A time that does not come. */
#define CLOCK_NEVER PG_UINT64_MAX

/* ms since some moment before this process began: of a clock that nobody sets, and that does not go on while the machine sleeps. */
uint64 clock_ms(void);

/* How many ms are left until then, INT_MAX at the most; -1 for CLOCK_NEVER. */
long clock_left(uint64 until);

/* The shorter of two times to wait, ms, of which -1 is for ever. */
long clock_shorter(long a, long b);

#endif /* PG_BASE_CLOCK_H */
