/*
 * sources.h
 *	  The files of a meter by hand, from the command line to the engine.
 */
#ifndef METER_SOURCES_H
#define METER_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Sources Sources;

/* The name by which messages call a source that was named like this. */
const char *source_name(const char *typed);

/*
 * Opens the sources, before the sandbox forbids it; `twice` if each is looked at before it is read.  NULL if one cannot
 * be opened, which standard error was told.
 *
 * The descriptors are side by side from SANDBOX_OTHERS on, up to sources_end().
 */
Sources *sources_open(char *const *names, uint32_t count, bool twice);
int		 sources_end(const Sources *sources);

/* Whether a source is a pipe, whose rows somebody may wait for. */
bool sources_have_pipe(const Sources *sources);

/*
 * A descriptor at the first byte of a source, which becomes the caller's, and how many bytes of it are read at most.  It can be had
 * once, or twice.
 */
int sources_take(Sources *sources, uint32_t index, uint64_t *size);

#endif /* METER_SOURCES_H */
