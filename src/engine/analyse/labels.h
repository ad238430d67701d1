/*
 * labels.h
 *	  nDPI's labels as an analyser.
 */
#ifndef ENGINE_ANALYSE_LABELS_H
#define ENGINE_ANALYSE_LABELS_H

#include "engine/flow/analyser.h"

/* Fills the columns of GROUP_DPI; its state is a DpiFlow. */
extern const Analyser labels_analyser;

/* Whether the label of a flow with this state does not change any more. */
bool labels_decided(const void *state);

#endif /* ENGINE_ANALYSE_LABELS_H */
