/*
 * probe.c
 *	  Which files have a capture in them, as a meter in its sandbox finds it.
 *
 * The beginnings of all compressed files are read as one source.  The meter says of which of them nothing could be read; a damage further on is
 * only where a beginning ends.
 */
#include "postgres.h"

#include "pg/workers/ask.h"
#include "pg/workers/probe.h"
#include "pg/workers/scan_request.h"

/* How much of a file is read: more than zstd needs before the first byte comes. */
#define BEGINNING_BYTES (256 << 10)

/* How many files at a time. */
#define FILES_AT_A_TIME 1000

typedef struct Probe
{
	uint32 files;
	bool  *is_capture;
} Probe;

/* Notes what the meter says of its files. */
static bool
take_message(const MeterMessage *message, void *context)
{
	Probe		  *probe = context;
	FailureMessage failure;

	switch (message->type)
	{
		case MESSAGE_HELLO:
		case MESSAGE_RECORDS:
		case MESSAGE_PLACE:
		case MESSAGE_OVERLAP:
		case MESSAGE_FILE_TIMES:
			break;
		case MESSAGE_DAMAGE:
			memcpy(&failure, message->body, sizeof(failure));
			if (failure.file < probe->files && failure.packet == FAILURE_NO_PACKET && failure.code != FAILURE_VERSION)
				probe->is_capture[failure.file] = false;
			break;
		default:
			ask_refuse(message);
	}
	return true;
}

static void
probe(const ScanOptions *options, SourceFile *files, int count, bool *is_capture)
{
	ScanJob job = {
		.directory = options->directory,
		.files = files,
		.shared = palloc(sizeof(ScanShared)),
	};

	memset(is_capture, true, count * sizeof(bool));
	job_start_shared(job.shared);
	scan_request_without_options(&job.request);
	job.request.files = count;
	ask_job(&job, take_message, &(Probe) {count, is_capture});
}

/* Looks into the compressed ones among the captures from *next on, up to so many; *next is then the first that was not looked at. */
static void
probe_some(const ScanOptions *options, const CaptureFile *captures, int count, int *next, bool *is_capture)
{
	SourceFile *files = palloc((FILES_AT_A_TIME + 1) * sizeof(*files));
	int		   *numbers = palloc(FILES_AT_A_TIME * sizeof(int)),
		asked = 0;
	bool *answers = palloc((FILES_AT_A_TIME + 1) * sizeof(bool));

	for (; *next < count && asked < FILES_AT_A_TIME; (*next)++)
		if (capture_is_compressed(&captures[*next]))
		{
			files[asked] = captures[*next].file;
			files[asked].size = Min(files[asked].size, BEGINNING_BYTES);
			numbers[asked++] = *next;
		}
	if (asked == 0)
		return;

	/* A single file that is no capture would be the meter's failure. */
	files[asked] = files[0];
	probe(options, files, asked + 1, answers);
	for (int i = 0; i < asked; i++)
		is_capture[numbers[i]] = answers[i];
}

CaptureFile *
probe_directory(const ScanOptions *options, const char *directory, int *count)
{
	CaptureFile *captures = captures_in_directory(options, directory, count);
	bool		*is_capture = palloc_extended(*count + 1, MCXT_ALLOC_HUGE);
	int			 kept = 0;

	memset(is_capture, true, *count + 1);
	for (int next = 0; next < *count;)
		probe_some(options, captures, *count, &next, is_capture);
	for (int i = 0; i < *count; i++)
		if (is_capture[i])
			captures[kept++] = captures[i];
	*count = kept;
	return captures;
}
