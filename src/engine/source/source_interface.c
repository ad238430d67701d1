/*
 * source_interface.c
 *	  The source that is an interface of this machine.
 *
 * libpcap opens the interface and its ring, memory in which the kernel leaves packets in blocks, and puts back the VLAN tags that a
 * card has taken off.  A block is handed over when it is full, or after BLOCK_TIMEOUT.  libpcap's calls to the system are all made
 * when the interface is opened: afterwards it walks blocks that poll() has said to be there, and asks the system for nothing.
 *
 * Nothing passes before all is ready: the kernel refuses every packet, and what came before it did so is read and forgotten.
 *
 * Time goes on while nothing comes.  A packet has the kernel's time of its arrival, but may lie in a block for BLOCK_TIMEOUT: so it is
 * as late as the wall clock only MARGIN later.
 *
 * Packets that the kernel counts as received are read, dropped because the ring was full, or still in the ring.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "engine/base/memory.h"
#include "engine/source/kernel_filter.h"
#include "engine/source/source_interface.h"

/* ms */
#define BLOCK_TIMEOUT	 20
#define MARGIN			 100 /* of blocks that are handed over late, on a busy machine */
#define TELL_MOST		 100 /* between two signs of life, whether packets come or not */
#define TELL_LEAST		 10	 /* the same, while there are packets now and then */
#define BATCH_TIME		 10
#define AFTER_LAST_BLOCK (2 * BLOCK_TIMEOUT + 10)

/* Packets between two looks at whether there is something to be told: fewer, where a plugin takes its time for each. */
#define BATCH_FIRST 64
#define BATCH_MOST	1024

/* Bytes of the ring, where the request leaves them open; of all memory, the ring may take no more than these parts. */
#define RING_BYTES		  ((uint64_t) 64 << 20)
#define RING_PART		  8
#define RING_PART_AT_MOST 2

/* What a frame may have beside what MTU counts: an Ethernet header, and two VLAN tags. */
#define ETHERNET_BYTES 14
#define TAGS_BYTES	   8

/* The device of libpcap's that is all interfaces. */
#define ALL_INTERFACES "any"

typedef struct SourceInterface
{
	Source			  source;
	char			  name[INTERFACE_BYTES_MAX + 1];
	pcap_t			 *pcap;
	int				  socket;
	uint32_t		  link_type;
	bool			  cooked;	   /* without a link header, but for the one that libpcap puts */
	uint32_t		  ns_per_unit; /* of the parts of a second that libpcap tells */
	uint32_t		  snapshot;
	uint32_t		  longest; /* bytes of a frame that a wire carries */
	KernelFilter	  filter;
	uint64_t		  refused_since; /* ms of the monotonic clock */
	InterfaceListener listener;
	FailureMessage	 *failure;
	bool			  enough; /* no more is taken */
	bool			  closed; /* no more is counted */
	int				  batch;
	uint64_t		  told; /* ms of the monotonic clock, when the engine was told something last besides packets */
	SourceCounters	  counters;
	uint64_t		  packets; /* that were taken */
} SourceInterface;

