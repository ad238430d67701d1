/*
 * interfaces.c
 *	  nfstream_interfaces(): the interfaces of this host, and whether the caller may capture from them.
 *
 * Whoever may not capture from an interface does not learn that it is there, unless he is a member of pg_monitor.
 *
 * They are those of the network namespace in which the server is, whatever is mounted at /sys: the kernel is asked for the links
 * and their addresses over netlink, and for a link's flags and hardware by ioctl(), as getifaddrs() leaves out the hardware of links
 * that have no address of their own, as tun's.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inet.h"
#include "utils/tuplestore.h"

#include "pg/base/encoding.h"
#include "pg/options/privileges.h"

/* Stands for all interfaces of a host. */
#define ANY_INTERFACE "any"

/* Of frames that come with a header of the kernel's making, for want of one that is known. */
#define COOKED "LINUX_SLL"

PG_FUNCTION_INFO_V1(nfstream_interfaces);

typedef struct Caller
{
	bool  sees_all;
	bool  may_all;
	List *may; /* names of interfaces, unless it is all */
} Caller;

/* What the kernel says. */
typedef struct Kernel
{
	int					 socket;
	struct if_nameindex *links;
	struct ifaddrs		*addresses;
} Kernel;

/*
 * The link type of a capture from hardware of this type (ARPHRD_*), by the name that libpcap has for it, and tcpdump shows:
 * as libpcap chooses it.
 */
static const char *
link_type_name(unsigned short hardware)
{
	static const struct
	{
		unsigned short hardware;
		const char	  *name;
	} link_types[] = {
		{ARPHRD_ETHER, "EN10MB"},
		{ARPHRD_LOOPBACK, "EN10MB"},
		{ARPHRD_METRICOM, "EN10MB"},
		{ARPHRD_NONE, "RAW"},
		{ARPHRD_TUNNEL, "RAW"},
		{ARPHRD_SIT, "RAW"},
		{ARPHRD_SLIP, "RAW"},
		{ARPHRD_CSLIP, "RAW"},
		{ARPHRD_SLIP6, "RAW"},
		{ARPHRD_CSLIP6, "RAW"},
		{ARPHRD_ADAPT, "RAW"},
		{ARPHRD_RAWHDLC, "RAW"},
		{ARPHRD_DLCI, "RAW"},
		{ARPHRD_IEEE80211, "IEEE802_11"},
		{ARPHRD_IEEE80211_PRISM, "PRISM_HEADER"},
		{ARPHRD_IEEE80211_RADIOTAP, "IEEE802_11_RADIO"},
		{ARPHRD_IEEE802, "IEEE802"},
		{ARPHRD_IEEE802_TR, "IEEE802"},
		{ARPHRD_IEEE802154, "IEEE802_15_4_NOFCS"},
		{ARPHRD_CISCO, "C_HDLC"},
		{ARPHRD_FRAD, "FRELAY"},
		{ARPHRD_FDDI, "FDDI"},
		{280 /* ARPHRD_CAN, which not all headers have */, "CAN_SOCKETCAN"},
		{ARPHRD_ARCNET, "ARCNET_LINUX"},
		{ARPHRD_FCPP, "FC_2"},
		{ARPHRD_FCAL, "FC_2"},
		{ARPHRD_FCPL, "FC_2"},
		{ARPHRD_FCFABRIC, "FC_2"},
		{ARPHRD_IRDA, "LINUX_IRDA"},
		{824 /* ARPHRD_NETLINK */, "NETLINK"},
		{826 /* ARPHRD_VSOCKMON */, "VSOCK"},
	};

	for (int i = 0; i < lengthof(link_types); i++)
		if (link_types[i].hardware == hardware)
			return link_types[i].name;
	return COOKED;
}

/* The length of the prefix whose mask this is. */
static int
prefix_length(const uint8 *mask, int bytes)
{
	int bits = 0;

	for (int i = 0; i < bytes; i++)
		bits += pg_number_of_ones[mask[i]];
	return bits;
}

/* The address of an entry as an inet, with the prefix of its network; false if it is none of IP's. */
static bool
address_of(const struct ifaddrs *entry, Datum *address)
{
	char		text[INET6_ADDRSTRLEN + sizeof("/128")];
	int			family = entry->ifa_addr != NULL ? entry->ifa_addr->sa_family : AF_UNSPEC;
	const void *bytes,
		*mask = NULL;
	int length;

	if (family == AF_INET)
	{
		bytes = &((struct sockaddr_in *) entry->ifa_addr)->sin_addr;
		if (entry->ifa_netmask != NULL)
			mask = &((struct sockaddr_in *) entry->ifa_netmask)->sin_addr;
		length = sizeof(struct in_addr);
	}
	else if (family == AF_INET6)
	{
		/* The zone of a link-local address is left out: it is the interface. */
		bytes = &((struct sockaddr_in6 *) entry->ifa_addr)->sin6_addr;
		if (entry->ifa_netmask != NULL)
			mask = &((struct sockaddr_in6 *) entry->ifa_netmask)->sin6_addr;
		length = sizeof(struct in6_addr);
	}
	else
		return false;
	if (inet_ntop(family, bytes, text, INET6_ADDRSTRLEN) == NULL)
		return false;
	snprintf(text + strlen(text), sizeof("/128"), "/%d", mask != NULL ? prefix_length(mask, length) : length * BITS_PER_BYTE);
	*address = DirectFunctionCall1(inet_in, CStringGetDatum(text));
	return true;
}

