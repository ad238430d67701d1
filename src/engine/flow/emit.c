/*
 * emit.c
 *	  From a flow that left to its record.
 *
 * First all values are read, from the flow and its analysers; then how long they are at most is known, and they are written.
 */
#include <string.h>

#include "engine/flow/emit.h"

static inline uint8_t *
put(uint8_t *to, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(to, bytes, length);
	return to + length;
}

#define PUT_NUMBER(type, value) \
	do { \
		type		as_written = (type) (value); \
		memcpy(to, &as_written, sizeof(as_written)); \
		to += sizeof(as_written); \
	} while (0)

static uint8_t *
put_value(uint8_t *to, const Column *column, const RecordValue *value)
{
	switch (column->kind)
	{
		case COLUMN_UINT8:
			PUT_NUMBER(uint8_t, value->u);
			return to;
		case COLUMN_UINT16:
			PUT_NUMBER(uint16_t, value->u);
			return to;
		case COLUMN_UINT32:
		case COLUMN_FILE:
			PUT_NUMBER(uint32_t, value->u);
			return to;
		case COLUMN_INT32:
			PUT_NUMBER(int32_t, value->i);
			return to;
		case COLUMN_UINT64:
			PUT_NUMBER(uint64_t, value->u);
			return to;
		case COLUMN_INT64:
			PUT_NUMBER(int64_t, value->i);
			return to;
		case COLUMN_DOUBLE:
			PUT_NUMBER(double, value->d);
			return to;
		case COLUMN_ADDRESS:
			PUT_NUMBER(uint8_t, value->b.length == 4 ? 4 : 6);
			return put(to, value->b.bytes, value->b.length);
		case COLUMN_MAC:
		case COLUMN_OUI:
			return put(to, value->b.bytes, value->b.length);
		case COLUMN_INTEGERS:
			PUT_NUMBER(uint32_t, value->a.count);
			PUT_NUMBER(uint32_t, value->a.present);
			return put(to, value->a.bytes, value->a.present * sizeof(int64_t));
		case COLUMN_TEXT:
		case COLUMN_JSON:
			PUT_NUMBER(uint16_t, value->b.length);
			return put(to, value->b.bytes, value->b.length);
	}
	return to;
}

/* The most bytes that a value takes, an array's elements apart. */
static size_t
value_bound(const Column *column)
{
	switch (column->kind)
	{
		case COLUMN_ADDRESS:
			return 1 + IP_ADDRESS_BYTES;
		case COLUMN_TEXT:
		case COLUMN_JSON:
			return sizeof(uint16_t) + RECORD_TEXT_MAX;
		default:
			return sizeof(uint64_t);
	}
}

void
emit_start(Emitter *emitter, const MeterRequest *request, Analysis *analysis, RecordSink sink)
{
	const Schema *schema = schema_by_id(request->schema);

	*emitter = (Emitter) {.sink = sink, .fixed_bytes = RECORD_HEADER_BYTES};
	for (unsigned i = 0; i < schema->count; i++)
	{
		const Column *column = &schema->columns[i];

		if (!column_set_has(&request->columns, i))
			continue;
		emitter->readers[emitter->count++] = analysis_reader(analysis, column);
		emitter->fixed_bytes += value_bound(column);
	}
}

void
emit_record(const Emitter *emitter, Flow *flow, uint64_t left)
{
	RecordValue	values[COLUMNS_MAX];
	size_t		bound = emitter->fixed_bytes;
	uint8_t    *record,
			   *to;

	for (unsigned i = 0; i < emitter->count; i++)
	{
		column_read(&emitter->readers[i], flow, &values[i]);
		if (emitter->readers[i].column->kind == COLUMN_INTEGERS)
			bound += values[i].a.present * sizeof(int64_t);
	}

	record = emitter->sink.room(emitter->sink.context, bound);
	to = record + sizeof(uint32_t);
	PUT_NUMBER(uint64_t, left);
	PUT_NUMBER(uint64_t, flow->first_place);
	for (unsigned i = 0; i < emitter->count; i++)
		to = put_value(to, emitter->readers[i].column, &values[i]);
	put(record, &(uint32_t) {(uint32_t) (to - record)}, sizeof(uint32_t));
	emitter->sink.written(emitter->sink.context, (size_t) (to - record));
}
