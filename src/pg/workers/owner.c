/*
 * owner.c
 *	  Owning a meter.
 *
 * Whatever comes from a meter may be hostile.  Its messages are framed here: the type must be one that a meter sends, in
 * its turn, and with a length that the type allows (wire/message.c has the table).
 */
#include "postgres.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "miscadmin.h"
#include "port.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/wait_event.h"

#include "pg/base/clock.h"
#include "pg/base/encoding.h"
#include "pg/base/settings.h"
#include "pg/workers/descriptors.h"
#include "pg/workers/failure.h"
#include "pg/workers/group.h"
#include "pg/workers/owner.h"
#include "pg/workers/progress_text.h"
#include "pg/workers/reap.h"
#include "pg/workers/spawn.h"

/* The exit status of a program whose libraries the dynamic linker does not find. */
#define NOT_LOADED 127

#define FIRST_ROOM (128 * 1024)

/* Between two looks whether the other meters of an interface are ready, ms. */
#define PAUSE_FOR_OTHERS 2

/* Between two tries to send what the kernel had no room for, ms. */
#define PAUSE_FOR_KERNEL 5

/* How often within meter_timeout the owner looks whether a silent meter moves on. */
#define LOOKS_IN_TIMEOUT 4

struct OwnedMeter
{
	const ScanJob *job;
	pid_t		   pid; /* 0 once it is gone */
	int			   channel;
	uint32		   last_type; /* of its messages: message_in_order() */
	uint64		   files_sent;
	uint64		   files_most; /* that it may ask for */
	bool		   took_last;  /* it was told that no file is left for it */
	GroupMember	   group;	   /* of an interface */

	/* What was read from the channel: buffer[start ... end). */
	uint8 *buffer;
	Size   room;
	Size   start;
	Size   end;

	/* Since when the meter has been waited for while it sent nothing and did not move; 0: it is not waited for. */
	uint64 waiting_since;

	/* Where the meter is, and where it was at the last look. */
	const MeterProgress *progress;
	MeterProgress		 seen;
};

/* ------------------------------------------------------------------------------------------------------------------ to it */

