/*
 * source.c
 *	  The files behind the option `source`.
 *
 * A source is, whatever it looks like, the file of that name if there is one; else an array if it is written as one, a
 * glob if it has a glob's characters, an interface if there is one of that name, and at last the name of a file that is
 * not there. The elements of an array are looked at in the same way, but are no interfaces.
 */
#include "postgres.h"

#include <fcntl.h>
#include <glob.h>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/fd.h"

#include "pg/encoding.h"
#include "pg/option_forms.h"
#include "pg/privileges.h"
#include "pg/source.h"

#define OPEN_FLAGS	(O_RDONLY | O_NONBLOCK | O_CLOEXEC | PG_BINARY)

/* Where a path came from, for errors. */
typedef struct Origin
{
	int			index;			/* in an array, from 1; 0: not in an array */
	const char *glob;			/* NULL: not of a glob */
} Origin;

typedef struct SourceList
{
	SourceFile *files;
	int			count;
	int			capacity;
} SourceList;

static bool
exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static bool
is_glob(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The first directory that glob() could not read.  glob() gives its callback no argument of ours. */
static struct
{
	int			error;			/* errno, 0: none */
	char		path[MAXPGPATH];
} unreadable;

static int
note_unreadable(const char *path, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		return 0;
	unreadable.error = error;
	strlcpy(unreadable.path, path, sizeof(unreadable.path));
	return 1;
}

/*
 * The matches of a glob in the order of their bytes.  Returns glob()'s result; `unreadable` tells more of GLOB_ABORTED.
 */
static int
expand_glob(const char *pattern, char ***paths, size_t *count)
{
	glob_t		matches;
	int			result;

	*count = 0;
	unreadable.error = 0;
	result = glob(pattern, GLOB_NOSORT, note_unreadable, &matches);
	if (result != 0)
		return result;

	PG_TRY();
	{
		*paths = palloc(matches.gl_pathc * sizeof(char *));
		for (size_t i = 0; i < matches.gl_pathc; i++)
			(*paths)[i] = pstrdup(matches.gl_pathv[i]);
		*count = matches.gl_pathc;
	}
	PG_FINALLY();
	{
		globfree(&matches);
	}
	PG_END_TRY();
	qsort(*paths, *count, sizeof(char *), compare_names);
	return 0;
}

/* Says, as an error's detail, where the path came from. */
static int
origin_detail(const Origin *origin)
{
	if (origin->glob != NULL && origin->index > 0)
		return errdetail("It matches \"%s\", element %d of the option \"source\".", origin->glob, origin->index);
	if (origin->glob != NULL)
		return errdetail("It matches \"%s\" in the option \"source\".", origin->glob);
	if (origin->index > 0)
		return errdetail("It is element %d of the option \"source\".", origin->index);
	return 0;
}

/* Errors unless what was opened is a regular file. */
static void
check_regular(const struct stat *status, const char *path, const Origin *origin)
{
	const char *what =
		S_ISDIR(status->st_mode) ? "a directory" :
		S_ISFIFO(status->st_mode) ? "a pipe" :
		S_ISSOCK(status->st_mode) ? "a socket" : "a device";

	if (S_ISREG(status->st_mode))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("could not open capture \"%s\": it is %s", encoding_valid(path), what),
			 origin_detail(origin),
			 S_ISDIR(status->st_mode) ? errhint("A glob as \"%s%s*.pcap\" stands for the captures in a directory.",
												encoding_valid(path), path[strlen(path) - 1] == '/' ? "" : "/") :
			 errhint("A capture is a regular file.")));
}

static void
could_not_open(const char *path, const Origin *origin)
{
	int			error = errno;

	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("could not open capture \"%s\": %m", encoding_valid(path)),
			 origin_detail(origin),
			 error == ENOENT && !is_absolute_path(path) ?
			 errhint("A relative path starts in the server's data directory.") :
			 error == ENOENT ? errhint("Captures are files of the database server's machine, not of the client's.") :
			 error == EACCES ? errhint("The server's operating system user must be allowed to read the file.") : 0));
}

static void
add_file(SourceList *list, char *path, const Origin *origin)
{
	struct stat status;
	int			descriptor;

	/* Opening a device may set something off, so it is looked at first; and again, for it may have been exchanged. */
	if (stat(path, &status) != 0)
		could_not_open(path, origin);
	check_regular(&status, path, origin);
	descriptor = OpenTransientFile(path, OPEN_FLAGS);
	if (descriptor < 0 || fstat(descriptor, &status) != 0)
		could_not_open(path, origin);
	check_regular(&status, path, origin);
	CloseTransientFile(descriptor);

	if (list->count == list->capacity)
	{
		list->capacity *= 2;
		list->files = repalloc_huge(list->files, list->capacity * sizeof(SourceFile));
	}
	list->files[list->count++] = (SourceFile) {
		.path = path, .device = status.st_dev, .inode = status.st_ino, .size = status.st_size
	};
}

