/*
 * flow_columns.h
 *	  The columns that a flow fills itself: its key and its counters.
 */
#ifndef ENGINE_FLOW_FLOW_COLUMNS_H
#define ENGINE_FLOW_FLOW_COLUMNS_H

#include "engine/flow/flow.h"
#include "wire/record.h"

/*
 * The value of a column; of one that is no flow's own, 0 or ''.  As an Analyser's `value`: `own` has room for a protocol's name
 * (PROTOCOL_NAME_MAX + 1), `state` is not looked at.
 */
void flow_column(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value);

#endif /* ENGINE_FLOW_FLOW_COLUMNS_H */
