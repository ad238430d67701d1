/*
 * source_errors.h
 *	  What users are told of sources that cannot be read.
 *
 * Each function reports at a level: ERROR where a scan starts, WARNING where ANALYZE goes on with other tables, 0 for the
 * planner, which says nothing.  errno is what failed, where it is about a file.
 */
#ifndef PG_SOURCE_SOURCE_ERRORS_H
#define PG_SOURCE_SOURCE_ERRORS_H

#include "pg/source/glob.h"
#include "pg/source/reach.h"

/* Where a path came from. */
typedef struct Origin
{
	int			index;		  /* in an array, from 1; 0: not in an array */
	const char *glob;		  /* NULL: not of a glob */
	bool		is_directory; /* in which matches of the glob are looked for */
} Origin;

/* The directory of a server cannot be opened, so that no source of its tables can be looked for. */
void source_could_not_reach(int level, const char *directory);

/* A file that is not there, may not be read, or is not in the directory. */
void source_could_not_open(int level, const Reach *reach, const char *path, const Origin *origin);

/* What is there is no file on a disk. */
void source_not_regular(int level, const struct stat *status, const char *path, const Origin *origin);

/* A glob that matches nothing, or whose matches are not known. */
void source_no_match(int level, const Reach *reach, const char *pattern, const Origin *origin);
void source_glob_failed(int level, const Reach *reach, const char *pattern, const GlobMatches *matches,
						const Origin *origin);

/* More files than a scan takes. */
void source_too_many_files(int level, int most);

#endif /* PG_SOURCE_SOURCE_ERRORS_H */
