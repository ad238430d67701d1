/*
 * analyser.c
 *	  The analysers of one scan: which are opened, where their states stand, who fills a column.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/flow/analyser.h"
#include "engine/flow/flow_columns.h"

/* States begin at an address that suits pointers and numbers of 8 bytes. */
#define STATE_ALIGNMENT 8u

_Static_assert(sizeof(Flow) % STATE_ALIGNMENT == 0, "states follow the flow");

static bool
is_wanted(const Analyser *analyser, const MeterRequest *request)
{
	ColumnSet computed;

	if (analyser->wanted != NULL)
		return analyser->wanted(request);
	computed = request_computed(request);
	for (unsigned i = 0; i < flow_schema.count; i++)
		if (column_set_has(&computed, i) && analyser->fills != NULL && analyser->fills(&flow_schema.columns[i]))
			return true;
	return false;
}

static bool
open_one(Analysis *analysis, const Analyser *analyser, const MeterRequest *request, FailureMessage *failure)
{
	OpenAnalyser opened = {.analyser = analyser, .state = sizeof(Flow) + analysis->state_bytes};
	size_t		 state_bytes = analyser->state_bytes;

	if (analyser->open != NULL && !analyser->open(request, analysis, &opened.own, failure))
		return false;
	if (analyser->state_size != NULL)
		state_bytes = analyser->state_size(opened.own);
	analysis->state_bytes += (state_bytes + STATE_ALIGNMENT - 1) / STATE_ALIGNMENT * STATE_ALIGNMENT;
	analysis->all[analysis->count++] = opened;
	if (analyser->packet != NULL)
		analysis->packet[analysis->packet_count++] = opened;
	if (analyser->joined != NULL)
		analysis->joined[analysis->joined_count++] = opened;
	if (analyser->rewrite != NULL)
		analysis->rewriter = opened;
	return true;
}

bool
analysis_open(Analysis *analysis, const Analyser *const *table, const MeterRequest *request, FailureMessage *failure)
{
	size_t rows = 0;

	while (table[rows] != NULL)
		rows++;
	*analysis = (Analysis) {0};
	analysis->all = memory_get(3 * (rows + 1) * sizeof(OpenAnalyser));
	analysis->packet = analysis->all + rows + 1;
	analysis->joined = analysis->packet + rows + 1;
	for (size_t i = 0; i < rows; i++)
	{
		if (!is_wanted(table[i], request) || open_one(analysis, table[i], request, failure))
			continue;
		analysis_close(analysis);
		return false;
	}
	return true;
}

void
analysis_close(Analysis *analysis)
{
	while (analysis->count > 0)
	{
		const OpenAnalyser *opened = &analysis->all[--analysis->count];

		if (opened->analyser->close != NULL)
			opened->analyser->close(opened->own);
	}
	free(analysis->all);
	*analysis = (Analysis) {0};
}

bool
analysis_beside(const Analysis *analysis)
{
	bool has_threads = false;

	for (unsigned i = 0; i < analysis->count; i++)
	{
		const OpenAnalyser *opened = &analysis->all[i];

		if (opened->analyser->beside != NULL)
			has_threads |= opened->analyser->beside(opened->own);
	}
	return has_threads;
}

bool
analysis_begin(const Analysis *analysis, FailureMessage *failure)
{
	for (unsigned i = 0; i < analysis->count; i++)
	{
		const OpenAnalyser *opened = &analysis->all[i];

		if (opened->analyser->begin != NULL && !opened->analyser->begin(opened->own, failure))
			return false;
	}
	return true;
}

void
analysis_end(const Analysis *analysis)
{
	for (unsigned i = 0; i < analysis->count; i++)
		if (analysis->all[i].analyser->end != NULL)
			analysis->all[i].analyser->end(analysis->all[i].own);
}

bool
analysis_forget(Analysis *analysis, FailureMessage *failure)
{
	for (unsigned i = 0; i < analysis->count; i++)
	{
		const OpenAnalyser *opened = &analysis->all[i];

		if (opened->analyser->forget != NULL && !opened->analyser->forget(opened->own, failure))
			return false;
	}
	return true;
}

void
analysis_count(const Analysis *analysis, Account *account)
{
	for (unsigned i = 0; i < analysis->count; i++)
		if (analysis->all[i].analyser->count != NULL)
			analysis->all[i].analyser->count(analysis->all[i].own, account);
}

void
analysis_start(const Analysis *analysis, Flow *flow)
{
	memset(flow + 1, 0, analysis->state_bytes);
	for (unsigned i = 0; i < analysis->count; i++)
	{
		const OpenAnalyser *opened = &analysis->all[i];

		if (opened->analyser->start != NULL)
			opened->analyser->start(opened->own, flow, analyser_state(opened, flow));
	}
}

void
analysis_leave(const Analysis *analysis, Flow *flow)
{
	for (unsigned i = 0; i < analysis->count; i++)
	{
		const OpenAnalyser *opened = &analysis->all[i];

		if (opened->analyser->leave != NULL)
			opened->analyser->leave(opened->own, flow, analyser_state(opened, flow));
	}
}

void
analysis_free(const Analysis *analysis, Flow *flow)
{
	for (unsigned i = 0; i < analysis->count; i++)
	{
		const OpenAnalyser *opened = &analysis->all[i];

		if (opened->analyser->free != NULL)
			opened->analyser->free(opened->own, analyser_state(opened, flow));
	}
}

ColumnReader
analysis_reader(Analysis *analysis, const Column *column)
{
	for (unsigned i = 0; i < analysis->count; i++)
	{
		const OpenAnalyser *opened = &analysis->all[i];

		if (opened->analyser->fills != NULL && opened->analyser->fills(column))
			return (ColumnReader) {
				.column = column,
				.value = opened->analyser->value,
				.own = opened->own,
				.state = opened->state,
			};
	}
	return (ColumnReader) {.column = column, .value = flow_column, .own = analysis->protocol_name};
}
