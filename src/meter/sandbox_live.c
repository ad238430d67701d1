/*
 * sandbox_live.c
 *	  What a meter that captures may do in its sandbox beyond one that reads files.
 *
 * Its packets are in a ring of memory, so that receiving them takes no call but poll().  The packet socket itself stays open, and
 * whoever takes over the meter has it: a socket that could send whatever its owner likes, on any interface, turn on promiscuous
 * mode, or take packets away from other meters of its group.  So a rule here names the socket, the level and the option, and
 * no call that sends, binds or maps another ring passes: sendto, sendmsg and bind are on no list, and write is let through
 * for other descriptors alone.
 *
 * A filter may be attached, because it is compiled inside, and its place is the kernel.  Once it is in its place it is locked
 * (SO_LOCK_FILTER, socket(7)): then nobody but a process with CAP_NET_ADMIN exchanges it, and a meter that its first hostile packet
 * takes over sees no packet that its table's bpf_filter keeps out.
 */
#include <linux/if_packet.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "meter/sandbox_live.h"

/* The kernel looks at 32 bits of these, whatever the others hold. */
#define WORD_IS(argument, value) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t) (value))

static const struct
{
	int call,
		level,
		option;
} options[] = {
	/* the filter: compiled inside, attached, and from then on locked */
	{SCMP_SYS(setsockopt), SOL_SOCKET, SO_ATTACH_FILTER},
	{SCMP_SYS(setsockopt), SOL_SOCKET, SO_LOCK_FILTER},
	/* how many packets there were; why nothing comes any more */
	{SCMP_SYS(getsockopt), SOL_PACKET, PACKET_STATISTICS},
	{SCMP_SYS(getsockopt), SOL_SOCKET, SO_ERROR}};

bool
sandbox_allow_capture(scmp_filter_ctx filter, int capture)
{
	/* The same wait: machines that came late have the second alone. */
	bool added = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(poll), 0) == 0 &&
				 seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ppoll), 0) == 0;

	for (size_t i = 0; added && i < sizeof(options) / sizeof(options[0]); i++)
		added = seccomp_rule_add(filter, SCMP_ACT_ALLOW, options[i].call, 3, WORD_IS(0, capture), WORD_IS(1, options[i].level),
								 WORD_IS(2, options[i].option)) == 0;

	/* Whether the interface is still there, and up, as libpcap asks it where nothing comes any more. */
	return added &&
		   seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getsockname), 1, WORD_IS(0, capture)) == 0 &&
		   seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2, WORD_IS(0, capture), WORD_IS(1, SIOCGIFFLAGS)) == 0;
}
