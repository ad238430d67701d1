/*
 * filter_dump.c
 *	  Which packets of a capture pass a BPF filter: for filter_differential.py.
 *
 *	  filter_dump [--libpcap] CAPTURE < FILTERS
 *
 * With --libpcap it does what tcpdump does, and nothing of the engine's but names: pcap_open_offline(),
 * pcap_compile(), pcap_next_ex().
 *
 * Prints a line for each filter, which are lines too: the numbers of the packets that pass, from 1, and "unfit at N: REASON" if
 * it does not fit packet N, or the file; then one line with the number of all packets.  A capture that cannot be opened ends it with status 1.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/decode/filter.h"
#include "engine/decode/names.h"
#include "engine/source/capture.h"

static void
open_capture(Capture *capture, const char *path, FailureMessage *failure)
{
	int			descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (descriptor < 0 || fstat(descriptor, &status) != 0 ||
		!capture_open(capture, descriptor, (uint64_t) status.st_size, 0, failure))
	{
		fprintf(stderr, "%s: %s\n", path, failure->text);
		exit(EXIT_FAILURE);
	}
}

/* The link type that decides where there is no packet. */
static uint32_t
first_link_type(const Capture *capture)
{
	if (capture->one_link_type)
		return capture->link_type;
	return capture->interface_count > 0 ? capture->interfaces[0].link_type : 1;
}

static void
dump(const char *path, const char *text)
{
	Filter		  *filter = filter_start(text, strlen(text));
	FailureMessage failure = {0};
	Capture		   capture;
	Frame		   frame;
	bool		   fits = true;

	open_capture(&capture, path, &failure);
	while (fits && capture_next(&capture, &frame) == CAPTURE_FRAME)
		switch (filter_run(filter, &frame))
		{
			case FILTER_PASSED:
				printf("%" PRIu64 " ", capture.frames);
				break;
			case FILTER_REFUSED:
				break;
			case FILTER_UNFIT:
				fits = filter_fits(filter, frame.link_type, capture.swapped, &failure);
				break;
		}
	if (capture.frames == 0)
		fits = filter_fits(filter, first_link_type(&capture), capture.swapped, &failure);
	if (!fits)
		printf("unfit at %" PRIu64 ": %s", capture.frames, failure.text);
	puts("");
	capture_close(&capture);
	filter_free(filter);
}

/* The same by libpcap alone; a filter that is NULL passes everything. */
static uint64_t
dump_by_libpcap(const char *path, const char *text)
{
	char				reason[PCAP_ERRBUF_SIZE];
	pcap_t			   *pcap = pcap_open_offline(path, reason);
	struct bpf_program	program = {0};
	struct pcap_pkthdr *header;
	const u_char	   *bytes;
	uint64_t			number = 0;

	if (pcap == NULL)
	{
		fprintf(stderr, "%s: %s\n", path, reason);
		exit(EXIT_FAILURE);
	}
	if (text != NULL && pcap_compile(pcap, &program, text, 1, 0xffffff00) != 0)
		printf("unfit at 0: %s\n", pcap_geterr(pcap));
	else
	{
		while (pcap_next_ex(pcap, &header, &bytes) == 1)
		{
			number++;
			if (text != NULL && pcap_offline_filter(&program, header, bytes) != 0)
				printf("%" PRIu64 " ", number);
		}
		if (text != NULL)
			puts("");
	}
	pcap_freecode(&program);
	pcap_close(pcap);
	return number;
}

static uint64_t
count(const char *path)
{
	FailureMessage failure = {0};
	Capture		   capture;
	Frame		   frame;
	uint64_t	   frames;

	open_capture(&capture, path, &failure);
	while (capture_next(&capture, &frame) == CAPTURE_FRAME)
		continue;
	frames = capture.frames;
	capture_close(&capture);
	return frames;
}

int
main(int argc, char **argv)
{
	static char text[65536];
	bool		by_libpcap = argc == 3 && strcmp(argv[1], "--libpcap") == 0;
	const char *path = argv[argc - 1];

	if (argc != 2 && !by_libpcap)
		return 2;
	names_load();
	while (fgets(text, sizeof(text), stdin) != NULL)
	{
		text[strcspn(text, "\n")] = '\0';
		if (by_libpcap)
			dump_by_libpcap(path, text);
		else
			dump(path, text);
	}
	printf("%" PRIu64 "\n", by_libpcap ? dump_by_libpcap(path, NULL) : count(path));
	return EXIT_SUCCESS;
}
