/*
 * splt.h
 *	  Sequence of packet lengths and times: directions, sizes and intervals of a flow's first packets.  The option splt_analysis.
 */
#ifndef ENGINE_ANALYSE_SPLT_H
#define ENGINE_ANALYSE_SPLT_H

#include "engine/base/splt_arrays.h"
#include "engine/flow/analyser.h"

/* Fills the columns of GROUP_SPLT; its state is a SpltArrays. */
extern const Analyser splt_analyser;

#endif /* ENGINE_ANALYSE_SPLT_H */
