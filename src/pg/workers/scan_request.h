/*
 * scan_request.h
 *	  From a scan's options and columns to what its meters are asked to do.
 */
#ifndef PG_WORKERS_SCAN_REQUEST_H
#define PG_WORKERS_SCAN_REQUEST_H

#include "pg/options/options.h"
#include "wire/request.h"

/*
 * The request for these options and columns; its texts are the options' own.  What the options turn off, or no wanted column needs,
 * is off.
 */
void scan_request_fill(MeterRequest *request, const ScanOptions *options, const ColumnSet *wanted);

/* The request of a question that needs no capture, as if no option were set. */
void scan_request_without_options(MeterRequest *request);

#endif /* PG_WORKERS_SCAN_REQUEST_H */
