/*
 * failure.c
 *	  What went wrong with a meter, as a user reads it.
 *
 * Two tables: of what meters report, and of what is found wrong with them.  Codes become SQLSTATEs, texts and hints there and
 * nowhere else.
 */
#include "postgres.h"

#include "pg/base/encoding.h"
#include "pg/workers/failure.h"
#include "wire/filter_hint.h"
#include "wire/foreign.h"

#define METER_FAILED	   "a meter failed: %s"
#define CAPTURE_UNREADABLE "could not read capture \"%s\": %s"
#define FILTER_REFUSED	   "BPF filter \"%s\" does not compile: %s"
#define FILTERED_CAPTURE   "It was compiled for the link type of capture \"%s\"."

#define METER_BROKEN	   "The capture may be made to break the dissector. Other statements are not affected."

#define PLUGIN_BROKEN	   "A plugin may have ended it, or the capture be made to break the dissector. Other statements are not affected."

/* What a failure is of, which its message names first. */
typedef enum Subject
{
	OF_METER,
	OF_FILTER,
	OF_CAPTURE,
	OF_INTERFACE,
	OF_PLUGIN
} Subject;

/* How a failure that a meter reports is told. */
typedef struct FailureKind
{
	int			sqlstate;
	Subject		subject;
	const char *message; /* a format: for the name of the filter, capture or interface, if it is of one, and the meter's text */
	const char *detail;	 /* a format: for the name of the filter's capture, or the meter's text; NULL: none */
	const char *hint;	 /* NULL: none; of an interface a format, for its name */
} FailureKind;

