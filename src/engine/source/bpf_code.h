/*
 * bpf_code.h
 *	  Writing a program in classic BPF for the kernel: instructions, and labels to jump to.
 *
 * Jumps go forward only.  That of a comparison reaches 255 instructions, so each goes round a BPF_JA, which reaches any.
 */
#ifndef ENGINE_SOURCE_BPF_CODE_H
#define ENGINE_SOURCE_BPF_CODE_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#define BPF_LABELS_MAX 256

typedef struct BpfCode
{
	struct sock_filter *program;
	size_t				room;
	size_t				length;
	uint32_t			labels;				   /* in use */
	size_t				place[BPF_LABELS_MAX]; /* of each label, once bpf_here() was called for it */
} BpfCode;

/* Labels 0 ... labels - 1 are the caller's to use.  A program that needs more than `room` instructions is a mistake in the caller. */
void bpf_start(BpfCode *code, struct sock_filter *program, size_t room, uint32_t labels);

/* One label more. */
uint32_t bpf_label(BpfCode *code);

/* The label stands for the next instruction. */
void bpf_here(BpfCode *code, uint32_t label);

void bpf_emit(BpfCode *code, uint16_t operation, uint32_t k);

void bpf_go(BpfCode *code, uint32_t label);

/* Goes to the label if A compares so with k, or does not: BPF_JEQ, BPF_JGT, BPF_JSET; with BPF_X: with X. */
void bpf_go_if(BpfCode *code, uint16_t comparison, uint32_t k, uint32_t label);
void bpf_go_unless(BpfCode *code, uint16_t comparison, uint32_t k, uint32_t label);

/* A = what stands `offset` bytes after X; the width is BPF_B, BPF_H or BPF_W. */
void bpf_load(BpfCode *code, uint16_t width, uint32_t offset);

/* A = what the kernel knows of the packet: SKF_AD_PROTOCOL and its like. */
void bpf_load_known(BpfCode *code, int32_t what);

/* X = X + A. */
void bpf_advance(BpfCode *code);

/* X = X + bytes, by way of A. */
void bpf_advance_by(BpfCode *code, uint32_t bytes);

/* Makes the jumps what they should be; returns the program's length. */
size_t bpf_end(BpfCode *code);

#endif /* ENGINE_SOURCE_BPF_CODE_H */
