/*
 * sources.c
 *	  The files of a meter by hand, from the command line to the engine.
 *
 * What can be read has its bytes in an order, and an end: a regular file from its current offset to its current size, a
 * pipe to its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/source/stream.h"
#include "meter/arguments.h"
#include "meter/sandbox.h"
#include "meter/sources.h"

/* The most sources: each may be open twice, beside what else is open. */
#define SOURCES_MAX (SANDBOX_FILES_MAX / 2 - 16)

typedef struct Source
{
	int		 descriptor;
	int		 second; /* the same file once more; -1: there is none, or it was taken */
	uint64_t size;	 /* STREAM_SIZE_UNKNOWN: of a pipe */
	off_t	 start;	 /* where it is read from */
} Source;

struct Sources
{
	uint32_t count;
	bool	 twice;
	Source	 list[];
};

const char *
source_name(const char *typed)
{
	return strcmp(typed, ARGUMENTS_STANDARD_INPUT) == 0 ? "standard input" : typed;
}

static bool
open_source(Source *source, const char *name)
{
	bool		standard_input = strcmp(name, ARGUMENTS_STANDARD_INPUT) == 0;
	struct stat status;

	source->descriptor = standard_input ? dup(STDIN_FILENO) : open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	source->second = -1;
	if (source->descriptor < 0 || fstat(source->descriptor, &status) != 0)
	{
		complain(source_name(name), "%s", strerror(errno));
		if (source->descriptor < 0 && errno == ENOENT && if_nametoindex(name) != 0)
			complain(NULL, "perhaps interface:%s was meant", name);
	}
	else if (S_ISDIR(status.st_mode))
		complain(source_name(name), "is a directory");
	else if (isatty(source->descriptor))
		complain(source_name(name), "is a terminal, and captures are not typed");
	else
	{
		bool regular = S_ISREG(status.st_mode);

		source->start = regular ? lseek(source->descriptor, 0, SEEK_CUR) : 0;
		source->size = !regular						  ? STREAM_SIZE_UNKNOWN :
					   status.st_size > source->start ? (uint64_t) (status.st_size - source->start) :
														0;
		return true;
	}
	return false;
}

/* Moves descriptors to where they are side by side; some may stand in the place of others. */
static bool
line_up(Sources *sources)
{
	int count = (int) sources->count,
		room = sources_end(sources);

	for (int i = 0; i < count; i++)
	{
		int descriptor = sources->list[i].descriptor;

		sources->list[i].descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, room);
		close(descriptor);
	}
	for (int i = 0; i < count; i++)
	{
		Source *source = &sources->list[i];
		int		descriptor = source->descriptor;

		if (descriptor < 0 || dup2(descriptor, SANDBOX_OTHERS + i) < 0)
			return false;
		source->descriptor = SANDBOX_OTHERS + i;
		close(descriptor);
		if (sources->twice && (source->second = dup2(source->descriptor, SANDBOX_OTHERS + count + i)) < 0)
			return false;
	}
	return true;
}

Sources *
sources_open(char *const *names, uint32_t count, bool twice)
{
	Sources		 *sources = memory_get(sizeof(*sources) + (size_t) count * sizeof(Source));
	struct rlimit files;

	sources->count = count;
	sources->twice = twice;
	if (count > SOURCES_MAX)
	{
		complain(NULL, "%" PRIu32 " captures are too many, %d are the most", count, SOURCES_MAX);
		return NULL;
	}

	/* Room for as many as were named, if the system allows this user that. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
	{
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	for (uint32_t i = 0; i < count; i++)
	{
		if (!open_source(&sources->list[i], names[i]))
			return NULL;
		if (twice && count > 1 && sources->list[i].size == STREAM_SIZE_UNKNOWN)
		{
			complain(source_name(names[i]), "is a pipe, which cannot be looked at before it is read, as --source_order time does");
			return NULL;
		}
	}
	if (line_up(sources))
		return sources;
	complain(NULL, "cannot open %" PRIu32 " captures: %s", count, strerror(errno));
	return NULL;
}

int
sources_end(const Sources *sources)
{
	return SANDBOX_OTHERS + (int) sources->count * (sources->twice ? 2 : 1);
}

bool
sources_have_pipe(const Sources *sources)
{
	for (uint32_t i = 0; i < sources->count; i++)
		if (sources->list[i].size == STREAM_SIZE_UNKNOWN)
			return true;
	return false;
}

int
sources_take(Sources *sources, uint32_t index, uint64_t *size)
{
	Source *source = &sources->list[index];
	int		descriptor = source->second >= 0 ? source->second : source->descriptor;

	source->second = -1;
	if (source->size != STREAM_SIZE_UNKNOWN && lseek(descriptor, source->start, SEEK_SET) < 0)
		_exit(EXIT_FAILED); /* it worked a moment ago */
	*size = source->size;
	return descriptor;
}
