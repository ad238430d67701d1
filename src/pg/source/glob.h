/*
 * glob.h
 *	  The names that match a glob, within bounds.
 *
 * As glob(7) has it: `*`, `?` and brackets stand for what is in one component of a name, a backslash takes a character's meaning
 * away, and a name that begins with a dot is matched by a dot only.  The directories . and .. are matched by nothing.
 */
#ifndef PG_SOURCE_GLOB_H
#define PG_SOURCE_GLOB_H

#include "pg/source/reach.h"

/* What a pattern may be. */
#define GLOB_BYTES_MAX		4095	/* bytes: PATH_MAX without its NUL */
#define GLOB_COMPONENT_MAX	255		/* bytes of a component with wildcards: NAME_MAX */
#define GLOB_WILDCARDS_MAX	32		/* components with wildcards */

/* What may still be done for the globs of a source. */
typedef struct GlobBudget
{
	int64		looks;			/* at names in directories and names that a pattern ends in; ten for a directory itself */
	int64		bytes;			/* of names that are kept */
} GlobBudget;

#define GLOB_LOOKS_MAX	1000000
#define GLOB_KEPT_MAX	((int64) 64 << 20)

typedef struct GlobMatches
{
	char	  **paths;			/* in the order of their bytes, as reach_open() takes them */
	int			count;
	char	   *unreadable;		/* a directory that could not be read; NULL: none */
	int			error;			/* the errno of that */
	const char *bound;			/* what is too much, a sentence; NULL: nothing */
} GlobMatches;

/* Whether a path has a character that may be a wildcard. */
bool		glob_may_match(const char *path);

/*
 * Finds the names that match a pattern, in the current memory context, and takes what it does from the budget.
 *
 * False where a directory could not be read or a bound was reached: then what was found is not all.  Nothing that matches is no
 * failure.  Raises no error about files, and can be cancelled.
 */
bool		glob_match(const Reach *reach, const char *pattern, GlobBudget *budget, GlobMatches *matches);

#endif							/* PG_SOURCE_GLOB_H */
