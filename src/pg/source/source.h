/*
 * source.h
 *	  The files, or the interface, that the option `source` stands for.
 */
#ifndef PG_SOURCE_SOURCE_H
#define PG_SOURCE_SOURCE_H

#include "storage/block.h"

#include "pg/options/options.h"

/* All interfaces at once, which is no device of the kernel's. */
#define SOURCE_ANY_INTERFACE "any"

/*
 * The interface that a source stands for, which need not exist if the option says that it is one; NULL if it stands for files.  A text of
 * the options.  Opens nothing and raises no error; privileges_check_interface() is the caller's to ask.
 */
const char *source_interface(const ScanOptions *options);

/* The same for the planner; NULL too if whoever answers for the source may not capture from it. */
const char *source_interface_for_plan(const ScanOptions *options);

/* A capture as it was when the scan began. */
typedef struct SourceFile
{
	char  *path; /* as the option has it; a relative one may start in the server's directory */
	uint64 device;
	uint64 inode;
	uint64 size; /* bytes; what is appended later is not read */

	/* When its bytes, and when anything of it, was changed last: ns since 1970. */
	int64 modified;
	int64 changed;
} SourceFile;

struct stat;

/* A file that was looked at.  The path stays the caller's. */
SourceFile source_file(char *path, const struct stat *status);

/* Which of a source's files are wanted, by their names, and by what is known of them. */
typedef struct SourceWanted
{
	bool (*admits)(void *context, const char *path); /* asked once for each file, in the order in which they are read */

	/* The same of one that is there, which was looked at and not opened; NULL: all are wanted. */
	bool (*admits_file)(void *context, const SourceFile *file);
	void *context;
	bool  keeps_earlier; /* a file is wanted too if one after it is */
	bool  keeps_later;	 /* or one before it */
} SourceWanted;

/*
 * The files of a source, in the order in which they are read, in the current memory context.
 *
 * Only those that are wanted, which may be none; NULL: all.  Others are not looked at.  *named is how many the source has with them.
 *
 * Opens each file once, without waiting, and closes it.  Errors if one cannot be opened or is no regular file, if one leads
 * out of the server's directory or if a glob matches nothing.  privileges_check_source() must have passed, and
 * source_interface() be NULL.
 */
SourceFile *source_resolve(const ScanOptions *options, const SourceWanted *wanted, int *count, int *named);

/* The same of all files, which are looked at and not opened. */
SourceFile *source_look(const ScanOptions *options, int *count);

/* The bytes of all files of a source, for ANALYZE; -1 if that is not known, and a WARNING says why. */
int64 source_size_for_analyze(const ScanOptions *options);

/* What decides how many meters are worth their start. */
typedef struct SourceMeasure
{
	uint32 files;
	uint32 named; /* with those that are not wanted */
	int64  bytes;
	int64  quick_bytes;	   /* of these, in files that are read faster than labelled: not gzip's, by their names */
	int64  captured_bytes; /* in all of them, where those that are compressed by their names are as captures usually are */
} SourceMeasure;

SourceMeasure source_measure(const SourceFile *files, int count);

/*
 * The same for the planner, of those files that are wanted; all 0 if that is not known (yet), or if the owner may not know.  Where looking at all
 * files would take long, of those that were looked at.  Opens no file and raises no error about them.
 */
SourceMeasure source_measure_for_plan(const ScanOptions *options, const SourceWanted *wanted);

/* A number of bytes as the planner counts them: in pages, at least one. */
static inline BlockNumber
source_pages(int64 bytes)
{
	return (BlockNumber) Min(bytes / BLCKSZ + 1, MaxBlockNumber);
}

/*
 * Opens a file again, in the process that hands it to a meter; the descriptor is the caller's to close().
 *
 * directory: the server's, out of which the path must not lead; NULL: none.  Errors if it is not the same file any more,
 * or has become shorter.  Needs no database connection.
 */
int source_open(const char *directory, const SourceFile *file);

#endif /* PG_SOURCE_SOURCE_H */
