/*
 * bundled.h
 *	  The bundled plugins, as users see them: names, parameters, outputs, and what they read.
 *
 * The server reads this table to check the option udps, to list plugins and to declare columns; the code of a plugin, in
 * engine/plugins, points to its row's parts.
 */
#ifndef WIRE_BUNDLED_H
#define WIRE_BUNDLED_H

#include <nfstream_plugin.h>

typedef struct BundledPlugin
{
	const char				*name;
	const char				*help;
	const NfstreamParameter *parameters;							 /* the last has the name NULL */
	const NfstreamOutput	*outputs;								 /* the same */
	const char *const		*reads;									 /* attributes; the last is NULL */
	bool (*leaves)(const NfstreamValue *arguments, unsigned output); /* as a plugin's; NULL: all outputs */
} BundledPlugin;

/* In the order in which they are listed; the last has the name NULL. */
extern const BundledPlugin bundled_plugins[];

/* The bundled plugin of this name, which has no NUL at its end; NULL if there is none. */
const BundledPlugin *bundled_find(const char *name, size_t length);

/* What the code of each points to. */
extern const NfstreamParameter flow_slicer_parameters[];
extern const NfstreamOutput	   flow_slicer_outputs[];
extern const char *const	   flow_slicer_reads[];

/* Where its arguments stand. */
enum
{
	FLOW_SLICER_LIMIT
};

extern const NfstreamParameter splt_parameters[];
extern const NfstreamOutput	   splt_outputs[];
extern const char *const	   splt_reads[];

enum
{
	SPLT_SEQUENCE_LENGTH,
	SPLT_ACCOUNTING_MODE
};

enum
{
	SPLT_DIRECTION,
	SPLT_PS,
	SPLT_PIAT_MS
};

/*
 * Outputs of wfeatures: for each direction four features, and each of them for so many rows, of which a flow has those up to the
 * parameter `levels`.
 */
#define WFEATURES_LEVELS_MAX 20
#define WFEATURES_ROWS		 (WFEATURES_LEVELS_MAX + 1)
#define WFEATURES_OUTPUTS	 (2 * 4 * WFEATURES_ROWS)

extern const NfstreamParameter wfeatures_parameters[];
extern const NfstreamOutput	   wfeatures_outputs[];
extern const char *const	   wfeatures_reads[];
bool						   wfeatures_leaves(const NfstreamValue *arguments, unsigned output);

enum
{
	WFEATURES_ACTIVE_TIMEOUT,
	WFEATURES_LEVELS
};

extern const NfstreamParameter dhcp_parameters[];
extern const NfstreamOutput	   dhcp_outputs[];
extern const char *const	   dhcp_reads[];

extern const NfstreamParameter mdns_parameters[];
extern const NfstreamOutput	   mdns_outputs[];
extern const char *const	   mdns_reads[];

extern const NfstreamParameter ja4_parameters[];
extern const NfstreamOutput	   ja4_outputs[];
extern const char *const	   ja4_reads[];

#endif /* WIRE_BUNDLED_H */
