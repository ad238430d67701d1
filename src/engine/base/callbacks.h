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
	void	   *context;

	/* A place for the next record of at most `bytes` bytes; then how long it became. */
	uint8_t    *(*record_room) (void *context, size_t bytes);
	void		(*record_written) (void *context, size_t bytes);

	/* Now and then, and where the source is quiet: how far the engine is. */
	void		(*place) (void *context, const PlaceMessage *place);

	/* A file of the source is damaged, and was read no further. */
	void		(*damage) (void *context, const FailureMessage *damage);

	/* Where hashes start from: key_seed(), asked for before a sandbox forbids to ask. */
	uint64_t	seed;

	/* A file begins long before the time that was reached, the first that does so; NULL: nobody wants to know. */
	void		(*overlap) (void *context, const OverlapMessage *overlap);

	/* The order in which the files are read, where that is not the given one; NULL: nobody wants to know. */
	void		(*order) (void *context, const uint32_t *order, uint32_t files);

	/*
	 * Where files are metered apart, NULL otherwise: the number of the next that is this engine's, counted in the order of
	 * reading, or request->files; and that one of so many packets is done.
	 */
	uint32_t	(*take_file) (void *context);
	void		(*file_end) (void *context, uint64_t packets);
} EngineCallbacks;

#endif							/* ENGINE_BASE_CALLBACKS_H */
