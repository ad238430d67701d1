/*
 * community_id.h
 *	  Community ID, by which other tools know a flow: version 1, seed 0.  https://github.com/corelight/community-id-spec
 */
#ifndef ENGINE_ANALYSE_COMMUNITY_ID_H
#define ENGINE_ANALYSE_COMMUNITY_ID_H

#include "engine/analyse/dpi.h"
#include "engine/flow/analyser.h"

#define COMMUNITY_ID_LENGTH (2 + DPI_SHA1_TEXT)

/* Writes the id, which is the same for both directions, with a NUL. */
void community_id(const Flow *flow, char text[COMMUNITY_ID_LENGTH + 1]);

/* Fills the column community_id; keeps nothing of a flow. */
extern const Analyser community_id_analyser;

#endif /* ENGINE_ANALYSE_COMMUNITY_ID_H */
