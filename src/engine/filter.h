/*
 * filter.h
 *	  BPF filters: the option bpf_filter.
 */
#ifndef ENGINE_FILTER_H
#define ENGINE_FILTER_H

#include "engine/packet.h"
#include "wire/message.h"

typedef struct Filter Filter;

/*
 * Compiles the filter, optimised, for every link type that can be decoded: a name in it (`port domain`, `host gateway`) is
 * looked up now, while the program may still open files, and not when a packet of that type comes.
 *
 * `text` has `length` bytes and need not end in NUL.
 */
Filter	   *filter_compile(const char *text, size_t length);
void		filter_free(Filter *filter);

typedef enum FilterResult
{
	FILTER_PASSED,
	FILTER_REFUSED,
	FILTER_UNFIT				/* does not compile, or not for this link type */
} FilterResult;

/* Runs the filter on the outer frame; a link type that is not decoded passes. */
FilterResult filter_run(const Filter *filter, const Frame *frame);

/* For filter_fits, where there is no frame yet. */
#define FILTER_ANY_LINK_TYPE	UINT32_MAX

/*
 * Whether the filter fits frames of this link type, or of any if this one is not decoded; if not, failure has libpcap's
 * reason.
 */
bool		filter_fits(const Filter *filter, uint32_t link_type, FailureMessage *failure);

/* libpcap's own name of its version. */
const char *filter_version(void);

#endif							/* ENGINE_FILTER_H */
