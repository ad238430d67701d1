/*
 * source_files.h
 *	  The source that is a list of capture files, read one after the other.
 */
#ifndef ENGINE_SOURCE_SOURCE_FILES_H
#define ENGINE_SOURCE_SOURCE_FILES_H

#include "engine/source/source.h"
#include "wire/progress.h"

/* Who opens the files: the meter around the engine, or a test.  `context` is theirs. */
typedef struct FileOpener
{
	void *context;

	/*
	 * Opens file number `index`, again if it was opened before: a descriptor at its first byte, which becomes the source's, and
	 * how many bytes of it are read at most.  At most request_opens_max() times.
	 */
	int (*open)(void *context, uint32_t index, uint64_t *size);

	/* Where the source writes how far it is, for whoever looks from outside. */
	MeterProgress *progress;
} FileOpener;

/*
 * A source of `files` files.  A file that is no capture is damage to a source of several, and the failure of a source that is
 * this file alone.
 */
Source *source_files_start(uint32_t files, const FileOpener *opener);
void	source_files_end(Source *source);

#endif /* ENGINE_SOURCE_SOURCE_FILES_H */
