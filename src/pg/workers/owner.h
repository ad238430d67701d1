/*
 * owner.h
 *	  Owning a meter: starting it, handing it its files, taking its messages, ending it.
 *
 * A worker owns its meter; if no worker can be had, the leader owns the one meter there is.  Nothing here needs a
 * database connection.
 */
#ifndef PG_WORKERS_OWNER_H
#define PG_WORKERS_OWNER_H

#include "pg/workers/job.h"
#include "wire/message.h"

typedef struct OwnedMeter OwnedMeter;

/* A message of the meter's; the body is valid until the next call that takes one. */
typedef struct MeterMessage
{
	uint32		 type; /* a MessageType */
	uint32		 length;
	const uint8 *body;
} MeterMessage;

/*
 * Starts the meter of one shard.  The job must live as long as the meter; what the meter needs is allocated in the
 * current memory context; owner_stop() gives back everything else.
 */
OwnedMeter *owner_start(const ScanJob *job, uint32 shard, uint32 shards);

/*
 * Takes the meter's next message; false if there is none yet: owner_wait() waits for it.  Answers the meter's questions
 * for files itself; TAKE_FILE has the answer in it.  Open to interrupts, as a meter may send without end.
 *
 * Errors if the meter died before its END or FAILURE, or sent what no meter may send; bodies are only checked in length.
 */
bool owner_receive(OwnedMeter *meter, MeterMessage *message);

/*
 * Waits until owner_receive() may have a message, this process's latch is set or `longest` ms have passed (-1: however long it takes), and
 * resets the latch; open to interrupts.
 */
void owner_wait(OwnedMeter *meter, long longest);

/*
 * For who waits for the meter in another way: the socket to wait for, which must be readable before owner_receive() has more; and a look
 * whether the meter hangs, which is an error.  The look returns after how many ms, `longest` at most, the next is due.
 */
int	 owner_channel(const OwnedMeter *meter);
long owner_look(OwnedMeter *meter, long longest);

/*
 * Tells the meter of a live source to end it where it is.  expire: flows that are still active are emitted; otherwise they are given up.
 * What it sends up to its END is still to be taken.
 */
void owner_end_source(OwnedMeter *meter, bool expire);

/*
 * Ends the meter, whatever it is doing, and waits until it is gone.  That takes a moment, as a meter cannot refuse; where
 * the kernel holds it up, no more than a second is waited, and where its plugins may clean up, a tenth of one.  Raises no error.
 */
void owner_stop(OwnedMeter *meter);

#endif /* PG_WORKERS_OWNER_H */
