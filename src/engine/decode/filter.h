/*
 * filter.h
 *	  BPF filters: the option bpf_filter.
 *
 * A filter is compiled for the link type of the frames that it is run on, and for the byte order of the file that they come
 * from, when the first such frame comes: the packets that pass are those that `tcpdump -r FILE FILTER` keeps.
 */
#ifndef ENGINE_DECODE_FILTER_H
#define ENGINE_DECODE_FILTER_H

#include "engine/source/frame.h"
#include "wire/message.h"

typedef struct Filter Filter;

struct pcap; /* libpcap's */
struct bpf_program;

/*
 * Starts on a filter: reads the names that may stand in it, for which a program must still be able to open files, and
 * compiles nothing.
 *
 * `text` has `length` bytes and need not end in NUL.
 */
Filter *filter_start(const char *text, size_t length);
void	filter_free(Filter *filter);

typedef enum FilterResult
{
	FILTER_PASSED,
	FILTER_REFUSED,
	FILTER_UNFIT /* does not compile, or not for this link type: filter_fits() has the reason */
} FilterResult;

/* Runs the filter on the outer frame, of any link type, whether it is decoded or not. */
FilterResult filter_run(Filter *filter, const Frame *frame);

/* Whether the filter fits frames of this link type, from a file of this byte order; if not, failure has libpcap's reason. */
bool filter_fits(Filter *filter, uint32_t link_type, bool swapped, FailureMessage *failure);

/*
 * Compiles the filter for what comes from an interface, which pcap has open, with all that the kernel knows of a packet.  To be freed
 * with pcap_freecode().  False, with `failure` filled, if it does not compile.
 */
bool filter_compile_live(Filter *filter, struct pcap *pcap, struct bpf_program *program, FailureMessage *failure);

/* Counts a frame that was refused, and also by the header, if any, that hides its IP packet from most filters. */
void filter_count_refused(const Frame *frame, Account *account);

/* libpcap's own name of its version. */
const char *filter_version(void);

#endif /* ENGINE_DECODE_FILTER_H */
