/*
 * engine.h
 *	  The engine: a source in, records out.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/base/callbacks.h"
#include "engine/decode/filter.h"
#include "engine/flow/analyser.h"
#include "engine/source/source.h"
#include "wire/message.h"
#include "wire/request.h"

/*
 * Meters a source, which has the request's files, and writes a record for each flow of its shard.
 *
 * filter: NULL, or the request's.  The analysis is opened for the request.  All stay the caller's.
 *
 * Returns true with the account filled, or false with `failure` filled: the source failed, or was lost after all its flows had
 * left, or the filter does not fit.
 * Runs out of memory through memory.h's handler only.
 */
bool engine_run(const MeterRequest *request, Source *source, Filter *filter, Analysis *analysis,
				const EngineCallbacks *callbacks, Account *account, FailureMessage *failure);

#endif /* ENGINE_ENGINE_H */
