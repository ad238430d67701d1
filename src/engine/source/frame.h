/*
 * frame.h
 *	  A frame as it was captured.
 */
#ifndef ENGINE_SOURCE_FRAME_H
#define ENGINE_SOURCE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* One record of a capture.  `bytes` belongs to the capture and is valid until its next record is read. */
typedef struct Frame
{
	const uint8_t *bytes;
	uint32_t	   captured_length; /* bytes at `bytes` */
	uint32_t	   wire_length;		/* bytes that were on the wire */
	uint32_t	   link_type;		/* libpcap's DLT number */
	uint64_t	   time;			/* ms since 1970, rounded down */
	bool		   swapped;			/* from a file whose byte order is not this machine's */
	uint32_t	   nanoseconds;		/* that were rounded off its time */
} Frame;

#endif /* ENGINE_SOURCE_FRAME_H */
