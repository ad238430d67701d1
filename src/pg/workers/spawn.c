/*
 * spawn.c
 *	  Starting the meter's program.
 *
 * posix_spawn() shares this process's memory with the child until the exec, so that a backend with large shared buffers does
 * not copy its page tables for each meter.
 */
#include "postgres.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "miscadmin.h"
#include "port.h"

#include "pg/workers/spawn.h"

#define METER_PROGRAM	"nfstream_meter"
#define PYTHON_SUFFIX	"_python"
#define SOCKETS_PROGRAM "nfstream_sockets"

/* The programs stand beside the server's own, unless a setting names others. */
static void
meter_path(const char *program, MeterProgram which, char path[MAXPGPATH])
{
	if (*program != '\0')
		strlcpy(path, program, MAXPGPATH);
	else
	{
		strlcpy(path, my_exec_path, MAXPGPATH);
		get_parent_directory(path);
		join_path_components(path, path, METER_PROGRAM);
	}
	if (which == METER_PYTHON)
		strlcat(path, PYTHON_SUFFIX, MAXPGPATH);
}

/* Whether the program's file gives it capabilities (capabilities(7)). */
static bool
has_capabilities(const char *path)
{
	return getxattr(path, "security.capability", NULL, 0) > 0;
}

static const char hint_for_everybody[] =
	"As root, \"make install-capture\" lets the group of the server's operating system user alone run it.";

/* Whether a program's file has capabilities and anybody may run it: every user of the machine would have the right to capture. */
static bool
is_for_everybody(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & S_IXOTH) && has_capabilities(path);
}

static void
check_program(const char *path)
{
	if (is_for_everybody(path))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the meter \"%s\" has capabilities, and everyone may run it", path),
				 errhint("%s", hint_for_everybody)));
}

/*
 * Memory that this process reads and a program writes; the descriptor is for the program.  It is sealed: if the program could make it
 * shorter, this process would read past its end and be killed.  -1 with errno if it cannot be had.
 */
static int
create_shared(const char *name, size_t length, const void **memory)
{
	int	  descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *mapped = MAP_FAILED;

	if (descriptor >= 0 && ftruncate(descriptor, length) == 0 &&
		fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		mapped = mmap(NULL, length, PROT_READ, MAP_SHARED, descriptor, 0);
	if (mapped == MAP_FAILED)
	{
		int error = errno;

		if (descriptor >= 0)
			close(descriptor);
		errno = error;
		return -1;
	}
	*memory = mapped;
	return descriptor;
}

/*
 * What the child does to its files between fork and exec.  Standard error would be the server's log, where a program that
 * a capture has taken over could write what it likes.
 */
static int
file_actions(posix_spawn_file_actions_t *actions, int channel, int progress)
{
	int error = posix_spawn_file_actions_init(actions);

	if (error == 0)
		error = posix_spawn_file_actions_adddup2(actions, channel, STDIN_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(actions, progress, PROGRESS_DESCRIPTOR);
#if __GLIBC_PREREQ(2, 34)
	/* Elsewhere the program itself closes them. */
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(actions, PROGRESS_DESCRIPTOR + 1);
#endif
	return error;
}

/*
 * Signals as a program expects them, not as a backend has them; a process group of its own, so that whatever a meter
 * might start can be ended with it.  The session stays the owner's, which has no terminal.
 */
static int
attributes(posix_spawnattr_t *attributes)
{
	sigset_t none,
		all;
	int error = posix_spawnattr_init(attributes);

	sigemptyset(&none);
	sigfillset(&all);
	if (error == 0)
		error = posix_spawnattr_setsigmask(attributes, &none);
	if (error == 0)
		error = posix_spawnattr_setsigdefault(attributes, &all);
	if (error == 0)
		error = posix_spawnattr_setpgroup(attributes, 0);
	if (error == 0)
		error = posix_spawnattr_setflags(attributes,
										 POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	return error;
}

/*
 * What a program that may capture is refused for: its group alone may run it; or its file demands, as effective, what the
 * bounding set of this process lacks.  Else NULL.
 */
static const char *
hint_of_rights(const char *path, int error)
{
	struct stat status;

	if (error == EACCES && stat(path, &status) == 0 && (status.st_mode & S_IXGRP) && !(status.st_mode & S_IXOTH))
		return "Only its group may run it, and the server's operating system user is not in that group, or was not when the server started: as root, \"make install-capture CAPTURE_GROUP=name\" gives the program to another group.";
	if (error == EPERM && has_capabilities(path))
		return "Its file demands capabilities that the server's service or container withholds: as root, \"make install-capture\" sets them so that the program runs without them, too, and then reads files.";
	return NULL;
}

static void
report_not_started(const char *path, MeterProgram which, int error)
{
	bool		missing = error == ENOENT || error == EACCES || error == ENOEXEC;
	const char *of_rights = hint_of_rights(path, error);

	if (of_rights != NULL)
	{
		errno = error;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("could not start the meter \"%s\": %m", path),
				 errhint("%s", of_rights)));
	}

	if (missing && which == METER_PYTHON)
	{
		errno = error;
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FILE),
				 errmsg("could not start the meter for plugins in Python \"%s\": %m", path),
				 errhint("It is built and installed with nfstream_meter where the library of CPython is found, or comes as a package of its own. Plugins that are bundled or in C need nfstream_meter only.")));
	}

	errno = error;
	ereport(ERROR,
			(errcode(missing		 ? ERRCODE_UNDEFINED_FILE :
					 error == ENOMEM ? ERRCODE_OUT_OF_MEMORY :
									   ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("could not start the meter \"%s\": %m", path),
			 missing		 ? errhint("\"make install\" puts it beside the server's own programs; the setting \"nfstream_fdw.meter_program\" may name another.") :
			 error == EAGAIN ? errhint("The server's user may have no more processes: see \"ulimit -u\", the limits of its service and kernel.pid_max.") :
			 error == ENOMEM ? errhint("The machine is out of memory.") :
							   0));
}

