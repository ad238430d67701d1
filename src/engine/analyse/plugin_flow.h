/*
 * plugin_flow.h
 *	  The flow that plugins see: its attributes, read and written over.
 *
 * An attribute's number is its column's.  What plugins write over attributes is kept beside the flow, whose own values go on being
 * counted: the key of a flow is not theirs to change.
 */
#ifndef ENGINE_ANALYSE_PLUGIN_FLOW_H
#define ENGINE_ANALYSE_PLUGIN_FLOW_H

#include <nfstream_plugin.h>

#include "engine/flow/analyser.h"

/* An attribute that was written over. */
typedef struct Overwritten
{
	unsigned	column;
	RecordValue value;
	uint8_t	   *bytes; /* what the value points to, or NULL */
} Overwritten;

typedef struct Overlay
{
	unsigned	count;
	unsigned	room;
	Overwritten items[];
} Overlay;

/* How the attributes of the flows of one scan are read. */
typedef struct AttributeReaders
{
	const Schema *schema;
	uint32_t	  elements; /* of a list: splt_analysis */
	ColumnReader  readers[COLUMNS_MAX];
	uint8_t		  reads[COLUMNS_MAX]; /* NfstreamRead, by column */
	char		  text[64];			  /* an address */
	int64_t		 *integers;			  /* a list */
} AttributeReaders;

void attributes_start(AttributeReaders *readers, const MeterRequest *request, Analysis *analysis);
void attributes_end(AttributeReaders *readers);

/* The attribute of this name, or NFSTREAM_NO_ATTRIBUTE. */
NfstreamAttribute attribute_find(const char *name);

/* As NfstreamHost.read; the overlay may be NULL. */
NfstreamRead attribute_read(AttributeReaders *readers, Flow *flow, const Overlay *overlay, NfstreamAttribute attribute,
							NfstreamValue *value);

/* As NfstreamHost.write, of any attribute but expiration_id. */
bool attribute_write(const AttributeReaders *readers, Overlay **overlay, NfstreamAttribute attribute,
					 const NfstreamValue *value);

/* What was written over a column, or NULL. */
const RecordValue *overlay_find(const Overlay *overlay, unsigned column);

/*
 * What the meter counts itself is its own again: with a packet that has joined the flow, and when the flow is over.  labels: those
 * of nDPI, too.  True if anything written is left.
 */
bool overlay_synchronise(Overlay *overlay, const AttributeReaders *readers, const Flow *flow, bool labels);

void overlay_free(Overlay *overlay);

#endif /* ENGINE_ANALYSE_PLUGIN_FLOW_H */
