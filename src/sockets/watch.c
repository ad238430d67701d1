/*
 * watch.c
 *	  Looking at the host's sockets again and again.
 *
 * A look asks the kernel for all sockets, which costs microseconds each; only for those that are new a process is looked for,
 * which means a walk over /proc.  While that one's child is silent, the looks go on without it.
 */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sockets/names.h"
#include "sockets/watch.h"

/* From one look at the host's addresses to the next. */
#define ADDRESSES_MS 1000

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

static void
see_socket(void *context, const SocketKey *key, uint32_t inode)
{
	keeper_see(context, key, inode);
}

static void
see_address(void *context, const uint8_t address[SOCKET_ADDRESS_BYTES])
{
	keeper_see_address(context, address);
}

static void
note_silence(const Watch *with, bool silent)
{
	__atomic_store_n(&with->table->finder_silent, silent, __ATOMIC_RELAXED);
}

/* Finds the processes of what is new; as many at a time as there is room for.  False if nobody is there to find them. */
static bool
find_processes(const Watch *with)
{
	static uint32_t inodes[KEEPER_WANTED_MAX];
	static int32_t	pids[KEEPER_WANTED_MAX];
	uint32_t		count;

	if (finder_is_silent(with->finder))
		return true;
	do
	{
		count = keeper_wanted(with->keeper, inodes);
		if (count == 0)
			return true;
		switch (finder_find(with->finder, with->owner, inodes, count, pids))
		{
			case FINDER_GONE:
				return false;
			case FINDER_SILENT:
				note_silence(with, true);
				return true;
			case FINDER_ANSWERS:
				break;
		}
		for (uint32_t i = 0; i < count; i++)
		{
			char name[SOCKET_NAME_MAX + 1];

			if (pids[i] <= 0)
				continue;
			name_of_process(pids[i], name);
			keeper_found(with->keeper, inodes[i], pids[i], name);
		}
	} while (count == KEEPER_WANTED_MAX);
	return true;
}

/* Waits for the next look; false if there is none, as the owner is gone, which says nothing else, or the child: then *status says so. */
static bool
wait_for_next(const Watch *with, int *status)
{
	struct pollfd ready[] = {{.fd = with->owner, .events = POLLIN}, {.fd = finder_descriptor(with->finder), .events = POLLIN}};

	*status = EXIT_SUCCESS;
	if (poll(ready, 2, with->poll_ms > INT_MAX ? INT_MAX : (int) with->poll_ms) == 0)
		return true;
	if (ready[0].revents != 0)
		return false;
	*status = SOCKETS_EXIT_FINDER;
	if (finder_word(with->finder) == FINDER_GONE)
		return false;
	note_silence(with, false);
	return true;
}

int
watch(const Watch *with)
{
	uint64_t addresses_at = 0;
	bool	 is_first = true;
	int		 status;

	do
	{
		uint64_t now = now_ms();
		bool	 complete;

		if (is_first || now - addresses_at >= ADDRESSES_MS)
		{
			keeper_begin_addresses(with->keeper);
			if (kernel_addresses(with->kernel, see_address, with->keeper))
				keeper_end_addresses(with->keeper, now);
			addresses_at = now;
		}
		keeper_begin_look(with->keeper, now);
		complete = kernel_sockets(with->kernel, see_socket, with->keeper);
		if (is_first && !complete)
			return SOCKETS_EXIT_KERNEL;
		keeper_end_look(with->keeper, complete, now_ms());
		if (!find_processes(with))
			return SOCKETS_EXIT_FINDER;
		if (is_first && write(with->owner, "", 1) != 1)
			return EXIT_SUCCESS;
		is_first = false;
	} while (wait_for_next(with, &status));
	return status;
}
