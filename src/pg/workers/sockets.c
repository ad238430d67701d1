/*
 * sockets.c
 *	  The leader's nfstream_sockets: which process of this host has which socket.
 */
#include "postgres.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#include "pg/base/clock.h"
#include "pg/workers/descriptors.h"
#include "pg/workers/reap.h"
#include "pg/workers/sockets.h"
#include "pg/workers/spawn.h"

/* How long the first look at the host's sockets is waited for, and how often it is looked whether the program is still there. */
#define FIRST_LOOK_MS 5000
#define CHECK_MS	  100

struct HostSockets
{
	pid_t				  pid; /* 0: it was not started, or has been ended */
	int					  channel;
	const SocketTable	 *table;
	uint64				  checked; /* when it was last looked whether it is there, by clock_ms() */
	bool				  overflow_told;
	bool				  silence_told;
	MemoryContextCallback at_end;
};

static void
end_at_reset(void *argument)
{
	sockets_end(argument);
}

static void
warn_not_started(const char *path, const char *hint)
{
	ereport(WARNING,
			(errmsg("could not start \"%s\": %m", path),
			 errdetail("The processes of flows are not found: process_pid is -1."),
			 hint != NULL ? errhint("%s", hint) : 0));
}

/* What has become of the program, which has closed its end of the channel. */
static const char *
text_of_end(int status)
{
	if (WIFSIGNALED(status))
		return psprintf("It was ended by signal %d: %s. From now on process_pid is -1.", WTERMSIG(status), pg_strsignal(WTERMSIG(status)));
	switch (WEXITSTATUS(status))
	{
		case SOCKETS_EXIT_ORDER:
			return "It is of another version than the server's library: process_pid is -1.";
		case SOCKETS_EXIT_SANDBOX:
			return "The system refused its sandbox: process_pid is -1.";
		case SOCKETS_EXIT_FINDER:
			return "Its child, which looks at the processes, did not start or has ended. From now on process_pid is -1.";
		case SOCKETS_EXIT_KERNEL:
			return "The kernel does not tell of sockets (sock_diag): process_pid is -1.";
	}
	return psprintf("It ended with exit code %d. From now on process_pid is -1.", WEXITSTATUS(status));
}

static void
warn_of_end(HostSockets *sockets)
{
	int status = 0;

	if (!reap_child(sockets->pid, &status))
		status = SIGKILL;
	sockets->pid = 0;
	sockets_end(sockets);
	ereport(WARNING, (errmsg("nfstream_sockets has ended"), errdetail_internal("%s", text_of_end(status))));
}

/* Reads what the program says: that it has looked, and later nothing.  1: so; 0: nothing yet; -1: it has ended. */
static int
receive(HostSockets *sockets)
{
	char	byte;
	ssize_t got;

	do
		got = recv(sockets->channel, &byte, 1, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return got > 0 ? 1 : -1;
}

static void
wait_for_first_look(HostSockets *sockets)
{
	uint64 began = clock_ms();
	int	   received;

	while ((received = receive(sockets)) == 0)
	{
		long waited = (long) (clock_ms() - began);

		if (waited >= FIRST_LOOK_MS)
			return; /* it comes later */
		WaitLatchOrSocket(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | WL_SOCKET_READABLE | WL_TIMEOUT, sockets->channel,
						  FIRST_LOOK_MS - waited, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	if (received < 0)
		warn_of_end(sockets);
	else if (__atomic_load_n(&sockets->table->sees_all, __ATOMIC_RELAXED) != 1)
		ereport(WARNING,
				(errmsg("only processes of the server's operating system user are found"),
				 errdetail("For flows of other users' processes process_pid is -1."),
				 errhint("As root, \"make install-capture\" lets nfstream_sockets look at all processes.")));
}

HostSockets *
sockets_start(const char *program, uint64 poll_ms, uint64 keep_ms)
{
	HostSockets *sockets = palloc0(sizeof(*sockets));
	SocketsOrder order = {
		.version = SOCKET_TABLE_VERSION,
		.owner_pid = MyProcPid,
		.poll_ms = poll_ms,
		.keep_ms = keep_ms,
	};
	char		path[MAXPGPATH];
	const char *hint;

	sockets->channel = -1;
	spawn_sockets_path(program, path);
	descriptor_reserve();
	sockets->pid = spawn_sockets(path, &sockets->channel, &sockets->table, &hint);
	if (sockets->pid == 0)
	{
		int error = errno;

		ReleaseExternalFD();
		errno = error;
		warn_not_started(path, hint);
		return sockets;
	}
	sockets->at_end.func = end_at_reset;
	sockets->at_end.arg = sockets;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &sockets->at_end);

	/* It fits into the socket; a program that has ended already is found below. */
	(void) send(sockets->channel, &order, sizeof(order), MSG_NOSIGNAL);
	wait_for_first_look(sockets);
	return sockets;
}

static void
warn_of_overflow(HostSockets *sockets)
{
	if (sockets->overflow_told || __atomic_load_n(&sockets->table->overflowed, __ATOMIC_RELAXED) == 0)
		return;
	sockets->overflow_told = true;
	ereport(WARNING,
			(errmsg("this host has more sockets than processes are kept of"),
			 errdetail("Room is for about %d, those of connections that have ended lately included. For some flows process_pid is -1.",
					   SOCKET_BUCKETS * SOCKET_WAYS)));
}

/* Once for each time that the child falls silent. */
static void
warn_of_silence(HostSockets *sockets)
{
	bool is_silent = __atomic_load_n(&sockets->table->finder_silent, __ATOMIC_RELAXED) != 0;
	bool is_new = is_silent && !sockets->silence_told;

	sockets->silence_told = is_silent;
	if (is_new)
		ereport(WARNING,
				(errmsg("nfstream_sockets does not get to look at the processes"),
				 errdetail("Its child, which looks at them, has not answered for some seconds: it may have been stopped. Until it does, "
						   "process_pid is -1 for flows of new sockets.")));
}

const SocketTable *
sockets_table(HostSockets *sockets)
{
	uint64 now;

	if (sockets->pid == 0)
		return NULL;
	now = clock_ms();
	if (now - sockets->checked >= CHECK_MS)
	{
		sockets->checked = now;
		if (receive(sockets) < 0)
		{
			warn_of_end(sockets);
			return NULL;
		}
		warn_of_overflow(sockets);
		warn_of_silence(sockets);
	}
	return sockets->table;
}

/* It ends by itself when the channel closes, and takes its child along; killing is for what does not. */
void
sockets_end(HostSockets *sockets)
{
	int status;

	if (sockets->channel < 0)
		return;
	close(sockets->channel);
	ReleaseExternalFD();
	sockets->channel = -1;
	if (sockets->pid != 0)
	{
		reap_give_moment(sockets->pid);
		(void) reap_child(sockets->pid, &status);
	}
	sockets->pid = 0;
	munmap(unconstify(SocketTable *, sockets->table), sizeof(SocketTable));
	sockets->table = NULL;
}
