/*
 * analysers.h
 *	  The table of analysers.
 */
#ifndef ENGINE_ANALYSE_ANALYSERS_H
#define ENGINE_ANALYSE_ANALYSERS_H

#include "engine/flow/analyser.h"

/* For analysis_open(); a NULL comes last. */
extern const Analyser *const analysers[];

#endif /* ENGINE_ANALYSE_ANALYSERS_H */
