/*
 * source.c
 *	  The files, or the interface, that the option `source` stands for.
 *
 * If there is a file of that name, it is the source, whatever the name looks like.  Otherwise the text is an array if it
 * is written as one, a glob if it has a glob's characters, an interface if there is one of that name, and else the name
 * of a file that does not exist.  The elements of an array are read in the same way, but cannot be interfaces.
 */
#include "postgres.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

#include "miscadmin.h"

#include "pg/base/encoding.h"
#include "pg/base/unix_time.h"
#include "pg/options/option_forms.h"
#include "pg/options/privileges.h"
#include "pg/source/glob.h"
#include "pg/source/reach.h"
#include "pg/source/source.h"
#include "pg/source/source_errors.h"
#include "wire/request.h"

#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | PG_BINARY)

/* What the planner looks at, for a size that need not be exact. */
#define PLANNED_FILES 10000
#define PLANNED_LOOKS 50000
#define PLANNED_BYTES (8 << 20)

/* How many bytes a compressed file has in it for each of its own: the median of 142 real captures, compressed with gzip. */
#define CAPTURED_FOR_COMPRESSED 1.57

/* A file that is wanted if one after it is. */
typedef struct EarlierFile
{
	char  *path;
	Origin origin;
} EarlierFile;

typedef struct SourceList
{
	int					level;	/* of errors: ERROR, WARNING, or 0 for none */
	bool				opens;	/* each file, to see that this is possible */
	int					most;	/* files */
	bool				is_cut; /* there are more */
	const SourceWanted *wanted; /* NULL: all are */
	int					named;
	List			   *earlier; /* EarlierFiles, before the next that is wanted */
	GlobBudget			budget;
	Reach				reach;
	SourceFile		   *files;
	int					count;
	int					capacity;
} SourceList;

static bool
exists(const Reach *reach, const char *path)
{
	struct stat status;

	return reach_lstat(reach, path, &status);
}

/* Opens a file and looks at what was opened; -1 with errno if it cannot.  The descriptor is the caller's to close(). */
static int
open_file(const Reach *reach, const char *path, struct stat *status)
{
	int descriptor = reach_open(reach, path, OPEN_FLAGS);

	if (descriptor >= 0 && fstat(descriptor, status) != 0)
	{
		int error = errno;

		close(descriptor);
		errno = error;
		return -1;
	}
	return descriptor;
}

/*
 * Opening a device may set something off, so a file is looked at first; and again once it is open, as it may have been
 * exchanged.
 */
static bool
look_at_file(const SourceList *list, const char *path, const Origin *origin, struct stat *status)
{
	int descriptor;

	if (!reach_stat(&list->reach, path, status))
	{
		source_could_not_open(list->level, &list->reach, path, origin);
		return false;
	}
	if (!S_ISREG(status->st_mode) || !reach_is_on_disk(&list->reach, path))
	{
		source_not_regular(list->level, status, path, origin);
		return false;
	}
	if (!list->opens)
		return true;
	descriptor = open_file(&list->reach, path, status);
	if (descriptor < 0)
	{
		source_could_not_open(list->level, &list->reach, path, origin);
		return false;
	}
	close(descriptor);
	if (!S_ISREG(status->st_mode))
	{
		source_not_regular(list->level, status, path, origin);
		return false;
	}
	return true;
}

SourceFile
source_file(char *path, const struct stat *status)
{
	return (SourceFile) {
		.path = path,
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = status->st_size,
		.modified = unix_nanoseconds(&status->st_mtim),
		.changed = unix_nanoseconds(&status->st_ctim),
	};
}

static bool
add_wanted(SourceList *list, char *path, const Origin *origin)
{
	struct stat status;

	CHECK_FOR_INTERRUPTS();
	if (list->count == list->most)
	{
		list->is_cut = true;
		source_too_many_files(list->level, list->most);
		return false;
	}
	if (!look_at_file(list, path, origin, &status))
		return false;
	if (list->count == list->capacity)
	{
		list->capacity *= 2;
		list->files = repalloc_huge(list->files, list->capacity * sizeof(SourceFile));
	}
	list->files[list->count++] = source_file(path, &status);
	return true;
}

