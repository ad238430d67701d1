/*
 * failure.h
 *	  What went wrong with a meter, as a user reads it.
 *
 * There are three who may find that out: the meter itself, which sends a FailureMessage; its owner or the leader, who name a
 * Fault; and a worker, whose own error goes to the leader as it is.
 */
#ifndef PG_WORKERS_FAILURE_H
#define PG_WORKERS_FAILURE_H

#include "pg/workers/job.h"
#include "wire/message.h"

/* What a meter, or the worker that owns it, does that none should do. */
typedef enum Fault
{
	FAULT_MESSAGE_UNKNOWN,	   /* what: the type and length that no meter sends */
	FAULT_MESSAGE_OUT_OF_TURN, /* what: its type */
	FAULT_FILE_OUT_OF_TURN,	   /* what: the file that it asked for */
	FAULT_CONTENT,			   /* what: what is wrong in its message */
	FAULT_ANSWER_ENDLESS,
	FAULT_OTHER_VERSION,
	FAULT_SILENT,			   /* what: for how long */
	FAULT_SILENT_IN_FILTER,	   /* what: for how long */
	FAULT_SILENT_IN_PLUGIN,	   /* what: for how long */
	FAULT_SIGNALLED,		   /* what: the signal */
	FAULT_SIGNALLED_IN_PLUGIN, /* what: the signal */
	FAULT_KILLED,			   /* what: the signal */
	FAULT_EXITED,			   /* what: the exit status */
	FAULT_EXITED_IN_PLUGIN,	   /* what: the exit status */
	FAULT_NOT_LOADED,		   /* what: the exit status */
	FAULT_NOT_ENDING,
	FAULT_NOT_HANDED_OVER, /* what: why, as the system says it */
	FAULT_WORKER_ENDED,
	FAULT_WORKER_TERMINATED
} Fault;

/* An error of an owner that is a worker, for the leader to raise.  Texts are '' where there is none. */
typedef struct OwnerFailure
{
	int	 sqlstate;
	char message[MESSAGE_TEXT_MAX];
	char detail[MESSAGE_TEXT_MAX];
	char hint[MESSAGE_TEXT_MAX];
} OwnerFailure;

/* Raises the error of a meter that could not do its work.  The message may be anything. */
_Noreturn void failure_raise(const FailureMessage *failure, const ScanJob *job);

/* Reports damage in a capture: an error or a warning.  The message may be anything. */
void failure_report_damage(int level, const FailureMessage *damage, const ScanJob *job);

/* Raises the error of a fault; `what` as Fault says, `detail` a sentence, either may be NULL. */
_Noreturn void failure_raise_fault(Fault fault, const char *what, const char *detail);

/* The same error, of a fault without `what`, for another process to raise. */
OwnerFailure failure_of_fault(Fault fault);

/* Raises an error that a worker had. */
_Noreturn void failure_raise_owner(const OwnerFailure *failure);

/* Warns of frames that no wire carries, if the interface of the job has such; once: *told starts as false. */
void failure_report_long_frames(const ScanJob *job, uint64 frames, bool *told);

#endif /* PG_WORKERS_FAILURE_H */