static const FailureKind kinds[FAILURE_CODES] = {
	[FAILURE_INTERNAL] = {ERRCODE_FDW_ERROR, OF_METER,
						  .message = METER_FAILED,
						  .hint = "The server's library and the meter's program must be of one installation: \"make install\" puts both in place."},
	[FAILURE_OUT_OF_MEMORY] = {ERRCODE_OUT_OF_MEMORY, OF_METER,
							   .message = METER_FAILED,
							   .hint = "Bound what a meter keeps with the option max_active_flows, or give it more with the option meter_memory, "
									   "up to the setting nfstream_fdw.max_meter_memory."},
	[FAILURE_SANDBOX] = {ERRCODE_FDW_ERROR, OF_METER,
						 .message = "a meter could not give up %s",
						 .hint = "A meter reads nothing before it has locked itself in, which needs a kernel with seccomp."},
	[FAILURE_LANDLOCK] = {ERRCODE_FEATURE_NOT_SUPPORTED, OF_METER,
						  .message = "a meter could not give up %s",
						  .hint = "Plugins in Python run where the kernel has Landlock: Linux 5.13 or later, with \"landlock\" in "
								  "/sys/kernel/security/lsm. Plugins in C run without it."},
	[FAILURE_PLUGIN] = {ERRCODE_EXTERNAL_ROUTINE_EXCEPTION, OF_PLUGIN,
						.message = "%s"},
	[FAILURE_PLUGIN_UNKNOWN] = {ERRCODE_UNDEFINED_OBJECT, OF_PLUGIN,
								.message = "%s"},
	[FAILURE_PLUGIN_OBJECT] = {ERRCODE_WRONG_OBJECT_TYPE, OF_PLUGIN,
							   .message = "%s",
							   .hint = "A shared object is made with the header nfstream_plugin.h of this installation."},
	[FAILURE_PLUGIN_PARAMETER] = {ERRCODE_INVALID_PARAMETER_VALUE, OF_PLUGIN,
								  .message = "%s"},
	[FAILURE_PLUGIN_SOURCE] = {ERRCODE_SYNTAX_ERROR, OF_PLUGIN,
							   .message = "%s"},
	[FAILURE_PLUGIN_CLASS] = {ERRCODE_UNDEFINED_OBJECT, OF_PLUGIN,
							  .message = "%s",
							  .hint = "The source has a class that derives from NFPlugin; where it has several, the argument \"class\" names one."},
	[FAILURE_PLUGIN_IMPORT] = {ERRCODE_UNDEFINED_FILE, OF_PLUGIN,
							   .message = "%s",
							   .hint = "Install the package for the Python of the server's machine, or have an administrator name a virtual environment "
									   "that has it in the setting \"nfstream_fdw.python_prefix\"."},
	[FAILURE_FILTER] = {ERRCODE_INVALID_PARAMETER_VALUE, OF_FILTER,
						.message = FILTER_REFUSED,
						.detail = FILTERED_CAPTURE},
	[FAILURE_FILTER_NAME] = {ERRCODE_INVALID_PARAMETER_VALUE, OF_FILTER,
							 .message = FILTER_REFUSED,
							 .detail = FILTERED_CAPTURE},
	[FAILURE_READ] = {ERRCODE_IO_ERROR, OF_CAPTURE,
					  .message = CAPTURE_UNREADABLE},
	[FAILURE_EMPTY] = {ERRCODE_WRONG_OBJECT_TYPE, OF_CAPTURE,
					   .message = "capture \"%s\" is empty",
					   .hint = "A capture has at least a file header; this one was perhaps not written yet."},
	[FAILURE_NOT_A_CAPTURE] = {ERRCODE_WRONG_OBJECT_TYPE, OF_CAPTURE,
							   .message = "file \"%s\" is not a capture",
							   .detail = "This was found: %s.",
							   .hint = "Captures are read as pcap and pcapng, whatever their names are."},
	[FAILURE_VERSION] = {ERRCODE_FEATURE_NOT_SUPPORTED, OF_CAPTURE,
						 .message = CAPTURE_UNREADABLE,
						 .hint = "Versions 2.0 to 2.4 of pcap, and 1.0 and 1.2 of pcapng are read: convert the file first, with Wireshark's "
								 "\"editcap\"."},
	[FAILURE_CUT] = {ERRCODE_DATA_CORRUPTED, OF_CAPTURE,
					 .message = CAPTURE_UNREADABLE,
					 .hint = "The capture was probably cut off while it was written."},
	[FAILURE_CORRUPT] = {ERRCODE_DATA_CORRUPTED, OF_CAPTURE,
						 .message = CAPTURE_UNREADABLE},
	[FAILURE_INTERFACE_UNKNOWN] = {ERRCODE_UNDEFINED_OBJECT, OF_INTERFACE,
								   .message = "interface \"%s\" does not exist",
								   .hint = "nfstream_interfaces() lists those of the server's machine."},
	[FAILURE_INTERFACE_RIGHTS] = {ERRCODE_INSUFFICIENT_PRIVILEGE, OF_INTERFACE,
								  .message = "the meter may not capture from interface \"%s\"",
								  .hint = "Run \"make install-capture\" as root: it gives the meter the capability cap_net_raw, and the right to run it "
										  "to the server's group alone."},
	[FAILURE_INTERFACE_WITHHELD] = {ERRCODE_INSUFFICIENT_PRIVILEGE, OF_INTERFACE,
									.message = "the meter may not capture from interface \"%s\"",
									.hint = "An administrator of the server's machine has to let its service or container have the capability cap_net_raw."},
	[FAILURE_INTERFACE_DOWN] = {ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, OF_INTERFACE,
								.message = "interface \"%s\" is down",
								.hint = "An administrator of the machine sets it up, as with \"ip link set %s up\"."},
	[FAILURE_INTERFACE_GONE] = {ERRCODE_IO_ERROR, OF_INTERFACE,
								.message = "interface \"%s\" has gone away"},
	[FAILURE_INTERFACE_OPEN] = {ERRCODE_IO_ERROR, OF_INTERFACE,
								.message = "could not capture from interface \"%s\": %s"},
};