/* Adds those that are wanted because this one is. */
static bool
add_earlier(SourceList *list)
{
	ListCell *cell;

	foreach(cell, list->earlier)
	{
		const EarlierFile *file = lfirst(cell);

		if (!add_wanted(list, file->path, &file->origin))
			return false;
	}
	list_free_deep(list->earlier);
	list->earlier = NIL;
	return true;
}

/* One that is not there is: that is an error. */
static bool
is_wanted(const SourceList *list, char *path)
{
	const SourceWanted *wanted = list->wanted;
	struct stat			status;
	SourceFile			file;

	if (wanted == NULL || (wanted->keeps_later && list->count > 0))
		return true;
	if (!wanted->admits(wanted->context, path))
		return false;
	if (wanted->admits_file == NULL || !reach_stat(&list->reach, path, &status))
		return true;
	file = source_file(path, &status);
	return wanted->admits_file(wanted->context, &file);
}

static bool
add_file(SourceList *list, char *path, const Origin *origin)
{
	const SourceWanted *wanted = list->wanted;

	CHECK_FOR_INTERRUPTS();
	list->named++;
	if (is_wanted(list, path))
		return add_earlier(list) && add_wanted(list, path, origin);
	if (wanted->keeps_earlier)
	{
		EarlierFile *file = palloc(sizeof(*file));

		*file = (EarlierFile) {path, *origin};
		list->earlier = lappend(list->earlier, file);
	}
	return true;
}

static bool
add_glob(SourceList *list, const char *pattern, int index)
{
	Origin		origin = {.index = index, .glob = encoding_valid(pattern)};
	GlobMatches matches;

	if (!glob_match(&list->reach, pattern, &list->budget, &matches))
	{
		source_glob_failed(list->level, &list->reach, pattern, &matches, &origin);
		return false;
	}
	if (matches.count == 0)
	{
		source_no_match(list->level, &list->reach, pattern, &origin);
		return false;
	}
	for (int i = 0; i < matches.count; i++)
		if (!add_file(list, matches.paths[i], &origin))
			return false;
	return true;
}

static bool
add_path(SourceList *list, char *path, int index)
{
	if (glob_may_match(path) && !exists(&list->reach, path))
		return add_glob(list, path, index);
	return add_file(list, path, &(Origin) {.index = index});
}

/* Finds the files of the source; false if not all of them can be had, which was reported if that is an error. */
static bool
add_source(SourceList *list, const ScanOptions *options)
{
	List	 *paths;
	ListCell *cell;
	int		  index = 0;

	if (exists(&list->reach, options->source))
		return add_path(list, pstrdup(options->source), 0);
	if (form_is_array(options->source) && form_parse_names(options->source, &paths))
	{
		foreach(cell, paths)
			if (!add_path(list, lfirst(cell), ++index))
				return false;
		return true;
	}
	return add_path(list, pstrdup(options->source), 0);
}

/* Fills the list, whose bounds and level are set. */
static bool
resolve(SourceList *list, const ScanOptions *options)
{
	bool resolved;

	list->capacity = 16;
	list->files = palloc(list->capacity * sizeof(SourceFile));
	if (!reach_start(&list->reach, options->directory))
	{
		source_could_not_reach(list->level, options->directory);
		return false;
	}
	resolved = add_source(list, options);
	reach_end(&list->reach);
	return resolved;
}

SourceFile *
source_resolve(const ScanOptions *options, const SourceWanted *wanted, int *count, int *named)
{
	SourceList list = {
		.level = ERROR,
		.opens = true,
		.most = REQUEST_FILES_MAX,
		.wanted = wanted,
		.budget = {GLOB_LOOKS_MAX, GLOB_KEPT_MAX},
	};

	(void) resolve(&list, options);
	*count = list.count;
	*named = list.named;
	return list.files;
}

SourceFile *
source_look(const ScanOptions *options, int *count)
{
	SourceList list = {.level = ERROR, .most = REQUEST_FILES_MAX, .budget = {GLOB_LOOKS_MAX, GLOB_KEPT_MAX}};

	(void) resolve(&list, options);
	*count = list.count;
	return list.files;
}

/* ------------------------------------------------------------------------------------------------------------- interfaces */

