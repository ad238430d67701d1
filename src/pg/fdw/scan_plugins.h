/*
 * scan_plugins.h
 *	  The plugins of a scan, as its meters get them.
 */
#ifndef PG_FDW_SCAN_PLUGINS_H
#define PG_FDW_SCAN_PLUGINS_H

#include "pg/options/options.h"
#include "pg/workers/spawn.h"

typedef struct ScanPlugins
{
	const uint8 *bytes; /* wire/plugin_orders.h */
	uint64		 length;
	MeterProgram which;
	bool		 cleans_up; /* one of them may have something to do at the end */
} ScanPlugins;

/*
 * Those of the option udps, which is set, in the memory context `lasting`.  Looks up what they are, and runs the queries of their
 * parameters.  Errors if there is no plugin of a name, or a parameter has no value.
 */
const ScanPlugins *scan_plugins(const ScanOptions *options, MemoryContext lasting);

#endif /* PG_FDW_SCAN_PLUGINS_H */