/* Starts a program with its end of a socket and with shared memory, and closes both here; returns 0, or the error. */
static int
start_program(const char *path, char *name, int ends[2], int shared, pid_t *pid)
{
	char					  *arguments[] = {name, NULL};
	char					  *environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t		   attribute;
	int						   error = file_actions(&actions, ends[1], shared);

	if (error == 0)
		error = attributes(&attribute);
	if (error == 0)
		error = posix_spawn(pid, path, &actions, &attribute, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attribute);
	close(ends[1]);
	close(shared);
	if (error == 0 && !pg_set_noblock(ends[0]))
		error = errno;
	return error;
}

pid_t
spawn_meter(const char *program, MeterProgram which, int *channel, const MeterProgress **progress)
{
	char  path[MAXPGPATH];
	pid_t pid = 0;
	int	  ends[2],
		page,
		error;

	meter_path(program, which, path);
	check_program(path);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not create a socket for a meter: %m"),
				 errhint("Close cursors that are not needed, or raise \"max_files_per_process\".")));

	page = create_shared("nfstream progress", sizeof(MeterProgress), (const void **) progress);
	if (page < 0)
	{
		error = errno;
		close(ends[0]);
		close(ends[1]);
		errno = error;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not create a page of memory for a meter: %m"),
				 errhint("Close cursors that are not needed, or raise \"max_files_per_process\".")));
	}

	error = start_program(path, which == METER_PYTHON ? METER_PROGRAM PYTHON_SUFFIX : METER_PROGRAM, ends, page, &pid);
	if (error != 0)
	{
		close(ends[0]);
		munmap((void *) *progress, sizeof(MeterProgress));
		report_not_started(path, which, error);
	}
	*channel = ends[0];
	return pid;
}

void
spawn_sockets_path(const char *program, char path[MAXPGPATH])
{
	strlcpy(path, *program != '\0' ? program : my_exec_path, MAXPGPATH);
	get_parent_directory(path);
	join_path_components(path, path, SOCKETS_PROGRAM);
}

pid_t
spawn_sockets(const char *path, int *channel, const SocketTable **table, const char **hint)
{
	pid_t pid = 0;
	int	  ends[2],
		shared,
		error;

	*hint = NULL;
	if (is_for_everybody(path))
	{
		*hint = hint_for_everybody;
		errno = EACCES;
		return 0;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return 0;
	shared = create_shared("nfstream sockets", sizeof(SocketTable), (const void **) table);
	if (shared < 0)
	{
		error = errno;
		close(ends[0]);
		close(ends[1]);
		errno = error;
		return 0;
	}
	error = start_program(path, SOCKETS_PROGRAM, ends, shared, &pid);
	if (error != 0)
	{
		close(ends[0]);
		munmap((void *) *table, sizeof(SocketTable));
		*hint = hint_of_rights(path, error);
		if (*hint == NULL && error == ENOENT)
			*hint = "\"make install\" puts it beside the server's own programs, or beside the program that the setting \"nfstream_fdw.meter_program\" names.";
		errno = error;
		return 0;
	}
	*channel = ends[0];
	return pid;
}
