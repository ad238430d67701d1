/*
 * test_kernel.c
 *	  What the kernel tells of sockets and addresses, against sockets of this program's own.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cases.h"
#include "sockets/kernel.h"

typedef struct Seen
{
	SocketKey key;
	uint32_t  inode;
} Seen;

static Seen	 *seen;
static size_t seen_count;
static Kernel kernel;
static bool	  has_loopback4,
	has_loopback6;

static void
note_socket(void *context, const SocketKey *key, uint32_t inode)
{
	(void) context;
	seen = realloc(seen, (seen_count + 1) * sizeof(*seen));
	assert_non_null(seen);
	seen[seen_count++] = (Seen) {*key, inode};
}

static void
note_address(void *context, const uint8_t address[SOCKET_ADDRESS_BYTES])
{
	(void) context;
	has_loopback4 |= memcmp(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16) == 0;
	has_loopback6 |= memcmp(address, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16) == 0;
}

static void
look(void)
{
	seen_count = 0;
	assert_true(kernel_sockets(&kernel, note_socket, NULL));
}

static int
start(void **state)
{
	(void) state;
	return kernel_open(&kernel) ? 0 : -1;
}

static int
end(void **state)
{
	(void) state;
	kernel_close(&kernel);
	free(seen);
	seen = NULL;
	return 0;
}

static uint32_t
inode_of(int descriptor)
{
	struct stat status;

	assert_int_equal(fstat(descriptor, &status), 0);
	return (uint32_t) status.st_ino;
}

/* A socket that is bound to an address of this host, with a port of the kernel's choice, or of the caller's. */
static int
bound(int family, int type, const char *address, uint16_t *port, bool only_ipv6)
{
	struct sockaddr_in	ipv4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port)};
	struct sockaddr	   *name = family == AF_INET ? (struct sockaddr *) &ipv4 : (struct sockaddr *) &ipv6;
	socklen_t			length = family == AF_INET ? sizeof(ipv4) : sizeof(ipv6);
	int					descriptor = socket(family, type, 0);
	int					on = only_ipv6;

	assert_true(descriptor >= 0);
	assert_int_equal(inet_pton(family, address, family == AF_INET ? (void *) &ipv4.sin_addr : (void *) &ipv6.sin6_addr), 1);
	if (family == AF_INET6)
		assert_int_equal(setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	assert_int_equal(bind(descriptor, name, length), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(descriptor, 5), 0);
	assert_int_equal(getsockname(descriptor, name, &length), 0);
	*port = ntohs(family == AF_INET ? ipv4.sin_port : ipv6.sin6_port);
	return descriptor;
}

