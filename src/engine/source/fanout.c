/*
 * fanout.c
 *	  A group of packet sockets among which the kernel splits an interface's packets.
 *
 * The kernel chooses the group's number (PACKET_FANOUT_FLAG_UNIQUEID), which may be 0: that of the project is one more.
 */
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "engine/source/fanout.h"
#include "engine/source/fanout_program.h"

/* Joins the group of this number; flags: PACKET_FANOUT_FLAG_UNIQUEID, or 0. */
static bool
join(int socket, uint32_t number, uint32_t flags)
{
	uint32_t value = number | (PACKET_FANOUT_CBPF | flags) << 16;

	return setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)) == 0;
}

/* The number of the group that the socket is in. */
static bool
read_number(int socket, uint32_t *number)
{
	socklen_t length = sizeof(*number);

	if (getsockopt(socket, SOL_PACKET, PACKET_FANOUT, number, &length) != 0)
		return false;
	*number &= 0xFFFF;
	return true;
}

bool
fanout_make(int socket, bool decode_tunnels, uint32_t *group)
{
	struct sock_filter program[FANOUT_PROGRAM_MAX];
	struct sock_fprog  whole = {.filter = program};
	uint32_t		   number;

	if (!join(socket, 0, PACKET_FANOUT_FLAG_UNIQUEID) || !read_number(socket, &number))
		return false;
	whole.len = (unsigned short) fanout_program(decode_tunnels, program);
	if (setsockopt(socket, SOL_PACKET, PACKET_FANOUT_DATA, &whole, sizeof(whole)) != 0)
		return false;
	*group = number + 1;
	return true;
}

bool
fanout_join(int socket, uint32_t group)
{
	return join(socket, group - 1, 0);
}
