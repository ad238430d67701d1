/*
 * interface_run.h
 *	  A source that is an interface, in a network namespace of the test's own, and what it gave.
 */
#ifndef INTERFACE_RUN_H
#define INTERFACE_RUN_H

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "engine/decode/decode.h"
#include "engine/decode/filter.h"
#include "engine/source/source_interface.h"

#define PORT		9999
#define OTHER_PORT	9998
#define UDP_HEADERS (ETH_HLEN + 20 + 8)

/* ms in which whatever was sent has come. */
#define LONG_ENOUGH 500

/* Without IPv6 of its own an interface says nothing by itself. */
static const char *const set_up =
	"echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6 && echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6 && ip link set lo up";
static const char *const add_near __attribute__((unused)) = "ip link add near type veth peer name far && ip link set near up && ip link set far up";

/* To PORT. */
static const uint8_t udp_frame[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1,
									  10, 0, 0, 2, 0, 9, 0x27, 0x0F, 0, 8};

static inline void
run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* What a source gave. */
typedef struct Taken
{
	Source		  *source;
	MeterProgress  progress;
	FailureMessage failure;
	int			   pipe[2]; /* on which it is told something */
	InterfaceWord  told;
	uint64_t	   frames;
	uint64_t	   most; /* no more are wanted */
	useconds_t	   slow; /* what each frame takes, microseconds */
	uint64_t	   ports[2];
	uint64_t	   vlans;
	Frame		   latest; /* without its bytes */
	uint64_t	   quiet;
	uint64_t	   quiet_time;
	uint64_t	   quiet_frames; /* when it was quiet for the first time after one */
	SourceResult   result;		 /* the latest */
} Taken;

static inline bool
take(void *taker, const Frame *frame)
{
	Taken *taken = taker;
	Packet packet;

	taken->frames++;
	usleep(taken->slow);
	taken->latest = *frame;
	taken->latest.bytes = NULL;
	if (decode_frame(frame, true, &packet) == NOT_IGNORED)
	{
		taken->ports[0] += packet.destination_port == PORT;
		taken->ports[1] += packet.destination_port == OTHER_PORT;
		taken->vlans += packet.vlan_id == 7;
	}
	return taken->frames != taken->most;
}

static inline InterfaceWord
word(void *context)
{
	Taken *taken = context;
	char   byte;

	assert_int_equal(read(taken->pipe[0], &byte, 1), 1);
	return taken->told;
}

static inline MeterRequest
request_for(const char *interface)
{
	MeterRequest request;

	request_defaults(&request);
	request.interface = (RequestText) {interface, (uint32_t) strlen(interface)};
	request.promiscuous_mode = false;
	return request;
}

static inline void
prepare(Taken *taken, const char *filter_text)
{
	struct bpf_program program;
	Filter			  *filter;

	if (filter_text == NULL)
	{
		source_interface_prepare(taken->source, NULL);
		return;
	}
	filter = filter_start(filter_text, strlen(filter_text));
	if (!filter_compile_live(filter, source_interface_pcap(taken->source), &program, &taken->failure))
		fail_msg("%s", taken->failure.text);
	source_interface_prepare(taken->source, &program);
	pcap_freecode(&program);
	filter_free(filter);
}

static inline void
begin(Taken *taken)
{
	const InterfaceListener listener = {taken->pipe[0], word, taken, &taken->progress};

	assert_true(source_interface_begin(taken->source, &listener, &taken->failure));
	taken->source->take = take;
	taken->source->taker = taken;
	taken->source->kind->open(taken->source, NULL, 0, SOURCE_TO_ITS_END, &taken->failure);
}

static inline void
open_only(Taken *taken, const MeterRequest *request)
{
	*taken = (Taken) {0};
	assert_int_equal(pipe(taken->pipe), 0);
	taken->source = source_interface_open(request, &taken->failure);
	if (taken->source == NULL)
		fail_msg("%u %s", taken->failure.code, taken->failure.text);
}

static inline void
start(Taken *taken, const MeterRequest *request, const char *filter)
{
	open_only(taken, request);
	prepare(taken, filter);
	begin(taken);
}

static inline uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

/* Walks it until it ends, or nothing has come for long enough. */
static inline void
walk(Taken *taken)
{
	uint64_t frames = taken->frames,
			 since = now_ms();
	Frame frame;

	while (now_ms() - since < LONG_ENOUGH)
	{
		taken->result = source_next(taken->source, &frame);
		if (taken->result == SOURCE_QUIET)
		{
			taken->quiet++;
			taken->quiet_time = taken->source->time;
			if (taken->quiet_frames == 0)
				taken->quiet_frames = taken->frames;
		}
		else if (taken->result != SOURCE_TAKEN)
			return;
		if (taken->frames != frames)
			since = now_ms();
		frames = taken->frames;
	}
}

static inline SourceCounters
count(const Taken *taken)
{
	SourceCounters counters;

	taken->source->kind->count(taken->source, &counters);
	return counters;
}

static inline void
stop(Taken *taken)
{
	taken->source->kind->close(taken->source);
	source_interface_end(taken->source);
	close(taken->pipe[0]);
	close(taken->pipe[1]);
}

/* Datagrams over loopback. */
static inline void
send_to(uint16_t port, unsigned datagrams, size_t length)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int						 receiver = socket(AF_INET, SOCK_DGRAM, 0),
		sender = socket(AF_INET, SOCK_DGRAM, 0);
	static const uint8_t bytes[65000];

	/* Somebody who takes them: otherwise ICMP comes back. */
	assert_int_equal(bind(receiver, (const struct sockaddr *) &address, sizeof(address)), 0);
	for (unsigned i = 0; i < datagrams; i++)
		assert_int_equal(sendto(sender, bytes, length, 0, (const struct sockaddr *) &address, sizeof(address)), length);
	close(sender);
	close(receiver);
}

/* A frame into `far`, as it is. */
static inline void
send_frame(const uint8_t *frame, size_t length)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int) if_nametoindex("far")};
	int				   sender = socket(AF_PACKET, SOCK_RAW, 0);

	assert_int_equal(sendto(sender, frame, length, 0, (struct sockaddr *) &address, sizeof(address)), length);
	close(sender);
}

#endif /* INTERFACE_RUN_H */
