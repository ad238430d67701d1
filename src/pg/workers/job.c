/*
 * job.c
 *	  A scan's job, as one piece of memory.
 *
 * The request stands as it crosses to a meter, after its length; the orders and the files stand as they are; then the
 * plugins, the condition, the directory ('' for none) and the paths, each with its NUL.  The files' pointers mean nothing in there; the reader
 * makes them anew.
 */
#include "postgres.h"

#include "pg/workers/job.h"

void
job_start_shared(ScanShared *shared)
{
	pg_atomic_init_u32(&shared->taken, 0);
	pg_atomic_init_u32(&shared->group, 0);
	pg_atomic_init_u32(&shared->ready, 0);
}

/* A directory is never ''. */
static const char *
directory_text(const ScanJob *job)
{
	return job->directory == NULL ? "" : job->directory;
}

Size
job_length(const ScanJob *job)
{
	Size length = sizeof(uint32) + request_length(&job->request) + sizeof(OwnerOrders) +
				  job->request.files * sizeof(SourceFile) + job->request.plugins + job->request.condition + strlen(directory_text(job)) + 1;

	for (uint32 i = 0; i < job->request.files; i++)
		length += strlen(job->files[i].path) + 1;
	return length;
}

static char *
put(char *to, const void *bytes, Size length)
{
	if (length > 0)
		memcpy(to, bytes, length);
	return to + length;
}

void
job_write(const ScanJob *job, char *to)
{
	uint32	  length = request_length(&job->request);
	char *end PG_USED_FOR_ASSERTS_ONLY = to + job_length(job);

	to = put(to, &length, sizeof(length));
	request_write(&job->request, (uint8 *) to);
	to += length;
	to = put(to, &job->orders, sizeof(OwnerOrders));
	to = put(to, job->files, job->request.files * sizeof(SourceFile));
	to = put(to, job->plugins, job->request.plugins);
	to = put(to, job->request.condition_bytes, job->request.condition);
	to = put(to, directory_text(job), strlen(directory_text(job)) + 1);
	for (uint32 i = 0; i < job->request.files; i++)
		to = put(to, job->files[i].path, strlen(job->files[i].path) + 1);
	Assert(to == end);
}

ScanJob *
job_read(char *from)
{
	ScanJob *job = palloc0(sizeof(*job));
	char	 wrong[REQUEST_WRONG_MAX];
	uint32	 length;
	Size	 files_length;

	memcpy(&length, from, sizeof(length));
	from += sizeof(length);
	if (!request_read((const uint8 *) from, length, &job->request, wrong))
		elog(ERROR, "%s", wrong);
	from += length;
	memcpy(&job->orders, from, sizeof(OwnerOrders));
	from += sizeof(OwnerOrders);
	files_length = job->request.files * sizeof(SourceFile);
	job->files = palloc(files_length);
	memcpy(job->files, from, files_length);
	from += files_length;
	job->plugins = (const uint8 *) from;
	from += job->request.plugins;
	job->request.condition_bytes = (const uint8 *) from;
	from += job->request.condition;
	if (job->request.condition > 0 && !request_check_condition(&job->request, wrong))
		elog(ERROR, "%s", wrong);
	job->directory = *from == '\0' ? NULL : from;
	from += strlen(from) + 1;
	for (uint32 i = 0; i < job->request.files; i++)
	{
		job->files[i].path = from;
		from += strlen(from) + 1;
	}
	return job;
}
