/*
 * emit.h
 *	  From a flow that left to its record.
 */
#ifndef ENGINE_FLOW_EMIT_H
#define ENGINE_FLOW_EMIT_H

#include "engine/flow/analyser.h"

/* Where records go. */
typedef struct RecordSink
{
	void *context;

	/* A place for the next record of at most `bytes` bytes; then how long it became. */
	uint8_t *(*room)(void *context, size_t bytes);
	void (*written)(void *context, size_t bytes);
} RecordSink;

typedef struct Emitter
{
	RecordSink	 sink;
	ColumnReader readers[COLUMNS_MAX]; /* of the request's columns, in the schema's order */
	unsigned	 count;
	OpenAnalyser rewriter;
	size_t		 fixed_bytes; /* of a record, but for record_bound_of(): an upper bound */
} Emitter;

void emit_start(Emitter *emitter, const MeterRequest *request, Analysis *analysis, RecordSink sink);

/* Writes the flow's record (record.h). */
void emit_record(const Emitter *emitter, Flow *flow, uint64_t left);

/* Writes the mark of a flow that was set aside. */
void emit_mark(const Emitter *emitter, const Flow *flow, uint64_t left);

#endif /* ENGINE_FLOW_EMIT_H */
