/*
 * kernel_filter.h
 *	  What passes a packet socket: classic BPF, run by the kernel.
 */
#ifndef ENGINE_SOURCE_KERNEL_FILTER_H
#define ENGINE_SOURCE_KERNEL_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* Instructions that the kernel takes. */
#define KERNEL_FILTER_MAX BPF_MAXINSNS

typedef struct KernelFilter
{
	uint16_t		   count;
	struct sock_filter code[KERNEL_FILTER_MAX];
} KernelFilter;

struct bpf_program; /* libpcap's */

/* Every packet, cut after `most` bytes; but what leaves by a loopback interface does not pass, as it arrives there once more. */
void kernel_filter_of_all(KernelFilter *filter, uint32_t most);

/*
 * The same of what passes a program that libpcap has compiled for a capture of this machine.  `cooked`: the socket gives packets
 * without a link header, in the place of which libpcap puts one of Linux cooked capture (LINKTYPE_LINUX_SLL).
 *
 * False if the kernel cannot run it: it is too long, or looks at what there is only in the header that libpcap puts.
 */
bool kernel_filter_of_program(KernelFilter *filter, const struct bpf_program *program, bool cooked, uint32_t most);

/* Has the kernel run it on all that comes from now on; false, with errno. */
bool kernel_filter_attach(int descriptor, const KernelFilter *filter);

/* Lets nothing pass any more. */
bool kernel_filter_reject_all(int descriptor);

#endif /* ENGINE_SOURCE_KERNEL_FILTER_H */
