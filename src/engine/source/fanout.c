/*
 * fanout.c
 *	  A group of packet sockets among which the kernel splits an interface's packets.
 *
 * The kernel chooses the group's number (PACKET_FANOUT_FLAG_UNIQUEID), and whoever joins by it names no more than the number and
 * how the group is made.  The kernel's number may be 0, so that of the project is one more.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "engine/source/fanout.h"
#include "engine/source/fanout_program.h"

/* Linux 5.15. */
#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

static uint32_t
kind_of(const Fanout *fanout)
{
	return PACKET_FANOUT_CBPF | (fanout->arriving_only ? PACKET_FANOUT_FLAG_IGNORE_OUTGOING : 0u);
}

/* Joins the group of this number and kind. */
static bool
join(int socket, uint32_t number, uint32_t kind)
{
	uint32_t value = number | kind << 16;

	return setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)) == 0;
}

/* The number of the group that the socket is in; an error if its kind is another. */
static bool
read_number(int socket, uint32_t kind, uint32_t *number)
{
	uint32_t  value;
	socklen_t length = sizeof(value);

	if (getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, &length) != 0)
		return false;
	*number = value & 0xFFFF;
	if (value >> 16 == kind)
		return true;
	errno = EPROTO;
	return false;
}

bool
fanout_make(int socket, const Fanout *fanout, uint32_t *group)
{
	struct sock_filter program[FANOUT_PROGRAM_MAX];
	struct sock_fprog  whole = {.filter = program};
	uint32_t		   number;

	if (!join(socket, 0, kind_of(fanout) | PACKET_FANOUT_FLAG_UNIQUEID) || !read_number(socket, kind_of(fanout), &number))
		return false;
	whole.len = (unsigned short) fanout_program(fanout->decode_tunnels, program);
	if (setsockopt(socket, SOL_PACKET, PACKET_FANOUT_DATA, &whole, sizeof(whole)) != 0)
		return false;
	*group = number + 1;
	return true;
}

bool
fanout_join(int socket, const Fanout *fanout, uint32_t group)
{
	uint32_t number;

	if (!join(socket, group - 1, kind_of(fanout)) || !read_number(socket, kind_of(fanout), &number))
		return false;
	if (number == group - 1)
		return true;
	errno = EPROTO;
	return false;
}
