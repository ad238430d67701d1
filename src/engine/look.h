/*
 * look.h
 *	  A look at the source before it is walked: what all meters of a scan must agree on.
 *
 * Each meter looks for itself, at the same bytes, and finds the same.  Files are opened one after the other.
 */
#ifndef ENGINE_LOOK_H
#define ENGINE_LOOK_H

#include "engine/decode/filter.h"
#include "engine/flow/shard.h"
#include "engine/source/source.h"
#include "wire/request.h"

/*
 * Finds the order in which a source's files are read by their times: by that of their first packets, files without a
 * packet last, files of the same time in the given order.  Packets without a time are passed over, if one with a time
 * follows soon.
 */
void look_for_order(Source *source, uint32_t files, uint32_t *order);

/*
 * Takes a sample of the packets that the filter (NULL: none) lets pass, and decides with it which hosts are split.
 *
 * order: the source's files in the order in which they are read, request->files of them.
 */
void look_for_busy_hosts(const MeterRequest *request, Source *source, Filter *filter, const uint32_t *order,
						 Shards *shards);

#endif /* ENGINE_LOOK_H */