/*
 * Whether a name that is no file's is an interface's.  Those who may only read what is in a directory are not told which
 * interfaces exist: to them, one that is not theirs is a file that does not exist.
 */
static bool
is_interface(const ScanOptions *options)
{
	if (options->directory != NULL && !privileges_allow_interface(options, options->source))
		return false;
	return strcmp(options->source, SOURCE_ANY_INTERFACE) == 0 || if_nametoindex(options->source) != 0;
}

const char *
source_interface(const ScanOptions *options)
{
	const char *interface;
	Reach		reach;
	bool		is_file;

	if (options->source == NULL)
		return NULL;
	interface = form_after_prefix(options->source, SOURCE_INTERFACE_PREFIX);
	if (interface != NULL)
		return interface;
	if (form_is_array(options->source) || !request_interface_name_is_valid(options->source, strlen(options->source)))
		return NULL;

	/* Whoever may read no files is told nothing of those that there are. */
	if (!privileges_allow_files(options))
		return privileges_allow_interface(options, options->source) ? options->source : NULL;
	if (!reach_start(&reach, options->directory))
		return NULL;
	is_file = exists(&reach, options->source);
	reach_end(&reach);
	return !is_file && is_interface(options) ? options->source : NULL;
}

const char *
source_interface_for_plan(const ScanOptions *options)
{
	const char *interface = source_interface(options);

	return interface != NULL && privileges_allow_interface(options, interface) ? interface : NULL;
}

/* ------------------------------------------------------------------------------------------------------------------ sizes */

static int64
size_of(const SourceList *list)
{
	int64 bytes = 0;

	for (int i = 0; i < list->count; i++)
		bytes += list->files[i].size;
	return bytes;
}

/* This process does not look into files, but at their names: one that misleads costs time but no rows. */
static bool
is_named(const char *path, const char *ending)
{
	size_t length = strlen(path),
		   least = strlen(ending);

	return length > least && pg_strcasecmp(path + length - least, ending) == 0;
}

/* Decompression of gzip takes three times what labels take; zstd's half of that. */
static bool
is_named_gzip(const char *path)
{
	return is_named(path, ".gz");
}

static bool
is_named_compressed(const char *path)
{
	return is_named_gzip(path) || is_named(path, ".zst") || is_named(path, ".zstd");
}

SourceMeasure
source_measure(const SourceFile *files, int count)
{
	SourceMeasure measure = {.files = count, .named = count};

	for (int i = 0; i < count; i++)
	{
		measure.bytes += files[i].size;
		measure.captured_bytes += files[i].size * (is_named_compressed(files[i].path) ? CAPTURED_FOR_COMPRESSED : 1);
		if (!is_named_gzip(files[i].path))
			measure.quick_bytes += files[i].size;
	}
	return measure;
}

SourceMeasure
source_measure_for_plan(const ScanOptions *options, const SourceWanted *wanted)
{
	SourceMeasure measure;
	SourceList	  list = {.most = PLANNED_FILES, .wanted = wanted, .budget = {PLANNED_LOOKS, PLANNED_BYTES}};

	if (options->source == NULL || source_interface(options) != NULL || !privileges_allow_files(options) ||
		(!resolve(&list, options) && !list.is_cut))
		return (SourceMeasure) {0};
	measure = source_measure(list.files, list.count);
	measure.named = list.named;
	return measure;
}

int64
source_size_for_analyze(const ScanOptions *options)
{
	SourceList list = {.level = WARNING, .most = REQUEST_FILES_MAX, .budget = {GLOB_LOOKS_MAX, GLOB_KEPT_MAX}};

	/* A live source has no size, and the server itself says that it is not analyzed. */
	if (source_interface(options) != NULL)
		return -1;
	if (!options_check_source(options, WARNING) || !privileges_check_files(options, WARNING))
		return -1;
	return resolve(&list, options) ? size_of(&list) : -1;
}

int
source_open(const char *directory, const SourceFile *file)
{
	struct stat status;
	Reach		reach;
	int			descriptor;

	if (!reach_start(&reach, directory))
		source_could_not_reach(ERROR, directory);
	descriptor = open_file(&reach, file->path, &status);
	if (descriptor < 0)
		source_could_not_open(ERROR, &reach, file->path, &(Origin) {0});
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
