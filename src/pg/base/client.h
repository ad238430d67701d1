/*
 * client.h
 *	  The client of this session.
 */
#ifndef PG_BASE_CLIENT_H
#define PG_BASE_CLIENT_H

/* Sends what is ready for the client, as far as its socket takes it without waiting. */
void client_flush(void);

#endif /* PG_BASE_CLIENT_H */
