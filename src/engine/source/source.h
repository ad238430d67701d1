/*
 * source.h
 *	  A source: what the engine walks, frame after frame, whatever it is.
 *
 * A kind of source is a table of functions (SourceKind), and a struct of its own that begins with a Source.  Files are one kind
 * (source_files.h); the engine knows none.
 */
#ifndef ENGINE_SOURCE_SOURCE_H
#define ENGINE_SOURCE_SOURCE_H

#include <signal.h>
#include <stdbool.h>

#include "engine/source/frame.h"
#include "wire/message.h"

typedef struct Source Source;

typedef enum SourceResult
{
	SOURCE_FRAME,
	SOURCE_TAKEN,	  /* frames, perhaps none: take() was called with each */
	SOURCE_LINK_TYPE, /* no frame, but what frames there would have been: link_type and swapped are set */
	SOURCE_QUIET,	  /* of a live source: no frame came for a while, and it is source->time now; or there is time to tell what there is */
	SOURCE_END,		  /* no more frames */
	SOURCE_DAMAGED,	  /* the failure says what could not be read; next() may be called for the rest */
	SOURCE_LOST,	  /* no more frames, but those that came count: the failure says why */
	SOURCE_FAILED	  /* no more frames, and those that came count for nothing: the failure says why */
} SourceResult;

/* As a number of bytes: all. */
#define SOURCE_TO_ITS_END UINT64_MAX

/* As an offset in a source's file: there is none. */
#define SOURCE_OFFSET_UNKNOWN UINT64_MAX

/* Since the source was opened; COUNT_NOT_KNOWN where it does not know. */
typedef struct SourceCounters
{
	uint64_t bytes_read;
	uint64_t received;			/* frames that reached this host */
	uint64_t dropped_by_kernel; /* of these, because nobody took them in time */
	uint64_t left_in_ring;		/* of these, those that have not been read */
	uint64_t longer_than_mtu;	/* read */
} SourceCounters;

typedef struct SourceKind
{
	/* Its time goes on while nothing comes, by the clock of its frames' times; and it cannot be read twice. */
	bool is_live;

	/* Frames come only if they pass the request's filter.  Otherwise whoever reads the source runs the filter. */
	bool applies_filter;

	/*
	 * Starts on files, in this order, and no more than `most` bytes of each.  A source without files has one, number 0.
	 * The first next() tells what went wrong.  failure: where next() tells it, valid up to close().
	 */
	void (*open)(Source *source, const uint32_t *files, uint32_t count, uint64_t most, FailureMessage *failure);

	/* The frame's bytes are valid until the next call. */
	SourceResult (*next)(Source *source, Frame *frame);

	void (*count)(const Source *source, SourceCounters *counters);

	/*
	 * Where these bytes, of the latest frame, stand in the file that is open, so that read_again() can have them; SOURCE_OFFSET_UNKNOWN
	 * if it cannot.  NULL: it never can.
	 */
	uint64_t (*offset)(const Source *source, const uint8_t *bytes);

	/* Reads bytes again that the file had which was open last; false if it no longer has them.  Until the source ends, if it keeps files. */
	bool (*read_again)(Source *source, uint64_t offset, uint8_t *to, size_t length);

	/* Ends what open() has started, wherever it is; it may be opened again if it is not live. */
	void (*close)(Source *source);
} SourceKind;

/* The first fields are written by open() and next(). */
struct Source
{
	const SourceKind *kind;
	uint32_t		  file;	   /* index of the file of the latest frame, of the request's */
	bool			  cut;	   /* the latest file has more bytes than open() was told to read */
	uint64_t		  time;	   /* with SOURCE_QUIET: ms since 1970, and no frame that is older comes after it; 0: frames are waiting */
	bool			  give_up; /* with SOURCE_END: flows that are active are not wanted */

	/*
	 * Takes a frame that lies in the memory of a source that gives it back after this call; false: no more is wanted.  Written by
	 * whoever walks the source.
	 */
	bool (*take)(void *taker, const Frame *frame);
	void *taker;

	bool keeps_file; /* what was read of the latest file may be asked for again after its end; written by whoever walks the source */
};

/* Set by a program's signal handler to end all sources where they are: their next result is SOURCE_END, at the latest after a read. */
extern volatile sig_atomic_t source_interrupted;

static inline SourceResult
source_next(Source *source, Frame *frame)
{
	return source->kind->next(source, frame);
}

#endif /* ENGINE_SOURCE_SOURCE_H */
