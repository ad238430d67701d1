/*
 * analyser.h
 *	  What is computed along a flow: an analyser, as a row of a table, and the analysers of one scan.
 *
 * A flow is its key and its counters.  What else is known of it is kept by analysers, each in a state of its own, which
 * follows the flow in the same cell; only those are opened that a scan wants.  A row says what an analyser is; where a
 * function is NULL there is nothing to do.  Of all that are opened, in the order of the table, are called:
 *
 *	  for a flow's first packet		start, packet, joined
 *	  for each further packet		packet, joined
 *	  when the flow leaves			leave, value of each column of the record, free
 *	  when it is given up			free
 *
 * and around all flows open, beside, begin, end, close.
 *
 * `packet` sees the flow as it was before the packet, `joined` as it is with it: counters, and the state of every analyser
 * that stands earlier in the table.
 */
#ifndef ENGINE_FLOW_ANALYSER_H
#define ENGINE_FLOW_ANALYSER_H

#include <stddef.h>

#include "engine/flow/flow.h"
#include "wire/message.h"
#include "wire/protocol.h"
#include "wire/record.h"
#include "wire/request.h"

/* A packet as it joins its flow. */
typedef struct FlowPacket
{
	const Packet *packet;
	ColumnSide	  side;		  /* SIDE_SRC2DST or SIDE_DST2SRC */
	uint32_t	  size;		  /* bytes, by accounting_mode */
	uint64_t	  since_flow; /* ms since the flow's packet before this one; UINT64_MAX where there was none */
	uint64_t	  since_side; /* the same of this side */
} FlowPacket;

typedef struct Analysis Analysis;

/* `own` is what `open` made; `state` the analyser's part of the flow's cell, aligned for anything. */
typedef struct Analyser
{
	const char *name;
	size_t		state_bytes; /* of each flow; where the request decides about it, 0 */

	/* Whether this column's value comes from it. */
	bool (*fills)(const Column *column);

	/* Whether a scan wants it; NULL: where a column is asked for that it fills. */
	bool (*wanted)(const MeterRequest *request);

	/*
	 * Gets ready what all flows share: tables, files.  Called before the sandbox is entered; false with `failure` filled.  The
	 * analysis holds the analysers that stand earlier in the table, of which columns may be read at any moment of a flow.
	 */
	bool (*open)(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure);
	void (*close)(void *own);

	/* Bytes of state of each flow, once it is open. */
	size_t (*state_size)(const void *own);

	/*
	 * Files are given up, and system calls about to be: the last moment for making a thread, which computes and is told to go by `begin`;
	 * false if there is none.  The sandbox holds for it, too.
	 */
	bool (*beside)(void *own);

	/* The sandbox is closed, and the first packet is about to come; false with `failure` filled. */
	bool (*begin)(void *own, FailureMessage *failure);

	/* No further packet and no flow comes, whatever ended the run. */
	void (*end)(void *own);

	/* Forgets what was learned from flows, all of which are over: the next is the first.  False with `failure` filled. */
	bool (*forget)(void *own, FailureMessage *failure);

	/* Adds what it counted. */
	void (*count)(const void *own, Account *account);

	/* A new flow, whose state is all zeros. */
	void (*start)(void *own, const Flow *flow, void *state);

	void (*packet)(void *own, const Flow *flow, void *state, const FlowPacket *packet);

	/*
	 * May set flow->expiration: with EXPIRATION_PLUGIN the flow ends with this packet, once all analysers have seen it.  What
	 * else is written there stands in the record, unless idle_timeout or active_timeout ends the flow by a packet.
	 */
	void (*joined)(void *own, Flow *flow, void *state, const FlowPacket *packet);

	/* The flow is over, and about to become a record; flow->expiration says why, and may be changed for the record. */
	void (*leave)(void *own, Flow *flow, void *state);

	/* Frees what the state holds; after `leave`, or without it. */
	void (*free)(void *own, void *state);

	/*
	 * The value of a column that it fills, of the flow as it is now, in the member of its kind; at any moment from `start` to
	 * `free`.  What the value points to lasts until the flow changes or the same column is read again.
	 */
	void (*value)(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value);

	/*
	 * Where flow->rewritten is set: puts what stands in the record in the place of any column's value, and returns true, or leaves
	 * the value as it is.
	 */
	bool (*rewrite)(void *own, void *state, const Column *column, RecordValue *value);
} Analyser;

