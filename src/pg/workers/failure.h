/*
 * failure.h
 *	  What went wrong in a meter, as a user reads it.
 */
#ifndef PG_WORKERS_FAILURE_H
#define PG_WORKERS_FAILURE_H

#include "pg/workers/job.h"
#include "wire/message.h"

/* Raises the error of a meter that could not do its work.  The message may be anything. */
_Noreturn void failure_raise(const FailureMessage *failure, const ScanJob *job);

/* Reports damage in a capture: an error or a warning.  The message may be anything. */
void		failure_report_damage(int level, const FailureMessage *damage, const ScanJob *job);

/* An error of an owner that is a worker, for the leader to raise. */
typedef struct OwnerFailure
{
	int			sqlstate;
	char		message[MESSAGE_TEXT_MAX];
	char		detail[MESSAGE_TEXT_MAX];
	char		hint[MESSAGE_TEXT_MAX];
} OwnerFailure;

/* Raises an error that a worker had. */
_Noreturn void failure_raise_owner(const OwnerFailure *failure);

#endif							/* PG_WORKERS_FAILURE_H */
