/*
 * job.c
 *	  A scan's job, as one piece of memory.
 *
 * The request, the orders and the files stand as they are, then the filter, then the directory ('' for none) and the paths, each
 * with its NUL; pointers of the files are meaningless in there and made anew by the reader.
 */
#include "postgres.h"

#include "pg/workers/job.h"

/* A directory is never ''. */
static const char *
directory_text(const ScanJob *job)
{
	return job->directory == NULL ? "" : job->directory;
}

Size
job_length(const ScanJob *job)
{
	Size		length = sizeof(MeterRequest) + sizeof(OwnerOrders) + job->request.files * sizeof(SourceFile) +
		job->request.filter_length + strlen(directory_text(job)) + 1;

	for (uint32 i = 0; i < job->request.files; i++)
		length += strlen(job->files[i].path) + 1;
	return length;
}

static char *
put(char *to, const void *bytes, Size length)
{
	memcpy(to, bytes, length);
	return to + length;
}

void
job_write(const ScanJob *job, char *to)
{
	to = put(to, &job->request, sizeof(MeterRequest));
	to = put(to, &job->orders, sizeof(OwnerOrders));
	to = put(to, job->files, job->request.files * sizeof(SourceFile));
	if (job->request.filter_length > 0)
		to = put(to, job->filter, job->request.filter_length);
	to = put(to, directory_text(job), strlen(directory_text(job)) + 1);
	for (uint32 i = 0; i < job->request.files; i++)
		to = put(to, job->files[i].path, strlen(job->files[i].path) + 1);
}

ScanJob *
job_read(char *from)
{
	ScanJob    *job = palloc0(sizeof(*job));
	Size		files_length;

	memcpy(&job->request, from, sizeof(MeterRequest));
	from += sizeof(MeterRequest);
	memcpy(&job->orders, from, sizeof(OwnerOrders));
	from += sizeof(OwnerOrders);
	files_length = job->request.files * sizeof(SourceFile);
	job->files = palloc(files_length);
	memcpy(job->files, from, files_length);
	from += files_length;
	job->filter = from;
	from += job->request.filter_length;
	job->directory = *from == '\0' ? NULL : from;
	from += strlen(from) + 1;
	for (uint32 i = 0; i < job->request.files; i++)
	{
		job->files[i].path = from;
		from += strlen(from) + 1;
	}
	return job;
}
