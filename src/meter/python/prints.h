/*
 * prints.h
 *	  What plugins write to their standard output and error.
 */
#ifndef METER_PYTHON_PRINTS_H
#define METER_PYTHON_PRINTS_H

#include "meter/python/cpython.h"
#include <nfstream_plugin.h>

/*
 * Puts objects in the places of sys.stdout and sys.stderr whose lines go to host->print(), or nowhere if host is NULL.  False with an
 * exception.
 */
bool prints_start(const NfstreamHost *host);

/* Prints what has no end of line yet. */
void prints_flush(void);

#endif /* METER_PYTHON_PRINTS_H */
