/*
 * kernel.h
 *	  Asking the kernel for the host's sockets and addresses: netlink.
 */
#ifndef SOCKETS_KERNEL_H
#define SOCKETS_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/socket_table.h"

/* Netlink sockets, as libmnl has them. */
typedef struct Kernel
{
	struct mnl_socket *diagnoses;
	struct mnl_socket *routes;
	uint32_t		   number; /* of the last question */
} Kernel;

typedef void (*KernelSocket)(void *context, const SocketKey *key, uint32_t inode);
typedef void (*KernelAddress)(void *context, const uint8_t address[SOCKET_ADDRESS_BYTES]);

/* Opens the sockets, of the network namespace that the process is in; false with errno. */
bool kernel_open(Kernel *kernel);
void kernel_close(Kernel *kernel);

/* Their descriptors, for the sandbox. */
void kernel_descriptors(const Kernel *kernel, int descriptors[2]);

/*
 * Tells of each TCP and UDP socket, of IPv4 and IPv6, that has a local port: sock_diag(7).  One that listens to both
 * families on all addresses is told twice, with either's address of all addresses.  Connections in TIME_WAIT are passed over,
 * as no process holds them.
 *
 * False if the kernel did not tell all: something changed meanwhile, or it refused.  What it was built without is passed over,
 * if it is not all of it.
 */
bool kernel_sockets(Kernel *kernel, KernelSocket told, void *context);

/* Tells of each address of the host: rtnetlink(7), RTM_GETADDR.  False as above. */
bool kernel_addresses(Kernel *kernel, KernelAddress told, void *context);

#endif /* SOCKETS_KERNEL_H */