/* How a fault is told. */
static const struct
{
	int			sqlstate;
	const char *message; /* a format: for `what`, where the fault has one */
	const char *hint;	 /* NULL: none */
} faults[] = {
	[FAULT_MESSAGE_UNKNOWN] = {ERRCODE_FDW_ERROR,
							   .message = "a meter sent a message of type %s, which no meter sends",
							   .hint = METER_BROKEN},
	[FAULT_MESSAGE_OUT_OF_TURN] = {ERRCODE_FDW_ERROR,
								   .message = "a meter sent a message of type %s out of turn",
								   .hint = METER_BROKEN},
	[FAULT_FILE_OUT_OF_TURN] = {ERRCODE_FDW_ERROR,
								.message = "a meter asked for %s out of turn",
								.hint = METER_BROKEN},
	[FAULT_CONTENT] = {ERRCODE_FDW_ERROR,
					   .message = "a meter sent what no meter sends: %s",
					   .hint = METER_BROKEN},
	[FAULT_ANSWER_ENDLESS] = {ERRCODE_FDW_ERROR,
							  .message = "a meter does not come to the end of its answer",
							  .hint = METER_BROKEN},
	[FAULT_OTHER_VERSION] = {ERRCODE_FDW_ERROR,
							 .message = "the meter's program is of another version than the server's library",
							 .hint = "\"make install\" puts both in place."},
	[FAULT_SILENT] = {ERRCODE_FDW_ERROR,
					  .message = "a meter did not move on for %s",
					  .hint = "The capture may be made to keep the dissector in a loop, or the disk be slow: "
							  "the option meter_timeout gives a meter more time."},
	[FAULT_SILENT_IN_FILTER] = {ERRCODE_FDW_ERROR,
								.message = "a meter did not move on for %s",
								.hint = "The filter may take long to compile, or the disk be slow: "
										"the option meter_timeout gives a meter more time."},
	[FAULT_SILENT_IN_PLUGIN] = {ERRCODE_FDW_ERROR,
								.message = "a meter did not move on for %s",
								.hint = "A plugin may be in a loop, or the disk be slow: the option meter_timeout gives a meter more time."},
	[FAULT_SIGNALLED_IN_PLUGIN] = {ERRCODE_FDW_ERROR,
								   .message = "a meter was terminated by signal %s",
								   .hint = PLUGIN_BROKEN},
	[FAULT_EXITED_IN_PLUGIN] = {ERRCODE_FDW_ERROR,
								.message = "a meter ended before its work was done, with exit status %s",
								.hint = PLUGIN_BROKEN},
	[FAULT_SIGNALLED] = {ERRCODE_FDW_ERROR,
						 .message = "a meter was terminated by signal %s",
						 .hint = METER_BROKEN},
	[FAULT_KILLED] = {ERRCODE_FDW_ERROR,
					  .message = "a meter was terminated by signal %s",
					  .hint = "Somebody ended it, or the machine is out of memory: "
							  "max_active_flows and meter_memory bound what a meter takes."},
	[FAULT_EXITED] = {ERRCODE_FDW_ERROR,
					  .message = "a meter ended before its work was done, with exit status %s",
					  .hint = METER_BROKEN},
	[FAULT_NOT_LOADED] = {ERRCODE_FDW_ERROR,
						  .message = "a meter ended before its work was done, with exit status %s",
						  .hint = "It could not be loaded: \"nfstream_meter --version\", run as the server's user, says what is missing."},
	[FAULT_NOT_ENDING] = {ERRCODE_FDW_ERROR,
						  .message = "a meter has closed its channel and does not end"},
	[FAULT_NOT_HANDED_OVER] = {ERRCODE_INSUFFICIENT_RESOURCES,
							   .message = "could not hand a capture to a meter: %s",
							   .hint = "Processes of the server's operating system user have too many descriptors on their way to each other: "
									   "wait for them, or let the server open more files (ulimit -n)."},
	[FAULT_WORKER_ENDED] = {ERRCODE_FDW_ERROR,
							.message = "a worker of the scan ended before its work was done",
							.hint = "The server's log may say why."},
	[FAULT_WORKER_TERMINATED] = {ERRCODE_ADMIN_SHUTDOWN,
								 .message = "a worker of the scan was terminated due to administrator command",
								 .hint = "Run the statement again."},
};

