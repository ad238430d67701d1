/*
 * fanout_program.h
 *	  The program by which the kernel splits an interface's packets among the meters of a scan.
 */
#ifndef ENGINE_SOURCE_FANOUT_PROGRAM_H
#define ENGINE_SOURCE_FANOUT_PROGRAM_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

/* Room that is enough for it. */
#define FANOUT_PROGRAM_MAX 2048

/*
 * Writes the classic BPF program, and returns its length.
 *
 * It gives a number that is the same for all packets of a host, and 0 for what is no IP; the kernel takes it modulo the number of
 * meters.  decode_tunnels: as for decode_frame(), as it says which IP packet of several in a frame is metered.
 */
size_t fanout_program(bool decode_tunnels, struct sock_filter program[FANOUT_PROGRAM_MAX]);

#endif /* ENGINE_SOURCE_FANOUT_PROGRAM_H */
