/*
 * labels.c
 *	  nDPI's labels as an analyser.
 *
 * nDPI is told of packets as they come.  Where few rows are wanted of one file, it is told of a flow's packets when the flow leaves: those of
 * flows that nobody will see are never dissected.  Then, and where a condition may leave the first packets out, it also starts meanwhile, where
 * it can.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/analyse/dpi_ahead.h"
#include "engine/analyse/labels.h"
#include "engine/analyse/waiting.h"
#include "engine/base/memory.h"
#include "wire/limits.h"

/* What all flows share: nDPI, and room for each text of the flow whose columns are read. */
typedef struct Labels
{
	Dpi		 *dpi;	 /* NULL: it was not needed so far, of */
	DpiAhead *ahead; /* NULL: it started at once */
	Analysis *analysis;
	bool	  waits;	  /* packets wait for their flow to leave */
	uint32_t  limit;	  /* of packets of a flow that nDPI is told of */
	bool	  full_names; /* application_name with the protocol that carries it */
	char	  application[DPI_NAME_MAX + 1];
	char	  protocol[DPI_NAME_MAX + 1];
	char	  category[DPI_CATEGORY_MAX + 1];
	char	  texts[DPI_TEXTS][RECORD_TEXT_MAX + 1];
} Labels;

/* What a flow keeps: the label alone where no packet can wait. */
typedef struct LabelState
{
	DpiFlow			label;
	WaitingPackets *waiting;
} LabelState;

static bool
fills(const Column *column)
{
	return column->group == GROUP_DPI;
}

static Dpi *
started(Labels *labels)
{
	if (labels->dpi == NULL)
		labels->dpi = dpi_ahead_get(labels->ahead);
	return labels->dpi;
}

static bool
open_labels(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure)
{
	ColumnSet computed = request_computed(request);
	bool	  is_early = request->plugins == 0, /* what need not be labelled is known before a flow leaves */
		waits = is_early && request->rows_wanted > 0 && request->files == 1;
	DpiAhead *ahead = waits || (is_early && request->condition > 0) ? dpi_ahead(request->n_dissections, &computed, request->time_dissections) : NULL;
	Dpi		 *dpi = ahead == NULL ? dpi_start(request->n_dissections, &computed, request->time_dissections) : NULL;
	Labels	 *labels;

	if (ahead == NULL && dpi == NULL)
		return failure_tell(failure, FAILURE_INTERNAL, "", "nDPI does not start");
	labels = memory_get(sizeof(*labels));
	labels->dpi = dpi;
	labels->ahead = ahead;
	labels->analysis = analysis;
	labels->waits = waits;
	labels->limit = request->n_dissections;
	analysis->reads_again = labels->waits;
	labels->full_names = request->application_names == APPLICATION_NAMES_FULL;
	*own = labels;
	return true;
}

static size_t
state_size(const void *own)
{
	const Labels *labels = own;

	return labels->analysis->reads_again ? sizeof(LabelState) : sizeof(DpiFlow);
}

static void
close_labels(void *own)
{
	Labels *labels = own;

	if (labels->ahead != NULL)
		dpi_ahead_end(labels->ahead);
	else
		dpi_end(labels->dpi);
	free(labels);
}

static bool
start_beside(void *own)
{
	Labels *labels = own;

	return labels->ahead != NULL && dpi_ahead_thread(labels->ahead);
}

static bool
begin(void *own, FailureMessage *failure)
{
	Labels *labels = own;

	(void) failure;
	if (labels->ahead != NULL)
		dpi_ahead_go(labels->ahead);
	return true;
}

static void
end(void *own)
{
	Labels *labels = own;

	if (labels->ahead != NULL)
		dpi_ahead_settle(labels->ahead);
}

static bool
forget(void *own, FailureMessage *failure)
{
	Labels *labels = own;

	return dpi_forget(started(labels)) || failure_tell(failure, FAILURE_INTERNAL, "", "nDPI does not start again");
}

static void
count(const void *own, Account *account)
{
	const Labels *labels = own;

	account->counters[COUNTER_DPI_STARTED]++;
	if (labels->dpi == NULL)
		return;
	account->counters[COUNTER_DISSECTIONS] += dpi_dissections(labels->dpi);
	account->counters[COUNTER_PACKETS_WITHHELD] += dpi_withheld(labels->dpi);
	account->counters[COUNTER_DISSECTION_TIME] += dpi_dissection_time(labels->dpi);
}

static void
joined(void *own, Flow *flow, void *state, const FlowPacket *joining)
{
	Labels		 *labels = own;
	LabelState	 *kept = state;
	const Packet *packet = joining->packet;

	if (labels->waits)
	{
		if (flow_packets(flow) > labels->limit || waiting_add(&kept->waiting, labels->analysis->source, packet))
			return;
		labels->waits = false; /* of this file, nothing can be read again: this is its first packet */
	}
	dpi_packet(started(labels), &kept->label, flow_packets(flow), packet->ip, packet->ip_length, packet->time);
}

static void
leave(void *own, Flow *flow, void *state)
{
	Labels	   *labels = own;
	LabelState *kept = state;

	(void) flow;
	if (labels->analysis->reads_again && kept->waiting != NULL)
		waiting_tell(kept->waiting, labels->analysis->source, started(labels), &kept->label);
	dpi_expire(started(labels), &kept->label);
}

static void
free_state(void *own, void *state)
{
	Labels	   *labels = own;
	LabelState *kept = state;

	if (labels->analysis->reads_again)
		waiting_free(kept->waiting);
	dpi_free(labels->dpi, &kept->label);
}

static const char *
text(Labels *labels, const DpiFlow *label, ColumnField field)
{
	int which = dpi_text_of(field);

	if (which >= 0)
		return dpi_text_now(label, (DpiText) which, labels->texts[which]);
	switch (field)
	{
		case FIELD_APPLICATION_NAME:
			if (labels->full_names)
				dpi_full_application_name(labels->dpi, label, labels->application);
			else
				dpi_application_name(labels->dpi, label, labels->application);
			return labels->application;
		case FIELD_APPLICATION_PROTOCOL:
			dpi_application_protocol(labels->dpi, label, labels->protocol);
			return labels->protocol;
		default: /* FIELD_APPLICATION_CATEGORY_NAME */
			dpi_category_name(labels->dpi, label, labels->category);
			return labels->category;
	}
}

bool
labels_decided(const void *state)
{
	const LabelState *kept = state;

	return kept->label.decided;
}

static void
value(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value)
{
	Labels	   *labels = own;
	DpiFlow	   *label = &((LabelState *) state)->label;
	const char *found;

	(void) flow;
	if (!label->decided)
		dpi_look(started(labels), label);
	switch (column->field)
	{
		case FIELD_APPLICATION_IS_GUESSED:
			value->u = label->guessed;
			return;
		case FIELD_APPLICATION_CONFIDENCE:
			value->u = label->confidence;
			return;
		default:
			found = text(labels, label, column->field);
			record_value_set(value, found, strlen(found));
	}
}

const Analyser labels_analyser = {
	.name = "nDPI",
	.fills = fills,
	.open = open_labels,
	.close = close_labels,
	.state_size = state_size,
	.beside = start_beside,
	.begin = begin,
	.end = end,
	.forget = forget,
	.count = count,
	.joined = joined,
	.leave = leave,
	.free = free_state,
	.value = value,
};
