/*
 * glob.c
 *	  The names that match a glob, within bounds.
 *
 * A pattern is taken apart into pieces: components with wildcards, and the text between two of them, slashes included.  A
 * list of names grows piece by piece, from the left; it begins as the one name ''.  A piece of text is added to each
 * name; at a component with wildcards each name is replaced by those that its directory has and that match.  Where a
 * pattern ends in text, the names must exist.
 *
 * The C library's glob() calls itself for each component of a pattern, however many there are and however long it takes.
 * Here nothing is nested, each step is counted and can be cancelled, and fnmatch(), which may look at each byte of a name
 * for each byte of a pattern, gets only short ones.
 */
#include "postgres.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "pg/source/glob.h"

/* Opening a directory takes as long as looking at this many names in it. */
#define LOOKS_AT_DIRECTORY 10

typedef struct Names
{
	char **paths;
	int	   count;
	int	   capacity;
} Names;

typedef struct Walk
{
	const Reach *reach;
	GlobBudget	*budget;
	GlobMatches *matches;
} Walk;

bool
glob_may_match(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

/* ------------------------------------------------------------------------------------------------------------------ bounds */

/* Counts what is about to be done; false if that is more than may be done. */
static bool
look(Walk *walk, int looks)
{
	CHECK_FOR_INTERRUPTS();
	walk->budget->looks -= looks;
	if (walk->budget->looks >= 0)
		return true;
	walk->matches->bound = "More names than " CppAsString2(GLOB_LOOKS_MAX) " would have to be looked at.";
	return false;
}

/* Adds a name made of two parts. */
static bool
keep(Walk *walk, Names *names, const char *start, const char *end)
{
	walk->budget->bytes -= strlen(start) + strlen(end) + 1;
	if (walk->budget->bytes < 0)
	{
		walk->matches->bound = "The names that match have more than 64 MB together.";
		return false;
	}
	if (names->count == names->capacity)
	{
		names->capacity = Max(2 * names->capacity, 16);
		names->paths = names->paths == NULL ? palloc(names->capacity * sizeof(char *)) :
											  repalloc_huge(names->paths, names->capacity * sizeof(char *));
	}
	names->paths[names->count++] = psprintf("%s%s", start, end);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ pieces */

/* Whether a component of this length has wildcards; a bracket that is not closed is not one. */
static bool
has_wildcard(const char *component, size_t length)
{
	bool is_open = false;

	for (size_t i = 0; i < length; i++)
		switch (component[i])
		{
			case '*':
			case '?':
				return true;
			case '[':
				is_open = true;
				break;
			case ']':
				if (is_open)
					return true;
				break;
			case '\\':
				i++;
				break;
		}
	return false;
}

/*
 * Takes the next piece from the pattern: a component as it stands, or text without its backslashes.  False at the pattern's
 * end.
 */
static bool
next_piece(const char **pattern, StringInfo piece, bool *is_wild)
{
	resetStringInfo(piece);
	*is_wild = false;
	while (**pattern != '\0')
	{
		size_t length = strcspn(*pattern, "/");

		if (has_wildcard(*pattern, length))
		{
			if (piece->len > 0)
				return true;
			appendBinaryStringInfo(piece, *pattern, length);
			*pattern += length;
			*is_wild = true;
			return true;
		}
		for (size_t i = 0; i < length; i++)
		{
			if ((*pattern)[i] == '\\' && i + 1 < length)
				i++;
			appendStringInfoChar(piece, (*pattern)[i]);
		}
		*pattern += length;
		for (; **pattern == '/'; (*pattern)++)
			appendStringInfoChar(piece, '/');
	}
	return piece->len > 0;
}

static const char *
pattern_bound(const char *pattern)
{
	int wildcards = 0;

	if (strlen(pattern) > GLOB_BYTES_MAX)
		return "A glob may have at most " CppAsString2(GLOB_BYTES_MAX) " bytes.";
	while (*pattern != '\0')
	{
		size_t length = strcspn(pattern, "/");

		if (has_wildcard(pattern, length))
		{
			if (length > GLOB_COMPONENT_MAX)
				return "What stands between two slashes may have at most " CppAsString2(GLOB_COMPONENT_MAX) " bytes.";
			if (++wildcards > GLOB_WILDCARDS_MAX)
				return "A glob may have at most " CppAsString2(GLOB_WILDCARDS_MAX) " directories with wildcards.";
		}
		pattern += length;
		pattern += strspn(pattern, "/");
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------------------------- directories */

/* Notes a directory that cannot be read: without the slash in which the unfinished name ends, as users write it. */
static void
note_unreadable(Walk *walk, const char *path, int error)
{
	char  *directory = pstrdup(*path == '\0' ? "." : path);
	size_t length = strlen(directory);

	while (length > 1 && directory[length - 1] == '/')
		directory[--length] = '\0';
	walk->matches->unreadable = directory;
	walk->matches->error = error;
}

/*
 * Opens the directory of an unfinished name; NULL if there is none, or if it cannot be read, which is noted.
 *
 * What does not exist or is no directory has no matches.  Nor has a link among a wildcard's matches that leads out of the
 * server's directory or round in a circle.
 */
static DIR *
open_directory(Walk *walk, const char *path, bool is_found)
{
	int	 descriptor = reach_open(walk->reach, *path == '\0' ? "." : path,
								 O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
	int	 error = errno;

	if (directory != NULL)
		return directory;
	if (descriptor >= 0)
		close(descriptor);
	if (error == ENOENT || error == ENOTDIR || (is_found && (error == EXDEV || error == ELOOP)))
		return NULL;
	note_unreadable(walk, path, error);
	return NULL;
}

/* Whether an entry may be a directory, as far as can be told without looking at it. */
static bool
may_be_directory(const struct dirent *entry)
{
	return entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
}

/* Adds the names in one directory that match a component. */
static bool
match_directory(Walk *walk, const char *path, bool is_found, const char *component, bool is_last, Names *names)
{
	DIR			 *directory = open_directory(walk, path, is_found);
	volatile bool within = true;

	if (directory == NULL)
		return walk->matches->unreadable == NULL;
	PG_TRY();
	{
		struct dirent *entry;

		while (within && (errno = 0, entry = readdir(directory)) != NULL)
		{
			const char *name = entry->d_name;

			within = look(walk, 1);
			if (within && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && (is_last || may_be_directory(entry)) &&
				fnmatch(component, name, FNM_PERIOD) == 0)
				within = keep(walk, names, path, name);
		}
		if (within && errno != 0)
		{
			note_unreadable(walk, path, errno);
			within = false;
		}
	}
	PG_FINALLY();
	{
		closedir(directory);
	}
	PG_END_TRY();
	return within;
}

/* ------------------------------------------------------------------------------------------------------------------ globs */

static bool
match_component(Walk *walk, const Names *names, bool are_found, const char *component, bool is_last, Names *longer)
{
	for (int i = 0; i < names->count; i++)
		if (!look(walk, LOOKS_AT_DIRECTORY) || !match_directory(walk, names->paths[i], are_found, component, is_last, longer))
			return false;
	return true;
}

/* At the end of the pattern, the names must exist. */
static bool
match_text(Walk *walk, const Names *names, const char *text, bool is_last, Names *longer)
{
	struct stat status;

	for (int i = 0; i < names->count; i++)
	{
		if (!look(walk, 1) || !keep(walk, longer, names->paths[i], text))
			return false;
		if (is_last && !reach_lstat(walk->reach, longer->paths[longer->count - 1], &status))
			longer->count--;
	}
	return true;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

bool
glob_match(const Reach *reach, const char *pattern, GlobBudget *budget, GlobMatches *matches)
{
	Walk		   walk = {.reach = reach, .budget = budget, .matches = matches};
	Names		   names = {0};
	StringInfoData piece;
	bool		   is_wild,
		are_found = false;

	*matches = (GlobMatches) {.bound = pattern_bound(pattern)};
	if (matches->bound != NULL || !keep(&walk, &names, "", ""))
		return false;
	initStringInfo(&piece);
	while (names.count > 0 && next_piece(&pattern, &piece, &is_wild))
	{
		Names longer = {0};
		bool  is_last = *pattern == '\0';

		if (is_wild ? !match_component(&walk, &names, are_found, piece.data, is_last, &longer) :
					  !match_text(&walk, &names, piece.data, is_last, &longer))
			return false;
		are_found |= is_wild;
		names = longer;
	}
	qsort(names.paths, names.count, sizeof(char *), compare_names);
	matches->paths = names.paths;
	matches->count = names.count;
	return true;
}
