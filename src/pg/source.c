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

#include "miscadmin.h"

#include "pg/encoding.h"
#include "pg/option_forms.h"
#include "pg/privileges.h"
#include "pg/reach.h"
#include "pg/source.h"

#define OPEN_FLAGS	(O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | PG_BINARY)

/* Where a path came from, for errors. */
typedef struct Origin
{
	int			index;			/* in an array, from 1; 0: not in an array */
	const char *glob;			/* NULL: not of a glob */
	bool		is_directory;	/* in which matches of the glob are looked for */
} Origin;

typedef struct SourceList
{
	Reach		reach;
	SourceFile *files;
	int			count;
	int			capacity;
} SourceList;

static bool
exists(const Reach *reach, const char *path)
{
	struct stat status;

	return reach_lstat(reach, path, &status);
}

static bool
is_glob(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

/* Says, as an error's detail, where the path came from. */
static int
origin_detail(const Origin *origin)
{
	if (origin->is_directory)
		return errdetail("The captures that match \"%s\" were looked for.", origin->glob);
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

/* The directory of a server, which its tables' sources cannot be looked for in. */
static void
could_not_reach(const char *directory)
{
	if (errno == ENOSYS)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this kernel cannot keep sources in directory \"%s\"", directory),
				 errdetail("It has no openat2()."),
				 errhint("Linux has it from 5.6 on. On a server without the option \"directory\" it is not needed.")));
	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("could not open directory \"%s\": %m", directory),
			 errdetail("It is the option \"directory\" of the server.")));
}

/* A name leads out of the directory; what is there, if anything, is not looked at. */
static void
refuse_outside(const Reach *reach, const char *path, const Origin *origin)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("\"%s\" is not in directory \"%s\"", encoding_valid(path), reach->directory),
			 origin_detail(origin),
			 errhint("The option \"directory\" of the server keeps the sources of its tables in there. "
					 "A symbolic link must not lead out of it.")));
}

static void
could_not_open(const Reach *reach, const char *path, const Origin *origin)
{
	int			error = errno;

	if (error == EXDEV && reach->directory != NULL)
		refuse_outside(reach, path, origin);
	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("could not open capture \"%s\": %m", encoding_valid(path)),
			 origin_detail(origin),
			 error == ENOENT && !is_absolute_path(path) ?
			 (reach->directory != NULL ? errhint("A relative path starts in directory \"%s\".", reach->directory) :
			  errhint("A relative path starts in the server's data directory.")) :
			 error == ENOENT ? errhint("Captures are files of the database server's machine, not of the client's.") :
			 error == EACCES ? errhint("The server's operating system user must be allowed to read the file.") : 0));
}

/* Opens a file and looks at what was opened; errors if it cannot.  The descriptor is the caller's to close(). */
static int
open_file(const Reach *reach, const char *path, const Origin *origin, struct stat *status)
{
	int			descriptor = reach_open(reach, path, OPEN_FLAGS);

	if (descriptor < 0)
		could_not_open(reach, path, origin);
	if (fstat(descriptor, status) != 0)
	{
		int			error = errno;

		close(descriptor);
		errno = error;
		could_not_open(reach, path, origin);
	}
	return descriptor;
}

static void
add_file(SourceList *list, char *path, const Origin *origin)
{
	struct stat status;

	CHECK_FOR_INTERRUPTS();

	/* Opening a device may set something off, so it is looked at first; and again, for it may have been exchanged. */
	if (!reach_stat(&list->reach, path, &status))
		could_not_open(&list->reach, path, origin);
	check_regular(&status, path, origin);
	close(open_file(&list->reach, path, origin, &status));
	check_regular(&status, path, origin);

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
	const char *unreadable;
	char	  **paths;
	size_t		count;
	int			result = reach_glob(&list->reach, pattern, &paths, &count, &unreadable);

	if (result == GLOB_NOMATCH)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FILE),
				 errmsg("no capture matches \"%s\"", encoding_valid(pattern)),
				 origin_detail(&(Origin) {.index = index})));
	if (unreadable != NULL)
	{
		origin.is_directory = true;
		if (errno == EXDEV && list->reach.directory != NULL)
			refuse_outside(&list->reach, unreadable, &origin);
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read directory \"%s\": %m", encoding_valid(unreadable)),
				 origin_detail(&origin)));
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
	if (is_glob(path) && !exists(&list->reach, path))
		add_glob(list, path, index);
	else
		add_file(list, path, &(Origin) {.index = index});
}

/*
 * Whether a name that is no file's is an interface's.  Which interfaces there are is nothing to tell those who may only read
 * what is in a directory: to them, one that is not theirs is a file that is not there.
 */
static bool
is_interface(const ScanOptions *options)
{
	if (options->directory != NULL && !privileges_allow_interface(options, options->source))
		return false;
	return if_nametoindex(options->source) != 0;
}

SourceFile *
source_resolve(const ScanOptions *options, int *count)
{
	SourceList	list = {.capacity = 16};
	char	   *source = options->source;
	List	   *paths;
	ListCell   *cell;
	int			index = 0;

	/* privileges_check_source() has passed for a bare name that is an interface's, whatever files there are. */
	if (!privileges_allow_files(options))
		options_refuse_interface(source);

	if (!reach_start(&list.reach, options->directory))
		could_not_reach(options->directory);
	list.files = palloc(list.capacity * sizeof(SourceFile));
	if (!exists(&list.reach, source) && form_is_array(source) && form_parse_names(source, &paths))
	{
		foreach(cell, paths)
			add_path(&list, lfirst(cell), ++index);
	}
	else if (!exists(&list.reach, source) && is_interface(options))
	{
		privileges_check_interface(options, source);
		options_refuse_interface(source);
	}
	else
		add_path(&list, pstrdup(source), 0);
	reach_end(&list.reach);

	*count = list.count;
	return list.files;
}

/* Adds the size of a file, or of those that a glob matches; false if one is not known. */
static bool
add_bytes(const Reach *reach, const char *path, bool may_be_glob, int64 *total)
{
	struct stat status;
	const char *unreadable;
	char	  **paths;
	size_t		count;

	CHECK_FOR_INTERRUPTS();
	if (reach_stat(reach, path, &status))
	{
		if (!S_ISREG(status.st_mode))
			return false;
		*total += status.st_size;
		return true;
	}
	if (!may_be_glob || !is_glob(path) || reach_glob(reach, path, &paths, &count, &unreadable) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_bytes(reach, paths[i], false, total))
			return false;
	return true;
}

/* The same for a whole source, as it is resolved. */
static bool
add_source_bytes(const Reach *reach, const char *source, int64 *total)
{
	List	   *paths;
	ListCell   *cell;

	if (add_bytes(reach, source, true, total))
		return true;
	if (!form_is_array(source) || !form_parse_names(source, &paths))
		return false;
	*total = 0;
	foreach(cell, paths)
		if (!add_bytes(reach, lfirst(cell), true, total))
			return false;
	return true;
}

int64
source_size(const ScanOptions *options)
{
	Reach		reach;
	int64		total = 0;
	bool		known;

	if (options->source == NULL || !privileges_allow_files(options) || !reach_start(&reach, options->directory))
		return -1;
	known = add_source_bytes(&reach, options->source, &total);
	reach_end(&reach);
	return known ? total : -1;
}

int
source_open(const char *directory, const SourceFile *file)
{
	struct stat status;
	Reach		reach;
	int			descriptor;

	if (!reach_start(&reach, directory))
		could_not_reach(directory);
	descriptor = open_file(&reach, file->path, &(Origin) {0}, &status);
	reach_end(&reach);
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
