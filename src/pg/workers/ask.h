/*
 * ask.h
 *	  Asking a meter of this session's own: for what it knows without a capture, or for what files are.
 */
#ifndef PG_WORKERS_ASK_H
#define PG_WORKERS_ASK_H

#include "pg/workers/owner.h"
#include "wire/request.h"

/* Takes a message; false if no more are wanted. */
typedef bool (*AskTaker)(const MeterMessage *message, void *context);

/*
 * Starts a meter for a job, to which it adds the program and how long that may stand still, hands each message but FAILURE and END to `take`, and ends
 * the meter.  Errors if it fails.
 */
void ask_job(ScanJob *job, AskTaker take, void *context);

/* For a message that is no part of what was asked for: errors. */
_Noreturn void ask_refuse(const MeterMessage *message);

/* Of whom it is asked, and what goes with the request. */
typedef struct Asked
{
	MeterProgram which;
	const uint8 *plugins; /* request->plugins bytes */
} Asked;

/* The same with a request that names no file, of whose answer `take` gets HELLO, APPLICATION and DESCRIPTION. */
void ask_meter(const MeterRequest *request, const Asked *asked, AskTaker take, void *context);

#endif /* PG_WORKERS_ASK_H */