static void
add_glob(SourceList *list, const char *pattern, int index)
{
	Origin		origin = {.index = index, .glob = encoding_valid(pattern)};
	char	  **paths;
	size_t		count;
	int			result = expand_glob(pattern, &paths, &count);

	if (result == GLOB_NOMATCH)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FILE),
				 errmsg("no capture matches \"%s\"", encoding_valid(pattern)),
				 origin_detail(&(Origin) {.index = index})));
	if (result == GLOB_ABORTED && unreadable.error != 0)
	{
		errno = unreadable.error;
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read directory \"%s\": %m", encoding_valid(unreadable.path)),
				 errdetail("The captures that match \"%s\" were looked for.", encoding_valid(pattern))));
	}
	if (result != 0)
		ereport(ERROR,
				(errcode(result == GLOB_NOSPACE ? ERRCODE_OUT_OF_MEMORY : ERRCODE_IO_ERROR),
				 errmsg("could not look for the captures that match \"%s\"", encoding_valid(pattern))));

	for (size_t i = 0; i < count; i++)
		add_file(list, paths[i], &origin);
}

static void
add_path(SourceList *list, char *path, int index)
{
	if (is_glob(path) && !exists(path))
		add_glob(list, path, index);
	else
		add_file(list, path, &(Origin) {.index = index});
}

SourceFile *
source_resolve(const ScanOptions *options, int *count)
{
	SourceList	list = {.capacity = 16};
	char	   *source = options->source;
	List	   *paths;
	ListCell   *cell;
	int			index = 0;

	list.files = palloc(list.capacity * sizeof(SourceFile));
	if (!exists(source) && form_is_array(source) && form_parse_names(source, &paths))
	{
		foreach(cell, paths)
			add_path(&list, lfirst(cell), ++index);
	}
	else if (!exists(source) && if_nametoindex(source) != 0)
	{
		privileges_check_interface(options);
		options_refuse_interface(source);
	}
	else
		add_path(&list, pstrdup(source), 0);

	*count = list.count;
	return list.files;
}

/* Adds the size of a file, or of those that a glob matches; false if one is not known. */
static bool
add_bytes(const char *path, bool may_be_glob, int64 *total)
{
	struct stat status;
	char	  **paths;
	size_t		count;

	if (stat(path, &status) == 0)
	{
		if (!S_ISREG(status.st_mode))
			return false;
		*total += status.st_size;
		return true;
	}
	if (!may_be_glob || !is_glob(path) || expand_glob(path, &paths, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_bytes(paths[i], false, total))
			return false;
	return true;
}

int64
source_size(const ScanOptions *options)
{
	int64		total = 0;
	List	   *paths;
	ListCell   *cell;

	if (options->source == NULL || !privileges_allow_source(options))
		return -1;
	if (add_bytes(options->source, true, &total))
		return total;
	if (!form_is_array(options->source) || !form_parse_names(options->source, &paths))
		return -1;
	total = 0;
	foreach(cell, paths)
		if (!add_bytes(lfirst(cell), true, &total))
			return -1;
	return total;
}

int
source_open(const SourceFile *file)
{
	struct stat status;
	int			descriptor = BasicOpenFile(file->path, OPEN_FLAGS);

	if (descriptor < 0)
		could_not_open(file->path, &(Origin) {0});
	if (fstat(descriptor, &status) != 0)
	{
		int			error = errno;

		close(descriptor);
		errno = error;
		could_not_open(file->path, &(Origin) {0});
	}
	if (status.st_dev != file->device || status.st_ino != file->inode || !S_ISREG(status.st_mode))
	{
		close(descriptor);
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("capture \"%s\" was replaced while it was read", encoding_valid(file->path)),
				 errhint("Run the statement again.")));
	}
	if ((uint64) status.st_size < file->size)
	{
		close(descriptor);
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("capture \"%s\" was shortened while it was read", encoding_valid(file->path)),
				 errdetail("It had " UINT64_FORMAT " bytes and has %lld.", file->size, (long long) status.st_size),
				 errhint("Run the statement again.")));
	}
	return descriptor;
}