typedef struct OpenAnalyser
{
	const Analyser *analyser;
	void		   *own;
	size_t			state; /* from the flow's first byte to its state's, bytes */
} OpenAnalyser;

/* The analysers of one scan, in the order of the table. */
struct Analysis
{
	size_t		   state_bytes; /* of all, in each flow's cell */
	unsigned	   count;
	unsigned	   packet_count;
	unsigned	   joined_count;
	OpenAnalyser  *all;
	OpenAnalyser  *packet; /* of these, those that have this function */
	OpenAnalyser  *joined;
	bool		   reads_again;							 /* packets, once their flows leave */
	struct Source *source;								 /* of the packets at hand, once the run begins */
	OpenAnalyser   rewriter;							 /* the one that has `rewrite`, if it is open */
	char		   protocol_name[PROTOCOL_NAME_MAX + 1]; /* of the flow whose column was read */
};

/*
 * Opens those of the table, which ends with a NULL, that the request wants.  Returns true, or false with `failure` filled and
 * nothing open.
 */
bool analysis_open(Analysis *analysis, const Analyser *const *table, const MeterRequest *request,
				   FailureMessage *failure);
void analysis_close(Analysis *analysis);

/* Whether there are threads now. */
bool analysis_beside(const Analysis *analysis);

/* Around the run, each once. */
bool analysis_begin(const Analysis *analysis, FailureMessage *failure);
void analysis_end(const Analysis *analysis);

bool analysis_forget(Analysis *analysis, FailureMessage *failure);
void analysis_count(const Analysis *analysis, Account *account);

/* A flow's life.  Its cell has state_bytes after the Flow, undefined before the start. */
void analysis_start(const Analysis *analysis, Flow *flow);
void analysis_leave(const Analysis *analysis, Flow *flow);
void analysis_free(const Analysis *analysis, Flow *flow);

static inline void *
analyser_state(const OpenAnalyser *opened, Flow *flow)
{
	return (uint8_t *) flow + opened->state;
}

static inline void
analysis_packet(const Analysis *analysis, Flow *flow, const FlowPacket *packet)
{
	for (const OpenAnalyser *opened = analysis->packet, *end = opened + analysis->packet_count; opened < end; opened++)
		opened->analyser->packet(opened->own, flow, analyser_state(opened, flow), packet);
}

static inline void
analysis_joined(const Analysis *analysis, Flow *flow, const FlowPacket *packet)
{
	for (const OpenAnalyser *opened = analysis->joined, *end = opened + analysis->joined_count; opened < end; opened++)
		opened->analyser->joined(opened->own, flow, analyser_state(opened, flow), packet);
}

/* Who knows a column's value: an analyser, or the flow itself. */
typedef struct ColumnReader
{
	const Column *column;
	void (*value)(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value);
	void  *own;
	size_t state;
} ColumnReader;

/* A column that nobody fills, as one of an analyser that is not open, reads as 0 or ''. */
ColumnReader analysis_reader(Analysis *analysis, const Column *column);

static inline void
column_read(const ColumnReader *reader, Flow *flow, RecordValue *value)
{
	reader->value(reader->own, flow, (uint8_t *) flow + reader->state, reader->column, value);
}

/* The same as the record has it: where plugins have written over the flow's columns, what they wrote. */
static inline void
column_read_for_record(const ColumnReader *reader, const OpenAnalyser *rewriter, Flow *flow, RecordValue *value)
{
	column_read(reader, flow, value);
	if (flow->rewritten)
		rewriter->analyser->rewrite(rewriter->own, analyser_state(rewriter, flow), reader->column, value);
}

#endif /* ENGINE_FLOW_ANALYSER_H */
