/*
 * server_files.c
 *	  Files of the server that appear whole or not at all.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#include "pg/base/encoding.h"
#include "pg/functions/server_files.h"

/* As for COPY's files: everyone may read, the owner may write. */
#define FILE_MODE	   0644
#define NOT_FOR_OTHERS (S_IWGRP | S_IWOTH)

#define NAME_ATTEMPTS  100

typedef struct ServerFile
{
	char *path;		 /* NULL: not written yet */
	char *temporary; /* where it is written; NULL once it is in its place */
} ServerFile;

struct ServerFiles
{
	ServerFiles			 *next; /* of the files that are being written */
	MemoryContext		  context;
	const ServerFileKind *kind;
	const char			 *path;
	bool				  is_default; /* nobody has given the path */
	bool				  chunked;
	ServerFile			 *files; /* by number */
	uint64				  count;
	ServerFile			 *current;
	int					  descriptor; /* of `current`; -1: none */
};

/* One export may run inside another.  Files that are not in their places when the process ends are removed. */
static ServerFiles *being_written;

static void
drop_all(int code, Datum argument)
{
	(void) code;
	(void) argument;
	while (being_written != NULL)
		server_files_drop(being_written);
}

static void
remember(ServerFiles *files)
{
	static bool drops_all = false;

	if (!drops_all)
		before_shmem_exit(drop_all, (Datum) 0);
	drops_all = true;
	files->next = being_written;
	being_written = files;
}

static void
forget(const ServerFiles *files)
{
	ServerFiles **link = &being_written;

	while (*link != NULL && *link != files)
		link = &(*link)->next;
	if (*link != NULL)
		*link = files->next;
}

/*
 * Errors if no file could have the path, or if something that is no file has it.  The server's functions for files would
 * cut off a longer one.
 */
static void
check_path(const ServerFileKind *kind, const char *path)
{
	struct stat status;

	if (!is_absolute_path(path))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("relative path \"%s\" is not allowed for a file of the server", encoding_clipped(path)),
				 errhint("Give an absolute path on the database server's machine, as \"%s\". %s", kind->example, kind->on_client)));
	if (strlen(path) >= MAXPGPATH)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("path \"%s\" is too long for a file of the server", encoding_clipped(path)),
				 kind->chunked ?
					 errdetail("It has %zu bytes. Accepted: at most %d, the number of a chunk included.", strlen(path), MAXPGPATH - 1) :
					 errdetail("It has %zu bytes. Accepted: at most %d.", strlen(path), MAXPGPATH - 1),
				 errhint("Give a shorter path.")));
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is %s", path, S_ISDIR(status.st_mode) ? "a directory" : "not a regular file"),
				 errhint("Give the path of a file, as \"%s\".", kind->example)));
}

void
server_files_check_rights(const ServerFileKind *kind)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_WRITE_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to write files of the server"),
				 errdetail("The role \"%s\" is neither a superuser nor a member of the role \"pg_write_server_files\".",
						   GetUserNameFromId(GetUserId(), false)),
				 errhint("GRANT pg_write_server_files TO that role, or %s.", kind->instead)));
}

ServerFiles *
server_files_create(const ServerFileKind *kind, const char *path, bool is_default, bool chunked)
{
	ServerFiles *files = palloc0(sizeof(*files));

	check_path(kind, path);
	files->context = CurrentMemoryContext;
	files->kind = kind;
	files->path = pstrdup(path);
	files->is_default = is_default;
	files->chunked = chunked;
	files->descriptor = -1;
	return files;
}

/* name.csv becomes name.7.csv: the number stands before the name's ending, or after a name without one. */
static char *
path_of(const ServerFiles *files, uint64 index)
{
	const char *name = last_dir_separator(files->path),
			   *dot;

	if (!files->chunked)
		return pstrdup(files->path);
	name = name == NULL ? files->path : name + 1;
	dot = strrchr(name, '.');
	if (dot == NULL || dot == name)
		dot = name + strlen(name);
	return psprintf("%.*s." UINT64_FORMAT "%s", (int) (dot - files->path), files->path, index, dot);
}

static void
could_not(const char *what, const char *path)
{
	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("could not %s file \"%s\": %m", what, path)));
}

