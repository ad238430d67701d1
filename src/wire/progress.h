/*
 * progress.h
 *	  How far a meter is: a page of memory that it shares with its owner.
 *
 * The meter writes it with each packet, and with each piece of a source that it reads or decompresses, and sends nothing.
 * The owner reads it to see whether a silent meter moves on and, when the meter is dead, to tell at which packet.  What
 * stands there may be a lie, as all that a meter sends.  A plugin that does not return, or ends the meter, is told by what was
 * called last.
 */
#ifndef WIRE_PROGRESS_H
#define WIRE_PROGRESS_H

#include <stdint.h>

/* The page's descriptor, when the meter starts. */
#define PROGRESS_DESCRIPTOR 3

typedef struct MeterProgress
{
	volatile uint64_t file;	  /* index of the source */
	volatile uint64_t packet; /* number in it of the packet at hand, from 1; 0 before the first */
	volatile uint64_t byte;	  /* where in it that packet starts */
	volatile uint64_t pieces; /* of all sources, so far */
	volatile uint32_t call;	  /* a ProgressCall: what is being called of a plugin */
	volatile uint32_t plugin; /* which one, by its place in the list, from 0 */
} MeterProgress;

/* What is called of a plugin. */
typedef enum ProgressCall
{
	PROGRESS_NO_CALL,
	PROGRESS_CREATE,
	PROGRESS_START,
	PROGRESS_ON_INIT,
	PROGRESS_ON_UPDATE,
	PROGRESS_ON_EXPIRE,
	PROGRESS_OUTPUT,
	PROGRESS_CLEANUP,
	PROGRESS_CALLS
} ProgressCall;

/* How it is told: "on_init", "its start"; '' where nothing is called. */
extern const char *const progress_call_names[PROGRESS_CALLS];

#endif /* WIRE_PROGRESS_H */
