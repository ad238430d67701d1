/*
 * probe.h
 *	  Which files have a capture in them, as a meter in its sandbox finds it.
 */
#ifndef PG_WORKERS_PROBE_H
#define PG_WORKERS_PROBE_H

#include "pg/source/captures.h"

/* captures_in_directory(), without what is compressed and no capture.  Starts a meter where something is compressed. */
CaptureFile *probe_directory(const ScanOptions *options, const char *directory, int *count);

#endif /* PG_WORKERS_PROBE_H */
