/*
 * wakeup.c
 *	  A descriptor that can be read from when a scan may have something new.
 *
 * It is an epoll instance, which can itself be waited for.  In it are a pipe, into which workers write a byte; the channel of a meter of the
 * leader's own; and a timer, for what is due at some time whether anything comes or not.
 *
 * A worker is no child of its leader's and inherits nothing from it.  It opens the pipe by its name in /proc, as every process of the same
 * user may: so there is no file to be left over, and no socket that others could write to.  Between the leader's death and the worker's
 * notice the name may stand for something else, which its inode shows.  Where there is no way to the pipe the worker has no descriptor,
 * and its leader looks by the clock.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/memutils.h"

#include "pg/workers/descriptors.h"
#include "pg/workers/wakeup.h"

/* Of a Wakeup. */
enum
{
	INSTANCE,
	TIMER,
	PIPE_READ,
	PIPE_WRITE, /* nobody writes here: it keeps a pipe whose workers have ended from being at its end */
	DESCRIPTORS
};

struct Wakeup
{
	int					  descriptors[DESCRIPTORS]; /* -1: not open */
	int					  counted;					/* of the session's that may be open */
	MemoryContextCallback callback;
};

static void
release(void *argument)
{
	Wakeup *wakeup = argument;

	for (int i = 0; i < DESCRIPTORS; i++)
	{
		if (wakeup->descriptors[i] >= 0)
			close(wakeup->descriptors[i]);
		wakeup->descriptors[i] = -1;
	}
	for (; wakeup->counted > 0; wakeup->counted--)
		ReleaseExternalFD();
}

static bool
add(const Wakeup *wakeup, int descriptor)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(wakeup->descriptors[INSTANCE], EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static bool
open_all(Wakeup *wakeup)
{
	for (; wakeup->counted < DESCRIPTORS; wakeup->counted++)
		if (!AcquireExternalFD())
			return false;
	wakeup->descriptors[INSTANCE] = epoll_create1(EPOLL_CLOEXEC);
	wakeup->descriptors[TIMER] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (pipe2(&wakeup->descriptors[PIPE_READ], O_CLOEXEC | O_NONBLOCK) != 0)
		wakeup->descriptors[PIPE_READ] = wakeup->descriptors[PIPE_WRITE] = -1;
	return wakeup->descriptors[INSTANCE] >= 0 && wakeup->descriptors[TIMER] >= 0 && wakeup->descriptors[PIPE_READ] >= 0 &&
		   add(wakeup, wakeup->descriptors[TIMER]) && add(wakeup, wakeup->descriptors[PIPE_READ]);
}

Wakeup *
wakeup_create(bool or_none)
{
	Wakeup *wakeup = palloc0(sizeof(*wakeup));

	memset(wakeup->descriptors, -1, sizeof(wakeup->descriptors));
	if (!open_all(wakeup) || (or_none && !descriptor_is_left()))
	{
		release(wakeup);
		pfree(wakeup);
		if (!or_none)
			descriptor_report_none();
		return NULL;
	}
	wakeup->callback.func = release;
	wakeup->callback.arg = wakeup;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &wakeup->callback);
	return wakeup;
}

void
wakeup_end(Wakeup *wakeup)
{
	release(wakeup);
}

int
wakeup_descriptor(const Wakeup *wakeup)
{
	return wakeup->descriptors[INSTANCE];
}

WakeupAddress
wakeup_address(const Wakeup *wakeup)
{
	WakeupAddress address = {.pid = MyProcPid, .descriptor = wakeup->descriptors[PIPE_READ]};
	struct stat	  status;

	if (fstat(address.descriptor, &status) != 0)
		return (WakeupAddress) {0};
	address.device = status.st_dev;
	address.inode = status.st_ino;
	return address;
}

void
wakeup_add_socket(Wakeup *wakeup, int socket)
{
	if (!add(wakeup, socket))
		elog(ERROR, "could not wait for a meter: %m");
}

void
wakeup_after(Wakeup *wakeup, long milliseconds)
{
	struct itimerspec time = {.it_value = {milliseconds / 1000, milliseconds % 1000 * 1000000}};

	if (milliseconds == 0)
		time.it_value.tv_nsec = 1; /* none at all would stop the timer */
	if (timerfd_settime(wakeup->descriptors[TIMER], 0, &time, NULL) != 0)
		elog(ERROR, "could not set a timer: %m");
}

void
wakeup_clear(Wakeup *wakeup)
{
	char bytes[64];

	while (read(wakeup->descriptors[PIPE_READ], bytes, sizeof(bytes)) == sizeof(bytes))
		;
	(void) !read(wakeup->descriptors[TIMER], bytes, sizeof(uint64));
}

int
wakeup_open(const WakeupAddress *address)
{
	char		path[64];
	struct stat status;
	int			descriptor;

	if (address->pid == 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", address->pid, address->descriptor);
	if (stat(path, &status) != 0 || !S_ISFIFO(status.st_mode) || status.st_dev != address->device || status.st_ino != address->inode)
		return -1;
	descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (descriptor >= 0 && (fstat(descriptor, &status) != 0 || status.st_dev != address->device || status.st_ino != address->inode))
	{
		close(descriptor);
		return -1;
	}
	return descriptor;
}

/* A pipe that is full wakes as well. */
void
wakeup_send(int descriptor)
{
	(void) !write(descriptor, "", 1);
}
