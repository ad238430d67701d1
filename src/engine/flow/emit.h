/*
 * emit.h
 *	  From a flow that left to its record.
 */
#ifndef ENGINE_FLOW_EMIT_H
#define ENGINE_FLOW_EMIT_H

#include "engine/flow/flow.h"
#include "wire/request.h"

typedef struct Emitter
{
	const Column *wanted[COLUMNS_MAX];	/* the request's columns, in the table's order */
	unsigned	wanted_count;
	bool		full_names;			/* application_name with the protocol that carries it */
	uint32_t	splt_count;			/* elements of the SPLT columns */
	size_t		fixed_bytes;		/* of a record, SPLT elements apart: an upper bound */
	unsigned	splt_columns;
	Dpi		   *dpi;				/* NULL if it was not asked for */
} Emitter;

void		emit_start(Emitter *emitter, const MeterRequest *request, Dpi *dpi);

/* How long this flow's record is at most, bytes. */
size_t		emit_bound(const Emitter *emitter, const Flow *flow);

/*
 * Writes the flow's record (record.h) to `to`, which has room for emit_bound bytes; `statistics` may be NULL where they were
 * not asked for.  Returns the record's length.
 */
size_t		emit_record(const Emitter *emitter, const Flow *flow, const Statistics *statistics, uint64_t left, uint8_t *to);

#endif							/* ENGINE_FLOW_EMIT_H */
