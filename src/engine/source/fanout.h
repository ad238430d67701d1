/*
 * fanout.h
 *	  A group of packet sockets, one for each meter of a scan, among which the kernel splits an interface's packets.
 *
 * packet(7), PACKET_FANOUT.  Each packet goes to one socket of the group: fanout_program.h has how that is chosen.  A socket is one
 * that receives from its interface already; while the group forms, its filter should reject all, as every new member changes which
 * socket gets what.
 */
#ifndef ENGINE_SOURCE_FANOUT_H
#define ENGINE_SOURCE_FANOUT_H

#include <stdbool.h>
#include <stdint.h>

/* In the place of a group's number: there is none yet. */
#define FANOUT_NO_GROUP 0

/*
 * Makes the socket the first of a group with a number that no other group of this network namespace has, and sets the program.
 * decode_tunnels: as for decode_frame().  False with errno if the system refuses.
 */
bool fanout_make(int socket, bool decode_tunnels, uint32_t *group);

/* Makes the socket one more of a group.  False with errno if the system refuses. */
bool fanout_join(int socket, uint32_t group);

#endif /* ENGINE_SOURCE_FANOUT_H */
