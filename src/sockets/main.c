/*
 * main.c
 *	  nfstream_sockets: which process of this host has which socket.
 *
 * Started by the server for a scan that asks for processes, with a socket as its standard input and the table's memory.  It looks
 * at the host's sockets until its owner closes the socket.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "meter/sandbox.h"
#include "sockets/walls.h"
#include "sockets/watch.h"

static bool
receive_order(SocketsOrder *order)
{
	ssize_t length;

	do
		length = recv(STDIN_FILENO, order, sizeof(*order), MSG_WAITALL);
	while (length < 0 && errno == EINTR);
	return length == sizeof(*order) && order->version == SOCKET_TABLE_VERSION;
}

int
main(int argc, char **argv)
{
	static const int others[] = {STDIN_FILENO, SOCKET_TABLE_DESCRIPTOR, -1};
	SocketsOrder	 order;
	Kernel			 kernel = {.number = 0};
	WatcherFiles	 files = {.owner = STDIN_FILENO};
	Watch			 with = {.kernel = &kernel, .owner = STDIN_FILENO};
	SocketTable		*table;
	uint64_t		 seed;
	int				 status;

	(void) argv;
	if (argc > 1 || !receive_order(&order))
	{
		fprintf(stderr, "nfstream_sockets is started by the server, for foreign tables with system_visibility_mode '1'.\n");
		return SOCKETS_EXIT_ORDER;
	}
	if (!sandbox_prepare((pid_t) order.owner_pid, SOCKET_TABLE_DESCRIPTOR + 1))
		return SOCKETS_EXIT_SANDBOX;

	/* Before there is anything that the child should not have. */
	with.finder = finder_start(others);
	if (with.finder == NULL)
		return SOCKETS_EXIT_FINDER;

	table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, SOCKET_TABLE_DESCRIPTOR, 0);
	if (table == MAP_FAILED || getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return SOCKETS_EXIT_ORDER;
	close(SOCKET_TABLE_DESCRIPTOR);
	with.keeper = keeper_start(table, seed, order.keep_ms);
	if (with.keeper == NULL || !kernel_open(&kernel))
		return SOCKETS_EXIT_KERNEL;
	with.table = table;
	with.poll_ms = order.poll_ms;
	table->sees_all = finder_sees_all(with.finder);

	files.finder = finder_descriptor(with.finder);
	kernel_descriptors(&kernel, files.kernel);
	if (walls_of_watcher(&files, WALLS_MEMORY) != NULL)
		return SOCKETS_EXIT_SANDBOX;
	status = watch(&with);
	finder_end(with.finder);
	return status;
}
