/*
 * scan_request.h
 *	  From a scan's options and columns to what its meters are asked to do.
 */
#ifndef PG_WORKERS_SCAN_REQUEST_H
#define PG_WORKERS_SCAN_REQUEST_H

#include "pg/options/options.h"
#include "wire/request.h"

/*
 * The request for these options and columns; the filter's text is not part of it.  What the options turn off, or no wanted
 * column needs, is off.
 */
void		scan_request_fill(MeterRequest *request, const ScanOptions *options, const ColumnSet *wanted);

#endif							/* PG_WORKERS_SCAN_REQUEST_H */
