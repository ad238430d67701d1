/*
 * filter.c
 *	  BPF filters, compiled and run by libpcap.
 *
 * What libpcap makes of a filter depends on where the packets come from: for a file it allows for the numbers that any
 * system has for IPv6, in the file's byte order, and refuses what only the kernel knows of a packet (`inbound`,
 * `ifindex`).  So each program is compiled for a file: one in memory, with a header of this link type and byte order and
 * no packet.  No other property of a file goes into a program.
 *
 * Programs are compiled when they are needed, in the sandbox, as a filter may come from an attacker like a capture:
 * libpcap needs nothing but memory for it (names.h).  There is at most one for each link type that libpcap knows, some
 * 300, in each of two byte orders; where one does not compile, the scan ends.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/decode/filter.h"
#include "engine/decode/names.h"
#include "engine/source/capture.h"

/* The netmask that libpcap's users pass where a filter does not ask for broadcasts. */
#define FILTER_NETMASK 0xffffff00u

/* Link types are found by their high byte, then by their low one: files have 16 bits for them. */
#define PAGES			256
#define PAGE_LINK_TYPES 256

#define FILE_BYTES		24

typedef struct Program
{
	bool			   compiled;
	struct bpf_program code;
	FailureCode		   failure; /* why not */
	char			   reason[PCAP_ERRBUF_SIZE];
} Program;

struct Filter
{
	char	 *text;
	Program **pages[2][PAGES]; /* by byte order, swapped or not; NULL: no program in it */
};

/* Writes a number of `bytes` bytes, in this machine's byte order or the other one. */
static void
put(uint8_t *to, const void *number, size_t bytes, bool swapped)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = ((const uint8_t *) number)[swapped ? bytes - 1 - i : i];
}

/* A pcap file without packets: its header, which capture_pcap.c has drawn. */
static void
write_file(uint8_t file[FILE_BYTES], uint32_t link_type, bool swapped)
{
	memset(file, 0, FILE_BYTES);
	put(file, &(uint32_t) {0xa1b2c3d4}, 4, swapped);
	put(file + 4, &(uint16_t) {2}, 2, swapped);
	put(file + 6, &(uint16_t) {4}, 2, swapped);
	put(file + 16, &(uint32_t) {CAPTURE_SNAPSHOT_MAX}, 4, swapped);
	put(file + 20, &link_type, 4, swapped);
}

/* That it got no memory, libpcap tells in its text alone. */
static bool
is_out_of_memory(const char *reason)
{
	static const char *const reasons[] = {
		"out of memory", "malloc", "can't parse filter expression: memory exhausted"};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strncmp(reason, reasons[i], strlen(reasons[i])) == 0)
			return true;
	return false;
}

/* Compiles for what comes from `pcap`. */
static void
compile_for(Program *program, const char *text, pcap_t *pcap)
{
	names_forget();
	program->compiled = pcap_compile(pcap, &program->code, text, 1, FILTER_NETMASK) == 0;
	if (!program->compiled)
		snprintf(program->reason, sizeof(program->reason), "%s", pcap_geterr(pcap));
}

/* A program that did not compile says why, unless memory was what it lacked. */
static void
judge(Program *program)
{
	if (program->compiled)
		return;
	if (is_out_of_memory(program->reason))
		memory_exhausted(0);
	program->failure = names_refused() == NULL ? FAILURE_FILTER : FAILURE_FILTER_NAME;
}

static void
compile(Program *program, const char *text, uint32_t link_type, bool swapped)
{
	uint8_t bytes[FILE_BYTES];
	FILE   *file;
	pcap_t *pcap;

	write_file(bytes, link_type, swapped);
	file = fmemopen(bytes, sizeof(bytes), "r");
	if (file == NULL)
		memory_exhausted(0);
	pcap = pcap_fopen_offline(file, program->reason);
	if (pcap == NULL)
		fclose(file);
	else
	{
		compile_for(program, text, pcap);
		pcap_close(pcap); /* and the file */
	}
	judge(program);
}

static const Program *
program_for(Filter *filter, uint32_t link_type, bool swapped)
{
	Program ***page = &filter->pages[swapped][link_type >> 8 & 0xff],
			**program;

	if (*page == NULL)
		*page = memory_get(PAGE_LINK_TYPES * sizeof(**page));
	program = &(*page)[link_type & 0xff];
	if (*program == NULL)
	{
		*program = memory_get(sizeof(**program));
		compile(*program, filter->text, link_type, swapped);
	}
	return *program;
}

Filter *
filter_start(const char *text, size_t length)
{
	Filter *filter = memory_get(sizeof(*filter));

	filter->text = memory_get(length + 1);
	memcpy(filter->text, text, length);
	names_load();
	return filter;
}

static void
free_page(Program **page)
{
	for (int i = 0; i < PAGE_LINK_TYPES; i++)
	{
		if (page[i] != NULL && page[i]->compiled)
			pcap_freecode(&page[i]->code);
		free(page[i]);
	}
	free(page);
}

void
filter_free(Filter *filter)
{
	for (int swapped = 0; swapped < 2; swapped++)
		for (int i = 0; i < PAGES; i++)
			if (filter->pages[swapped][i] != NULL)
				free_page(filter->pages[swapped][i]);
	free(filter->text);
	free(filter);
}

FilterResult
filter_run(Filter *filter, const Frame *frame)
{
	const Program	  *program = program_for(filter, frame->link_type, frame->swapped);
	struct pcap_pkthdr header = {.caplen = frame->captured_length, .len = frame->wire_length};

	if (!program->compiled)
		return FILTER_UNFIT;
	return pcap_offline_filter(&program->code, &header, frame->bytes) != 0 ? FILTER_PASSED : FILTER_REFUSED;
}

/* Whether it compiled; if not, the failure says why. */
static bool
has_compiled(const Program *program, FailureMessage *failure)
{
	if (program->compiled)
		return true;
	return failure_tell(failure, program->failure, "", "%s", program->reason);
}

bool
filter_fits(Filter *filter, uint32_t link_type, bool swapped, FailureMessage *failure)
{
	return has_compiled(program_for(filter, link_type, swapped), failure);
}

bool
filter_compile_live(Filter *filter, pcap_t *pcap, struct bpf_program *code, FailureMessage *failure)
{
	Program program = {0};

	compile_for(&program, filter->text, pcap);
	judge(&program);
	*code = program.code;
	return has_compiled(&program, failure);
}

/* Where the type of what is carried stands in a frame; of other link types it is not known. */
static bool
find_type(const Frame *frame, uint16_t *type)
{
	uint32_t at = frame->link_type == 1 ? 12 : (frame->link_type == 113 ? 14 : 0); /* Ethernet, Linux cooked v1, v2 */

	if ((at == 0 && frame->link_type != 276) || frame->captured_length < at + 2)
		return false;
	*type = (uint16_t) (frame->bytes[at] << 8 | frame->bytes[at + 1]);
	return true;
}

void
filter_count_refused(const Frame *frame, Account *account)
{
	uint16_t type;

	account->counters[COUNTER_PACKETS_FILTERED]++;
	if (!find_type(frame, &type))
		return;
	switch (type)
	{
		case 0x8100:
		case 0x88a8:
		case 0x9100:
		case 0x9200:
			account->counters[COUNTER_FILTERED_VLAN]++;
			break;
		case 0x8847:
		case 0x8848:
			account->counters[COUNTER_FILTERED_MPLS]++;
			break;
		case 0x8864:
			account->counters[COUNTER_FILTERED_PPPOE]++;
			break;
	}
}

const char *
filter_version(void)
{
	return pcap_lib_version();
}