/* The first file of a path cannot be made. */
static void
could_not_create(const ServerFiles *files, const char *path)
{
	int error = errno;

	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("could not create file \"%s\": %m", path),
			 files->is_default ? errhint("It would lie beside the capture. Give a path in a directory "
										 "that the server's operating system user may write into.") :
			 error == ENOENT   ? errhint("Its directory must be there, on the database server's machine.") :
			 error == EACCES || error == EROFS || error == EPERM ?
							   errhint("The server's operating system user must be allowed to write into its directory.") :
							   0));
}

/* Opens a file with the permissions of COPY's files; -1 with errno if that fails. */
static int
open_file(const char *path, int flags)
{
	mode_t		 mask = umask(NOT_FOR_OTHERS);
	volatile int descriptor = -1;
	int			 error;

	/* This raises an error where the server may open no more files. */
	PG_TRY();
	{
		descriptor = OpenTransientFilePerm(path, flags | O_WRONLY | O_NOFOLLOW | PG_BINARY, FILE_MODE);
		error = errno;
	}
	PG_FINALLY();
	{
		umask(mask);
	}
	PG_END_TRY();
	errno = error;
	return descriptor;
}

/* A new file beside its place, with a name that nobody can foresee and put something else at. */
static void
create(ServerFiles *files, ServerFile *file)
{
	char  *directory = pstrdup(file->path);
	uint64 number;

	get_parent_directory(directory);
	for (int attempt = 0; attempt < NAME_ATTEMPTS; attempt++)
	{
		if (!pg_strong_random(&number, sizeof(number)))
			break;
		file->temporary = psprintf("%s/.nfstream." UINT64_FORMAT, directory, number);
		files->descriptor = open_file(file->temporary, O_CREAT | O_EXCL);
		if (files->descriptor >= 0)
			return;
		pfree(file->temporary);
		file->temporary = NULL;
		if (errno != EEXIST)
			break;
	}
	could_not_create(files, file->path);
}

static void
close_current(ServerFiles *files)
{
	int descriptor = files->descriptor;

	files->descriptor = -1;
	if (descriptor >= 0 && CloseTransientFile(descriptor) != 0)
		could_not("write", files->current->path);
}

/* Makes room for file number `index`. */
static void
make_room(ServerFiles *files, uint64 index)
{
	uint64 count = pg_nextpower2_64(index + 1);

	if (index < files->count)
		return;
	if (count > MaxAllocHugeSize / sizeof(ServerFile))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many files"),
				 errhint("Set flows_per_file to more, or rotate_files.")));
	if (files->files == NULL)
		files->files = MemoryContextAllocHuge(files->context, count * sizeof(ServerFile));
	else
		files->files = repalloc_huge(files->files, count * sizeof(ServerFile));
	memset(files->files + files->count, 0, (count - files->count) * sizeof(ServerFile));
	files->count = count;
}

void
server_files_start(ServerFiles *files, uint64 index)
{
	MemoryContext before = MemoryContextSwitchTo(files->context);
	ServerFile	 *file;

	if (files->files == NULL)
		remember(files);
	close_current(files);
	make_room(files, index);
	file = files->current = &files->files[index];
	if (file->path == NULL)
	{
		char *path = path_of(files, index);

		check_path(files->kind, path);
		file->path = path;
		create(files, file);
	}
	else if ((files->descriptor = open_file(file->temporary, O_TRUNC)) < 0)
		could_not("write", file->path);
	MemoryContextSwitchTo(before);
}

void
server_files_write(ServerFiles *files, StringInfo buffer)
{
	const char *at = buffer->data;
	int			left = buffer->len;

	while (left > 0)
	{
		ssize_t written = write(files->descriptor, at, left);

		if (written < 0 && errno == EINTR)
			continue;
		if (written == 0)
			errno = ENOSPC;
		if (written <= 0)
			could_not("write", files->current->path);
		at += written;
		left -= written;
	}
	resetStringInfo(buffer);
}

void
server_files_finish(ServerFiles *files)
{
	close_current(files);
	for (uint64 i = 0; i < files->count; i++)
	{
		ServerFile *file = &files->files[i];

		if (file->temporary == NULL)
			continue;
		CHECK_FOR_INTERRUPTS();
		durable_rename(file->temporary, file->path, ERROR);
		file->temporary = NULL;
	}
	forget(files);
}

void
server_files_drop(ServerFiles *files)
{
	forget(files);
	if (files->descriptor >= 0)
		CloseTransientFile(files->descriptor);
	files->descriptor = -1;
	for (uint64 i = 0; i < files->count; i++)
		if (files->files[i].temporary != NULL)
		{
			unlink(files->files[i].temporary);
			files->files[i].temporary = NULL;
		}
}
