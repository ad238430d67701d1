/*
 * ask.h
 *	  Asking a meter for what it knows without a capture.
 */
#ifndef PG_WORKERS_ASK_H
#define PG_WORKERS_ASK_H

#include "pg/workers/owner.h"
#include "wire/request.h"

/* Takes a message: HELLO, APPLICATION or DESCRIPTION; false if no more are wanted. */
typedef bool (*AskTaker)(const MeterMessage *message, void *context);

/* Of whom it is asked, and what goes with the request. */
typedef struct Asked
{
	MeterProgram which;
	const uint8 *plugins; /* request->plugins bytes */
} Asked;

/*
 * Starts a meter with this request, which names no file, hands each of its messages to `take` up to its END, and ends it.
 * Errors if the meter fails.
 */
void ask_meter(const MeterRequest *request, const Asked *asked, AskTaker take, void *context);

#endif /* PG_WORKERS_ASK_H */
