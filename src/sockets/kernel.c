/*
 * kernel.c
 *	  Asking the kernel for the host's sockets and addresses: netlink.
 *
 * A question is a dump request; the answer is a row of messages, ended by NLMSG_DONE, which libmnl takes apart.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "sockets/kernel.h"

/* A part of an answer is never longer: the kernel looks at what it is read with. */
#define ANSWER_BYTES 32768

/* All states of TCP but TIME_WAIT, and but SYN_RECV, which is a request that no socket has taken yet. */
#define STATES_ASKED_FOR (((1u << (TCP_CLOSING + 1)) - 2) & ~(1u << TCP_TIME_WAIT | 1u << TCP_SYN_RECV))

/* Whoever is told, while an answer is taken apart. */
typedef struct Listener
{
	KernelSocket  socket;
	KernelAddress address;
	void		 *context;
	uint8_t		  protocol; /* of the sockets */
	bool		  refused;	/* the kernel has no such question */
} Listener;

bool
kernel_open(Kernel *kernel)
{
	kernel->number = 0;
	kernel->diagnoses = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	kernel->routes = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	return kernel->diagnoses != NULL && kernel->routes != NULL &&
		   mnl_socket_bind(kernel->diagnoses, 0, MNL_SOCKET_AUTOPID) == 0 &&
		   mnl_socket_bind(kernel->routes, 0, MNL_SOCKET_AUTOPID) == 0;
}

void
kernel_close(Kernel *kernel)
{
	if (kernel->diagnoses != NULL)
		mnl_socket_close(kernel->diagnoses);
	if (kernel->routes != NULL)
		mnl_socket_close(kernel->routes);
}

void
kernel_descriptors(const Kernel *kernel, int descriptors[2])
{
	descriptors[0] = mnl_socket_get_fd(kernel->diagnoses);
	descriptors[1] = mnl_socket_get_fd(kernel->routes);
}

/* Whether a kernel was built without what would answer. */
static bool
is_unknown(const struct nlmsghdr *message)
{
	const struct nlmsgerr *told = mnl_nlmsg_get_payload(message);

	return mnl_nlmsg_get_payload_len(message) >= sizeof(told->error) && told->error == -ENOENT;
}

/*
 * Takes a part of an answer, which may hold many messages; those that have another number are the rest of an answer that was
 * given up.  False once the answer is over, and then *complete tells whether all was told: the kernel marks its messages if
 * something changed while it told them.
 */
static bool
take_part(char *part, ssize_t bytes, uint32_t number, mnl_cb_t take, Listener *listener, bool *complete)
{
	int left = (int) bytes;

	for (const struct nlmsghdr *message = (struct nlmsghdr *) part; mnl_nlmsg_ok(message, left);
		 message = mnl_nlmsg_next(message, &left))
	{
		if (message->nlmsg_seq != number)
			continue;
		if (message->nlmsg_type == NLMSG_ERROR)
		{
			listener->refused = is_unknown(message);
			*complete = listener->refused;
		}
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			*complete = false;
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
			return false;
		if (message->nlmsg_type >= NLMSG_MIN_TYPE)
			take(message, listener);
	}
	return true;
}

static bool
ask(Kernel *kernel, struct mnl_socket *socket, struct nlmsghdr *question, mnl_cb_t take, Listener *listener)
{
	static char answer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool		complete = true;
	ssize_t		bytes;

	question->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	question->nlmsg_seq = ++kernel->number;
	if (mnl_socket_sendto(socket, question, question->nlmsg_len) < 0)
		return false;
	do
		bytes = mnl_socket_recvfrom(socket, answer, sizeof(answer));
	while (bytes > 0 && take_part(answer, bytes, question->nlmsg_seq, take, listener, &complete));
	return complete && bytes > 0;
}

/* --------------------------------------------------------------------------------------------------------------- sockets */

static int
take_attribute(const struct nlattr *attribute, void *context)
{
	uint8_t *only_ipv6 = context;

	if (mnl_attr_get_type(attribute) == INET_DIAG_SKV6ONLY && mnl_attr_validate(attribute, MNL_TYPE_U8) >= 0)
		*only_ipv6 = mnl_attr_get_u8(attribute);
	return MNL_CB_OK;
}

static bool
is_all_zeros(const uint8_t address[SOCKET_ADDRESS_BYTES])
{
	static const uint8_t zeros[SOCKET_ADDRESS_BYTES];

	return memcmp(address, zeros, sizeof(zeros)) == 0;
}