/* Whether an entry is of this interface; the name of an IPv4 address may have a label after it: eth0:1. */
static bool
is_of(const struct ifaddrs *entry, const char *interface)
{
	size_t length = strlen(interface);

	return strncmp(entry->ifa_name, interface, length) == 0 && (entry->ifa_name[length] == '\0' || entry->ifa_name[length] == ':');
}

/* All addresses of an interface, as inet[]. */
static Datum
addresses_of(const struct ifaddrs *entries, const char *interface)
{
	ArrayBuildState *state = initArrayResult(INETOID, CurrentMemoryContext, false);
	Datum			 address;

	for (const struct ifaddrs *entry = entries; entry != NULL; entry = entry->ifa_next)
		if (is_of(entry, interface) && address_of(entry, &address))
			state = accumArrayResult(state, address, false, INETOID, CurrentMemoryContext);
	return makeArrayResult(state, CurrentMemoryContext);
}

static bool
may_capture(const Caller *caller, const char *interface)
{
	ListCell *cell;

	if (caller->may_all)
		return true;
	foreach(cell, caller->may)
		if (strcmp(lfirst(cell), interface) == 0)
			return true;
	return false;
}

static void
put_interface(ReturnSetInfo *result, const Caller *caller, const Kernel *kernel, const char *name, bool is_up, const char *link_type)
{
	bool  may = may_capture(caller, name);
	Datum values[5];
	bool  nulls[5] = {false};

	if (!may && !caller->sees_all)
		return;
	values[0] = CStringGetTextDatum(encoding_valid(name));
	values[1] = BoolGetDatum(is_up);
	values[2] = CStringGetTextDatum(link_type);
	values[3] = addresses_of(kernel->addresses, name);
	values[4] = BoolGetDatum(may);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* A link that is gone since is left out. */
static void
put_link(ReturnSetInfo *result, const Caller *caller, const Kernel *kernel, const char *name)
{
	struct ifreq flags,
		hardware;

	memset(&flags, 0, sizeof(flags));
	memset(&hardware, 0, sizeof(hardware));
	strlcpy(flags.ifr_name, name, sizeof(flags.ifr_name));
	strlcpy(hardware.ifr_name, name, sizeof(hardware.ifr_name));
	if (ioctl(kernel->socket, SIOCGIFFLAGS, &flags) == 0 && ioctl(kernel->socket, SIOCGIFHWADDR, &hardware) == 0)
		put_interface(result, caller, kernel, name, (flags.ifr_flags & IFF_UP) != 0, link_type_name(hardware.ifr_hwaddr.sa_family));
}

static void
ask_kernel(Kernel *kernel)
{
	kernel->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (kernel->socket < 0 || (kernel->links = if_nameindex()) == NULL || getifaddrs(&kernel->addresses) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYSTEM_ERROR),
				 errmsg("could not look up the interfaces of this host: %m")));
}

static void
forget(Kernel *kernel)
{
	if (kernel->addresses != NULL)
		freeifaddrs(kernel->addresses);
	if (kernel->links != NULL)
		if_freenameindex(kernel->links);
	if (kernel->socket >= 0)
		close(kernel->socket);
}

/* nfstream_interfaces() → (name text, up boolean, link_type text, addresses inet[], may_capture boolean) */
Datum
nfstream_interfaces(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Kernel		   kernel = {.socket = -1};
	Caller		   caller = {
				.sees_all = has_privs_of_role(GetUserId(), ROLE_PG_MONITOR),
				.may_all = superuser(),
	};

	InitMaterializedSRF(fcinfo, 0);
	if (!caller.may_all)
		caller.may = privileges_interfaces_of(GetUserId());
	PG_TRY();
	{
		ask_kernel(&kernel);
		for (const struct if_nameindex *link = kernel.links; link->if_index != 0; link++)
			put_link(result, &caller, &kernel, link->if_name);
		put_interface(result, &caller, &kernel, ANY_INTERFACE, true, COOKED);
	}
	PG_FINALLY();
	{
		forget(&kernel);
	}
	PG_END_TRY();
	return (Datum) 0;
}
