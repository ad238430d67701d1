/*
 * send_at.c
 *	  Sends the packets of a capture over an interface again and again, at a rate that tcpreplay does not reach.
 *
 *	  send_at INTERFACE PACKETS_PER_SECOND SECONDS CAPTURE
 *
 * A rate of 0 is as fast as it goes.  Prints how many packets the kernel took, and how many that were a second.  The capture is one
 * of this machine's byte order, with microseconds.
 */
#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH		  64
#define FILE_HEADER	  24
#define RECORD_HEADER 16

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* The whole file; its length in *length. */
static char *
read_capture(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	char *bytes;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		die(path);
	*length = (size_t) ftell(file);
	rewind(file);
	bytes = malloc(*length);
	if (bytes == NULL || fread(bytes, 1, *length, file) != *length)
		die(path);
	fclose(file);
	return bytes;
}

static int
open_interface(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int) if_nametoindex(name)};
	int				   sender = socket(AF_PACKET, SOCK_RAW, 0), yes = 1;

	if (sender < 0 || address.sll_ifindex == 0 || bind(sender, (struct sockaddr *) &address, sizeof(address)) != 0 ||
		setsockopt(sender, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) != 0)
		die(name);
	return sender;
}

int
main(int count, char **arguments)
{
	struct mmsghdr messages[BATCH] = {0};
	struct iovec  *packets;
	size_t		   length, packet_count = 0;
	char		  *bytes;
	int			   sender;
	double		   rate, seconds, start, elapsed;
	uint64_t	   sent = 0;

	if (count != 5)
		return 2;
	bytes = read_capture(arguments[4], &length);
	packets = calloc(length / RECORD_HEADER + 1, sizeof(*packets));
	for (size_t at = FILE_HEADER; at + RECORD_HEADER <= length; packet_count++)
	{
		uint32_t captured;

		memcpy(&captured, bytes + at + 8, sizeof(captured));
		packets[packet_count] = (struct iovec) {.iov_base = bytes + at + RECORD_HEADER, .iov_len = captured};
		at += RECORD_HEADER + captured;
	}
	sender = open_interface(arguments[1]);
	rate = atof(arguments[2]);
	seconds = atof(arguments[3]);
	start = now();
	while ((elapsed = now() - start) < seconds)
	{
		uint64_t due = rate > 0 ? (uint64_t) (elapsed * rate) - sent : BATCH;
		int		 taken, batch = due < BATCH ? (int) due : BATCH;

		if (rate > 0 && (uint64_t) (elapsed * rate) <= sent)
			continue;
		for (int i = 0; i < batch; i++)
			messages[i].msg_hdr = (struct msghdr) {.msg_iov = &packets[(sent + (uint64_t) i) % packet_count], .msg_iovlen = 1};
		taken = sendmmsg(sender, messages, (unsigned) batch, 0);
		if (taken > 0)
			sent += (uint64_t) taken;
	}
	printf("%llu %.0f\n", (unsigned long long) sent, sent / (now() - start));
	return 0;
}