static int
take_socket(const struct nlmsghdr *message, void *context)
{
	const Listener				  *listener = context;
	const struct inet_diag_msg	  *told = mnl_nlmsg_get_payload(message);
	const struct inet_diag_sockid *ends = &told->id;
	SocketKey					   key = {.protocol = listener->protocol};
	unsigned					   bytes;
	uint8_t						   only_ipv6 = 0;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*told) || ends->idiag_sport == 0)
		return MNL_CB_OK;
	bytes = told->idiag_family == AF_INET ? 4 : SOCKET_ADDRESS_BYTES;
	key.local_port = ntohs(ends->idiag_sport);
	key.remote_port = ntohs(ends->idiag_dport);
	socket_address(key.local, (const uint8_t *) ends->idiag_src, bytes);
	if (key.remote_port != 0)
		socket_address(key.remote, (const uint8_t *) ends->idiag_dst, bytes);
	listener->socket(listener->context, &key, told->idiag_inode);
	if (told->idiag_family != AF_INET6 || key.remote_port != 0 || !is_all_zeros(key.local))
		return MNL_CB_OK;
	if (mnl_attr_parse(message, sizeof(*told), take_attribute, &only_ipv6) >= 0 && only_ipv6 == 0)
	{
		socket_address(key.local, key.local, 4);
		listener->socket(listener->context, &key, told->idiag_inode);
	}
	return MNL_CB_OK;
}

bool
kernel_sockets(Kernel *kernel, KernelSocket told, void *context)
{
	static const uint8_t families[] = {AF_INET, AF_INET6},
						 protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
	bool complete = true,
		 answered = false;

	for (size_t i = 0; i < sizeof(families); i++)
		for (size_t j = 0; j < sizeof(protocols); j++)
		{
			char					 room[MNL_ALIGN(sizeof(struct nlmsghdr)) + MNL_ALIGN(sizeof(struct inet_diag_req_v2))];
			struct nlmsghdr			*question = mnl_nlmsg_put_header(room);
			struct inet_diag_req_v2 *asked = mnl_nlmsg_put_extra_header(question, sizeof(*asked));
			Listener				 listener = {.socket = told, .context = context, .protocol = protocols[j]};

			question->nlmsg_type = SOCK_DIAG_BY_FAMILY;
			asked->sdiag_family = families[i];
			asked->sdiag_protocol = protocols[j];
			asked->idiag_states = STATES_ASKED_FOR;
			complete &= ask(kernel, kernel->diagnoses, question, take_socket, &listener);
			answered |= !listener.refused;
		}
	return complete && answered;
}

/* ------------------------------------------------------------------------------------------------------------- addresses */

/* On a link between two, IFA_ADDRESS is the other's. */
static int
take_address(const struct nlmsghdr *message, void *context)
{
	const Listener		   *listener = context;
	const struct ifaddrmsg *told = mnl_nlmsg_get_payload(message);
	const struct nlattr	   *attribute,
		*own = NULL;
	uint8_t	 address[SOCKET_ADDRESS_BYTES];
	unsigned bytes;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*told) || (told->ifa_family != AF_INET && told->ifa_family != AF_INET6))
		return MNL_CB_OK;
	bytes = told->ifa_family == AF_INET ? 4 : SOCKET_ADDRESS_BYTES;
	mnl_attr_for_each(attribute, message, sizeof(*told))
	{
		if (mnl_attr_get_payload_len(attribute) != bytes)
			continue;
		if (mnl_attr_get_type(attribute) == IFA_LOCAL || (mnl_attr_get_type(attribute) == IFA_ADDRESS && own == NULL))
			own = attribute;
	}
	if (own != NULL)
	{
		socket_address(address, mnl_attr_get_payload(own), bytes);
		listener->address(listener->context, address);
	}
	return MNL_CB_OK;
}

bool
kernel_addresses(Kernel *kernel, KernelAddress told, void *context)
{
	char			 room[MNL_ALIGN(sizeof(struct nlmsghdr)) + MNL_ALIGN(sizeof(struct ifaddrmsg))];
	struct nlmsghdr *question = mnl_nlmsg_put_header(room);
	Listener		 listener = {.address = told, .context = context};

	mnl_nlmsg_put_extra_header(question, sizeof(struct ifaddrmsg));
	question->nlmsg_type = RTM_GETADDR;
	return ask(kernel, kernel->routes, question, take_address, &listener);
}
