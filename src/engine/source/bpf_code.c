/*
 * bpf_code.c
 *	  Writing a program in classic BPF for the kernel.
 *
 * Until the end, a BPF_JA has the number of its label in the place of its offset.
 */
#include <assert.h>

#include "engine/source/bpf_code.h"

void
bpf_start(BpfCode *code, struct sock_filter *program, size_t room, uint32_t labels)
{
	*code = (BpfCode) {.program = program, .room = room, .labels = labels};
}

uint32_t
bpf_label(BpfCode *code)
{
	assert(code->labels < BPF_LABELS_MAX);
	return code->labels++;
}

void
bpf_here(BpfCode *code, uint32_t label)
{
	code->place[label] = code->length;
}

void
bpf_emit(BpfCode *code, uint16_t operation, uint32_t k)
{
	assert(code->length < code->room);
	code->program[code->length++] = (struct sock_filter) {.code = operation, .k = k};
}

void
bpf_go(BpfCode *code, uint32_t label)
{
	bpf_emit(code, BPF_JMP | BPF_JA, label);
}

void
bpf_go_if(BpfCode *code, uint16_t comparison, uint32_t k, uint32_t label)
{
	bpf_emit(code, BPF_JMP | comparison, k);
	code->program[code->length - 1].jf = 1;
	bpf_go(code, label);
}

void
bpf_go_unless(BpfCode *code, uint16_t comparison, uint32_t k, uint32_t label)
{
	bpf_emit(code, BPF_JMP | comparison, k);
	code->program[code->length - 1].jt = 1;
	bpf_go(code, label);
}

void
bpf_load(BpfCode *code, uint16_t width, uint32_t offset)
{
	bpf_emit(code, BPF_LD | BPF_IND | width, offset);
}

void
bpf_load_known(BpfCode *code, int32_t what)
{
	bpf_emit(code, BPF_LD | BPF_ABS | BPF_W, (uint32_t) (SKF_AD_OFF + what));
}

void
bpf_advance(BpfCode *code)
{
	bpf_emit(code, BPF_ALU | BPF_ADD | BPF_X, 0);
	bpf_emit(code, BPF_MISC | BPF_TAX, 0);
}

void
bpf_advance_by(BpfCode *code, uint32_t bytes)
{
	bpf_emit(code, BPF_MISC | BPF_TXA, 0);
	bpf_emit(code, BPF_ALU | BPF_ADD | BPF_K, bytes);
	bpf_emit(code, BPF_MISC | BPF_TAX, 0);
}

size_t
bpf_end(BpfCode *code)
{
	for (size_t i = 0; i < code->length; i++)
		if (code->program[i].code == (BPF_JMP | BPF_JA))
			code->program[i].k = (uint32_t) (code->place[code->program[i].k] - (i + 1));
	return code->length;
}
