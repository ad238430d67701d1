/*
 * failure.c
 *	  What went wrong in a meter, as a user reads it.
 *
 * Codes become SQLSTATEs here and nowhere else.
 */
#include "postgres.h"

#include "pg/base/encoding.h"
#include "pg/workers/failure.h"
#include "wire/filter_hint.h"
#include "wire/foreign.h"

typedef struct FailureKind
{
	int			sqlstate;
	const char *hint;			/* or NULL */
} FailureKind;

static const FailureKind kinds[FAILURE_CODES] = {
	[FAILURE_INTERNAL] = {ERRCODE_FDW_ERROR,
	"The server's library and the meter's program must be of one installation: \"make install\" puts both in place."},
	[FAILURE_OUT_OF_MEMORY] = {ERRCODE_OUT_OF_MEMORY, "Bound what a meter keeps with the option max_active_flows, or give it more with the option meter_memory, up to the setting nfstream_fdw.max_meter_memory."},
	[FAILURE_SANDBOX] = {ERRCODE_FDW_ERROR, "A meter reads nothing before it has locked itself in, which needs a kernel with seccomp."},
	[FAILURE_FILTER] = {ERRCODE_INVALID_PARAMETER_VALUE, NULL},
	[FAILURE_FILTER_NAME] = {ERRCODE_INVALID_PARAMETER_VALUE, NULL},
	[FAILURE_READ] = {ERRCODE_IO_ERROR, NULL},
	[FAILURE_EMPTY] = {ERRCODE_WRONG_OBJECT_TYPE, "A capture has at least a file header; this one was perhaps not written yet."},
	[FAILURE_NOT_A_CAPTURE] = {ERRCODE_WRONG_OBJECT_TYPE, "Captures are read as pcap and pcapng, whatever their names are."},
	[FAILURE_VERSION] = {ERRCODE_FEATURE_NOT_SUPPORTED, "Versions 2.0 to 2.4 of pcap, and 1.0 and 1.2 of pcapng are read: convert the file first, with Wireshark's \"editcap\"."},
	[FAILURE_CUT] = {ERRCODE_DATA_CORRUPTED, "The capture was probably cut off while it was written."},
	[FAILURE_CORRUPT] = {ERRCODE_DATA_CORRUPTED, NULL},
};

static FailureKind
kind_of(const FailureMessage *failure)
{
	return kinds[failure->code < FAILURE_CODES ? failure->code : FAILURE_INTERNAL];
}

static const char *
path_of(const FailureMessage *failure, const ScanJob *job)
{
	return failure->file < job->request.files ? encoding_valid(job->files[failure->file].path) : NULL;
}

/* One hint of two, either of which may be NULL. */
static int
hint_of_both(const char *first, const char *second)
{
	if (first == NULL && second == NULL)
		return 0;
	return errhint("%s%s%s", first == NULL ? "" : first, first == NULL || second == NULL ? "" : " ",
				   second == NULL ? "" : second);
}

/* A file of which nothing can be read. */
static void
report_unreadable(int level, const FailureMessage *failure, const char *path, const char *more_hint)
{
	FailureKind kind = kind_of(failure);
	const char *text = encoding_field(failure->text, sizeof(failure->text)),
			   *hint;

	switch (failure->code)
	{
		case FAILURE_EMPTY:
			ereport(level,
					(errcode(kind.sqlstate),
					 errmsg("capture \"%s\" is empty", path),
					 hint_of_both(kind.hint, more_hint)));
			break;
		case FAILURE_NOT_A_CAPTURE:
			hint = foreign_hint(failure->foreign);
			ereport(level,
					(errcode(kind.sqlstate),
					 errmsg("file \"%s\" is not a capture", path),
					 errdetail("This was found: %s.", text),
					 hint_of_both(hint == NULL ? kind.hint : hint, more_hint)));
			break;
		default:
			ereport(level,
					(errcode(kind.sqlstate),
					 errmsg("could not read capture \"%s\": %s", path, text),
					 hint_of_both(kind.hint, more_hint)));
	}
}

void
failure_raise(const FailureMessage *failure, const ScanJob *job)
{
	FailureKind kind = kind_of(failure);
	const char *path = path_of(failure, job),
			   *text = encoding_field(failure->text, sizeof(failure->text));
	char		filter_advice[FILTER_HINT_MAX];

	if (failure->code == FAILURE_FILTER || failure->code == FAILURE_FILTER_NAME)
		ereport(ERROR,
				(errcode(kind.sqlstate),
				 errmsg("BPF filter \"%s\" does not compile: %s",
						pnstrdup(job->filter, job->request.filter_length), text),
				 path != NULL && job->request.files > 1 ?
				 errdetail("It was compiled for the link type of capture \"%s\".", path) : 0,
				 filter_hint(job->filter, job->request.filter_length, failure, filter_advice) ?
				 errhint("%s", filter_advice) : 0));
	if (failure->code == FAILURE_SANDBOX)
		ereport(ERROR,
				(errcode(kind.sqlstate),
				 errmsg("a meter could not give up %s", text),
				 errhint("%s", kind.hint)));
	if (path != NULL)
		report_unreadable(ERROR, failure, path, NULL);
	ereport(ERROR,
			(errcode(kind.sqlstate),
			 errmsg("a meter failed: %s", text),
			 hint_of_both(kind.hint, NULL)));
}

void
failure_report_damage(int level, const FailureMessage *damage, const ScanJob *job)
{
	FailureKind kind = kind_of(damage);
	const char *path = path_of(damage, job);
	uint64		before = Max(damage->packet, 1) - 1;

	if (damage->packet == FAILURE_NO_PACKET)
	{
		report_unreadable(level, damage, path == NULL ? "?" : path,
						  level >= ERROR ? "Set on_damage to \"warn\" to read the other captures." :
						  "The other captures are read.");
		return;
	}
	ereport(level,
			(errcode(kind.sqlstate),
			 errmsg("could not read capture \"%s\": packet " UINT64_FORMAT " %s", path == NULL ? "?" : path,
					(uint64) damage->packet, encoding_field(damage->text, sizeof(damage->text))),
			 errdetail_plural("Before it " UINT64_FORMAT " packet was read, up to byte " UINT64_FORMAT ".",
							  "Before it " UINT64_FORMAT " packets were read, up to byte " UINT64_FORMAT ".",
							  (unsigned long) before, before, (uint64) damage->byte),
			 hint_of_both(kind.hint == NULL ? foreign_hint(damage->foreign) : kind.hint,
						  level >= ERROR ? "Set on_damage to \"warn\" to keep the flows up to there." : NULL)));
}

void
failure_raise_owner(const OwnerFailure *failure)
{
	ereport(ERROR,
			(errcode(failure->sqlstate),
			 errmsg_internal("%s", encoding_field(failure->message, sizeof(failure->message))),
			 failure->detail[0] != '\0' ? errdetail_internal("%s", encoding_field(failure->detail, sizeof(failure->detail))) : 0,
			 failure->hint[0] != '\0' ? errhint("%s", encoding_field(failure->hint, sizeof(failure->hint))) : 0));
}
