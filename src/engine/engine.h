/*
 * engine.h
 *	  The engine: sources in, records out.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/analyse/dpi.h"
#include "engine/base/callbacks.h"
#include "engine/decode/filter.h"
#include "wire/message.h"
#include "wire/request.h"

/*
 * Meters the request's sources and writes a record for each flow of its shard.
 *
 * One source among several that is no capture is damaged, like one that is so in the middle.
 *
 * filter: NULL, or the request's.  dpi: NULL exactly if the request wants no column of layer 7; still the caller's.
 *
 * Returns true with the account filled, or false with `failure` filled: the only source is no capture, the filter does not fit.
 * Runs out of memory through memory.h's handler only.
 */
bool		engine_run(const MeterRequest *request, Filter *filter, Dpi *dpi, const EngineCallbacks *callbacks,
					   Account *account, FailureMessage *failure);

#endif							/* ENGINE_ENGINE_H */
