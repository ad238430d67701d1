/*
 * callbacks.h
 *	  What the engine asks of the meter around it, and tells it.
 */
#ifndef ENGINE_BASE_CALLBACKS_H
#define ENGINE_BASE_CALLBACKS_H

#include "wire/message.h"

/* What the engine calls: the meter around it, or a test.  `context` is theirs. */
typedef struct EngineCallbacks
{
	void *context;

	/* A place for the next record of at most `bytes` bytes; then how long it became. */
	uint8_t *(*record_room)(void *context, size_t bytes);
	void (*record_written)(void *context, size_t bytes);

	/* How far the engine is: now and then, and when the source is quiet. */
	void (*place)(void *context, const PlaceMessage *place);

	/* A file of the source is damaged, and was read no further. */
	void (*damage)(void *context, const FailureMessage *damage);

	/* Where hashes start from: key_seed(), called before the sandbox forbids it. */
	uint64_t seed;

	/* The first file that begins long before the time that was reached; NULL: nobody wants to know. */
	void (*overlap)(void *context, const OverlapMessage *overlap);

	/* The order in which the files are read, if that is not the given one; NULL: nobody wants to know. */
	void (*order)(void *context, const uint32_t *order, uint32_t files);

	/*
	 * Where files are metered apart, NULL otherwise: take_file() returns the turn of the next file that is this engine's,
	 * or request->files if there is none; file_end() is told that the file is done, and how many packets it had.
	 */
	uint32_t (*take_file)(void *context);
	void (*file_end)(void *context, uint64_t packets);

	/* From when to when a file's packets are, once it was read as far as it can be; NULL: nobody wants to know. */
	void (*file_times)(void *context, const FileTimesMessage *times);
} EngineCallbacks;

#endif /* ENGINE_BASE_CALLBACKS_H */
