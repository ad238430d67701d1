/*
 * progress_text.h
 *	  Where a meter was, as its page tells it.
 */
#ifndef PG_WORKERS_PROGRESS_TEXT_H
#define PG_WORKERS_PROGRESS_TEXT_H

#include "pg/workers/job.h"
#include "wire/progress.h"

/*
 * What the meter was at, in sentences: the plugin that it was calling, the packet.  What the page says may be anything.
 * files_sent: how many files it has got.
 */
const char *progress_text(const MeterProgress *progress, const ScanJob *job, uint64 files_sent);

#endif /* PG_WORKERS_PROGRESS_TEXT_H */
