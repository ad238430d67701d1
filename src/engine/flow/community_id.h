/*
 * community_id.h
 *	  Community ID, by which other tools know a flow: version 1, seed 0.  https://github.com/corelight/community-id-spec
 */
#ifndef ENGINE_FLOW_COMMUNITY_ID_H
#define ENGINE_FLOW_COMMUNITY_ID_H

#include "engine/flow/flow.h"

#define COMMUNITY_ID_LENGTH	(2 + DPI_SHA1_TEXT)

/* Writes the id, which is the same for both directions, with a NUL. */
void		community_id(const Flow *flow, char text[COMMUNITY_ID_LENGTH + 1]);

#endif							/* ENGINE_FLOW_COMMUNITY_ID_H */
