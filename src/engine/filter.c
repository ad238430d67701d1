/*
 * filter.c
 *	  BPF filters, compiled and run by libpcap.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/capture.h"
#include "engine/decode.h"
#include "engine/filter.h"
#include "engine/memory.h"

/* What libpcap's users pass where a filter does not ask for broadcasts. */
#define FILTER_NETMASK	0xffffff00u

typedef struct Program
{
	uint32_t	link_type;
	bool		compiled;
	struct bpf_program code;
	char		reason[PCAP_ERRBUF_SIZE];	/* why not */
} Program;

struct Filter
{
	unsigned	count;
	Program		programs[];
};

static void
compile(Program *program, const char *text)
{
	pcap_t	   *pcap = pcap_open_dead((int) program->link_type, (int) CAPTURE_SNAPSHOT_MAX);

	if (pcap == NULL)
	{
		snprintf(program->reason, sizeof(program->reason), "libpcap is out of memory");
		return;
	}
	program->compiled = pcap_compile(pcap, &program->code, text, 1, FILTER_NETMASK) == 0;
	if (!program->compiled)
		snprintf(program->reason, sizeof(program->reason), "%s", pcap_geterr(pcap));
	pcap_close(pcap);
}

Filter *
filter_compile(const char *text, size_t length)
{
	char	   *terminated = memory_get(length + 1);
	unsigned	count = 0;
	uint32_t	link_type;
	Filter	   *filter;

	memcpy(terminated, text, length);
	while (decode_link_type(count, &link_type))
		count++;
	filter = memory_get(sizeof(*filter) + count * sizeof(Program));
	filter->count = count;
	for (unsigned i = 0; i < count; i++)
	{
		decode_link_type(i, &filter->programs[i].link_type);
		compile(&filter->programs[i], terminated);
	}
	free(terminated);
	return filter;
}

void
filter_free(Filter *filter)
{
	for (unsigned i = 0; i < filter->count; i++)
		if (filter->programs[i].compiled)
			pcap_freecode(&filter->programs[i].code);
	free(filter);
}

static const Program *
program_for(const Filter *filter, uint32_t link_type)
{
	for (unsigned i = 0; i < filter->count; i++)
		if (filter->programs[i].link_type == link_type)
			return &filter->programs[i];
	return NULL;
}

/* For a link type that is not decoded: one that compiled, if any did. */
static const Program *
any_program(const Filter *filter)
{
	for (unsigned i = 0; i < filter->count; i++)
		if (filter->programs[i].compiled)
			return &filter->programs[i];
	return &filter->programs[filter->count - 1];
}

FilterResult
filter_run(const Filter *filter, const Frame *frame)
{
	const Program *program = program_for(filter, frame->link_type);
	struct pcap_pkthdr header = {.caplen = frame->captured_length, .len = frame->wire_length};

	if (program == NULL)
		return FILTER_PASSED;
	if (!program->compiled)
		return FILTER_UNFIT;
	return pcap_offline_filter(&program->code, &header, frame->bytes) != 0 ? FILTER_PASSED : FILTER_REFUSED;
}

bool
filter_fits(const Filter *filter, uint32_t link_type, FailureMessage *failure)
{
	const Program *program = program_for(filter, link_type);

	if (program == NULL)
		program = any_program(filter);
	if (program->compiled)
		return true;
	memset(failure, 0, sizeof(*failure));
	failure->code = FAILURE_FILTER;
	failure->file = FAILURE_NO_FILE;
	snprintf(failure->text, sizeof(failure->text), "%s", program->reason);
	return false;
}

const char *
filter_version(void)
{
	return pcap_lib_version();
}
