/*
 * selection.h
 *	  Which flows of a scan are wanted: its condition, asked as soon as something is known of a flow.
 *
 *	  at a packet		whether a flow with its key, whichever end begins it, can be wanted: if not, the packet is not tracked.  This is
 *						not asked where flows that are set aside count
 *	  at a flow's start	of all that its first packet tells: if it cannot be wanted, it is tracked without analysers
 *	  when it leaves	of all that its record would have
 *
 * Where rows are packets, only the first is asked here, before a packet's flow is looked for.
 *
 * Plugins may write over any column until a flow leaves: with them only the last is asked.
 */
#ifndef ENGINE_FLOW_SELECTION_H
#define ENGINE_FLOW_SELECTION_H

#include "engine/flow/analyser.h"
#include "engine/flow/condition_program.h"

typedef struct Selection
{
	const Schema	*schema;
	ConditionProgram there; /* of a flow that a packet starts */
	ConditionProgram back;	/* and of one that a packet of the other direction started; without tests if that is the same */
	ConditionProgram start;
	ConditionProgram leave;
	ColumnReader	 readers[COLUMNS_MAX]; /* by column */
	OpenAnalyser	 rewriter;
} Selection;

/* The selection of a request; NULL if that has no condition.  Its condition and the analysis stay the caller's. */
Selection *selection_start(const MeterRequest *request, Analysis *analysis);
void	   selection_end(Selection *selection);

/* Whether a flow of this packet can be wanted. */
bool selection_has_packet(const Selection *selection, const Packet *packet);

/* The same of a flow of which there is no packet yet, and of one that leaves. */
bool selection_has_start(const Selection *selection, Flow *flow);
bool selection_has_leaving(const Selection *selection, Flow *flow);

#endif /* ENGINE_FLOW_SELECTION_H */
