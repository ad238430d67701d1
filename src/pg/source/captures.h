/*
 * captures.h
 *	  The captures in a directory, as far as the first bytes of its files tell.
 */
#ifndef PG_SOURCE_CAPTURES_H
#define PG_SOURCE_CAPTURES_H

#include "pg/source/source.h"

typedef enum CaptureFormat
{
	CAPTURE_FORMAT_PCAP,
	CAPTURE_FORMAT_PCAPNG,
	CAPTURE_FORMAT_GZIP, /* what is in it only a meter may find out */
	CAPTURE_FORMAT_ZSTD
} CaptureFormat;

extern const char *const capture_format_names[];

typedef struct CaptureFile
{
	SourceFile	  file;
	CaptureFormat format;
} CaptureFile;

static inline bool
capture_is_compressed(const CaptureFile *capture)
{
	return capture->format >= CAPTURE_FORMAT_GZIP;
}

/*
 * The files in a directory that begin as captures do, or as what is compressed, in the order of their names, in the current memory context.
 *
 * directory: absolute, or in the server's where the options have one; NULL: the server's.  What is hidden by a leading dot, is no regular file,
 * cannot be opened or has a name that is no text in the database's encoding is left out.  Errors if the directory cannot be
 * read.  privileges_check_files() must have passed.
 */
CaptureFile *captures_in_directory(const ScanOptions *options, const char *directory, int *count);

#endif /* PG_SOURCE_CAPTURES_H */