/* Waits for the channel to be readable or writeable, for the latch, or for `timeout` ms (-1: for ever); open to interrupts. */
static void
wait_for(OwnedMeter *meter, int event, long timeout)
{
	if (timeout >= 0)
		event |= WL_TIMEOUT;
	WaitLatchOrSocket(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | event, meter->channel, timeout, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

static void wait_within_timeout(OwnedMeter *meter, int event, long longest);

/* The meter cannot be sent anything just now, for want of something in the kernel: waits a moment, and errors after meter_timeout. */
static void
wait_for_kernel(OwnedMeter *meter, uint64 *since)
{
	int	   error = errno;
	uint64 timeout = meter->job->orders.meter_timeout;
	uint64 now = clock_ms();

	if (*since == 0)
		*since = now;
	if (timeout > 0 && now - *since >= timeout)
		failure_raise_fault(FAULT_NOT_HANDED_OVER, strerror(error), NULL);
	wait_for(meter, 0, PAUSE_FOR_KERNEL);
}

/*
 * Sends bytes, the first of them with a descriptor (-1: without one); waits while the meter does not take them.
 *
 * The descriptors that are on their way between all processes of one user are no more than one of them may have open (unix(7),
 * ETOOMANYREFS).  They are there for a moment only, and it may be others who have sent them.
 */
static void
send_bytes(OwnedMeter *meter, const char *bytes, Size length, int descriptor)
{
	uint64 without_kernel = 0;

	while (length > 0)
	{
		union
		{
			struct cmsghdr header;
			char		   space[CMSG_SPACE(sizeof(int))];
		} control;
		struct iovec  part = {.iov_base = (void *) bytes, .iov_len = length};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
		ssize_t		  sent;

		if (descriptor >= 0)
		{
			memset(&control, 0, sizeof(control));
			control.header.cmsg_level = SOL_SOCKET;
			control.header.cmsg_type = SCM_RIGHTS;
			control.header.cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(int));
			message.msg_control = control.space;
			message.msg_controllen = sizeof(control.space);
		}
		sent = sendmsg(meter->channel, &message, MSG_NOSIGNAL);
		if (sent > 0)
		{
			bytes += sent;
			length -= sent;
			descriptor = -1;
		}
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			wait_within_timeout(meter, WL_SOCKET_WRITEABLE, -1);
		else if (errno == EPIPE || errno == ECONNRESET)
			return; /* it is gone; owner_receive() finds out why */
		else if (errno != EINTR)
			wait_for_kernel(meter, &without_kernel);
	}
}

static void
send_plugins(OwnedMeter *meter)
{
	struct
	{
		MessageHeader  header;
		PluginsMessage plugins;
	} message = {
		.header = {.type = MESSAGE_PLUGINS, .length = sizeof(PluginsMessage)},
		.plugins = {.length = meter->job->request.plugins},
	};
	int descriptor = descriptor_of_memory("nfstream plugins", meter->job->plugins, meter->job->request.plugins);

	PG_TRY();
	{
		send_bytes(meter, (const char *) &message, sizeof(message), descriptor);
	}
	PG_FINALLY();
	{
		close(descriptor);
	}
	PG_END_TRY();
}

static void
send_condition(OwnedMeter *meter)
{
	const MeterRequest *request = &meter->job->request;
	MessageHeader		header = {.type = MESSAGE_CONDITION, .length = request->condition};

	send_bytes(meter, (const char *) &header, sizeof(header), -1);
	send_bytes(meter, (const char *) request->condition_bytes, request->condition, -1);
}

static void
send_request(OwnedMeter *meter, uint32 shard, uint32 shards)
{
	const ScanJob *job = meter->job;
	MessageHeader  header = {.type = MESSAGE_REQUEST, .length = request_length(&job->request)};
	uint8		  *bytes = palloc(header.length);
	MeterRequest   request = job->request;

	request.owner_pid = MyProcPid;
	request.shard = shard;
	request.shards = shards;
	request.max_active_flows /= shards;
	meter->files_most = request_opens_max(&request);
	send_bytes(meter, (const char *) &header, sizeof(header), -1);
	request_write(&request, bytes);
	send_bytes(meter, (const char *) bytes, header.length, -1);
	pfree(bytes);
	if (request.plugins > 0)
		send_plugins(meter);
	if (request.condition > 0)
		send_condition(meter);
}

/* The meter asks for its next source. */
static void
send_file(OwnedMeter *meter, uint32 index)
{
	struct
	{
		MessageHeader header;
		FileMessage	  file;
	} message;
	int descriptor;

	if (index >= meter->job->request.files || meter->files_sent >= meter->files_most)
		failure_raise_fault(FAULT_FILE_OUT_OF_TURN, psprintf("file %u", index), NULL);
	meter->files_sent++;
	descriptor = source_open(meter->job->directory, &meter->job->files[index]);
	memset(&message, 0, sizeof(message));
	message.header.type = MESSAGE_FILE;
	message.header.length = sizeof(FileMessage);
	message.file.index = index;
	message.file.size = meter->job->files[index].size;
	PG_TRY();
	{
		send_bytes(meter, (const char *) &message, sizeof(message), descriptor);
	}
	PG_FINALLY();
	{
		close(descriptor);
	}
	PG_END_TRY();
}

static void
send_number(OwnedMeter *meter, uint32 type, uint32 number)
{
	struct
	{
		MessageHeader header;
		uint32		  number;
	} message = {.header = {.type = type, .length = sizeof(uint32)}, .number = number};

	send_bytes(meter, (const char *) &message, sizeof(message), -1);
}

/* The meter waits for the others of its interface: answers if they are as far as that. */
static void
answer_group(OwnedMeter *meter)
{
	uint32 type,
		number;

	if (group_answer(&meter->group, &type, &number))
		send_number(meter, type, number);
}

/* The meter says how far it is on its way to its first packet. */
static void
take_group(OwnedMeter *meter, uint32 type, uint32 number)
{
	if (!request_is_live(&meter->job->request) || !group_told(&meter->group, type, number))
		failure_raise_fault(FAULT_MESSAGE_OUT_OF_TURN, psprintf("%u", type), NULL);
}

/* The meter asks which file is its next: the next that no meter of the scan has taken. */
static uint32
take_file(OwnedMeter *meter)
{
	uint32 files = meter->job->request.files,
		   turn;

	if (!meter->job->request.separate_files || meter->took_last)
		failure_raise_fault(FAULT_FILE_OUT_OF_TURN, "its next file", NULL);
	turn = pg_atomic_fetch_add_u32(&meter->job->shared->taken, 1);
	turn = Min(turn, files);
	meter->took_last = turn == files;
	send_number(meter, MESSAGE_TAKEN_FILE, turn);
	return turn;
}

void
owner_end_source(OwnedMeter *meter, bool expire)
{
	if (meter->last_type != MESSAGE_END && meter->last_type != MESSAGE_FAILURE)
		send_number(meter, MESSAGE_STOP, expire);
}

/* ---------------------------------------------------------------------------------------------------------------- from it */

/* Ends the meter, if it did not end itself; false if it lingers. */
static bool
reap(OwnedMeter *meter, int *status)
{
	pid_t pid = meter->pid;

	meter->pid = 0;
	return reap_child(pid, status);
}

/* Whether a signal is one that processes end each other by, and not themselves by what they do. */
static bool
is_from_outside(int signal)
{
	return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
}

/* The meter closed its end before it said that it was done: explains how it ended. */
static _Noreturn void
report_death(OwnedMeter *meter)
{
	bool has_plugins = meter->job->request.plugins > 0;
	int	 status;

	if (!reap(meter, &status))
		failure_raise_fault(FAULT_NOT_ENDING, NULL, progress_text(meter->progress, meter->job, meter->files_sent));
	if (WIFSIGNALED(status))
		failure_raise_fault(is_from_outside(WTERMSIG(status)) ? FAULT_KILLED :
							has_plugins						  ? FAULT_SIGNALLED_IN_PLUGIN :
																FAULT_SIGNALLED,
							psprintf("%d: %s", WTERMSIG(status), pg_strsignal(WTERMSIG(status))), progress_text(meter->progress, meter->job, meter->files_sent));
	failure_raise_fault(WEXITSTATUS(status) == NOT_LOADED ? FAULT_NOT_LOADED :
						has_plugins						  ? FAULT_EXITED_IN_PLUGIN :
															FAULT_EXITED,
						psprintf("%d", WEXITSTATUS(status)), progress_text(meter->progress, meter->job, meter->files_sent));
}

/* Nothing has come from the meter for too long, though it has room to write. */
static _Noreturn void
report_hang(const OwnedMeter *meter)
{
	bool may_be_filter = meter->job->request.filter.length > 0 && meter->progress->packet <= 1;
	int	 seconds = (int) (meter->job->orders.meter_timeout / 1000);

	failure_raise_fault(meter->job->request.plugins > 0 ? FAULT_SILENT_IN_PLUGIN :
						may_be_filter					? FAULT_SILENT_IN_FILTER :
														  FAULT_SILENT,
						psprintf(seconds == 1 ? "%d second" : "%d seconds", seconds), progress_text(meter->progress, meter->job, meter->files_sent));
}

/* Reads what has come into the buffer, which has room for `wanted` bytes from `start` on; false if nothing has come. */
static bool
fill_buffer(OwnedMeter *meter, Size wanted)
{
	ssize_t got;

	if (meter->start > 0)
	{
		memmove(meter->buffer, meter->buffer + meter->start, meter->end - meter->start);
		meter->end -= meter->start;
		meter->start = 0;
	}
	if (wanted > meter->room)
	{
		meter->room = wanted;
		meter->buffer = repalloc(meter->buffer, meter->room);
	}
	Assert(meter->end < meter->room); /* no room would look like the meter's end */
	do
		got = recv(meter->channel, meter->buffer + meter->end, meter->room - meter->end, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (got <= 0)
		report_death(meter);
	meter->end += got;
	return true;
}

/* Finds a whole message at the front of the buffer; false if it is not all there, and then how many bytes it needs. */
static bool
find_message(OwnedMeter *meter, MeterMessage *message, Size *wanted)
{
	MessageHeader header;
	Size		  have = meter->end - meter->start;

	Assert(meter->start <= meter->end && meter->end <= meter->room);
	*wanted = sizeof(header);
	if (have < sizeof(header))
		return false;
	memcpy(&header, meter->buffer + meter->start, sizeof(header));
	if (!message_allowed(SENT_BY_METER, header.type, header.length))
		failure_raise_fault(FAULT_MESSAGE_UNKNOWN, psprintf("%u with %u bytes", header.type, header.length), NULL);
	*wanted += header.length;
	if (have < *wanted)
		return false;
	meter->waiting_since = 0;
	message->type = header.type;
	message->length = header.length;
	message->body = meter->buffer + meter->start + sizeof(header);
	meter->start += *wanted;
	return true;
}

bool
owner_receive(OwnedMeter *meter, MeterMessage *message)
{
	for (;;)
	{
		Size   wanted;
		uint32 index;

		CHECK_FOR_INTERRUPTS();
		answer_group(meter);
		while (!find_message(meter, message, &wanted))
			if (!fill_buffer(meter, wanted))
				return false;
		if (!message_in_order(&meter->last_type, message->type))
			failure_raise_fault(FAULT_MESSAGE_OUT_OF_TURN, psprintf("%u", message->type), NULL);
		if (message->type == MESSAGE_TAKE_FILE)
		{
			/* The answer goes to the leader in the question's place. */
			index = take_file(meter);
			memcpy(unconstify(uint8 *, message->body), &index, sizeof(index));
		}
		else if (message->type == MESSAGE_NEXT_FILE)
		{
			memcpy(&index, message->body, sizeof(index));
			send_file(meter, index);
			continue;
		}
		else if (message->type == MESSAGE_OPENED || message->type == MESSAGE_JOINED || message->type == MESSAGE_READY)
		{
			memcpy(&index, message->body, sizeof(index));
			take_group(meter, message->type, index);
			continue;
		}
		return true;
	}
}

/* Whether the meter is elsewhere than at the last look. */
static bool
has_moved(OwnedMeter *meter)
{
	MeterProgress now = *meter->progress;
	bool		  moved = memcmp(&now, &meter->seen, sizeof(now)) != 0;

	meter->seen = now;
	return moved;
}

/*
 * Errors if the meter has stood still for too long; returns after how many ms to look again, -1 if it may stand still for ever.
 *
 * The clock of meter_timeout runs only while the meter is waited for, and so has something to do: one that waits because nobody reads is
 * not hung.  It starts anew with each whole message, and with progress, as there may be nothing to send for long; single
 * bytes do not count.
 */
static long
check_hang(OwnedMeter *meter)
{
	uint64 timeout = meter->job->orders.meter_timeout;
	uint64 now;
	long   waited;

	if (timeout == 0)
		return -1;
	now = clock_ms();
	if (has_moved(meter) || meter->waiting_since == 0)
		meter->waiting_since = now;
	waited = (long) (now - meter->waiting_since);
	if ((uint64) waited >= timeout)
		report_hang(meter);
	return Min((long) timeout - waited, (long) timeout / LOOKS_IN_TIMEOUT + 1);
}

/* Waits for the channel to be readable or writeable, or the latch, for `longest` ms at most (-1: for ever). */
static void
wait_within_timeout(OwnedMeter *meter, int event, long longest)
{
	wait_for(meter, event, clock_shorter(longest, check_hang(meter)));
}

void
owner_wait(OwnedMeter *meter, long longest)
{
	/* It is not the meter that is waited for. */
	if (group_waits(&meter->group))
		wait_for(meter, WL_SOCKET_READABLE, clock_shorter(longest, PAUSE_FOR_OTHERS));
	else
		wait_within_timeout(meter, WL_SOCKET_READABLE, longest);
}

long
owner_look(OwnedMeter *meter, long longest)
{
	return clock_shorter(longest, group_waits(&meter->group) ? PAUSE_FOR_OTHERS : check_hang(meter));
}

int
owner_channel(const OwnedMeter *meter)
{
	return meter->channel;
}

/* ------------------------------------------------------------------------------------------------------------ start and end */

OwnedMeter *
owner_start(const ScanJob *job, uint32 shard, uint32 shards)
{
	OwnedMeter *meter = palloc0(sizeof(*meter));

	Assert(shard < shards);
	meter->job = job;
	meter->group = (GroupMember) {.shared = job->shared, .shard = shard, .shards = shards};
	meter->room = FIRST_ROOM;
	meter->buffer = palloc(meter->room);
	reap_check_lingering();
	descriptor_reserve();
	PG_TRY();
	{
		meter->pid = spawn_meter(job->orders.program, job->orders.which, &meter->channel, &meter->progress);
	}
	PG_CATCH();
	{
		ReleaseExternalFD();
		PG_RE_THROW();
	}
	PG_END_TRY();
	PG_TRY();
	{
		send_request(meter, shard, shards);
	}
	PG_CATCH();
	{
		owner_stop(meter);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return meter;
}

/* Whether the plugins of a meter may have something left to do: it still runs, and has not said that it is done. */
static bool
may_clean_up(const OwnedMeter *meter)
{
	return meter->pid != 0 && meter->job->orders.cleans_up && meter->last_type != MESSAGE_END &&
		   meter->last_type != MESSAGE_FAILURE;
}

void
owner_stop(OwnedMeter *meter)
{
	int status;

	if (may_clean_up(meter))
	{
		/* It finds that nobody listens any more, and ends. */
		shutdown(meter->channel, SHUT_RDWR);
		reap_give_moment(meter->pid);
	}
	if (meter->pid != 0)
		reap(meter, &status);
	if (meter->channel >= 0)
	{
		close(meter->channel);
		ReleaseExternalFD();
		meter->channel = -1;
		munmap((void *) meter->progress, sizeof(MeterProgress));
	}
}