static uint64_t
clock_ms(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

/* --------------------------------------------------------------------------------------------------------------------- the walk */

/* A packet as libpcap has it, which is in the ring until this returns. */
static void
take_packet(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes)
{
	SourceInterface *self = (SourceInterface *) context;
	const uint32_t	 nanoseconds = (uint32_t) header->ts.tv_usec * self->ns_per_unit;
	const Frame		 frame = {
			 .bytes = bytes,
			 .captured_length = header->caplen,
			 .wire_length = header->len,
			 .link_type = self->link_type,
			 .time = (uint64_t) header->ts.tv_sec * 1000 + nanoseconds / 1000000,
			 .nanoseconds = nanoseconds % 1000000,
	 };

	if (self->enough)
		return;
	self->listener.progress->packet = ++self->packets;
	self->counters.bytes_read += header->caplen;
	self->counters.longer_than_mtu += header->len > self->longest;
	self->enough = !self->source.take(self->source.taker, &frame);
}

/* Reads what the kernel has counted since the last time, which it then forgets. */
static void
read_statistics(SourceInterface *self)
{
	struct tpacket_stats_v3 statistics = {0};
	socklen_t				length = sizeof(statistics);

	/* Those that are dropped are among the packets: packet(7). */
	if (self->counters.received == COUNT_NOT_KNOWN)
		return;
	if (getsockopt(self->socket, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) != 0)
	{
		self->counters.received = self->counters.dropped_by_kernel = COUNT_NOT_KNOWN;
		return;
	}
	self->counters.received += statistics.tp_packets;
	self->counters.dropped_by_kernel += statistics.tp_drops;
}

static void
count_interface(const Source *source, SourceCounters *counters)
{
	SourceInterface *self = (SourceInterface *) source;
	uint64_t		 here;

	if (!self->closed)
		read_statistics(self);
	*counters = self->counters;
	if (counters->received == COUNT_NOT_KNOWN)
		return;
	here = self->packets + counters->dropped_by_kernel;
	if (counters->received < here)
		counters->received = here;
	counters->left_in_ring = counters->received - here;
}

static SourceResult
end(SourceInterface *self, bool give_up)
{
	self->source.give_up = give_up;
	return SOURCE_END;
}

/* Whether the interface has gone, or is only down.  A socket of an interface that is gone has no index any more. */
static FailureCode
why_lost(const SourceInterface *self)
{
	struct sockaddr_ll address = {.sll_ifindex = -1};
	socklen_t		   length = sizeof(address);

	if (getsockname(self->socket, (struct sockaddr *) &address, &length) == 0 && address.sll_ifindex > 0)
		return FAILURE_INTERFACE_DOWN;
	return FAILURE_INTERFACE_GONE;
}

/* Tells which error the socket has, which the kernel then forgets. */
static void
tell_error(const SourceInterface *self, FailureMessage *failure)
{
	int		  error = 0;
	socklen_t length = sizeof(error);

	getsockopt(self->socket, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error == ENETDOWN || error == 0)
		failure_tell(failure, why_lost(self), "", "%s", "");
	else
		failure_tell(failure, FAILURE_INTERFACE_OPEN, "", "%s", strerror(error));
}

/* The socket has an error: takes what is still in the ring, and then tells what has happened. */
static SourceResult
lose(SourceInterface *self)
{
	struct pollfd ring = {.fd = self->socket, .events = POLLIN};

	poll(NULL, 0, AFTER_LAST_BLOCK);
	while (!self->enough && poll(&ring, 1, 0) > 0 && (ring.revents & POLLIN) && pcap_dispatch(self->pcap, BATCH_MOST, take_packet, (u_char *) self) > 0)
		;
	tell_error(self, self->failure);
	return SOURCE_LOST;
}

/* Whether it is as long as this since the engine was told something; if so, it is told now. */
static bool
is_due(SourceInterface *self, uint64_t interval)
{
	uint64_t now = clock_ms(CLOCK_MONOTONIC);

	if (now - self->told < interval)
		return false;
	self->told = now;
	return true;
}

/* Some of the packets that are there.  How many is a matter of how long they take. */
static SourceResult
take_packets(SourceInterface *self)
{
	uint64_t before = clock_ms(CLOCK_MONOTONIC);

	if (pcap_dispatch(self->pcap, self->batch, take_packet, (u_char *) self) < 0)
	{
		failure_tell(self->failure, FAILURE_INTERFACE_OPEN, "", "%s", pcap_geterr(self->pcap));
		return SOURCE_LOST;
	}
	if (clock_ms(CLOCK_MONOTONIC) - before > BATCH_TIME)
		self->batch = self->batch > 1 ? self->batch / 2 : 1;
	else if (self->batch < BATCH_MOST)
		self->batch *= 2;
	return SOURCE_TAKEN;
}

/*
 * The packets that are there, or that it is later than before.  libpcap is called only where poll() has told that there are packets: it
 * would ask the system otherwise.
 */
static SourceResult
next_of_interface(Source *source, Frame *frame)
{
	SourceInterface *self = (SourceInterface *) source;
	int				 wait = 0;

	(void) frame;
	for (;;)
	{
		struct pollfd ready[] = {{.fd = self->socket, .events = POLLIN}, {.fd = self->listener.descriptor, .events = POLLIN}};

		if (source_interrupted)
			return end(self, false);
		if (self->enough)
			return end(self, false);
		if (poll(ready, 2, wait) < 0)
			ready[0].revents = ready[1].revents = 0;
		if (ready[1].revents != 0)
		{
			InterfaceWord word = self->listener.word(self->listener.context);

			if (word != INTERFACE_GO_ON)
				return end(self, word == INTERFACE_GIVE_UP);
		}
		if (ready[0].revents & POLLIN)
		{
			self->source.time = 0;
			return is_due(self, TELL_MOST) ? SOURCE_QUIET : take_packets(self);
		}
		if (ready[0].revents != 0)
			return lose(self);
		self->source.time = clock_ms(CLOCK_REALTIME) - MARGIN;
		if (is_due(self, TELL_LEAST))
			return SOURCE_QUIET;
		wait = TELL_MOST;
	}
}

static void
open_interface(Source *source, const uint32_t *files, uint32_t count, uint64_t most, FailureMessage *failure)
{
	SourceInterface *self = (SourceInterface *) source;

	(void) files;
	(void) count;
	(void) most;
	source->file = 0;
	source->give_up = false;
	self->failure = failure;
}

/* What comes later is no part of the account. */
static void
close_interface(Source *source)
{
	SourceInterface *self = (SourceInterface *) source;

	read_statistics(self);
	self->closed = true;
}

static const SourceKind kind_filtering = {
	.is_live = true,
	.applies_filter = true,
	.open = open_interface,
	.next = next_of_interface,
	.count = count_interface,
	.close = close_interface,
};

/* Whoever walks it runs the filter, as the kernel cannot. */
static const SourceKind kind_unfiltered = {
	.is_live = true,
	.open = open_interface,
	.next = next_of_interface,
	.count = count_interface,
	.close = close_interface,
};

/* ------------------------------------------------------------------------------------------------------------------- the opening */

/* libpcap's code for what went wrong as a failure.  Its texts of rights tell of root, which is not what is needed here. */
static void
fail_to_open(FailureMessage *failure, int status, pcap_t *pcap)
{
	switch (status)
	{
		case PCAP_ERROR_NO_SUCH_DEVICE:
			failure_tell(failure, FAILURE_INTERFACE_UNKNOWN, "", "%s", "");
			break;
		case PCAP_ERROR_PERM_DENIED:
		case PCAP_ERROR_PROMISC_PERM_DENIED:
			failure_tell(failure, FAILURE_INTERFACE_RIGHTS, "", "%s", "");
			break;
		case PCAP_ERROR_IFACE_NOT_UP:
			failure_tell(failure, FAILURE_INTERFACE_DOWN, "", "%s", "");
			break;
		default:
			failure_tell(failure, FAILURE_INTERFACE_OPEN, "", "%s", status == PCAP_ERROR ? pcap_geterr(pcap) : pcap_statustostr(status));
	}
}

/* How large the ring is to be; 0 if it does not fit into the memory of the meter. */
static int
ring_bytes(const MeterRequest *request)
{
	uint64_t bytes = request->socket_buffer_size,
			 good = request->meter_memory / RING_PART;

	if (bytes == 0)
		bytes = good < RING_BYTES ? good : RING_BYTES;
	return bytes > request->meter_memory / RING_PART_AT_MOST ? 0 : (int) bytes;
}

/* How long a frame can be that comes over a wire, as far as its header's length is known: that of 802.11 with radiotap is not. */
static uint32_t
longest_frame(const SourceInterface *self)
{
	struct ifreq question = {0};

	if (self->link_type != DLT_EN10MB && self->link_type != DLT_RAW)
		return UINT32_MAX;

	memcpy(question.ifr_name, self->name, sizeof(self->name));
	if (ioctl(self->socket, SIOCGIFMTU, &question) != 0)
		return UINT32_MAX;
	return (uint32_t) question.ifr_mtu + ETHERNET_BYTES + TAGS_BYTES;
}

/* One of a socket's properties that are numbers; -1: it has none. */
static int
property(int descriptor, int option)
{
	int		  value = -1;
	socklen_t length = sizeof(value);

	return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

static bool
activate(SourceInterface *self, const MeterRequest *request, FailureMessage *failure)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int	 status,
		ring = ring_bytes(request);

	/* libpcap knows names of other things than interfaces. */
	if (strcmp(self->name, ALL_INTERFACES) != 0 && if_nametoindex(self->name) == 0)
	{
		failure_tell(failure, FAILURE_INTERFACE_UNKNOWN, "", "%s", "");
		return false;
	}
	if (ring == 0)
	{
		failure_tell(failure, FAILURE_INTERFACE_OPEN, "", "socket_buffer_size is more than half of meter_memory");
		return false;
	}
	self->pcap = pcap_create(self->name, why);
	if (self->pcap == NULL)
	{
		failure_tell(failure, FAILURE_INTERFACE_OPEN, "", "%s", why);
		return false;
	}
	pcap_set_snaplen(self->pcap, (int) request->snapshot_length);
	pcap_set_promisc(self->pcap, request->promiscuous_mode);
	pcap_set_timeout(self->pcap, BLOCK_TIMEOUT);
	pcap_set_buffer_size(self->pcap, ring);
	(void) pcap_set_tstamp_precision(self->pcap, PCAP_TSTAMP_PRECISION_NANO); /* where there is none: microseconds */
	status = pcap_activate(self->pcap);
	if (status < 0) /* what is above 0 is a warning */
		fail_to_open(failure, status, self->pcap);
	return status >= 0;
}

Source *
source_interface_open(const MeterRequest *request, FailureMessage *failure)
{
	SourceInterface *self = memory_get(sizeof(*self));
	char			 why[PCAP_ERRBUF_SIZE];

	*self = (SourceInterface) {.source.kind = &kind_filtering, .snapshot = request->snapshot_length, .batch = BATCH_FIRST};
	memcpy(self->name, request->interface.bytes, request->interface.length);
	if (activate(self, request, failure))
	{
		self->socket = pcap_fileno(self->pcap);
		self->link_type = (uint32_t) pcap_datalink(self->pcap);
		self->ns_per_unit = pcap_get_tstamp_precision(self->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
		self->cooked = property(self->socket, SO_TYPE) == SOCK_DGRAM;
		self->longest = longest_frame(self);
		if (property(self->socket, SO_DOMAIN) == AF_PACKET && kernel_filter_reject_all(self->socket) && pcap_setnonblock(self->pcap, 1, why) == 0)
		{
			self->refused_since = clock_ms(CLOCK_MONOTONIC);
			kernel_filter_of_all(&self->filter, self->snapshot);
			return &self->source;
		}
		failure_tell(failure, FAILURE_INTERFACE_OPEN, "", "it is no interface that packets can be captured from");
	}
	source_interface_end(&self->source);
	return NULL;
}

void
source_interface_end(Source *source)
{
	SourceInterface *self = (SourceInterface *) source;

	if (self->pcap != NULL)
		pcap_close(self->pcap);
	free(self);
}

int
source_interface_descriptor(const Source *source)
{
	return ((const SourceInterface *) source)->socket;
}

bool
source_interface_is_lost(const Source *source, FailureMessage *failure)
{
	const SourceInterface *self = (const SourceInterface *) source;
	struct pollfd		   ready = {.fd = self->socket};

	if (poll(&ready, 1, 0) <= 0)
		return false;
	tell_error(self, failure);
	return true;
}

static void
forget_packet(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes)
{
	(void) context;
	(void) header;
	(void) bytes;
}

/* What passed before everything was refused is gone afterwards: its last block has been handed over by then. */
static void
drain(SourceInterface *self)
{
	struct pollfd ring = {.fd = self->socket, .events = POLLIN};
	uint64_t	  since = clock_ms(CLOCK_MONOTONIC) - self->refused_since;

	if (since < AFTER_LAST_BLOCK)
		poll(NULL, 0, (int) (AFTER_LAST_BLOCK - since));
	while (poll(&ring, 1, 0) > 0 && (ring.revents & POLLIN) && pcap_dispatch(self->pcap, BATCH_MOST, forget_packet, NULL) > 0)
		;
	read_statistics(self);
	self->counters = (SourceCounters) {0};
}

pcap_t *
source_interface_pcap(Source *source)
{
	return ((SourceInterface *) source)->pcap;
}

void
source_interface_prepare(Source *source, const struct bpf_program *program)
{
	SourceInterface *self = (SourceInterface *) source;
	bool			 is_known = !self->cooked || self->link_type == DLT_LINUX_SLL; /* among the headers that libpcap puts */

	drain(self);
	if (program == NULL || (is_known && kernel_filter_of_program(&self->filter, program, self->cooked, self->snapshot)))
		return;
	kernel_filter_of_all(&self->filter, self->snapshot);
	source->kind = &kind_unfiltered;
}

/* Attaches the filter, for good. */
static bool
let_pass(const SourceInterface *self)
{
	const int on = 1;

	return kernel_filter_attach(self->socket, &self->filter) &&
		   setsockopt(self->socket, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) == 0;
}

bool
source_interface_begin(Source *source, const InterfaceListener *listener, FailureMessage *failure)
{
	SourceInterface *self = (SourceInterface *) source;

	self->listener = *listener;
	if (let_pass(self))
		return true;
	/* A program for which the kernel has no room, libpcap runs as well. */
	kernel_filter_of_all(&self->filter, self->snapshot);
	source->kind = &kind_unfiltered;
	if (let_pass(self))
		return true;
	failure_tell(failure, FAILURE_INTERFACE_OPEN, "", "%s", strerror(errno));
	return false;
}
