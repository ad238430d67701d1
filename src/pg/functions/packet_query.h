/*
 * packet_query.h
 *	  A query of packets, as a user has written it.
 */
#ifndef PG_FUNCTIONS_PACKET_QUERY_H
#define PG_FUNCTIONS_PACKET_QUERY_H

#include "tcop/dest.h"

/*
 * Runs the query, whose rows go to the receiver, as the current user.  It sees what the current statement sees.  Errors if the
 * text is not one statement that returns rows and changes nothing.
 */
void packet_query_run(const char *text, DestReceiver *receiver);

#endif /* PG_FUNCTIONS_PACKET_QUERY_H */
