/*
 * analysers.c
 *	  The table of analysers: in this order they see a packet, and their states stand in a flow's cell.
 */
#include "engine/analyse/analysers.h"
#include "engine/analyse/community_id.h"
#include "engine/analyse/labels.h"
#include "engine/analyse/plugin_host.h"
#include "engine/analyse/splt.h"
#include "engine/analyse/statistics.h"

const Analyser *const analysers[] = {
	&labels_analyser,
	&splt_analyser,
	&statistics_analyser,
	&community_id_analyser,
	&plugin_host_analyser,
	NULL,
};
