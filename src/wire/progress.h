/*
 * progress.h
 *	  How far a meter is: a page of memory that it shares with its owner.
 *
 * The meter writes it with each packet, and with each piece of a source that it reads or decompresses, and sends nothing.
 * The owner reads it to see whether a silent meter moves on and, when the meter is dead, to tell at which packet.  What
 * stands there may be a lie, as all that a meter sends.
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
} MeterProgress;

#endif /* WIRE_PROGRESS_H */
