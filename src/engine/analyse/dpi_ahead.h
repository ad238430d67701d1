/*
 * dpi_ahead.h
 *	  nDPI that starts while packets come already.
 */
#ifndef ENGINE_ANALYSE_DPI_AHEAD_H
#define ENGINE_ANALYSE_DPI_AHEAD_H

#include "engine/analyse/dpi.h"

typedef struct DpiAhead DpiAhead;

/* As dpi_start(), but nDPI does not start yet; NULL also where it can only be started at once. */
DpiAhead *dpi_ahead(unsigned limit, const ColumnSet *wanted, bool time_dissections);

/*
 * Makes the thread that is to start nDPI, and from here on makes no call to the system but to wait, to get memory and to end.  Nothing runs
 * in it before dpi_ahead_go().  False if there is none.
 */
bool dpi_ahead_thread(DpiAhead *ahead);
void dpi_ahead_go(DpiAhead *ahead);

/*
 * nDPI, once it is needed: waits for the thread; without one, starts it here.  The same at each call.  Ends as memory_exhausted() does if it
 * does not start.
 */
Dpi *dpi_ahead_get(DpiAhead *ahead);

/* Nobody needs it any more, whether or not somebody did: no thread is left.  Then the end of both. */
void dpi_ahead_settle(DpiAhead *ahead);
void dpi_ahead_end(DpiAhead *ahead);

#endif /* ENGINE_ANALYSE_DPI_AHEAD_H */
