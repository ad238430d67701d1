/*
 * kernel_filter.c
 *	  What passes a packet socket: classic BPF, run by the kernel.
 *
 * Each program begins with a few instructions of our own.  The loopback interface gives each packet twice, when it leaves and when
 * it arrives; the one that leaves is refused.  What follows is libpcap's program, whose jumps are relative; that it accepts
 * packets with a length to be cut to is the kernel's, and so replaced by ours.
 *
 * A cooked socket (SOCK_DGRAM) has its packets begin with the network header, while libpcap's program counts from the header that
 * it puts before them: 16 bytes, of which the kernel knows the first two, the packet's type, and the last two, the protocol.
 */
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/source/kernel_filter.h"

/* Bytes of the header of LINKTYPE_LINUX_SLL, and where the protocol stands in it. */
#define COOKED_BYTES	16
#define COOKED_PROTOCOL 14

static void
add(KernelFilter *filter, uint16_t code, uint8_t if_true, uint8_t if_false, uint32_t k)
{
	filter->code[filter->count++] = (struct sock_filter) {code, if_true, if_false, k};
}

static void
refuse_what_leaves_loopback(KernelFilter *filter)
{
	filter->count = 0;
	add(filter, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t) (SKF_AD_OFF + SKF_AD_PKTTYPE));
	add(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, 3, PACKET_OUTGOING);
	add(filter, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t) (SKF_AD_OFF + SKF_AD_HATYPE));
	add(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ARPHRD_LOOPBACK);
	add(filter, BPF_RET | BPF_K, 0, 0, 0);
}

void
kernel_filter_of_all(KernelFilter *filter, uint32_t most)
{
	refuse_what_leaves_loopback(filter);
	add(filter, BPF_RET | BPF_K, 0, 0, most);
}

/* Has a load that counts from the cooked header count from the network header; false if the kernel does not have what it loads. */
static bool
uncook(struct sock_filter *load)
{
	bool is_indirect = BPF_MODE(load->code) == BPF_IND || BPF_MODE(load->code) == BPF_MSH;

	if (BPF_MODE(load->code) == BPF_ABS && load->k >= (uint32_t) SKF_LL_OFF)
		return true; /* what the kernel knows of a packet, which has no place in it */
	if (load->k >= COOKED_BYTES)
		load->k -= COOKED_BYTES;
	else if (!is_indirect && BPF_SIZE(load->code) == BPF_H && load->k == 0)
		*load = (struct sock_filter) {BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t) (SKF_AD_OFF + SKF_AD_PKTTYPE)};
	else if (!is_indirect && BPF_SIZE(load->code) == BPF_H && load->k == COOKED_PROTOCOL)
		*load = (struct sock_filter) {BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t) (SKF_AD_OFF + SKF_AD_PROTOCOL)};
	else
		return false;
	return true;
}

static bool
is_load_of_packet(const struct sock_filter *instruction)
{
	switch (BPF_CLASS(instruction->code))
	{
		case BPF_LD:
		case BPF_LDX:
			return BPF_MODE(instruction->code) == BPF_ABS || BPF_MODE(instruction->code) == BPF_IND ||
				   BPF_MODE(instruction->code) == BPF_MSH;
		default:
			return false;
	}
}

bool
kernel_filter_of_program(KernelFilter *filter, const struct bpf_program *program, bool cooked, uint32_t most)
{
	refuse_what_leaves_loopback(filter);
	if (program->bf_len > (unsigned) (KERNEL_FILTER_MAX - filter->count))
		return false;
	for (unsigned i = 0; i < program->bf_len; i++)
	{
		const struct bpf_insn *from = &program->bf_insns[i];
		struct sock_filter	  *to = &filter->code[filter->count++];

		*to = (struct sock_filter) {from->code, from->jt, from->jf, from->k};
		if (BPF_CLASS(to->code) == BPF_RET && BPF_RVAL(to->code) == BPF_K && to->k != 0)
			to->k = most;
		if (cooked && (to->code == (BPF_LD | BPF_W | BPF_LEN) || (is_load_of_packet(to) && !uncook(to))))
			return false;
	}
	return true;
}

bool
kernel_filter_attach(int descriptor, const KernelFilter *filter)
{
	const struct sock_fprog program = {.len = filter->count, .filter = (struct sock_filter *) filter->code};

	return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

bool
kernel_filter_reject_all(int descriptor)
{
	KernelFilter nothing = {0};

	add(&nothing, BPF_RET | BPF_K, 0, 0, 0);
	return kernel_filter_attach(descriptor, &nothing);
}
