/*
 * interface_drops.c
 *	  Packets that an interface has dropped, before the kernel could hand them to anybody.
 *
 * They are what the driver had no buffers for and what came too fast for the card: the sum that libpcap tells as ps_ifdrop and tcpdump
 * as "dropped by interface".  The kernel counts them for the interface, not for a capture, and from when it was made.
 */
#include "postgres.h"

#include <fcntl.h>
#include <net/if.h>
#include <unistd.h>

#include "storage/fd.h"

#include "pg/source/interface_drops.h"

/* A counter of the interface; COUNT_NOT_KNOWN if it cannot be read. */
static uint64
read_counter(const char *interface, const char *counter)
{
	char path[MAXPGPATH],
		text[32], *end;
	int		descriptor;
	ssize_t length;
	uint64	value;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", interface, counter);
	descriptor = OpenTransientFile(path, O_RDONLY);
	if (descriptor < 0)
		return COUNT_NOT_KNOWN;
	length = read(descriptor, text, sizeof(text) - 1);
	CloseTransientFile(descriptor);
	if (length <= 0)
		return COUNT_NOT_KNOWN;
	text[length] = '\0';
	value = strtou64(text, &end, 10);
	return end == text ? COUNT_NOT_KNOWN : value;
}

/* All since the interface was made. */
static uint64
read_drops(unsigned index)
{
	char   name[IF_NAMESIZE];
	uint64 missed,
		fifo;

	if (index == 0 || if_indextoname(index, name) == NULL)
		return COUNT_NOT_KNOWN;
	missed = read_counter(name, "rx_missed_errors");
	fifo = read_counter(name, "rx_fifo_errors");
	return missed == COUNT_NOT_KNOWN || fifo == COUNT_NOT_KNOWN ? COUNT_NOT_KNOWN : missed + fifo;
}

void
interface_drops_start(InterfaceDrops *drops, const char *interface)
{
	drops->index = if_nametoindex(interface);
	drops->before = read_drops(drops->index);
}

uint64
interface_drops_since(const InterfaceDrops *drops)
{
	uint64 now = read_drops(drops->index);

	if (now == COUNT_NOT_KNOWN || drops->before == COUNT_NOT_KNOWN)
		return COUNT_NOT_KNOWN;
	return now >= drops->before ? now - drops->before : now; /* a driver that was started anew counts from 0 */
}