/* ------------------------------------------------------------------------------------------------------ what meters report */

static const FailureKind *
kind_of(const FailureMessage *failure)
{
	return &kinds[failure->code < FAILURE_CODES ? failure->code : FAILURE_INTERNAL];
}

static const char *
path_of(const FailureMessage *failure, const ScanJob *job)
{
	return failure->file < job->request.files ? encoding_valid(job->files[failure->file].path) : NULL;
}

/* What the meter wrote. */
static const char *
text_of(const FailureMessage *failure)
{
	return encoding_field(failure->text, sizeof(failure->text));
}

/* What to do about a failure; what a file is, if it is no capture, tells more than the failure's code. */
static const char *
hint_of(const FailureMessage *failure)
{
	const char *hint = foreign_hint(failure->foreign);

	return hint != NULL ? hint : kind_of(failure)->hint;
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

/* A failure of a meter's, or of a file of which nothing can be read.  A broken meter may name a file with any code, or none. */
static void
report(int level, const FailureMessage *failure, const char *path, const char *more_hint)
{
	const FailureKind *kind = kind_of(failure);
	const char		  *text = text_of(failure);

	ereport(level,
			(errcode(kind->sqlstate),
			 path == NULL ? errmsg(kind->subject == OF_METER ? kind->message : METER_FAILED, text) :
							errmsg(kind->subject == OF_CAPTURE ? kind->message : CAPTURE_UNREADABLE, path, text),
			 path != NULL && kind->subject == OF_CAPTURE && kind->detail != NULL ? errdetail(kind->detail, text) :
			 failure->detail[0] != '\0'											 ? errdetail_internal("%s", encoding_field(failure->detail, sizeof(failure->detail))) :
																				   0,
			 hint_of_both(hint_of(failure), more_hint)));
}

static _Noreturn void
raise_filter(const FailureMessage *failure, const ScanJob *job)
{
	const FailureKind *kind = kind_of(failure);
	const char		  *path = path_of(failure, job);
	char			   hint[FILTER_HINT_MAX];

	ereport(ERROR,
			(errcode(kind->sqlstate),
			 errmsg(kind->message, pnstrdup(job->request.filter.bytes, job->request.filter.length), text_of(failure)),
			 path != NULL && job->request.files > 1 ? errdetail(kind->detail, path) : 0,
			 filter_hint(job->request.filter.bytes, job->request.filter.length, failure, hint) ? errhint("%s", hint) : 0));
}

/*
 * What a plugin did, with the last lines of its traceback.  Where columns are hidden, a call that failed is told without its flow and
 * what the plugin says: both have values of flows.
 */
static _Noreturn void
raise_plugin(const FailureMessage *failure, const ScanJob *job)
{
	const FailureKind *kind = kind_of(failure);
	char			  *text = pstrdup(text_of(failure)),
		 *call = failure->code == FAILURE_PLUGIN && job->orders.hides ? strstr(text, " failed in ") : NULL,
		 *of_flow = call == NULL ? NULL : strstr(call, " of flow ");
	const char *detail = encoding_lines(failure->detail, sizeof(failure->detail));

	if (of_flow != NULL)
		*of_flow = '\0';
	if (call != NULL)
		detail = "What it says is left out, as columns_to_anonymize hides columns of flows.";
	ereport(ERROR,
			(errcode(kind->sqlstate),
			 errmsg(kind->message, text),
			 *detail != '\0' ? errdetail_internal("%s", detail) : 0,
			 kind->hint != NULL ? errhint("%s", kind->hint) : 0));
}

/* What libpcap says of an interface is the detail, where it says something. */
static _Noreturn void
raise_interface(const FailureMessage *failure, const ScanJob *job)
{
	const FailureKind *kind = kind_of(failure);
	const char		  *name = encoding_valid(pnstrdup(job->request.interface.bytes, job->request.interface.length)),
			   *detail = encoding_field(failure->detail, sizeof(failure->detail));

	ereport(ERROR,
			(errcode(kind->sqlstate),
			 errmsg(kind->message, name, text_of(failure)),
			 *detail != '\0' ? errdetail_internal("%s", detail) : 0,
			 kind->hint != NULL ? errhint(kind->hint, name) : 0));
}

void
failure_raise(const FailureMessage *failure, const ScanJob *job)
{
	if (kind_of(failure)->subject == OF_INTERFACE && request_is_live(&job->request))
		raise_interface(failure, job);
	if (kind_of(failure)->subject == OF_PLUGIN)
		raise_plugin(failure, job);
	if (kind_of(failure)->subject == OF_FILTER)
		raise_filter(failure, job);
	report(ERROR, failure, path_of(failure, job), NULL);
	pg_unreachable();
}

void
failure_report_damage(int level, const FailureMessage *damage, const ScanJob *job)
{
	const char *path = path_of(damage, job);
	uint64		before = Max(damage->packet, 1) - 1;

	if (path == NULL)
		path = "?";
	if (damage->packet == FAILURE_NO_PACKET)
	{
		report(level, damage, path,
			   level >= ERROR ? "Set on_damage to \"warn\" to read the other captures." : "The other captures are read.");
		return;
	}
	ereport(level,
			(errcode(kind_of(damage)->sqlstate),
			 errmsg("could not read capture \"%s\": packet " UINT64_FORMAT " %s", path, (uint64) damage->packet, text_of(damage)),
			 errdetail_plural("Before it " UINT64_FORMAT " packet was read, up to byte " UINT64_FORMAT ".",
							  "Before it " UINT64_FORMAT " packets were read, up to byte " UINT64_FORMAT ".",
							  (unsigned long) before, before, (uint64) damage->byte),
			 hint_of_both(hint_of(damage), level >= ERROR ? "Set on_damage to \"warn\" to keep the flows up to there." : NULL)));
}

/* ------------------------------------------------------------------------------------------------------ what owners find */

void
failure_raise_fault(Fault fault, const char *what, const char *detail)
{
	Assert(fault < lengthof(faults) && faults[fault].message != NULL);
	Assert((what != NULL) == (strstr(faults[fault].message, "%s") != NULL));
	ereport(ERROR,
			(errcode(faults[fault].sqlstate),
			 errmsg(faults[fault].message, what),
			 detail == NULL ? 0 : errdetail_internal("%s", detail),
			 faults[fault].hint == NULL ? 0 : errhint("%s", faults[fault].hint)));
}

OwnerFailure
failure_of_fault(Fault fault)
{
	OwnerFailure failure = {.sqlstate = faults[fault].sqlstate};

	Assert(strchr(faults[fault].message, '%') == NULL);
	strlcpy(failure.message, faults[fault].message, sizeof(failure.message));
	if (faults[fault].hint != NULL)
		strlcpy(failure.hint, faults[fault].hint, sizeof(failure.hint));
	return failure;
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

void
failure_report_long_frames(const ScanJob *job, uint64 frames, bool *told)
{
	const RequestText *name = &job->request.interface;
	const char		  *interface;

	if (frames == 0 || *told)
		return;
	*told = true;
	interface = encoding_valid(pnstrdup(name->bytes, name->length));
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("interface \"%s\" has frames that are longer than its MTU allows", interface),
			 errdetail("Packets of the wire are put together before they are captured, by GRO or LRO, or taken apart after that, by TSO or GSO: "
					   "numbers and sizes of packets are not those of the wire."),
			 errhint("Turn that off on the machine that captures, as with \"ethtool -K %s gro off lro off gso off tso off\".", interface)));
}
