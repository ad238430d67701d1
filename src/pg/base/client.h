/*
 * client.h
 *	  The client of this session.
 */
#ifndef PG_BASE_CLIENT_H
#define PG_BASE_CLIENT_H

/* Sends what is ready for the client, as far as its socket takes it without waiting. */
void client_flush(void);

/*
 * Ends the session if its client is gone, which the server finds out when it sends something: of a silent interface perhaps never.
 * *looked, 0 at first: when that was looked at, which is once a second, by clock_ms().
 */
void client_check(uint64 *looked);

#endif /* PG_BASE_CLIENT_H */
