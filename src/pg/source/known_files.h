/*
 * known_files.h
 *	  What ANALYZE has found out of files: from when to when their packets are, and how many.
 *
 * What is known is of a file as it was then: of one that has been changed since, or may have been, nothing is.
 */
#ifndef PG_SOURCE_KNOWN_FILES_H
#define PG_SOURCE_KNOWN_FILES_H

#include "pg/source/source.h"
#include "wire/message.h"

typedef enum KnownStatus
{
	FILE_NOT_ANALYZED,
	FILE_ANALYZED,
	FILE_DAMAGED, /* and was read up to there */
	FILE_RECENT,  /* it was changed so shortly before it was read that a change after that may not show */
	FILE_CHANGED  /* since */
} KnownStatus;

extern const char *const known_status_names[];

typedef struct KnownFile
{
	KnownStatus status;
	uint64		packets; /* what follows is 0 if it is changed, or not analyzed; or if there are none */

	/* The least and the greatest time of a packet: ms since 1970, and ns that were rounded off. */
	uint64 first;
	uint64 last;
	uint32 first_nanoseconds;
	uint32 last_nanoseconds;
} KnownFile;

/* Whether it tells of the file as it is now. */
static inline bool
known_is_current(const KnownFile *file)
{
	return file->status != FILE_NOT_ANALYZED && file->status != FILE_CHANGED;
}

/* What is known of the files of a table; or, without a table, of all tables'. */
typedef struct KnownFiles KnownFiles;

/* In the current memory context; NULL if nothing is known of any. */
KnownFiles *known_files(Oid table);

/* `file` is as it is now: only what has been looked at, not opened. */
KnownFile known_file(const KnownFiles *known, const SourceFile *file);

/*
 * Keeps what is known of a table's files, in place of what was kept before, and forgets what is of tables that are no more.  The
 * table is locked so that nobody drops it.
 *
 * files, times: `count` of them; a time whose `file` is FAILURE_NO_FILE is not known.  looked_at: when the files were looked at, or before,
 * in ns since 1970.
 */
void known_files_keep(Oid table, const SourceFile *files, const FileTimesMessage *times, int count, int64 looked_at);

#endif /* PG_SOURCE_KNOWN_FILES_H */
