/*
 * glob.h
 *	  The names that match a glob, within bounds.
 *
 * As in glob(7): `*`, `?` and brackets match within one component of a name, a backslash takes away a character's special
 * meaning, and a leading dot is matched by a dot only.  Nothing matches the directories . and .. .
 */
#ifndef PG_SOURCE_GLOB_H
#define PG_SOURCE_GLOB_H

#include "pg/source/reach.h"

/* Bounds of a pattern. */
#define GLOB_BYTES_MAX	   4095 /* bytes: PATH_MAX without its NUL */
#define GLOB_COMPONENT_MAX 255	/* bytes of a component with wildcards: NAME_MAX */
#define GLOB_WILDCARDS_MAX 32	/* components with wildcards */

/* What may still be done for the globs of a source. */
typedef struct GlobBudget
{
	int64 looks; /* at names, in directories and as results; at a directory itself, ten */
	int64 bytes; /* of names that are kept */
} GlobBudget;

#define GLOB_LOOKS_MAX 1000000
#define GLOB_KEPT_MAX  ((int64) 64 << 20)

typedef struct GlobMatches
{
	char	  **paths; /* in the order of their bytes, as reach_open() takes them */
	int			count;
	char	   *unreadable; /* a directory that could not be read; NULL: none */
	int			error;		/* the errno of that */
	const char *bound;		/* the bound that was reached, a sentence; NULL: none was */
} GlobMatches;

/* Whether a path has a character that may be a wildcard. */
bool glob_may_match(const char *path);

/*
 * Finds the names that match a pattern, in the current memory context, and takes what that costs from the budget.
 *
 * False if a directory could not be read or a bound was reached: then not all names were found.  It is no failure if none
 * matches.  Raises no error about files, and can be cancelled.
 */
bool glob_match(const Reach *reach, const char *pattern, GlobBudget *budget, GlobMatches *matches);

#endif /* PG_SOURCE_GLOB_H */
