/*
 * emit.c
 *	  From a flow that left to its record.
 *
 * First all values are read, from the flow and its analysers; then how long they are at most is known, and they are written.
 */
#include <assert.h>

#include "engine/flow/emit.h"

void
emit_start(Emitter *emitter, const MeterRequest *request, Analysis *analysis, RecordSink sink)
{
	const Schema *schema = schema_by_id(request->schema);

	*emitter = (Emitter) {.sink = sink, .fixed_bytes = RECORD_HEADER_BYTES, .rewriter = analysis->rewriter};
	for (unsigned i = 0; i < schema->count; i++)
	{
		const Column *column = &schema->columns[i];

		if (!column_set_has(&request->columns, i))
			continue;
		emitter->readers[emitter->count++] = analysis_reader(analysis, column);
		emitter->fixed_bytes += record_bound(column);
	}
}

void
emit_record(const Emitter *emitter, Flow *flow, uint64_t left)
{
	RecordValue values[COLUMNS_MAX];
	size_t		bound = emitter->fixed_bytes;
	uint8_t	   *record,
		*to;

	assert(left / 2 >= flow->first_place);
	for (unsigned i = 0; i < emitter->count; i++)
	{
		column_read_for_record(&emitter->readers[i], &emitter->rewriter, flow, &values[i]);
		bound += record_bound_of(emitter->readers[i].column->kind, &values[i]);
	}

	record = emitter->sink.room(emitter->sink.context, bound);
	to = record_begin(record, left, flow->first_place);
	for (unsigned i = 0; i < emitter->count; i++)
		to = record_put(to, emitter->readers[i].column->kind, &values[i]);
	assert((size_t) (to - record) <= bound);
	emitter->sink.written(emitter->sink.context, record_end(record, to));
}

void
emit_mark(const Emitter *emitter, const Flow *flow, uint64_t left)
{
	record_put_mark(emitter->sink.room(emitter->sink.context, RECORD_HEADER_BYTES), left, flow->first_place);
	emitter->sink.written(emitter->sink.context, RECORD_HEADER_BYTES);
}