/* A socket that is connected to a port of 127.0.0.1 or ::1; sets its own port. */
static int
connected(int family, int type, uint16_t to, uint16_t *port)
{
	struct sockaddr_in	ipv4 = {.sin_family = AF_INET, .sin_port = htons(to), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(to), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr	   *name = family == AF_INET ? (struct sockaddr *) &ipv4 : (struct sockaddr *) &ipv6;
	socklen_t			length = family == AF_INET ? sizeof(ipv4) : sizeof(ipv6);
	int					descriptor = socket(family, type, 0);

	assert_int_equal(connect(descriptor, name, length), 0);
	assert_int_equal(getsockname(descriptor, name, &length), 0);
	*port = ntohs(family == AF_INET ? ipv4.sin_port : ipv6.sin6_port);
	return descriptor;
}

/* How often a socket was told with these ends; remote NULL: without a peer.  Its inode must be this. */
static int
times(uint8_t protocol, const char *local, uint16_t local_port, const char *remote, uint16_t remote_port, uint32_t inode)
{
	SocketKey key = {.protocol = protocol, .local_port = local_port, .remote_port = remote_port};
	uint8_t	  bytes[16];
	int		  count = 0;

	socket_address(key.local, bytes, inet_pton(AF_INET, local, bytes) == 1 ? 4 : 16 * (unsigned) inet_pton(AF_INET6, local, bytes));
	if (remote != NULL)
		socket_address(key.remote, bytes, inet_pton(AF_INET, remote, bytes) == 1 ? 4 : 16 * (unsigned) inet_pton(AF_INET6, remote, bytes));
	for (size_t i = 0; i < seen_count; i++)
		if (memcmp(&seen[i].key, &key, sizeof(key)) == 0)
		{
			assert_int_equal(seen[i].inode, inode);
			count++;
		}
	return count;
}

CASE(tcp_and_udp_of_both_families_are_told)
{
	static const int   families[] = {AF_INET, AF_INET6};
	static const char *loopback[] = {"127.0.0.1", "::1"};

	for (int i = 0; i < 2; i++)
		for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++)
		{
			uint8_t	 protocol = type == SOCK_STREAM ? 6 : 17;
			uint16_t port = 0,
					 other_port;
			int server = bound(families[i], type, loopback[i], &port, true),
				client = connected(families[i], type, port, &other_port),
				accepted = -1;

			look();
			assert_int_equal(times(protocol, loopback[i], port, NULL, 0, inode_of(server)), 1);
			assert_int_equal(times(protocol, loopback[i], other_port, loopback[i], port, inode_of(client)), 1);
			if (type == SOCK_STREAM)
			{
				assert_int_equal(times(protocol, loopback[i], port, loopback[i], other_port, 0), 1); /* nobody holds it yet */
				accepted = accept(server, NULL, NULL);
				look();
				assert_int_equal(times(protocol, loopback[i], port, loopback[i], other_port, inode_of(accepted)), 1);
				close(accepted);
			}
			close(client);
			close(server);
		}
}

CASE(a_socket_for_both_families_is_told_for_both)
{
	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++)
	{
		uint8_t	 protocol = type == SOCK_STREAM ? 6 : 17;
		uint16_t port = 0,
				 only_port = 0,
				 client_port;
		int both = bound(AF_INET6, type, "::", &port, false),
			only = bound(AF_INET6, type, "::", &only_port, true),
			client = connected(AF_INET, type, port, &client_port);

		look();
		assert_int_equal(times(protocol, "::", port, NULL, 0, inode_of(both)), 1);
		assert_int_equal(times(protocol, "0.0.0.0", port, NULL, 0, inode_of(both)), 1);
		assert_int_equal(times(protocol, "::", only_port, NULL, 0, inode_of(only)), 1);
		assert_int_equal(times(protocol, "0.0.0.0", only_port, NULL, 0, inode_of(only)), 0);
		if (type == SOCK_STREAM)
		{
			int accepted = accept(both, NULL, NULL);

			look();
			assert_int_equal(times(protocol, "127.0.0.1", port, "127.0.0.1", client_port, inode_of(accepted)), 1);
			close(accepted);
		}
		close(client);
		close(both);
		close(only);
	}
}

/* More than one part of an answer. */
CASE(all_of_many_are_told)
{
	int		 descriptors[600];
	uint16_t ports[LENGTH(descriptors)];

	for (size_t i = 0; i < LENGTH(descriptors); i++)
	{
		ports[i] = 0;
		descriptors[i] = bound(AF_INET, SOCK_DGRAM, "127.0.0.2", &ports[i], false);
	}
	look();
	for (size_t i = 0; i < LENGTH(descriptors); i++)
	{
		assert_int_equal(times(17, "127.0.0.2", ports[i], NULL, 0, inode_of(descriptors[i])), 1);
		close(descriptors[i]);
	}
	look();
	assert_int_equal(times(17, "127.0.0.2", ports[0], NULL, 0, 0), 0);
}

CASE(addresses_are_told)
{
	assert_true(kernel_addresses(&kernel, note_address, NULL));
	assert_true(has_loopback4);
	assert_true(has_loopback6 || access("/proc/net/if_inet6", F_OK) != 0);
}

#define KERNEL_CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		KERNEL_CASE(tcp_and_udp_of_both_families_are_told),
		KERNEL_CASE(a_socket_for_both_families_is_told_for_both),
		KERNEL_CASE(all_of_many_are_told),
		KERNEL_CASE(addresses_are_told),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
